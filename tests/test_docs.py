"""What the documentation says is what happens."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest

from synthkit.recipe import Correlated, Grid, HeldOut, LatinHypercube, Random
from synthkit.recipe.load import load_recipe, recipe_names
from synthkit.records import AudioLayout
from synthkit.run import preview
from synthkit.shards.content import audio_digest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def block(page, language):
    """First fenced block of a language."""
    return re.search(rf"```{language}\n(.*?)```", (ROOT / page).read_text(), re.DOTALL).group(1)


def console(command):
    """What the README says that a command prints."""
    for found in re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL):
        for part in re.split(r"^\$ ", found, flags=re.MULTILINE):
            if part.startswith(f"{command}\n"):
                return part.split("\n", 1)[1].strip("\n").splitlines()
    raise AssertionError(command)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("command", ["synthkit plan syntone", "synthkit list recipes"])
def test_the_readme_shows_real_output(synthkit, command):
    real = [line.rstrip() for line in synthkit(*command.split()[1:]).stdout.splitlines()]
    assert console(command) == real


def test_the_readme_shows_a_real_error(synthkit):
    command = "synthkit generate syntone_small --set factors.frequency.stop=9000 --out x"
    done = synthkit(*command.split()[1:], check=False)
    assert console(command) == done.stderr.splitlines()


def test_the_readme_quotes_the_fingerprint(golden):
    fingerprint = golden("fingerprints.json")["syntone"]["fingerprint"]
    for command in ("synthkit generate syntone --out syntone", "synthkit verify syntone --regenerate 20"):
        assert console(command)[-1] == f"fingerprint {fingerprint}"


def test_the_recipe_of_the_documentation(tmp_path):
    path = tmp_path / "beats.toml"
    path.write_text(block("docs/recipes.md", "toml"))
    found = preview(load_recipe(str(path)))
    assert found.sizes == {"train": 24, "test": 12}
    assert [factor.name for factor in found.factors] == ["tremolo_rate", "tremolo_depth"]


def test_every_design_and_factor_type_is_explained():
    text = (ROOT / "docs/recipes.md").read_text()
    for design in (Grid, Random, LatinHypercube, Correlated, HeldOut):
        assert f"`{design.model_fields['kind'].default}`" in text
    for name in ("categorical", "values", "linspace", "logspace", "integers", "uniform", "loguniform"):
        assert f"`{name}`" in text


def test_the_digest_of_the_documentation():
    """The line in docs/determinism.md is what is hashed for the first example of SynTone."""
    text = (ROOT / "docs/determinism.md").read_text()
    line = re.search(r"^    (\{.*\})\\n$", text, re.MULTILINE).group(1)
    said = json.loads(line)
    found = preview(load_recipe("syntone"), examples=1).examples[0]
    assert found == {"id": said["id"], **said["factors"]}
    samples = np.zeros(3, np.int16)
    layout = AudioLayout(3, said["sample_rate"], said["format"])
    digest = audio_digest(said["id"], said["factors"], said["indices"], layout, samples)
    assert digest == hashlib.sha256(f"{line}\n".encode() + samples.tobytes()).digest()


def test_every_recipe_is_in_the_readme():
    text = (ROOT / "README.md").read_text()
    for name in recipe_names():
        assert name in text
