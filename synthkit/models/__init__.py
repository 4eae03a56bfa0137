"""Models and their losses: one family a file, plain torch modules; by name in `synthkit.models.registry`."""
