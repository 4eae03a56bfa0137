"""The site: `make docs` builds it from these pages and from what docs/reference writes of the code."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS))
os.environ.setdefault("OMP_NUM_THREADS", "1")

import links  # noqa: E402
import reference  # noqa: E402
import signatures  # noqa: E402

import synthkit  # noqa: E402

project = "synthkit"
author = "The synthkit developers"
copyright = author
version = release = synthkit.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["README.md", "reference", "figures", "build", "**/.*"]
suppress_warnings: list[str] = []

myst_heading_anchors = 4
default_role = "code"  # docstrings name things in single backticks
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_maximum_signature_line_length = 88
add_module_names = False
toc_object_entries = False

html_theme = "furo"
html_title = f"synthkit {version}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False

_LITERAL = re.compile(r"(``.+?``|`[^`]+`)", re.DOTALL)
_MARKUP = re.compile(r"\*(?! )|\||(?<=\w)_(?!\w)")


def setup(app: Sphinx) -> None:
    """The pages of the code are written before Sphinx looks for pages."""
    app.connect("builder-inited", lambda _: reference.write_all(DOCS / "_generated"))
    app.connect("source-read", links.to_site)
    app.connect("autodoc-process-docstring", _escape, priority=100)  # before napoleon, which adds markup
    app.connect("autodoc-process-signature", signatures.shorten)
    app.connect("autodoc-skip-member", signatures.skip_member)
    app.connect("html-page-context", _short_navigation, priority=100)


def _escape(_app: Sphinx, _what: str, _name: str, _thing: object, _options: object, lines: list[str]) -> None:
    """Docstrings have formulas in them, no emphasis and no substitutions: ``h *= m`` and ``|x|`` are what they are."""
    parts = _LITERAL.split("\n".join(lines))
    parts[::2] = [_MARKUP.sub(r"\\\g<0>", part) for part in parts[::2]]
    lines[:] = "".join(parts).split("\n")


def _short_navigation(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    """Only the group of the page that is open: all of them on each page are long to read, and half of the build."""
    whole = context.get("toctree")
    if whole is not None:
        context["toctree"] = lambda **options: whole(**{**options, "collapse": True})
