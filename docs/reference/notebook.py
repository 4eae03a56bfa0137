"""The gallery notebook as a page: with its outputs where `docs/notebook.py` has run it, without them elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from reference.pages import DOCS, ROOT, Folder, code

__all__ = ["EXECUTED", "SOURCE", "write"]

SOURCE = DOCS / "gallery.ipynb"
EXECUTED = ROOT / "build" / "gallery.ipynb"


def write(pages: Folder) -> None:
    """Write ``notebook/``."""
    import nbformat

    source = nbformat.read(SOURCE, as_version=4)
    notebook, said = source, "without its outputs: `python docs/notebook.py` runs it"
    if EXECUTED.exists():
        executed = nbformat.read(EXECUTED, as_version=4)
        if [cell.source for cell in executed.cells] == [cell.source for cell in source.cells]:
            notebook, said = executed, "as it ran when this site was built"
    title, *rest = notebook.cells
    head = f"{title.source}\n\n*This is {{download}}`gallery.ipynb <../../gallery.ipynb>`, {said}.*\n"
    parts = [part for number, cell in enumerate(rest) for part in _cell(pages, number, cell)]
    pages.write("notebook/index.md", "\n".join([head, *parts]) + "\n")


def _cell(pages: Folder, number: int, cell: Any) -> Iterable[str]:
    if cell.cell_type == "markdown":
        yield f"{cell.source}\n"
        return
    yield code(cell.source, "python")
    streams = "".join(output.text for output in cell.outputs if output.output_type == "stream")
    if streams.strip():
        yield code(streams)
    for place, output in enumerate(cell.outputs):
        data = output.get("data", {})
        if "image/png" in data:
            name = f"{number}-{place}.png"
            pages.write(f"notebook/{name}", base64.b64decode(data["image/png"]))
            yield f"![What the cell draws]({name})\n"
        elif "text/plain" in data:
            yield code(data["text/plain"])
