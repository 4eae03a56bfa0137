"""A look inside trained language models: attention, hidden states, and probes of partial results, by layer."""
