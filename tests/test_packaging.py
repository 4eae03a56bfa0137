"""What is shipped: one version, pinned dependencies. The wheel itself: `test_wheel.py`."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import synthkit

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = SETTINGS["project"]

GROUPS: dict[str, list[str]] = {
    "core": PROJECT["dependencies"],
    "build": SETTINGS["build-system"]["requires"],
    **PROJECT["optional-dependencies"],
}


def _pins() -> dict[str, str]:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"]
    pairs = [line.split("==") for line in lines]
    assert all(len(pair) == 2 for pair in pairs), "constraints.txt holds name==version and nothing else"
    names = [canonicalize_name(name) for name, _ in pairs]
    assert len(set(names)) == len(names), "a package is pinned twice"
    return dict(zip(names, [version for _, version in pairs], strict=True))


def test_one_version() -> None:
    assert PROJECT["version"] == synthkit.__version__


@pytest.mark.parametrize("group", GROUPS)
def test_every_direct_dependency_is_pinned_within_its_range(group: str) -> None:
    pins = _pins()
    wrong = [
        line
        for line, requirement in ((line, Requirement(line)) for line in GROUPS[group])
        if not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"))
    ]
    assert wrong == []


def test_torch_and_torchaudio_are_one_pair() -> None:
    assert _pins()["torch"].split(".")[:2] == _pins()["torchaudio"].split(".")[:2]


def test_wheels_are_built_for_every_python_that_is_told() -> None:
    told = [line.rpartition(" :: ")[2] for line in PROJECT["classifiers"] if ":: Python :: 3." in line]
    wheels = SETTINGS["tool"]["cibuildwheel"]
    assert wheels["build"] == [f"cp{version.replace('.', '')}-*" for version in told]
    assert wheels["config-settings"]["cmake.define.SYNTHKIT_CUDA"] == "OFF"
    assert {wheels[f"manylinux-{machine}-image"] for machine in wheels["linux"]["archs"]} == {"manylinux_2_28"}
