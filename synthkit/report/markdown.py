"""Markdown of dataset cards as HTML: headings, tables, lists, paragraphs, code. All else stays text."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence

from synthkit.report.charts import scrolled
from synthkit.report.tags import Html, joined, tag

__all__ = ["blocks", "inline", "sections"]

_INLINE = re.compile(r"(?<!\\)`([^`]+)`|\*\*(.+?)\*\*")
_ESCAPED = re.compile(r"\\([\\|`*_\[\]()])")
_CELL = re.compile(r"(?<!\\)\|")


def sections(card: str) -> dict[str, str]:
    """Heading of the second level -> what is below it, in order; the front matter and the title are left out."""
    parts = re.split(r"^## (.*)$", _without_front_matter(card), flags=re.MULTILINE)
    return {heading: body.strip("\n") for heading, body in zip(parts[1::2], parts[2::2], strict=True)}


def _without_front_matter(card: str) -> str:
    if card.startswith("---\n"):
        return card.partition("\n---\n")[2]
    return card


def inline(words: str) -> Html:
    """Text with code and bold words."""
    parts: list[Html | str] = []
    end = 0
    for match in _INLINE.finditer(words):
        parts.append(_plain(words[end : match.start()]))
        code, bold = match.groups()
        parts.append(tag("code", html.unescape(code)) if code is not None else tag("strong", _plain(bold)))
        end = match.end()
    return joined(*parts, _plain(words[end:]))


def _plain(words: str) -> str:
    return html.unescape(_ESCAPED.sub(r"\1", words))


def blocks(markdown: str, of: str) -> Html:
    """A section.

    Args:
        markdown: What is below its heading.
        of: The heading, in the names of its tables.
    """
    return joined(_blocks(markdown.splitlines(), of))


def _blocks(lines: Sequence[str], of: str) -> Iterator[Html]:
    at = 0
    while at < len(lines):
        line = lines[at]
        start = at
        if line.startswith("```"):
            at = _until(lines, at + 1, lambda later: later.startswith("```"))
            yield tag("pre", tag("code", "\n".join(lines[start + 1 : at])), tabindex=0)
            at += 1
        elif line.startswith("|"):
            at = _until(lines, at, lambda later: not later.startswith("|"))
            yield _table(lines[start:at], of)
        elif line.startswith("- "):
            at = _until(lines, at, lambda later: not later.startswith("- "))
            yield tag("ul", (tag("li", inline(item[2:])) for item in lines[start:at]))
        elif line.startswith("    "):
            at = _until(lines, at, lambda later: not later.startswith("    "))
            yield tag("pre", tag("code", "\n".join(item[4:] for item in lines[start:at])), tabindex=0)
        elif line.startswith("#"):
            at += 1
            yield tag("h3", inline(line.lstrip("# ")))
        elif line.strip():
            at = _until(lines, at, lambda later: not later.strip() or later.startswith(("|", "- ", "```", "#")))
            at = max(at, start + 1)
            yield tag("p", inline(" ".join(lines[start:at])))
        else:
            at += 1


def _until(lines: Sequence[str], at: int, ends: Callable[[str], bool]) -> int:
    while at < len(lines) and not ends(lines[at]):
        at += 1
    return at


def _table(lines: Sequence[str], of: str) -> Html:
    rows = [[_plain(cell.strip()) for cell in _CELL.split(line)[1:-1]] for line in lines]
    return scrolled(of, rows[0], rows[2:])
