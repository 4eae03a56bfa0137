"""The site builds without a warning, has a page for everything that has a name, and asks nobody for anything."""

import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
# Pages that Sphinx makes of all others.
MADE = {"genindex.html", "py-modindex.html", "search.html"}

LINK = re.compile(r"""<(?P<tag>\w+)\b[^>]*?\s(?P<kind>href|src)="(?P<target>[^"]*)\"""")
ID = re.compile(r"""\sid="([^"]+)\"""")
# What makes a browser fetch something by itself; a link that a reader follows does not.
FETCHED = re.compile(r"""(?:url\(|@import\s*|\bfetch\(|\bimport\()\s*["']?(?:https?:)?//""")


@pytest.fixture
def reference(monkeypatch):
    """The package that writes the generated pages."""
    monkeypatch.syspath_prepend(str(DOCS))
    import reference

    return reference


def broken_links(site: Path) -> list[str]:
    """Links to files or places that are not there."""
    pages = {path: path.read_text() for path in site.rglob("*.html")}
    ids = {path: set(map(unescape, ID.findall(text))) | {""} for path, text in pages.items()}
    found = []
    for path, text in pages.items():
        for link in LINK.finditer(text):
            parts = urlsplit(unescape(link["target"]))
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            place = unquote(parts.fragment)
            if not target.exists() or (target in ids and place not in ids[target] and place != "top"):
                found.append(f"{path.relative_to(site)}: {link['target']}")
    return found


def unreachable(site: Path) -> set[str]:
    """Pages that no chain of links from the front page leads to."""
    waiting, seen = [site / "index.html"], {site / "index.html"}
    while waiting:
        path = waiting.pop()
        for link in LINK.finditer(path.read_text()):
            parts = urlsplit(unescape(link["target"]))
            target = (path.parent / unquote(parts.path)).resolve()
            if not parts.scheme and target.suffix == ".html" and target.exists() and target not in seen:
                seen.add(target)
                waiting.append(target)
    return {str(path.relative_to(site)) for path in site.rglob("*.html") if path not in seen} - MADE


def fetches(site: Path) -> list[str]:
    """What a reader's browser would ask of another machine."""
    found = []
    for path in site.rglob("*.html"):
        for link in LINK.finditer(path.read_text()):
            away = link["target"].startswith(("http:", "https:", "//"))
            if away and link["tag"] != "a":
                found.append(f"{path.relative_to(site)}: {link.group(0)}")
    for path in [*site.rglob("*.html"), *site.rglob("*.css"), *site.rglob("*.js")]:
        found += [f"{path.relative_to(site)}: {match.group(0)}" for match in FETCHED.finditer(path.read_text())]
    return found


def missing_pages(site: Path) -> list[str]:
    """Things with a name that have no page."""
    from synthkit.analysis.tables import TABLES
    from synthkit.generators import generator_names
    from synthkit.metrics import METRICS
    from synthkit.models.registry import MODELS
    from synthkit.recipe.load import recipe_names
    from synthkit.train import experiment_names

    wanted = {
        "datasets": recipe_names(),
        "generators": generator_names(),
        "metrics": METRICS,
        "models": MODELS,
        "experiments": experiment_names(),
        "analyses": TABLES,
    }
    paths = [f"_generated/{kind}/{name}.html" for kind, names in wanted.items() for name in names]
    return [path for path in paths if not (site / path).exists()]


def test_the_site(tmp_path):
    """One build, all that is asked of it."""
    site = tmp_path / "site"
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    # Doctrees elsewhere: what is kept of the last build may not hide a warning.
    command += ["-d", str(tmp_path / "doctrees"), str(DOCS), str(site)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment)
    assert done.returncode == 0, done.stderr
    assert missing_pages(site) == []
    assert broken_links(site) == []
    assert unreachable(site) == set()
    assert fetches(site) == []
    assert "fingerprint" in (site / "searchindex.js").read_text()


