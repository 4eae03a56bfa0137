"""Links as GitHub reads them, turned into links of the site."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sphinx.application import Sphinx

__all__ = ["to_site"]

_DOCS = Path(__file__).resolve().parent
# What is elsewhere on the site than in the repository.
_ELSEWHERE = {
    _DOCS.parent / "CONTRIBUTING.md": "_generated/project/contributing.md",
    _DOCS.parent / "CHANGELOG.md": "_generated/project/changes.md",
    _DOCS.parent / "README.md": "index.md",
    _DOCS / "README.md": "index.md",
    _DOCS.parent / "benchmarks" / "results": "_generated/project/results.md",
    _DOCS / "decisions": "_generated/project/decisions.md",
}
_LINK = re.compile(r"(?<=\]\()(?P<path>[\w./-]+)(?P<rest>#[\w-]+)?(?=\))")


def to_site(app: Sphinx, name: str, source: list[str]) -> None:
    """Rewrite the links of a page that lead out of docs, or to a folder of it."""
    page = Path(app.srcdir) / f"{name}.md"
    text = source[0]

    def found(match: re.Match[str]) -> str:
        target = Path(os.path.normpath(page.parent / match["path"]))
        if target not in _ELSEWHERE:
            return match.group(0)
        path = os.path.relpath(_DOCS / _ELSEWHERE[target], page.parent)
        return path + (match["rest"] or "")

    source[0] = _LINK.sub(found, text)
