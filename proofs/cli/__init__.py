"""The commands of `proofs`: one module each, named after its command."""
