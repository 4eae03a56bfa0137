"""A page for each recipe: what is in the dataset, its plan, an example, its fingerprint."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable

from reference.clips import picture
from reference.pages import ROOT, Folder, code, prose, table, toctree, what_it_prints
from synthkit.cli import plan as plan_command
from synthkit.errors import InputError
from synthkit.recipe import Recipe
from synthkit.recipe.load import load_recipe, recipe_names
from synthkit.records import AudioLayout, FactorInfo
from synthkit.run import prepare
from synthkit.run.prepare import Prepared
from synthkit.shards.wording import format_bytes, format_number

__all__ = ["write"]

_INTRODUCTION = """# Datasets

Every recipe that synthkit carries, as `synthkit list recipes` names them. `synthkit generate NAME --out DIR` makes one.
[Add your own](../../recipes.md); what a dataset directory holds, its card says.

"""
_SHOWN_VALUES = 8


def write(pages: Folder) -> None:
    """Write ``datasets/``."""
    names = recipe_names()
    fingerprints = json.loads((ROOT / "tests" / "golden" / "fingerprints.json").read_text())
    rows = []
    for name in names:
        recipe = load_recipe(name)
        rows.append((f"[`{name}`]({name}.md)", recipe.title, _generator(recipe)))
        pages.write(f"datasets/{name}.md", _page(pages, recipe, fingerprints.get(name)))
    listed = table(("recipe", "what it is", "generator"), rows)
    pages.write("datasets/index.md", _INTRODUCTION + listed + "\n" + toctree(names))


def _page(pages: Folder, recipe: Recipe, golden: dict[str, object] | None) -> str:
    prepared, smoke = _prepared(recipe)
    parts = [f"# `{recipe.name}`\n", prose(recipe.description), ""]
    parts += _command(recipe, smoke)
    if prepared is not None:
        parts += [_facts(prepared, smoke), *_factors(prepared.factors), *_annotations(prepared)]
        parts += _example(pages, prepared)
    parts += _plan(recipe, smoke)
    parts += _settings(recipe)
    parts += _fingerprint(recipe, golden)
    parts += _cautions(recipe)
    parts += _origin(recipe)
    return "\n".join(parts) + "\n"


def _prepared(recipe: Recipe) -> tuple[Prepared | None, bool]:
    """The recipe as it is; where it needs files that are not here its small size; else nothing."""
    try:
        return prepare(recipe), False
    except InputError:
        pass
    try:
        return prepare(load_recipe(recipe.name, smoke=True)), True
    except InputError:
        return None, False


def _command(recipe: Recipe, smoke: bool) -> Iterable[str]:
    yield code(f"$ synthkit generate {recipe.name} --out {recipe.name}", "console")
    if smoke:
        yield (
            "It needs what does not come with synthkit: files, a teacher or a service (see above). What follows is its "
            "small size, `--smoke`.\n"
        )


def _facts(prepared: Prepared, smoke: bool) -> str:
    layout, total = prepared.generator.layout, prepared.plan.num_examples
    size = format_bytes(total * layout.bytes_per_example)
    about = f"{size} of audio" if isinstance(layout, AudioLayout) else f"about {size} of text"
    splits = ", ".join(f"`{name}` {count:,}" for name, count in prepared.plan.sizes.items())
    lines = [f"- **Size**{' (`--smoke`)' if smoke else ''}: {total:,} examples, {about}", f"- **Splits**: {splits}"]
    if isinstance(layout, AudioLayout):
        seconds = layout.num_samples / layout.sample_rate
        lines.append(
            f"- **One example**: a clip of {layout.num_samples:,} samples at {layout.sample_rate:,} Hz ({seconds:g} "
            f"s), `{layout.sample_format}`, its factors beside it"
        )
    else:
        columns = "`input`, `target`" + (", `rationale`" if layout.rationale else "")
        classes = f"; {len(layout.labels)} classes" if layout.labels else ""
        lines.append(f"- **One example**: {columns}{classes}, its factors beside it")
    recipe = prepared.recipe
    lines.append(f"- **Design**: `{recipe.design.kind}`; seed {recipe.seed}; recipe version {recipe.version}")
    return "\n".join([*lines, ""])


def _factors(factors: Iterable[FactorInfo]) -> Iterable[str]:
    every = list(factors)
    if not every:
        return
    yield "## Factors\n"
    head = ("factor", "kind", "unit", "levels", "values", "what it is")
    chosen = [_factor(f) for f in every if not f.measured]
    measured = [_factor(f) for f in every if f.measured]
    if chosen:
        yield table(head, chosen)
    if measured:
        yield "Measured on the finished examples:\n"
        yield table(head, measured)


def _factor(f: FactorInfo) -> tuple[str, ...]:
    shown = f.spec if f.values is None or len(f.values) > _SHOWN_VALUES else ", ".join(map(format_number, f.values))
    return (f"`{f.name}`", f.kind, f.unit, f"{f.levels:,}" if f.levels else "", shown, f.description)


def _annotations(prepared: Prepared) -> Iterable[str]:
    rows = [(f"`{a.name}`", a.dtype, a.unit, a.description) for a in prepared.generator.layout.annotations]
    if rows:
        yield "Known of each example beside its factors:\n"
        yield table(("column", "type", "unit", "what it is"), rows)


def _example(pages: Folder, prepared: Prepared) -> Iterable[str]:
    drawn = picture(prepared)
    if drawn is not None:
        name = prepared.recipe.name
        pages.write(f"datasets/{name}.png", drawn.png)
        pages.write(f"datasets/{name}.wav", drawn.wav)
        yield "## An example\n"
        yield f"![Waveform and spectrogram of the first example]({name}.png)\n"
        yield f"*{drawn.caption}* {{download}}`Listen <{name}.wav>`.\n"


def _plan(recipe: Recipe, smoke: bool) -> Iterable[str]:
    command = f"synthkit plan {recipe.name}{' --smoke' if smoke else ''}"

    def call() -> None:
        try:
            plan_command.run(recipe.name, sets=[], smoke=smoke, as_json=False)
        except InputError as error:
            print(f"synthkit: {error}")

    yield "## Plan\n"
    yield code(f"$ {command}\n{what_it_prints(call)}", "console")


def _settings(recipe: Recipe) -> Iterable[str]:
    yield "## Settings\n"
    if not recipe.params:
        yield f"The recipe leaves all parameters of the generator {_generator(recipe)} at their defaults.\n"
        return
    yield f"What the recipe sets of the generator {_generator(recipe)}; `--set params.NAME=VALUE` changes one:\n"
    rows = [(f"`{name}`", f"`{json.dumps(value, ensure_ascii=False)}`") for name, value in recipe.params.items()]
    yield table(("parameter", "value"), rows)


def _generator(recipe: Recipe) -> str:
    return f"[`{recipe.generator}`](../generators/{recipe.generator}.md)"


def _fingerprint(recipe: Recipe, golden: dict[str, object] | None) -> Iterable[str]:
    yield "## Fingerprint\n"
    if golden is None:
        yield "None is recorded: it depends on files, models or a service that do not come with synthkit.\n"
        return
    changes = " ".join(f"--set {change}" for change in golden["set"])  # type: ignore[attr-defined]
    command = " ".join(part for part in (f"synthkit generate {recipe.name}", changes, f"--out {recipe.name}") if part)
    yield f"`{command}` ({golden['num_examples']:,} examples) prints, on any machine:\n"
    yield code(f"fingerprint {golden['fingerprint']}")
    if recipe.generator == "speech":
        yield "It is that of espeak-ng 1.51: another version may say it in another way.\n"
    yield "A test makes this dataset and compares. [What a fingerprint covers](../../determinism.md#the-fingerprint).\n"


def _cautions(recipe: Recipe) -> Iterable[str]:
    if recipe.notes:
        yield "## Known defects and cautions\n"
        yield "\n".join(f"- {note}" for note in recipe.notes) + "\n"


def _origin(recipe: Recipe) -> Iterable[str]:
    yield "## Licence and citation\n"
    yield f"Licence of the data: `{recipe.license}`.\n"
    if recipe.citation:
        yield "\n".join(f"- {line}" for line in inspect.cleandoc(recipe.citation).splitlines() if line.strip()) + "\n"
    yield "[How to cite synthkit](../../citing.md).\n"
