"""Writes the report of a dataset or of a training, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from synthkit.errors import InputError, WorkError
from synthkit.report.source import Kind, kind_of, refuse_inside_dataset
from synthkit.storage.files import write_file

__all__ = ["MOST_BYTES", "MOST_EXAMPLES", "Written", "render_report", "write_report"]

MOST_EXAMPLES = 50
MOST_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes:
        path: The file.
        bytes: Its size.
        kind: What it is a report of.
    """

    path: Path
    bytes: int
    kind: Kind


def render_report(target: str, examples: int = 12) -> str:
    """The page of a dataset, a training, a sweep or a benchmark; the same directory gives the same page.

    Args:
        target: Its directory; of a dataset also a URL.
        examples: How many examples of a dataset are shown, 0 to 50.

    Raises:
        InputError: It is none of these, or an unfinished dataset; or the number of examples.
        WorkError: Damaged files.
    """
    if not 0 <= examples <= MOST_EXAMPLES:
        raise InputError(f"--examples: must be from 0 to {MOST_EXAMPLES}, not {examples}")
    kind = kind_of(target)
    if kind == "dataset":
        from synthkit.report.dataset import dataset_page

        return dataset_page(target, examples)
    if kind == "run":
        from synthkit.report.run import run_page

        return run_page(Path(target))
    from synthkit.report.group import benchmark_page, sweep_page

    return sweep_page(Path(target)) if kind == "sweep" else benchmark_page(Path(target))


def write_report(target: str, out: Path, examples: int = 12) -> Written:
    """Write a page.

    Args:
        target: As of `render_report`.
        out: The file; not inside of a dataset's directory.
        examples: As of `render_report`.

    Raises:
        InputError: As of `render_report`; or a file that cannot be.
        WorkError: Damaged files, no such folder, a full disk.
    """
    if out.is_dir():
        raise InputError(f"--out: {out} is a directory; name a file, as {out / 'report.html'}")
    refuse_inside_dataset(out)
    if not out.parent.is_dir():
        raise WorkError(f"--out: there is no directory {out.parent}")
    kind = kind_of(target)
    page = render_report(target, examples).encode()
    if len(page) >= MOST_BYTES:
        raise WorkError(f"{target}: its page has {len(page):,} bytes, too many; show fewer by --examples")
    try:
        write_file(out.parent, out.name, page)
    except OSError as error:
        raise WorkError(f"{out}: {error.strerror}") from error
    return Written(out, len(page), kind)
