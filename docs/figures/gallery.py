"""Writes docs/gallery.md, real examples of each text recipe; run it after changing a task."""

from __future__ import annotations

from pathlib import Path

from synthkit.recipe.load import load_recipe
from synthkit.records import TextExample
from synthkit.run import Task, open_task

RECIPES = {
    "listops_spinn": 2,
    "listops_lra": 1,
    "listops_explained": 2,
    "listops_long": 1,
    "listops_balanced": 2,
    "listops_factors": 1,
    "tictactoe": 3,
    "digits_sequence": 1,
    "shapes_sequence": 1,
    "protein_families": 1,
    "bit_memory": 1,
    "bit_xor": 2,
    "brackets": 2,
    "sentences": 2,
    "nli_grammar": 3,
}
PAGE = Path(__file__).resolve().parent.parent / "gallery.md"
WIDTH = 118
LONGEST = 480
SHORTEST = 16
INTRODUCTION = """# Gallery of tasks

The first examples of each text recipe, as `synthkit plan RECIPE` and `synthkit.task("RECIPE").example(0)` show them.
This page is written by `docs/figures/gallery.py`, and a test holds it to what the package makes. What the tasks are and
which parameters they have: [ListOps](tasks/listops.md), [Tic-Tac-Toe](tasks/tictactoe.md), [bits](tasks/bits.md),
[images](tasks/images.md), [proteins](tasks/proteins.md), [brackets and sentences](tasks/brackets.md),
[inference](tasks/nli.md).
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(render())


def render() -> str:
    """The page as Markdown."""
    return "\n".join([INTRODUCTION, *(section(name, count) for name, count in RECIPES.items())])


def section(name: str, count: int) -> str:
    """One recipe: its title, its size, and examples; of explained ones where there are any."""
    recipe = load_recipe(name)
    task = open_task(recipe)
    splits = ", ".join(f"{split} {size:,}" for split, size in task.sizes.items())
    blocks = [block(example) for example in picked(task, count)]
    title = recipe.title if recipe.title[-1] in ".?!" else f"{recipe.title}."
    return "\n".join([f"## {name}", "", f"{title} {splits}.", "", "\n\n".join(blocks), ""])


def picked(task: Task, count: int) -> list[TextExample]:
    """The first examples, explained ones if the task has rationales."""
    examples = task.examples(0, min(200, next(iter(task.sizes.values()))))
    if task.layout.rationale:
        return [example for example in examples if example.rationale][:count]
    # A bare digit is a list too, but shows nothing.
    return [example for example in examples if len(example.input) > SHORTEST][:count]


def block(example: TextExample) -> str:
    """One example as a block of plain text."""
    factors = ", ".join(f"{name} {value}" for name, value in example.factors.items())
    lines = [*wrapped("input     ", shortened(example.input)), *wrapped("target    ", shortened(example.target))]
    if example.rationale:
        first, *rest = example.rationale.split("\n")
        lines += [*wrapped("rationale ", first), *(part for line in rest for part in wrapped(" " * 10, line))]
    return "\n".join([f"`{example.id}`: {factors}", "", "```text", *lines, "```"])


def shortened(text: str) -> str:
    """The start and the end of a long text."""
    if len(text) <= LONGEST:
        return text
    left, right = text[: LONGEST * 2 // 3], text[-LONGEST // 3 :]
    return f"{left.rsplit(' ', 1)[0]} ... {right.split(' ', 1)[-1]}"


def wrapped(head: str, text: str) -> list[str]:
    """Lines of limited width, broken at spaces, indented under the first."""
    lines, line = [], head
    for word in text.split(" "):
        if len(line) + len(word) + 1 > WIDTH and line.strip():
            lines.append(line.rstrip())
            line = " " * len(head)
        line += word if line.endswith(head[-1]) and len(line) == len(head) else f" {word}"
    return [*lines, line.rstrip()]


if __name__ == "__main__":
    main()
