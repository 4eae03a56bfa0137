"""Runs docs/gallery.ipynb from top to bottom into build/gallery.ipynb; `make docs` makes a page of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

__all__ = ["execute"]

DOCS = Path(__file__).resolve().parent
SOURCE = DOCS / "gallery.ipynb"
TARGET = DOCS.parent / "build" / "gallery.ipynb"


def execute(source: Path, target: Path, *, timeout: int = 240) -> None:
    """Run a notebook and write it with its outputs.

    Args:
        source: The notebook.
        target: Where it goes, whole or not at all.
        timeout: Seconds that a cell may take.

    Raises:
        nbclient.exceptions.CellExecutionError: A cell failed; the message shows which, and how.
    """
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    notebook = nbformat.read(source, as_version=4)
    with TemporaryDirectory() as folder:
        # Sockets in a folder of our own: a port that is free when it is chosen may be taken when the kernel wants it.
        config = Config(KernelManager={"transport": "ipc", "connection_file": f"{folder}/kernel.json"})
        resources = {"metadata": {"path": str(DOCS)}}
        NotebookClient(notebook, timeout=timeout, kernel_name="python3", resources=resources, config=config).execute()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    nbformat.write(notebook, part)
    part.replace(target)


if __name__ == "__main__":
    execute(SOURCE, TARGET)
    print(
        f"wrote {TARGET.relative_to(Path.cwd())}" if TARGET.is_relative_to(Path.cwd()) else f"wrote {TARGET}",
        file=sys.stderr,
    )
