"""Small pieces that all reports share: facts, sections, the frame of the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from synthkit.report.style import STYLE
from synthkit.report.tags import Html, document, tag

__all__ = ["Section", "facts", "page", "values", "warnings"]


class Section:
    """A part of a page, with its place in the list of contents.

    Attributes:
        key: Its name in links.
        title: Its heading.
        content: What is below the heading; nothing is shown of a section without content.
    """

    def __init__(self, key: str, title: str, *content: Any) -> None:
        self.key, self.title = key, title
        self.content = [item for item in content if item is not None]

    def html(self) -> Html:
        """The section."""
        heading = f"{self.key}-title"
        return tag("section", tag("h2", self.title, id=heading), self.content, id=self.key, aria_labelledby=heading)


def facts(pairs: Iterable[tuple[str, Any]], *, wide: Sequence[str] = ()) -> Html:
    """Names and what they are; empty ones are left out, ``wide`` ones have a line of their own."""
    shown = [(name, value) for name, value in pairs if value not in (None, "", [])]
    return tag(
        "dl",
        (tag("div", tag("dt", n), tag("dd", v), class_="wide" if n in wide else None) for n, v in shown),
        class_="facts",
    )


def values(pairs: Iterable[tuple[str, Any]]) -> Html:
    """Names and values on one line, which may wrap."""
    return tag("dl", (tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs), class_="of")


def warnings(lines: Iterable[str]) -> Html | None:
    """What a reader should know."""
    found = [tag("p", line) for line in lines]
    return tag("div", found, class_="warning", role="note") if found else None


def page(kind: str, title: str, lead: Any, top: Any, sections: Sequence[Section]) -> str:
    """A whole page.

    Args:
        kind: What it is a report of.
        title: Its heading.
        lead: One or two sentences.
        top: Facts, below them.
        sections: In order; those without content are left out.
    """
    from synthkit import __version__

    shown = [section for section in sections if section.content]
    links = [tag("li", tag("a", section.title, href=f"#{section.key}")) for section in shown]
    return document(
        f"{title} - synthkit report",
        STYLE,
        tag("a", "Skip to the content", href="#content", class_="skip"),
        tag("header", tag("p", kind, class_="kind"), tag("h1", title),
            tag("div", lead, class_="lead") if lead else None, tag("nav", tag("ul", links), aria_label="Sections")),
        tag("main", top, [section.html() for section in shown], id="content", tabindex=-1),
        tag("footer", tag("p", f"Made by synthkit report, synthkit {__version__}. This page fetches nothing and runs "
            "nothing: all that it shows is in this file.")),
    )  # fmt: skip
