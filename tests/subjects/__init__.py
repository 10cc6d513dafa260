"""Learners to check: right ones in several styles, and wrong ones."""
