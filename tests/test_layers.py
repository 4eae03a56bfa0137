"""The rooms of the package import downward only.

Sources are parsed, not imported: an import inside a function or under TYPE_CHECKING counts too, and `_core`, which has
no Python source for an import-graph tool to find, is a room like any other.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "synthkit"

GROUND = {"errors", "records", "exact", "seeds", "recipe", "plugins", "storage"}

# Room -> the rooms it may import, the top floor first. "synthkit" is the package's own __init__.py.
MAY_IMPORT: dict[str, set[str]] = {
    "__main__": {"cli"},
    "cli": {
        "synthkit",
        "report",
        "analysis",
        "train",
        "models",
        "augment",
        "dataset",
        "convert",
        "run",
        "generators",
        "plan",
        "shards",
    }
    | {"audit", "metrics", "speech", "llm", "saliency", "ops", "_core"}
    | GROUND,
    "synthkit": {"dataset"},
    "report": {"synthkit", "analysis", "train", "dataset", "generators", "audit", "metrics", "shards"} | GROUND,
    "analysis": {"train", "models", "dataset", "ops", "records", "errors"},
    "train": {"models", "augment", "dataset", "audit", "metrics", "ops", "shards"} | GROUND,
    "models": {"records"},
    "augment": {"records", "errors"},
    "dataset": {"run", "generators", "shards"} | GROUND,
    "convert": {"run", "audit", "shards", "llm"} | GROUND,
    "run": {"plan", "generators", "audit", "shards", "llm"} | GROUND,
    "generators": {"saliency", "ops", "speech", "llm"} | GROUND,
    "audit": {"metrics", "ops", "shards"} | GROUND,
    "plan": GROUND,
    "shards": {"storage", "records", "errors"},
    "metrics": {"ops", "seeds", "records", "errors"},
    "speech": {"recipe", "seeds", "records", "errors", "plugins"},
    "saliency": {"models", "recipe", "seeds", "records", "errors"},
    "llm": {"recipe", "storage", "records", "errors"},
    "ops": {"_core", "errors"},
    # A recipe file builds one record and holds no logic.
    "recipes": {"recipe", "train"},
    # The ground floor. Keys and factor values must have the same bits everywhere: hence `_core` under seeds and exact.
    "recipe": {"records", "errors", "exact", "seeds"},
    "seeds": {"_core", "errors", "exact", "records"},
    "exact": {"_core"},
    "storage": {"records", "errors"},
    "records": {"errors"},
    "plugins": {"errors"},
    "errors": set(),
    "_core": set(),
}

# What each room may be imported without: these start in a moment and run where the extras are not installed.
HEAVY = {"torch", "torchaudio", "transformers", "soundfile", "matplotlib", "scipy", "pandas", "datasets", "sklearn"}
LIGHT = [
    "errors",
    "storage",
    "records",
    "exact",
    "seeds",
    "recipe",
    "plugins",
    "plan",
    "ops",
    "metrics",
    "audit",
    "speech",
    "llm",
    "saliency",
]
LIGHT += ["generators", "run", "convert", "dataset", "train", "report"]


def _rooms_on_disk() -> set[str]:
    found = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    found |= {path.stem for path in PACKAGE.glob("*.py") if path.name != "__init__.py"}
    return found | {"synthkit", "recipes"}


def _sources() -> Iterator[tuple[str, Path]]:
    """Each source file with the room it belongs to; recipes are installed as a room of the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        first = path.relative_to(PACKAGE).parts[0]
        yield ("synthkit" if first == "__init__.py" else first.removesuffix(".py")), path
    for path in sorted((ROOT / "recipes").rglob("*.py")):
        yield "recipes", path


def _imported_rooms(source: str) -> Iterator[tuple[int, str]]:
    """Line and room of each import of ours, at whatever depth."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "synthkit":
                yield node.lineno, parts[1] if len(parts) > 1 and parts[1] in MAY_IMPORT else "synthkit"


def test_imports_go_down_only() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {room} may not import {imported}"
        for room, path in _sources()
        for line, imported in _imported_rooms(path.read_text())
        if imported != room and imported not in MAY_IMPORT[room]
    ]
    assert wrong == []


def test_every_room_has_its_floor() -> None:
    assert _rooms_on_disk() - set(MAY_IMPORT) == set(), "add the room to MAY_IMPORT, and to the design's table"


def test_the_table_has_no_way_back() -> None:
    assert set().union(*MAY_IMPORT.values()) <= set(MAY_IMPORT)
    TopologicalSorter(MAY_IMPORT).prepare()


@pytest.mark.parametrize(
    ("source", "rooms"),
    [
        ("import synthkit", ["synthkit"]),
        ("import synthkit.run.build as b", ["run"]),
        ("from synthkit import _core, __version__", ["_core", "synthkit"]),
        ("from synthkit.plan import Plan", ["plan"]),
        ("def f():\n    if True:\n        from synthkit import shards", ["shards"]),
        ("import numpy\nfrom synthkitten import run", []),
    ],
)
def test_the_check_sees(source: str, rooms: list[str]) -> None:
    assert [room for _, room in _imported_rooms(source)] == rooms


def _loaded_by(module: str) -> set[str]:
    """Top-level modules that importing `module` brings into a new process."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("room", [room for room in LIGHT if room in _rooms_on_disk()])
def test_light_rooms_import_nothing_heavy(room: str) -> None:
    assert _loaded_by(f"synthkit.{room}") & HEAVY == set()


@pytest.mark.parametrize("module", ["synthkit", "synthkit.cli"])
def test_the_front_door_is_quick(module: str) -> None:
    assert _loaded_by(module) & (HEAVY | {"pyarrow", "numpy"}) == set()
