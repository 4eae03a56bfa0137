"""What the documentation says is what happens."""

import dataclasses
import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from synthkit.generators import generator_class
from synthkit.metrics import CONVENTIONS, METRICS, Convention
from synthkit.recipe import Correlated, Grid, HeldOut, LatinHypercube, Random
from synthkit.recipe.load import load_recipe, recipe_names
from synthkit.records import AudioLayout, TextExample
from synthkit.run import preview
from synthkit.shards.content import audio_digest, text_digest
from synthkit.speech.espeak_styles import STYLE_CHANGES
from synthkit.speech.espeak_voices import QUALITIES
from synthkit.train import experiment_names
from synthkit.train.load import from_data, resolved, variant_names

ROOT = Path(__file__).resolve().parent.parent
# Not the pages that the site makes of the code: tests/test_site.py follows all links of the site.
PAGES = sorted(p for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")] if "_generated" not in p.parts)


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


def test_the_readme_quotes_the_fingerprint_of_speech(golden):
    fingerprint = golden("fingerprints.json")["synspeech_small"]["fingerprint"]
    assert console("synthkit generate synspeech_small --out synspeech_small")[-1] == f"fingerprint {fingerprint}"
    assert fingerprint in (ROOT / "docs/speech.md").read_text()


def test_the_tables_of_the_speech_page_are_real():
    """Ranges of the speakers, and what each style changes."""
    page = (ROOT / "docs/speech.md").read_text()
    for name, quality in QUALITIES.items():
        low, high = quality.ranges["female"]
        assert f"| `{name}` | {low:g} to {high:g} |" in page
        low, high = quality.ranges["male"]
        assert f"| {low:g} to {high:g} | " in page.partition(f"| `{name}` |")[2].partition("\n")[0]
    for name, change in STYLE_CHANGES.items():
        row = f"| `{name}` | x {change.rate:g} | {change.pitch:+g} | x {change.range:g} | {change.volume:+g} |"
        assert row in page


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


def test_the_readme_scores_hand_made_codes(synthkit, tmp_path):
    synthkit("generate", "syntone_small", "--out", "tones")
    scripts = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    script = next(found for found in scripts if "np.savez" in found)
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, timeout=600)
    command = "synthkit score codes.npz --data tones --metrics mig,sap,dci --plot scores.png"
    assert console(command) == synthkit(*command.split()[1:]).stdout.splitlines()


def test_the_table_of_conventions_is_real():
    script = load_script("conventions")
    assert script.table(script.scores()) in (ROOT / "docs" / "metrics.md").read_text()


