"""The search for models that refute a candidate."""
