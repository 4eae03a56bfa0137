"""Every block of the documentation is run, or says why not; what is said to be printed is printed."""

import importlib.util
import re
import shutil
import sys
from pathlib import Path

import pytest
import typer

from synthkit.cli.commands import app
from synthkit.recipe.load import load_recipe, recipe_names
from synthkit.train import experiment_names, load_experiment
from synthkit.train.load import resolved

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def _module():
    """docs/blocks.py."""
    spec = importlib.util.spec_from_file_location("blocks", DOCS / "blocks.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["blocks"] = module
    spec.loader.exec_module(module)
    return module


blocks = _module()

# Pages of the generated catalogue are what was printed when they were written.
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_generated" not in path.parts)
FRONT = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
RUN = ("python", "console", "sh", "bash")
# What may be left out. A new entry needs a good reason; a page that is run is worth ten that are not.
MOST_NOT_RUN = 10
MOST_PARSED = 26


def name(path):
    return str(path.relative_to(ROOT))


def found(page, *marks):
    return [block for block in blocks.blocks(page.read_text()) if block.mark in marks and block.language in RUN]


RUNNABLE = [page for page in PAGES if found(page, "", "about") or "<!-- output -->" in page.read_text()]


@pytest.mark.parametrize("page", RUNNABLE, ids=name)
def test_what_a_page_shows_is_what_happens(page, tmp_path):
    assert blocks.run_page(page, tmp_path) >= 1


# Blocks of the README by what is in them; tests/test_docs.py runs others, and the rest is parsed.
README = ("32,000 examples, 1.03 GB in syntone, ", "$ synthkit verify syntone", "data[0].audio", "import tone")


def test_what_the_readme_shows_is_what_happens(tmp_path):
    try:
        count = blocks.run_page(
            ROOT / "README.md", tmp_path, only=lambda block: any(said in block.text for said in README)
        )
    finally:
        shutil.rmtree(tmp_path)  # 1 GB
    assert count == len(README)


def test_little_is_left_out():
    marked = {
        mark: [f"{name(p)}:{b.line}: {b.said}" for p in PAGES for b in found(p, mark)] for mark in ("not run", "parsed")
    }
    print("\n".join(["not run:", *marked["not run"], "parsed only:", *marked["parsed"]]))
    assert len(marked["not run"]) <= MOST_NOT_RUN
    assert len(marked["parsed"]) <= MOST_PARSED
    assert all(line.rpartition(": ")[2].strip() for lines in marked.values() for line in lines), "a reason is missing"


@pytest.mark.parametrize("page", [p for p in [*PAGES, *FRONT] if "synthkit" in p.read_text()], ids=name)
def test_commands_exist(page):
    """Commands, their options, recipes, experiments, and the fields that are changed; whether a block is run or not."""
    for block in blocks.blocks(page.read_text()):
        if block.language in ("console", "sh", "bash") and block.mark != "not run":
            session = block.language == "console"
            text = "\n".join(command for command, _ in blocks.commands(block.text)) if session else block.text
            for words in blocks.calls(text):
                check_call(words, f"{name(page)}:{block.line}")
            for target in re.findall(r"^make ([a-z-]+)", text, re.MULTILINE):
                assert f"\n{target}:" in (ROOT / "Makefile").read_text(), f"{name(page)}:{block.line}: make {target}"
            for script in re.findall(r"^python (\S+\.py)", text, re.MULTILINE):
                assert (ROOT / script).exists(), f"{name(page)}:{block.line}: {script}"


def check_call(words, where):
    """A call of synthkit, without doing it."""
    command, context = typer.main.get_command(app), None
    while hasattr(command, "commands"):
        if not words or words[0].startswith("-"):
            return
        assert words[0] in command.commands, f"{where}: no command {words[0]!r}"
        command, words = command.commands[words[0]], words[1:]
    context = command.make_context(command.name, list(words))
    given = context.params
    changes = given.get("sets") or []
    if given.get("recipe") in recipe_names():
        load_recipe(
            given["recipe"], [change for change in changes if "$" not in change], smoke=given.get("smoke", False)
        )
    elif "recipe" in given:
        assert Path(given["recipe"]).suffix in (".toml", ".json", ".py"), f"{where}: no recipe {given['recipe']!r}"
    if given.get("experiment") in experiment_names():
        experiment = load_experiment(given["experiment"])
        point = getattr(experiment, "sweep", None) is not None
        resolved(experiment, variant=None if point else given.get("variant"), sets=changes)
    elif "experiment" in given:
        assert Path(given["experiment"]).suffix in (".toml", ".json", ".py"), f"{where}: no experiment"


@pytest.mark.parametrize(
    "words",
    [
        ["generate", "syntone"],
        ["generate", "syntoon", "--out", "x"],
        ["generate", "syntone", "--out", "x", "--never"],
        ["generate", "syntone", "--out", "x", "--set", "factors.loudness.num=3"],
        ["make", "syntone"],
        ["train", "syntone_bench", "--out", "x"],
        ["train", "syntone_benchmark", "--out", "x", "--variant", "no_vae"],
        ["train", "syntone_benchmark", "--out", "x", "--set", "training.stepps=3"],
    ],
)
def test_a_wrong_command_is_seen(words):
    with pytest.raises(Exception):  # noqa: B017, PT011 - the parser's errors, ours, and those of assert
        check_call(words, "here")


def page_of(tmp_path, text):
    path = tmp_path / "page.md"
    path.write_text(text)
    folder = tmp_path / "run"
    folder.mkdir()
    return path, folder


@pytest.mark.parametrize(
    "text",
    [
        "```console\n$ echo one\ntwo\n```\n",
        "```console\n$ false\n```\n",
        "```sh\nfalse\ntrue\n```\n",
        "```python\nprint(6 * 7)\n```\n\n<!-- output -->\n```text\n43\n```\n",
        "<!-- about: reason -->\n```console\n$ echo 'a 2 words'\na 3 lines\n```\n",
    ],
)
def test_a_wrong_page_is_seen(tmp_path, text):
    path, folder = page_of(tmp_path, text)
    with pytest.raises(blocks.PageError):
        blocks.run_page(path, folder)


def test_an_error_in_python_is_seen(tmp_path):
    path, folder = page_of(tmp_path, "```python\nnothing_of_that_name\n```\n")
    with pytest.raises(NameError):
        blocks.run_page(path, folder)


RIGHT = """\
<!-- file: a/words.txt -->
```text
three
```

<!-- setup
number = 6
-->
<!-- setup sh
echo 2 > two
-->
```console
$ cat a/words.txt two; \\
  echo took 1.23 s
three
2
took 4.5 s
$ seq 5
1
...
5
$ synthkit plan no_such_recipe
synthkit: no recipe is named 'no_such_recipe'
...
```

```python
print(number * 7)
```

<!-- output -->
```text
42
```

<!-- about: it is a clock -->
```console
$ echo "| 12.5 | x  |"
| 3 | x |
```

<!-- not run: it would fail -->
```python
1 / 0
```

<!-- parsed: it would take long -->
```sh
exit 1
```
"""


def test_a_right_page_is_run(tmp_path):
    path, folder = page_of(tmp_path, RIGHT.replace("synthkit: no recipe is named 'no_such_recipe'\n", "synthkit: ?\n"))
    with pytest.raises(blocks.PageError, match="no_such_recipe"):
        blocks.run_page(path, folder)
    (tmp_path / "second").mkdir()
    assert blocks.run_page(path, tmp_path / "second", write=True) == 4
    (tmp_path / "third").mkdir()
    assert blocks.run_page(path, tmp_path / "third") == 4
    text = path.read_text()
    assert "took 1.23 s" in text
    assert "1 / 0" in text


def test_the_files_that_the_page_on_extending_names_exist():
    page = (DOCS / "extending.md").read_text()
    paths = re.findall(r"`((?:tests|synthkit|docs|recipes|csrc)/[\w/.]*)`", page)
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_calls_are_found_in_scripts():
    text = """\
$ synthkit train a --out b \\
    --set x=1   # a comment
for m in a b; do
  synthkit generate r --set method=$m --out o/$m && echo done
done
torchrun --nproc-per-node 4 -m synthkit train c --out d
python -c "print('synthkit')"
"""
    assert list(blocks.calls(text)) == [
        ["train", "a", "--out", "b", "--set", "x=1"],
        ["generate", "r", "--set", "method=$m", "--out", "o/$m"],
        ["train", "c", "--out", "d"],
    ]