def test_a_broken_link_is_seen(tmp_path):
    (tmp_path / "index.html").write_text(
        '<a href="a.html#there">a</a> <a href="a.html#not">b</a> <a href="b.html">c</a>'
    )
    (tmp_path / "a.html").write_text(
        '<h1 id="there">A</h1> <img alt="x" src="no.png"> <a href="https://example.org/x">'
    )
    assert sorted(broken_links(tmp_path)) == ["a.html: no.png", "index.html: a.html#not", "index.html: b.html"]


def test_an_unreachable_page_is_seen(tmp_path):
    (tmp_path / "index.html").write_text('<a href="a.html#there">a</a>')
    (tmp_path / "a.html").write_text("a")
    (tmp_path / "b.html").write_text('<a href="index.html">home</a>')
    assert unreachable(tmp_path) == {"b.html"}


def test_a_request_is_seen(tmp_path):
    (tmp_path / "index.html").write_text(
        '<a href="https://example.org">fine</a> <script src="https://example.org/x.js">'
    )
    (tmp_path / "site.css").write_text("@import url(https://example.org/font.css); p { background: url(here.png) }")
    assert len(fetches(tmp_path)) == 2


def test_a_missing_page_is_seen(tmp_path):
    assert "_generated/datasets/syntone.html" in missing_pages(tmp_path)
    assert "_generated/metrics/mig.html" in missing_pages(tmp_path)


def test_every_module_of_the_analyses_is_on_a_page(reference):
    from reference.analyses import ANALYSES

    described = {module for each in ANALYSES for module in each.modules}
    there = {f"analysis.{path.stem}" for path in (ROOT / "synthkit" / "analysis").glob("*.py")} - {"analysis.__init__"}
    assert there - described == set()


# Rooms whose modules are on pages of the catalogue, that only hold commands, or that nobody calls.
WITHOUT_API_PAGE = {"analysis", "audit", "saliency", "cli", "_core", "exact", "plugins", "__init__", "__main__"}


def test_every_room_of_the_package_has_a_page_of_its_api(reference):
    from reference.api import GROUPS

    described = {module.split(".")[1] for _, _, modules in GROUPS for module in modules if "." in module}
    entries = [
        path for path in (ROOT / "synthkit").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    ]
    assert {path.stem for path in entries} - described - WITHOUT_API_PAGE == set()


def test_pages_of_things_that_are_gone_are_removed(reference, tmp_path):
    from reference.pages import Folder

    first = Folder(tmp_path)
    first.write("a/old.md", "old")
    first.write("a/kept.md", "kept")
    kept = (tmp_path / "a/kept.md").stat().st_mtime_ns
    second = Folder(tmp_path)
    second.write("a/kept.md", "kept")
    second.sweep()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["kept.md"]
    assert (tmp_path / "a/kept.md").stat().st_mtime_ns == kept


def test_the_docs_name_every_extra():
    import tomllib

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    page = (DOCS / "install.md").read_text()
    assert [name for name in extras if f"| `{name}` |" not in page] == []


def test_the_citation_file_is_of_this_version():
    import synthkit

    assert f"\nversion: {synthkit.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    page = (DOCS / "citing.md").read_text()
    assert f"version = {{{synthkit.__version__}}}" in page
    assert f"synthkit {synthkit.__version__} " in page


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("(n: Annotated[int, Ge(ge=1)] = 3)", "(n: int = 3)"),
        ("(a: Annotated[tuple[str, ...], Len(']')], b: str)", "(a: tuple[str, ...], b: str)"),
        ("dict[str, Annotated[int | None, Lt(2)]]", "dict[str, int | None]"),
        ("ndarray[tuple[Any, ...], dtype[float64]]", "ndarray[float64]"),
        ("list[~numpy.ndarray[tuple[~typing.Any, ...], ~numpy.dtype[~numpy.int8]]]", "list[ndarray[int8]]"),
        ("Annotated[int", "[int"),
        (None, None),
    ],
)
def test_signatures_are_short(reference, given, shown):
    import signatures

    assert signatures.shortened(given) == shown
