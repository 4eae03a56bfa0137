"""Reports of datasets and trainings: one HTML file each, which needs nothing else."""

from __future__ import annotations

from synthkit.report.write import MOST_BYTES, MOST_EXAMPLES, Written, render_report, write_report

__all__ = ["MOST_BYTES", "MOST_EXAMPLES", "Written", "render_report", "write_report"]
