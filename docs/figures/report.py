"""Makes docs/figures/report*.png: screenshots of real reports, in the Chromium that is installed.

python docs/figures/report.py [FOLDER]     # a minute or two: two trainings; FOLDER keeps what it makes
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from synthkit.cli import main as command

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Shot:
    """A picture of a part of a page.

    Attributes:
        name: Of the picture.
        report: Whose page.
        at: What is at its top; empty for the top of the page.
        height: Pixels.
        scheme: ``light`` or ``dark``.
        width: Pixels.
    """

    name: str
    report: str
    at: str = ""
    height: int = 800
    scheme: str = "light"
    width: int = 1200


SHOTS = (
    Shot("report", "syntone", height=830),
    Shot("report-clips", "syntone", "#examples article >> nth=6", 800),
    Shot("report-speech", "synspeech_small", "#examples", 860, "dark"),
    Shot("report-trees", "listops_factors", "#examples", 760),
    Shot("report-evidence", "nli_grammar", "#examples", 700),
    Shot("report-pairs", "listops_factors", "#pairs", 760, "dark"),
    Shot("report-run", "run", "#curves", 900),
    Shot("report-traversals", "run", "#traversals", 760, "dark"),
    Shot("report-language", "language", "#metrics", 800),
    Shot("report-narrow", "syntone", "#factors", 800, "light", 375),
)


def main() -> None:
    """Make datasets, trainings, their reports and pictures of them."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary).resolve()
        folder.mkdir(exist_ok=True)
        for name in dict.fromkeys(shot.report for shot in SHOTS):
            if not (folder / name).exists():
                MAKERS.get(name, dataset)(name, folder)
            synthkit("report", folder / name, "--out", folder / f"{name}.html")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for shot in SHOTS:
                context = browser.new_context(
                    viewport={"width": shot.width, "height": shot.height}, color_scheme=shot.scheme, offline=True
                )
                take(context.new_page(), shot, folder / f"{shot.report}.html")
                context.close()
            browser.close()


def take(page: Page, shot: Shot, report: Path) -> None:
    """One picture."""
    page.goto(report.as_uri())
    page.wait_for_load_state("networkidle")
    if shot.at:
        top = page.locator(shot.at).bounding_box()
        page.evaluate("y => scrollTo(0, y - 16)", top["y"] if top else 0)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image.quantize(256, dither=Image.Dither.NONE).save(HERE / f"{shot.name}.png", optimize=True)


def dataset(name: str, folder: Path) -> None:
    """A dataset of a recipe."""
    synthkit("generate", name, "--out", folder / name)


def run(name: str, folder: Path) -> None:
    """A beta-VAE of the small tones, trained for a minute."""
    if not (folder / "syntone_small").exists():
        dataset("syntone_small", folder)
    options = ("--variant", "beta_vae", "--set", "training.steps=400", "--device", "cpu")
    synthkit("train", "syntone_benchmark", "--data", folder / "syntone_small", *options, "--out", folder / name)


def language(name: str, folder: Path) -> None:
    """A small T5 that learns to tell the label of an inference."""
    options = ("--set", "training.steps=600", "--set", "data.limit=8000", "--device", "cpu")
    synthkit("train", "nli_teacher", *options, "--out", folder / name)


MAKERS: dict[str, Callable[[str, Path], None]] = {"run": run, "language": language}


def synthkit(*arguments: str | Path) -> None:
    """Run a command of synthkit in this process."""
    if code := command(list(map(str, arguments))):
        sys.exit(code)


if __name__ == "__main__":
    main()
