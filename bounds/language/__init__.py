"""The language of inequalities: how a candidate is read, and what its words mean at a model."""
