"""Pictures that a training or an analysis has left."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from synthkit.report.png import png_uri
from synthkit.report.tags import Html, tag

__all__ = ["pictures"]

_MOST_BYTES = 1_200_000  # of all pictures of a page
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def pictures(folder: Path, names: Mapping[str, str]) -> list[Html]:
    """PNG files with what they show, those that are there and for which there is room; else their names.

    Args:
        folder: Where they are.
        names: File -> what it shows.
    """
    found: list[Html] = []
    left: list[str] = []
    room = _MOST_BYTES
    for name, said in names.items():
        path = folder / name
        if not path.is_file():
            continue
        png = path.read_bytes()
        if not png.startswith(_SIGNATURE) or len(png) > room:
            left.append(name)
            continue
        room -= len(png)
        found.append(tag("figure", tag("figcaption", said), tag("img", src=png_uri(png), alt=said), class_="paper"))
    shown = [tag("div", found, class_="grid wide")] if found else []
    if left:
        shown.append(
            tag("p", f"Too large for this page, to be seen in the directory: {', '.join(left)}.", class_="note")
        )
    return shown
