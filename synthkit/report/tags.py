"""HTML that is built, never pasted: text is escaped here, and nowhere else.

A `Html` is markup that this module made. All else that is put into a tag is text, whatever it looks like. A `Html` that
is formatted into a string is an error, so that markup cannot slip through one and be escaped, or be taken for text.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from synthkit.errors import WorkError

__all__ = ["Html", "document", "joined", "tag", "text"]

_VOID = {"br", "hr", "img", "meta"}
_DRAWN = {"circle", "image", "line", "path", "polyline", "rect"}
_FROM_HERE = ("#", "data:image/png;base64,", "data:audio/wav;base64,")
# Control characters have no place in HTML: their pictures are shown. Line breaks and tabs are text.
_CONTROL = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"} | {0x7F: 0x2421}
_CONTROL |= dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)  # halves of characters, which UTF-8 cannot hold
_POLICY = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'"

Attribute = str | int | float | bool | None


class Html:
    """Markup.

    Attributes:
        source: It.
    """

    __slots__ = ("source",)

    def __init__(self, source: str) -> None:
        self.source = source

    def __str__(self) -> str:
        raise TypeError("markup is put into a tag, not into a string")

    def __format__(self, spec: str) -> str:
        raise TypeError("markup is put into a tag, not into a string")


def text(value: object) -> Html:
    """Text that stays text: ``<script>`` is shown, not run."""
    return Html(html.escape(str(value).translate(_CONTROL), quote=True))


def joined(*content: Any) -> Html:
    """Markup and text one after the other.

    Args:
        *content: `Html`; strings and numbers, which are escaped; iterables of all these; None is left out.
    """
    return Html("".join(_sources(content)))


def _sources(content: Iterable[Any]) -> Iterable[str]:
    for item in content:
        if item is None:
            continue
        if isinstance(item, Html):
            yield item.source
        elif isinstance(item, str | int | float):
            yield text(item).source
        else:
            yield from _sources(item)


def tag(name: str, /, *content: Any, **attributes: Attribute) -> Html:
    """An element.

    Args:
        name: Its name.
        *content: As of `joined`.
        **attributes: Values are escaped; None and False leave an attribute out, True writes its bare name. A ``_`` in a
            name is a ``-`` (``aria_label``), one at its end is dropped (``class_``).

    Raises:
        WorkError: A link or source that leads out of the page.
    """
    shown = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{shown}>")
    if name in _DRAWN:
        return Html(f"<{name}{shown}/>")
    return Html(f"<{name}{shown}>{joined(*content).source}</{name}>")


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    called = name.rstrip("_").replace("_", "-")
    if value is True:
        return f" {called}"
    if called in ("href", "src") and not str(value).startswith(_FROM_HERE):
        raise WorkError(f"a page holds all that it shows; {called}={str(value)[:60]!r} leads out of it")
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f' {called}="{text(shown).source}"'


def document(title: str, style: str, *body: Any) -> str:
    """A whole page, without anything that it would have to fetch.

    Args:
        title: Of the window.
        style: CSS of ours.
        *body: As of `joined`.
    """
    head = joined(
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content="synthkit report"),
        tag("title", title),
        Html(f"<style>{style}</style>"),
    )
    page = tag("html", tag("head", head), "\n", tag("body", *body), lang="en")
    return f"<!DOCTYPE html>\n{page.source}\n"
