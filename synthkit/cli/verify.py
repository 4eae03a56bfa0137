"""``synthkit verify``."""

from __future__ import annotations

from synthkit.cli.output import print_json
from synthkit.cli.progress import progress_bar
from synthkit.errors import WorkError
from synthkit.run.verify import verify

__all__ = ["run"]

_SHOWN_PROBLEMS = 20


def run(directory: str, *, regenerate: int, as_json: bool) -> None:
    """Check a dataset.

    Raises:
        WorkError: Something differs; all of it is printed.
    """
    with progress_bar("verify") as on_progress:
        report = verify(directory, regenerate=regenerate, on_progress=on_progress)
    if as_json:
        print_json(
            {
                "ok": report.ok,
                "files": report.files,
                "examples": report.examples,
                "regenerated": report.regenerated,
                "fingerprint": report.fingerprint,
                "problems": report.problems,
            }
        )
    if not report.ok:
        shown = report.problems[:_SHOWN_PROBLEMS]
        more = len(report.problems) - len(shown)
        lines = "\n".join(f"  {line}" for line in shown) + (f"\n  and {more} more" if more else "")
        raise WorkError(f"{directory}: {len(report.problems)} problem(s)\n{lines}")
    if not as_json:
        print(f"{report.files} files: all hashes match SHA256SUMS")
        print(f"{report.examples:,} examples: the fingerprint from content is the manifest's")
        if regenerate:
            print(f"{report.regenerated} examples made again from recipe.json: identical")
        print(f"fingerprint {report.fingerprint}")
