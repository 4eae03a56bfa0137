"""Language models of transformers: their parts, what of them is trained, their losses and their answers."""
