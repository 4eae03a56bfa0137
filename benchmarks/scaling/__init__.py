"""What an example costs, measured, and what a very large dataset would take, simulated.

``python -m benchmarks.scaling`` prints; ``--measure`` measures anew and writes ``benchmarks/results/scaling.json``;
``--write-docs`` writes the tables of ``docs/scaling.md``.
"""
