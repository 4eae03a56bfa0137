"""Pages of the public modules, by autodoc."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable

from reference.pages import Folder, rest, table, toctree

__all__ = ["GROUPS", "write"]

# Name of the page, its title, and modules: of a package what it hands out, with a dot behind it all that is in it.
# Generators, metrics, models and analyses have pages of theirs.
GROUPS = (
    ("synthkit", "The front door", ("synthkit",)),
    ("dataset", "Examples for training", ("synthkit.dataset", "synthkit.dataset.streaming")),
    ("run", "Build, preview, verify", ("synthkit.run",)),
    ("recipe", "Recipes", ("synthkit.recipe", "synthkit.recipe.load")),
    ("plan", "Plans", ("synthkit.plan",)),
    ("records", "Records between stages", ("synthkit.records",)),
    ("seeds", "Keys and random numbers", ("synthkit.seeds",)),
    ("shards", "Shards and dataset directories", ("synthkit.shards.",)),
    ("metrics", "Scores", ("synthkit.metrics", "synthkit.metrics.problem", "synthkit.metrics.information")),
    ("ops", "Kernels", ("synthkit.ops.",)),
    ("generators", "What a generator is", ("synthkit.generators",)),
    ("speech", "Speech engines", ("synthkit.speech.",)),
    ("augment", "Augmentations", ("synthkit.augment", "synthkit.augment.")),
    ("models", "What a model is", ("synthkit.models.base",)),
    (
        "train",
        "Experiments",
        ("synthkit.train", "synthkit.train.load", "synthkit.train.experiment", "synthkit.train.language.record"),
    ),
    ("llm", "Language model services", ("synthkit.llm.",)),
    ("storage", "Where datasets live", ("synthkit.storage",)),
    ("convert", "From one format to another", ("synthkit.convert.",)),
    ("report", "Reports", ("synthkit.report",)),
    ("errors", "Errors", ("synthkit.errors",)),
)
_INTRODUCTION = """# Python API

`import synthkit` gives `synthkit.load`, `synthkit.task` and `synthkit.stream`, and loads nothing else before it is
asked for. Shapes, dtypes, units and ranges stand with each argument; errors are those of `synthkit.errors`.

"""
# What the modules of a package share, and nobody else calls.
_INSIDE = ("arrays", "threads")
# Classes that two packages hand out are described by one of them.
_ELSEWHERE = {"synthkit.run": "Task"}


def write(pages: Folder) -> None:
    """Write ``api/``."""
    rows = []
    for name, title, modules in GROUPS:
        rows.append(
            (f"[{title}]({name}.md)", ", ".join(f"`{module.rstrip('.')}`" for module in dict.fromkeys(modules)))
        )
        blocks = [_block(module) for given in modules for module in _modules(given)]
        pages.write(f"api/{name}.md", f"# {title}\n\n" + "\n".join(blocks))
    names = [name for name, _, _ in GROUPS]
    pages.write("api/index.md", _INTRODUCTION + table(("page", "modules"), rows) + "\n" + toctree(names))


def _block(module: str) -> str:
    handed_out = "   :imported-members:\n" if _is_package(module) else ""
    if module in _ELSEWHERE:
        handed_out += f"   :exclude-members: {_ELSEWHERE[module]}\n"
    if module == "synthkit":  # its names are there when they are asked for
        functions = "\n".join(f".. autofunction:: synthkit.{name}" for name in ("load", "task", "stream"))
        return rest(f".. automodule:: synthkit\n\n{functions}")
    return f"## `{module}`\n\n" + rest(f".. automodule:: {module}\n   :members:\n{handed_out}")


def _modules(given: str) -> Iterable[str]:
    """The module; of a package with a dot behind it the public modules in it."""
    if not given.endswith("."):
        yield given
        return
    package = importlib.import_module(given.rstrip("."))
    for each in pkgutil.iter_modules(package.__path__):
        public = not each.name.startswith("_") and not each.name.endswith("_input") and each.name not in _INSIDE
        if public and not each.ispkg:
            yield given + each.name


def _is_package(module: str) -> bool:
    return hasattr(importlib.import_module(module), "__path__")
