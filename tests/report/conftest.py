"""Datasets and a training to report on, and a real browser to look at the pages."""

import json
import shutil
from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

from synthkit.recipe.load import from_data, load_recipe
from synthkit.report import write_report
from synthkit.run import build
from synthkit.train import Experiment
from synthkit.train.load import resolved

EVIL = '<script>window.hacked=1</script><img src=x onerror="window.hacked=2"> & </style> \' " \x07'


@pytest.fixture(scope="module")
def _chromium():
    """A browser for one module: while it lives, an event loop runs in this thread, which is no place for others."""
    found = shutil.which("chromium")
    if found is None:
        pytest.fail("chromium is not there, and pages are tested in it: `make setup` installs it, or says how")
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        browser = playwright.chromium.launch(executable_path=found, args=options)
        yield browser
        browser.close()


class Tab:
    """A page, with what it said and what it asked for."""

    def __init__(self, page, path):
        self.page, self.said, self.asked = page, [], []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))
        page.goto(path.as_uri())

    def outside(self):
        """Requests for anything but the page and what is in it."""
        return [url for url in self.asked[1:] if not url.startswith("data:")]


@pytest.fixture(scope="module")
def opened(_chromium):
    """Opens a file from the disk, without a network."""

    @contextmanager
    def open_page(path, **options):
        context = _chromium.new_context(offline=True, **options)
        context.set_default_timeout(60_000)
        try:
            yield Tab(context.new_page(), path)
        finally:
            context.close()

    return open_page


@pytest.fixture(scope="session")
def pages(tmp_path_factory, tones, evil, run):
    """Reports by name: of clips, of hostile texts, of a training."""
    folder = tmp_path_factory.mktemp("pages")
    targets = {"tones": tones, "evil": evil, "run": run}
    for name, target in targets.items():
        write_report(str(target), folder / f"{name}.html", examples=6)
    return {name: folder / f"{name}.html" for name in targets}


@pytest.fixture(scope="session")
def texts(tmp_path_factory):
    """Inferences whose evidence is known, 40 of them, as JSON lines."""
    out = tmp_path_factory.mktemp("texts") / "data"
    build(load_recipe("nli_grammar", [("design.limit", 40), ("output.format", "jsonl")]), out, workers=1)
    return out


@pytest.fixture(scope="session")
def evil(texts, tmp_path_factory):
    """The same directory, with markup in every place that holds words of others."""
    out = tmp_path_factory.mktemp("evil") / "data"
    shutil.copytree(texts, out)
    for path in out.glob("data/*.jsonl"):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for row in rows:
            row.update({name: f"{EVIL} {row[name]}" for name in ("input", "target", "rationale", "reasoning")})
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["license"] = manifest["name"] = EVIL
    manifest["factors"][0]["description"] = manifest["factors"][0]["unit"] = EVIL
    (out / "manifest.json").write_text(json.dumps(manifest))
    recipe = json.loads((out / "recipe.json").read_text())
    recipe["description"] = f"{EVIL}\n\n{EVIL}\n\n- {EVIL}\n\n    {EVIL}\n\n| a |\n| --- |\n| {EVIL} |\n"
    recipe["citation"] = EVIL
    (out / "recipe.json").write_text(json.dumps(recipe))
    with (out / "README.md").open("a") as card:
        card.write(f"\n## Rationales\n\n{EVIL} `{EVIL}` **{EVIL}**\n\n## Saliency {EVIL}\n\n{EVIL}\n")
    return out


@pytest.fixture(scope="session")
def run(recipe_file, tmp_path_factory):
    """A VAE trained for a moment on short tones; it stores the sounds of its traversals."""
    from synthkit.train.training import train

    data = {
        "name": "small",
        "description": "A small VAE.\n\nOf tones.",
        "data": {"recipe": str(recipe_file)},
        "features": {"kind": "log_mel", "bands": 12, "window": 256, "hop": 64},
        "model": {"name": "vae", "latent": 3, "channels": [4, 4], "hidden": [8]},
        "training": {"steps": 12, "batch_size": 16, "checkpoint_every": 6, "log_every": 2},
        "evaluation": {"traversals": 3, "metrics": "mig,modularity,sap"},
    }
    out = tmp_path_factory.mktemp("run") / "run"
    train(resolved(Experiment.model_validate_json(json.dumps(data))), out, device="cpu")
    return out


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Makes a dataset of a recipe, or of one given as data, and gives its directory."""
    folder = tmp_path_factory.mktemp("made")

    def make(recipe, sets=(), name=None):
        out = folder / (name or str(recipe))
        if not out.exists():
            loaded = load_recipe(recipe, list(sets)) if isinstance(recipe, str) else from_data(recipe, "test")
            build(loaded, out, workers=1)
        return out

    return make
