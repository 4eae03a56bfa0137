"""Pages that are made from the code whenever the site is built, so that none can be missing or out of date."""

from __future__ import annotations

from pathlib import Path

from reference import analyses, api, commands, datasets, experiments, generators, metrics, models, notebook, project
from reference.pages import Folder

__all__ = ["write_all"]

_KINDS = (datasets, generators, metrics, models, experiments, analyses, commands, api, notebook, project)


def write_all(folder: Path) -> None:
    """Write all generated pages below a folder, and remove those of things that are gone."""
    pages = Folder(folder)
    for kind in _KINDS:
        kind.write(pages)
    pages.sweep()
