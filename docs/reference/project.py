"""Pages that stand outside of docs: contributing, changes, decisions."""

from __future__ import annotations

import os
import re
from pathlib import Path

from reference.pages import DOCS, ROOT, Folder, table, toctree

__all__ = ["write"]

_DECISIONS = """# Decisions

Why some things are as they are.

"""
_RESULTS = """# Result files

What the tables of these pages were made of, as `make bench` and the scripts in `docs/figures` left it.

"""


def write(pages: Folder) -> None:
    """Write ``project/``."""
    for name, source in (("contributing", "CONTRIBUTING.md"), ("changes", "CHANGELOG.md")):
        pages.write(f"project/{name}.md", _moved((ROOT / source).read_text(), pages.path / "project"))
    results = sorted((ROOT / "benchmarks" / "results").iterdir())
    listed = "\n".join(
        f"- {{download}}`{path.name} <../../../benchmarks/results/{path.name}>`" for path in results if path.is_file()
    )
    pages.write("project/results.md", _RESULTS + listed + "\n")
    decisions = sorted((DOCS / "decisions").glob("*.md"))
    rows = [(f"[{_title(path.read_text())}](../../decisions/{path.name})",) for path in decisions]
    listed = table(("decision",), rows)
    pages.write(
        "project/decisions.md", _DECISIONS + listed + "\n" + toctree([f"../../decisions/{p.stem}" for p in decisions])
    )


def _moved(text: str, folder: Path) -> str:
    """A page of the top folder with its links as they are from another one."""

    def found(match: re.Match[str]) -> str:
        path = ROOT / match["path"]
        return os.path.relpath(path, folder) if path.exists() else match.group(0)

    return re.sub(r"(?<=\]\()(?P<path>[\w./-]+)(?=[#)])", found, text)


def _title(text: str) -> str:
    return text.partition("\n")[0].lstrip("# ")
