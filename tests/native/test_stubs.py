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
    """Function name -> argument names, from a stub; methods as Class.method."""
    tree = ast.parse((STUBS / f"{name}.pyi").read_text())
    functions = [("", node) for node in tree.body]
    functions += [(f"{c.name}.", node) for c in tree.body if isinstance(c, ast.ClassDef) for node in c.body]
    return {
        prefix + f.name: [a.arg for a in (*f.args.args, *f.args.kwonlyargs)]
        for prefix, f in functions
        if isinstance(f, ast.FunctionDef) and not f.name.startswith("_")
    }


def _bound(module: ModuleType) -> dict[str, object]:
    """The same names -> what is bound to them."""
    public = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    classes = {name: value for name, value in public.items() if isinstance(value, type)}
    methods = {
        f"{name}.{method}": value
        for name, bound in classes.items()
        for method, value in vars(bound).items()
        if not method.startswith("_")
    }
    return {name: value for name, value in public.items() if name not in classes} | methods


def test_the_binary_is_what_is_imported() -> None:
    assert _core.__file__.endswith(".so")


def test_every_submodule_has_a_stub() -> None:
    found = [name for name, value in vars(_core).items() if isinstance(value, ModuleType)]
    assert sorted(found) == SUBMODULES


@pytest.mark.parametrize("name", SUBMODULES)
def test_functions_and_arguments(name: str) -> None:
    binary, stub = _bound(getattr(_core, name)), _stubbed(name)
    assert sorted(binary) == sorted(stub)
    for function, arguments in stub.items():
        signature = binary[function].__doc__.splitlines()[0]
        inside = signature[signature.index("(") + 1 : signature.rindex(") ->")]
        assert [a for a in arguments if f"{a}: " not in inside] == [], signature
        assert inside.count(": ") == len(arguments), signature