def load_script(name):
    """A script of docs/figures as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "figures" / f"{name}.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


# Their examples need files, a service or a teacher.
NOT_SHOWN = {
    "cifar10_sequence",
    "anli_information_extraction",
    "anli_informed_reasoning",
    "nli_grammar_saliency",
}


def test_the_gallery_is_real():
    script = load_script("gallery")
    texts = {n for n in recipe_names() if generator_class(load_recipe(n).generator).content == "text"}
    assert set(script.RECIPES) == texts - NOT_SHOWN
    assert (ROOT / "docs" / "gallery.md").read_text() == script.render()


def test_the_digest_of_a_text_in_the_documentation():
    """The second line of docs/determinism.md is one of a text."""
    line = re.findall(r"^    (\{.*\})$", (ROOT / "docs/determinism.md").read_text(), re.MULTILINE)[0]
    said = json.loads(line)
    levels = np.array(said["indices"])
    example = TextExample(said["id"], said["factors"], levels, said["input"], said["target"], said["rationale"])
    assert text_digest(example) == hashlib.sha256(line.encode()).digest()


def test_the_recipe_of_the_protein_page(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text(block("docs/tasks/proteins.md", "toml"))
    assert load_recipe(str(path)).splits["test_family"] == 0.1


def test_the_readme_checks_explanations():
    scripts = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    names = {}
    exec(next(found for found in scripts if "synthkit.task" in found), names)
    assert names["task"].check(names["example"].rationale, names["example"]).ok


def test_the_listops_page_checks_explanations(capsys):
    exec(block("docs/tasks/listops.md", "python"), {})
    assert capsys.readouterr().out.startswith("False 1 ")


def test_every_metric_and_convention_is_documented():
    page = (ROOT / "docs" / "metrics.md").read_text()
    for name in (*METRICS, *CONVENTIONS):
        stem = name.removesuffix("_test")
        assert f"`{name}`" in page or f"`{stem}_train`, `_test`" in page, name
    documented = Convention.__doc__
    for field in dataclasses.fields(Convention):
        assert f"        {field.name}: " in documented, field.name


def test_every_experiment_model_setting_and_augmentation_is_documented():
    from synthkit.augment import AUGMENTATIONS
    from synthkit.models.autoencoder import AutoencoderConfig
    from synthkit.models.registry import MODELS
    from synthkit.models.vae import VaeConfig

    page = (ROOT / "docs/training.md").read_text()
    pages = page + (ROOT / "docs/language-models.md").read_text()
    for name in experiment_names():
        assert f"| `{name}` |" in pages
    common = {*AutoencoderConfig.model_fields, *VaeConfig.model_fields}
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for name, model in MODELS.items():
        row = next(line for line in rows if f"`{name}`" in line.split("|")[1])
        own = set(model.Config.model_fields) if name in ("ae", "rave") else set(model.Config.model_fields) - common
        assert all(f"`{field}`" in row for field in own), name
    for name, kind in AUGMENTATIONS.items():
        row = next(line for line in rows if f"`{name}`" in line.split("|")[1])
        changes = ", ".join(sorted(kind.changes)) or "nothing"
        assert row.split("|")[2].strip().startswith(changes), name


def test_every_policy_scheme_and_command_of_language_models_is_documented(synthkit):
    from synthkit.models.language.freezing import POLICIES
    from synthkit.models.language.tiny import TINY
    from synthkit.train.language.record import LanguageModelChoice, Tokens

    page = (ROOT / "docs/language-models.md").read_text()
    for name, text in POLICIES.items():
        assert f"| `{name}` | {text} |" in page
    for scheme in get_args(Tokens.model_fields["scheme"].annotation):
        assert f"| `{scheme}` |" in page
    for head in get_args(LanguageModelChoice.model_fields["head"].annotation):
        assert f"`{head}`" in page
    assert all(f"`tiny:{name}`" in page for name in TINY)
    for command in {line.split()[2] for line in page.splitlines() if line.startswith("$ synthkit ")}:
        assert synthkit(command, "--help").returncode == 0


def test_the_experiment_of_the_documentation(tmp_path):
    data = tomllib.loads(block("docs/training.md", "toml"))
    experiment = from_data(data, "docs/training.md")
    assert variant_names(experiment) == ["mild", "strong"]
    assert resolved(experiment, variant="strong").model["beta"] == 16.0


def test_the_training_page_shows_a_real_refusal(tmp_path):
    """Told before anything is trained; the probe's figures are those of this machine's Fourier transform."""
    page = (ROOT / "docs/training.md").read_text()
    shown = re.search(r"\$ (synthkit train syntone_as_published .*?)\n(.*?)```", page, re.DOTALL)
    command = [
        sys.executable,
        "-m",
        *shown.group(1).replace("'", "").replace("--out run", f"--out {tmp_path}/run").split(),
    ]
    small = ["--set", "data.limit=3000", "--set", "data.test_limit=100", "--set", "features.hop=4096"]
    done = subprocess.run([*command, *small], capture_output=True, text=True, timeout=300)
    assert done.returncode == 2

    def words(text):
        return re.sub(r"-?[0-9.]+ on", "# on", text).split()

    assert words(done.stderr) == words(shown.group(2))


def test_streams_of_the_documentation_run():
    for page in ("README.md", "docs/training.md"):
        code = next(
            c for c in re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL) if "stream(" in c
        )
        exec(compile("import synthkit\n" + code.replace("num_workers=2", "num_workers=0"), page, "exec"), {})


def test_the_tables_of_the_transfer_page_are_those_of_the_result_file():
    page = (ROOT / "docs/transfer.md").read_text()
    for title, lines in load_script("transfer").tables().items():
        assert "\n".join(lines) in page, title


@pytest.mark.parametrize(
    ("title", "page"), [("students", "distillation"), ("phenomena", "distillation"), ("saliency", "rationales")]
)
def test_the_tables_of_distillation_are_those_of_the_result_file(title, page):
    lines = load_script("distillation").tables()[title]
    assert "\n".join(lines) in (ROOT / f"docs/{page}.md").read_text()


def test_the_tables_of_the_syntone_page_are_those_of_the_result_files():
    spec = importlib.util.spec_from_file_location("syntone_tables", ROOT / "docs/figures/syntone.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (ROOT / "docs/syntone-table.md").read_text()
    for title, lines in module.tables().items():
        assert "\n".join(lines) in page, title
