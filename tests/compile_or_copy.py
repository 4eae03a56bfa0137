"""Compiles a file, or takes the object that a build beside it has made of the very same input.

CMake's compiler launcher: python compile_or_copy.py MADE.json COMPILER ...; the file is what `plan` writes.

What is compared: the whole command, and each file that the preprocessor reads, byte for byte. The preprocessor runs
either way, so that a header that is missing is found, and a source that is missing is none that could be compared.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = "csrc"
VALUED = ("-o", "-MF", "-MT", "-c")


def plan(build: Path, ninja: Path) -> dict[str, list[object]]:
    """Source -> its command and the object that was made by it, of a build of ROOT."""
    told = subprocess.run([ninja, "-C", build, "-t", "compdb"], capture_output=True, text=True, check=True, timeout=120)
    entries = json.loads(told.stdout[told.stdout.index("[\n") :])
    return {
        str(Path(entry["file"]).relative_to(ROOT)): [entry["command"].split(), str(build / entry["output"])]
        for entry in entries
        if entry["file"].startswith(f"{ROOT / SOURCES}/") and entry["output"].endswith(".cpp.o")
    }


def value(command: list[str], option: str) -> str:
    return command[command.index(option) + 1]


def flags(command: list[str], root: str) -> list[str]:
    """All that decides what an object holds, wherever the sources are."""
    kept = [word for i, word in enumerate(command) if word not in VALUED and command[i - 1] not in VALUED]
    return [word.replace(f"{root}/{SOURCES}", SOURCES) for word in kept]


def read_by_preprocessor(command: list[str]) -> list[Path]:
    """Every file that goes into the object; their list is written where the compiler would write it."""
    without = [word for i, word in enumerate(command) if word not in ("-o", "-MD") and command[i - 1] != "-o"]
    subprocess.run([*without, "-M"], check=True, timeout=600)
    listed = Path(value(command, "-MF")).read_text().replace("\\\n", " ")
    return [Path(name) for name in listed.partition(":")[2].split()]


def same(read: list[Path], root: str, made: Path) -> bool:
    """Whether the other build read the same, and has nothing to make anew."""
    theirs = [ROOT / path.relative_to(root) if path.is_relative_to(root) else path for path in read]
    return all(
        there.exists() and there.stat().st_mtime < made.stat().st_mtime and here.read_bytes() == there.read_bytes()
        for here, there in zip(read, theirs, strict=True)
    )


def copied(command: list[str], known: dict[str, list]) -> bool:
    root, _, rest = value(command, "-c").partition(f"/{SOURCES}/")
    theirs, made = known.get(f"{SOURCES}/{rest}", ([], ""))
    if not made or not Path(made).exists() or flags(command, root) != flags(theirs, str(ROOT)):
        return False
    if not same(read_by_preprocessor(command), root, Path(made)):
        return False
    shutil.copyfile(made, value(command, "-o"))
    return True


def main() -> int:
    command = sys.argv[2:]
    if "-c" in command and "-MF" in command and copied(command, json.loads(Path(sys.argv[1]).read_text())):
        return 0
    return subprocess.run(command, check=False, timeout=900).returncode


if __name__ == "__main__":
    sys.exit(main())
