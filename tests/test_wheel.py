"""What is shipped works where nothing else is: the source distribution, the wheel of it, an empty environment.

Built and installed once for all tests here, whichever process comes first.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

import synthkit

ROOT = Path(__file__).resolve().parent.parent
PIP = ["-m", "pip", "--disable-pip-version-check", "-q"]
DEV_BUILD = ROOT / "build" / "dev"
GPL = re.compile(r"\b(A|L)?GPL|General Public License", re.IGNORECASE)


def _objects():
    """tests/compile_or_copy.py."""
    spec = importlib.util.spec_from_file_location("compile_or_copy", ROOT / "tests" / "compile_or_copy.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


objects = _objects()


def run(*command: object, check: bool = True, **options: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=900, **options)
    if check:
        assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done


def shipped() -> list[str]:
    """Files of the package and its recipes, by their names in a wheel."""
    package = [path for path in (ROOT / "synthkit").rglob("*.py*") if path.suffix != ".pyc"]
    package += (ROOT / "synthkit" / "generators" / "data").iterdir()
    recipes = [f"synthkit/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "recipes").rglob("*.py")]
    return [*(path.relative_to(ROOT).as_posix() for path in package), *recipes]


def launcher(folder: Path) -> list[str]:
    """What makes CMake take objects of the development build that were made of the same bytes by the same command."""
    ninja = Path(sys.executable).with_name("ninja")
    if not (DEV_BUILD / "build.ninja").exists() or not ninja.exists():
        return []
    (folder / "made.json").write_text(json.dumps(objects.plan(DEV_BUILD, ninja)))
    words = [sys.executable, objects.__file__, folder / "made.json"]
    return [f"-Ccmake.define.CMAKE_CXX_COMPILER_LAUNCHER={';'.join(map(str, words))}"]


@pytest.fixture(scope="session")
def built(once) -> Path:
    """The source distribution, the wheel that was built of it, and the map of its module's linker."""

    def make(folder: Path) -> None:
        (folder / "tree.txt").write_text("\n".join(shipped()))  # as it is now: somebody may be working on it
        settings = ["-Ccmake.define.SYNTHKIT_CUDA=OFF", f"-Cbuild-dir={folder / 'build'}", *launcher(folder)]
        run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, *settings, ROOT)

    return once("built-wheel", make)


@pytest.fixture(scope="session")
def wheel(built) -> Path:
    return next(built.glob("*.whl"))


@pytest.fixture(scope="session")
def empty(once, wheel) -> Path:
    """The Python of an environment that holds the wheel and what it depends on."""

    def make(folder: Path) -> None:
        run(sys.executable, "-m", "venv", folder / "venv")
        run(folder / "venv" / "bin" / "python", *PIP, "install", "-c", ROOT / "constraints.txt", wheel)

    return once("empty-environment", make) / "venv" / "bin" / "python"


@pytest.fixture
def outside(empty, tmp_path):
    """Runs the installed command, away from the sources."""
    return lambda *words, check=True: run(empty, "-m", "synthkit", *words, cwd=tmp_path, check=check)


def test_they_hold_what_they_should(built, wheel):
    (source,) = built.glob("*.tar.gz")
    given = ["--map", built / "build" / "_core.map", "--sdist", source]
    done = run(sys.executable, ROOT / "scripts" / "check-wheel", wheel, *given, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith("0 problems")


def test_the_wheel_holds_every_file_of_the_package_and_every_recipe(built, wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = set((built / "tree.txt").read_text().splitlines())
    assert expected - names == set()
    assert {name.partition("/")[0] for name in names} == {"synthkit", f"synthkit-{synthkit.__version__}.dist-info"}


def test_with_core_dependencies_only_it_makes_what_it_always_made(empty, tmp_path):
    done = run(empty, ROOT / "scripts" / "test-wheel", cwd=tmp_path)
    assert "the fingerprints are those of tests/golden" in done.stdout


def test_it_is_found_without_the_sources(empty, tmp_path):
    code = "import sys, synthkit; synthkit.load; print(synthkit.__file__, 'torch' in sys.modules)"
    file, torch = run(empty, "-c", code, cwd=tmp_path).stdout.split()
    assert Path(file).is_relative_to(empty.parent.parent)
    assert torch == "False"
    command = empty.with_name("synthkit")
    assert run(command, "--version", cwd=tmp_path).stdout == f"synthkit {synthkit.__version__}\n"


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (["train", "syntone_benchmark", "--out", "o"], "train"),
        (["benchmark", "syntone_benchmark", "--out", "b"], "train"),
        (["generate", "anli_informed_reasoning", "--set", "source=hf:facebook/anli", "--out", "o"], "text"),
        (["generate", "synspeech_neural", "--out", "o"], "speech"),
        (["generate", "synspeech_small", "--set", "params.audio.loudness=-23", "--out", "o"], "loudness"),
    ],
)
def test_what_needs_an_extra_says_which(outside, words, extra):
    done = outside(*words, check=False)
    assert done.returncode in (1, 2)
    assert f"pip install 'synthkit[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_old_processor_gets_the_same_bits(empty, golden, tmp_path):
    """The whole command on a processor of 2008, which has no AVX: the path is found and nothing else is run."""
    if platform.machine() != "x86_64":
        pytest.skip("a processor without AVX is one of x86-64")
    emulator = shutil.which("qemu-x86_64")
    if not emulator and "CI" not in os.environ:
        pytest.skip("needs qemu-user: make setup installs it where it may")
    assert emulator, "needs qemu-user"
    # One process, as its imports take far longer there than its work.
    made = [
        ["generate", "syntone_small", "--out", "tones", "--workers", "1"],
        ["generate", "listops_lra", "--limit", "500", "--out", "listops", "--workers", "1"],
        ["doctor"],
    ]
    code = f"import sys; from synthkit.cli import main; sys.exit(any([main(words) for words in {made!r}]))"
    told = run(emulator, "-cpu", "Nehalem", empty, "-c", code, cwd=tmp_path).stdout
    expected = [golden("fingerprints.json")[name]["fingerprint"] for name in ("syntone_small", "listops_lra")]
    assert re.findall("^fingerprint (.*)$", told, re.MULTILINE) == expected
    assert "baseline (of baseline)" in told


def licence(of: Distribution) -> str:
    told = [
        of.metadata.get("License-Expression"),
        *(of.metadata.get_all("Classifier") or []),
        of.metadata.get("License"),
    ]
    names = [name for name in told if name and (name is told[0] or name.startswith("License ::") or name is told[-1])]
    return "; ".join(name.partition("\n")[0] for name in names)


def test_what_it_depends_on_is_free_of_the_gpl(empty):
    """All that pip installs beside it. The LGPL is told on the page of releases; nothing under it is in our wheel."""
    (site,) = (empty.parent.parent / "lib").glob("python*/site-packages")
    found = {of.metadata["Name"]: licence(of) for of in distributions(path=[str(site)])}
    found = {name: told for name, told in found.items() if name not in {"pip", "setuptools"}}
    assert len(found) > 10
    assert "torch" not in found
    assert [name for name, told in found.items() if not told] == []
    lesser = {name for name, told in found.items() if GPL.search(told)}
    assert {name: found[name] for name in lesser if not re.fullmatch(r"LGPL-[\d.]+-or-later", found[name])} == {}
    page = (ROOT / "docs" / "releasing.md").read_text()
    assert {name for name in lesser if f"| {name} |" not in page} == set()
