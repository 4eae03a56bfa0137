"""Markup is built in one place, and all else is text."""

import ast
from pathlib import Path

import pytest

import synthkit.report
from synthkit.errors import WorkError
from synthkit.report.tags import Html, document, joined, tag, text


def test_text_is_escaped_and_markup_is_not():
    assert tag("p", "<b> & \"'", tag("b", 1)).source == "<p>&lt;b&gt; &amp; &quot;&#x27;<b>1</b></p>"
    assert tag("p", title='"><script>').source == '<p title="&quot;&gt;&lt;script&gt;"></p>'


def test_iterables_are_flattened_and_none_is_left_out():
    assert joined(["a", None, ("b", [tag("i", 2)])], None).source == "ab<i>2</i>"


def test_attributes():
    made = tag("audio", controls=True, muted=False, aria_label="x", class_=None, tabindex=0)
    assert made.source == '<audio controls aria-label="x" tabindex="0"></audio>'
    assert tag("meta", charset="utf-8").source == '<meta charset="utf-8">'
    assert tag("rect", x=1 / 3).source == '<rect x="0.333333"/>'


def test_markup_cannot_slip_through_a_string():
    made = tag("b", "x")
    with pytest.raises(TypeError, match="into a tag"):
        f"{made}"
    with pytest.raises(TypeError, match="into a tag"):
        str(made)


@pytest.mark.parametrize("target", ["https://example.org/x.png", "//example.org", "javascript:alert(1)", "x.png"])
def test_links_and_sources_that_lead_out_are_refused(target):
    for name in ("src", "href"):
        with pytest.raises(WorkError, match="leads out of it"):
            tag("img", **{name: target})


def test_control_characters_are_shown():
    assert text("a\x00\x1b\x7f\tb\n").source == "a\u2400\u241b\u2421\tb\n"
    assert text("half \ud83d").source.encode() == "half \ufffd".encode()


def test_a_page_allows_nothing_from_elsewhere():
    page = document("<t>", "p{}", tag("p", "x"))
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert "default-src &#x27;none&#x27;" in page
    assert "<title>&lt;t&gt;</title>" in page
    assert 'lang="en"' in page
    assert '<meta charset="utf-8">' in page


def test_markup_is_made_in_the_module_of_tags_alone():
    """`Html(...)` is called nowhere else, so that no text can become markup."""
    folder = Path(synthkit.report.__file__).parent
    for path in sorted(folder.glob("*.py")):
        calls = [
            node.lineno
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == Html.__name__
        ]
        assert calls == [] or path.name == "tags.py", (path.name, calls)
