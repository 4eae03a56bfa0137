"""An object is taken only where the compiler would have read the same and been told the same."""

import importlib.util
import os
import shutil
import time
from pathlib import Path

import pytest

COMPILER = shutil.which("g++") or shutil.which("c++")


@pytest.fixture
def module(tmp_path, monkeypatch):
    """tests/compile_or_copy.py, for a tree of two files in which `made.o` was made."""
    spec = importlib.util.spec_from_file_location("compile_or_copy", Path(__file__).with_name("compile_or_copy.py"))
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    for name in ("first", "second"):
        (tmp_path / name / "csrc").mkdir(parents=True)
        (tmp_path / name / "csrc" / "a.cpp").write_text('#include "a.h"\nint a() { return A; }\n')
        (tmp_path / name / "csrc" / "a.h").write_text("#define A 1\n")
        for file in (tmp_path / name / "csrc").iterdir():
            os.utime(file, (0, time.time() - 60))
    (tmp_path / "made.o").write_text("made")
    monkeypatch.setattr(found, "ROOT", tmp_path / "first")
    return found


def command(root, *flags):
    out = root.parent / "out.o"
    words = [COMPILER, f"-I{root}/csrc", *flags, "-MD", "-MT", out, "-MF", f"{out}.d", "-o", out, "-c"]
    return [*map(str, words), f"{root}/csrc/a.cpp"]


def copied(module, tmp_path, *flags):
    known = {"csrc/a.cpp": [command(tmp_path / "first"), str(tmp_path / "made.o")]}
    return module.copied(command(tmp_path / "second", *flags), known)


def test_what_is_the_same_is_taken(module, tmp_path):
    assert copied(module, tmp_path)
    assert (tmp_path / "out.o").read_text() == "made"
    assert "a.h" in (tmp_path / "out.o.d").read_text()


def test_what_differs_is_compiled(module, tmp_path):
    assert not copied(module, tmp_path, "-O2")
    os.utime(tmp_path / "first" / "csrc" / "a.h")  # changed after the object was made, as far as anybody can tell
    os.utime(tmp_path / "made.o", (0, time.time() - 30))
    assert not copied(module, tmp_path)
    os.utime(tmp_path / "made.o")
    (tmp_path / "second" / "csrc" / "a.h").write_text("#define A 2\n")
    assert not copied(module, tmp_path)
    assert not (tmp_path / "out.o").exists()
    (tmp_path / "second" / "csrc" / "a.h").unlink()
    with pytest.raises(module.subprocess.CalledProcessError):  # a header that was not shipped
        copied(module, tmp_path)
