"""What is shipped: one version, pinned dependencies, and a wheel that holds all it needs and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import zipfile
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


def test_the_wheel(tmp_path: Path) -> None:
    """Built as on a machine without network; in a build folder of its own, for others may be building too."""
    offline = ["--no-index", "--no-deps", "--no-build-isolation", f"-Cbuild-dir={tmp_path / 'build'}"]
    offline.append("-Ccmake.define.SYNTHKIT_CUDA=OFF")  # `make cuda` builds those, which takes minutes
    command = [sys.executable, "-m", "pip", "wheel", *offline, "-w", str(tmp_path), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    assert [name for name in names if name.startswith("synthkit/_core.") and name.endswith(".so")], "no binary"
    expected = {"synthkit/py.typed"}
    expected |= {str(path.relative_to(ROOT)) for path in (ROOT / "synthkit").rglob("*.py*") if path.suffix != ".pyc"}
    expected |= {str(path.relative_to(ROOT)) for path in (ROOT / "synthkit" / "generators" / "data").iterdir()}
    recipes = (ROOT / "recipes").rglob("*.py")
    expected |= {f"synthkit/recipes/{path.relative_to(ROOT / 'recipes').as_posix()}" for path in recipes}
    assert expected - names == set()
    assert {name.partition("/")[0] for name in names} == {"synthkit", f"synthkit-{synthkit.__version__}.dist-info"}
    assert [name for name in names if Path(name).suffix in {".cpp", ".h", ".cu", ".a", ".pyc"}] == []
    assert f"synthkit-{synthkit.__version__}.dist-info/licenses/LICENSE" in names


def test_the_source_distribution(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    tops = {name.partition("/")[0] for name in names}
    assert {"CMakeLists.txt", "LICENSE", "csrc", "synthkit", "recipes", "tests"} <= tops
    assert tops & {".venv", ".git", "build", "dist", "demo"} == set()
    assert [name for name in names if Path(name).suffix in {".so", ".pyc", ".o"}] == []
