"""What is shipped works where nothing else is: the source distribution, the wheel of it, an empty environment.

Built and installed once for all tests here, whichever process comes first.
"""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

import synthkit

ROOT = Path(__file__).resolve().parent.parent
PIP = ["-m", "pip", "--disable-pip-version-check", "-q"]
GPL = re.compile(r"\b(A|L)?GPL|General Public License", re.IGNORECASE)


def once(folder: Path, make: Callable[[], None]) -> Path:
    """The folder with what `make` puts there; others wait for the first who comes, and fail where he failed."""
    folder.mkdir(parents=True, exist_ok=True)
    done, failed = folder / "done", folder / "failed"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists() and not failed.exists():
            try:
                make()
                done.touch()
            except BaseException as error:
                failed.write_text(f"{error}")
                raise
    if failed.exists():
        pytest.fail(failed.read_text())
    return folder


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


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Path:
    """A folder of this run's, one for all its processes."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def built(shared) -> Path:
    """The source distribution, the wheel that was built of it, and the map of its module's linker."""
    folder = shared / "built-wheel"

    def make() -> None:
        (folder / "tree.txt").write_text("\n".join(shipped()))  # as it is now: somebody may be working on it
        settings = ["-Ccmake.define.SYNTHKIT_CUDA=OFF", f"-Cbuild-dir={folder / 'build'}"]
        run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, *settings, ROOT)

    return once(folder, make)


@pytest.fixture(scope="session")
def wheel(built) -> Path:
    return next(built.glob("*.whl"))


@pytest.fixture(scope="session")
def empty(shared, wheel) -> Path:
    """The Python of an environment that holds the wheel and what it depends on."""
    folder = shared / "empty-environment"

    def make() -> None:
        run(sys.executable, "-m", "venv", folder / "venv")
        run(folder / "venv" / "bin" / "python", *PIP, "install", "-c", ROOT / "constraints.txt", wheel)

    return once(folder, make) / "venv" / "bin" / "python"


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
    command = [emulator, "-cpu", "Nehalem", empty, "-m", "synthkit"]
    told = run(*command, "generate", "syntone_small", "--out", "tones", cwd=tmp_path).stdout
    assert told.splitlines()[-1] == f"fingerprint {golden('fingerprints.json')['syntone_small']['fingerprint']}"
    told = run(*command, "generate", "listops_lra", "--limit", "500", "--out", "listops", cwd=tmp_path).stdout
    assert told.splitlines()[-1] == f"fingerprint {golden('fingerprints.json')['listops_lra']['fingerprint']}"
    assert "baseline (of baseline)" in run(*command, "doctor", cwd=tmp_path).stdout


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
