"""The commands of `bounds`: one module each, named after its command."""
