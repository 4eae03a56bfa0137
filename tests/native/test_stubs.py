"""The type stubs say what the binary holds: same submodules, same functions, same argument names."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType

import pytest

from synthkit import _core

STUBS = Path(__file__).parents[2] / "synthkit" / "_core"
SUBMODULES = sorted(path.stem for path in STUBS.glob("*.pyi") if path.stem != "__init__")


def _stubbed(name: str) -> dict[str, list[str]]:
    """Function name -> argument names, from a stub."""
    tree = ast.parse((STUBS / f"{name}.pyi").read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {f.name: [a.arg for a in (*f.args.args, *f.args.kwonlyargs)] for f in functions}


def test_the_binary_is_what_is_imported() -> None:
    assert _core.__file__.endswith(".so")


def test_every_submodule_has_a_stub() -> None:
    found = [name for name, value in vars(_core).items() if isinstance(value, ModuleType)]
    assert sorted(found) == SUBMODULES


@pytest.mark.parametrize("name", SUBMODULES)
def test_functions_and_arguments(name: str) -> None:
    binary, stub = getattr(_core, name), _stubbed(name)
    assert sorted(k for k in vars(binary) if not k.startswith("_")) == sorted(stub)
    for function, arguments in stub.items():
        signature = getattr(binary, function).__doc__.splitlines()[0]
        inside = signature[signature.index("(") + 1 : signature.rindex(") ->")]
        assert [a for a in arguments if f"{a}: " not in inside] == [], signature
        assert inside.count(": ") == len(arguments), signature
