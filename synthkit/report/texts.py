"""Examples of text: what is asked, what is right and why, and what the text stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from synthkit.records import FactorInfo, TextExample
from synthkit.report.boards import board_picture, image_picture
from synthkit.report.clips import with_unit
from synthkit.report.facts import values
from synthkit.report.marks import evidence_spans, marked, saliency_spans
from synthkit.report.tags import Html, tag
from synthkit.report.trees import bracket_depths, listops_tree
from synthkit.shards.wording import format_number

__all__ = ["text_card"]

Params = Mapping[str, Any]
View = Callable[[TextExample, Params], Html | None]

# Written in full below the rationale, where an example has them.
_BESIDE = ("reasoning", "human_rationale", "rejected_rationale", "rejection", "status", "teacher_answer", "said_answer")
_PARTS = ("premise", "hypothesis", "question", "context")  # they stand in the input


def _listops(example: TextExample, params: Params) -> Html | None:
    del params
    return listops_tree(example.input, example.rationale, f"Tree of {example.id}")


def _brackets(example: TextExample, params: Params) -> Html | None:
    del params
    said = f"Brackets of {example.id} by depth; what closes them: {example.target}"
    return bracket_depths(example.input, example.target, said)


def _board(example: TextExample, params: Params) -> Html | None:
    notation = str(example.factors.get("notation", params.get("notation", "rows")))
    return board_picture(example.input, notation, str(example.factors.get("winning_line")), f"Board of {example.id}")


def _image(example: TextExample, params: Params) -> Html | None:
    return image_picture(example.input, params, f"Image of {example.id}, {example.target}")


# Generator -> what draws its texts; others are shown as they are.
_VIEWS: dict[str, View] = {
    "listops": _listops,
    "brackets": _brackets,
    "tictactoe": _board,
    "shapes": _image,
    "image_sequence": _image,
}


def text_card(example: TextExample, factors: Sequence[FactorInfo], generator: str, params: Params) -> Html:
    """An example with its answer, its explanation and its factors; all of it is text, whatever it looks like."""
    view = _VIEWS.get(generator)
    code = view is not None
    evidence = example.annotations.get("evidence")
    spans = evidence_spans(example.input, [str(piece) for piece in evidence]) if isinstance(evidence, list) else []
    salient = saliency_spans(example)
    return tag(
        "article",
        tag("h3", example.id),
        view(example, params) if view else None,
        _named("input" + (", evidence marked" if spans else ""), marked(example.input, spans, code=code)),
        _named("how much each word counts for the teacher's answer", marked(example.input, salient))
        if salient
        else None,
        _named("target", marked(example.target, code=code)),
        _named("rationale", marked(example.rationale)) if example.rationale else None,
        _beside(example),
        values((f.name, with_unit(example.factors[f.name], f.unit)) for f in factors),
        _rest(example),
    )


def _named(name: str, content: Html) -> list[Html]:
    return [tag("p", name, class_="of-text"), content]


def _beside(example: TextExample) -> list[Html]:
    found: list[Html] = []
    for name in _BESIDE:
        value = example.annotations.get(name)
        words = " ; ".join(map(str, value)) if isinstance(value, list) else str(value or "")
        if words and words not in (example.rationale or ""):
            found += _named(name.replace("_", " "), marked(words))
    return found


def _rest(example: TextExample) -> Html | None:
    """Numbers and short words beside an example, to be unfolded."""
    shown = [
        (name.replace("_", " "), format_number(value))
        for name, value in example.annotations.items()
        if not isinstance(value, list) and name not in (*_BESIDE, *_PARTS) and len(str(value)) <= 120
    ]
    if not shown:
        return None
    unseen = tag("span", f" of {example.id}", class_="unseen")
    return tag("details", tag("summary", "What else is known", unseen), values(shown))
