"""``synthkit train``, ``synthkit encode`` and ``synthkit benchmark``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synthkit.cli.extras import needs_extra
from synthkit.cli.language import run_language
from synthkit.cli.output import console, print_json
from synthkit.cli.training_progress import training_progress
from synthkit.cli.training_result import tell_result
from synthkit.errors import InputError
from synthkit.train.experiment import Experiment
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.load import Change, load_experiment, resolved, variant_names

__all__ = ["run_benchmark", "run_encode", "run_export", "run_train"]


def run_train(
    name: str,
    out: Path,
    *,
    data: Path | None,
    variant: str | None,
    smoke: bool,
    sets: Sequence[Change],
    seed: int | None,
    device: str,
    overwrite: bool,
    workers: int,
    as_json: bool,
) -> None:
    """Train one variant of an experiment and evaluate it."""
    experiment = load_experiment(name)
    if isinstance(experiment, LanguageExperiment):
        run_language(
            experiment,
            out,
            data=data,
            variant=variant,
            smoke=smoke,
            sets=sets,
            seed=seed,
            device=device,
            overwrite=overwrite,
            workers=workers,
            as_json=as_json,
        )
        return
    plan = resolved(experiment, variant=variant, smoke=smoke, sets=sets, seed=seed)
    data = _clips_of(experiment, plan, data)
    with needs_extra("train", "torch"):
        from synthkit.train.training import train
    if variant is None and len(experiment.variants) > 1 and not as_json:
        others = ", ".join(variant_names(experiment)[1:])
        console(stderr=True).print(f"variant {experiment.variants[0].name} (--variant: {others})", markup=False)
    with training_progress() as report:
        result = train(plan, out, data=data, device=device, overwrite=overwrite, on_progress=report)
    tell_result(result, print_evaluation, f"score it by `synthkit score {out}`", as_json=as_json)


def run_encode(
    run: Path, data: Path | None, out: Path, *, split: str | None, device: str, limit: int | None, as_json: bool
) -> None:
    """Encode clips with a trained model."""
    with needs_extra("train", "torch"):
        from synthkit.train.encoding import encode_clips
    if out.suffix != ".parquet":
        raise InputError(f"--out: codes are written as .parquet, not {out.suffix or 'a file without suffix'}")
    with training_progress() as report:
        found = encode_clips(run, data, out, split=split, device=device, limit=limit, on_progress=report)
    if as_json:
        print_json(found)
    else:
        console().print(f"{out}: {found['clips']:,} clips x {found['codes']} codes", markup=False)


def run_export(run: Path, out: Path) -> None:
    """Write a trained model as TorchScript; a language model as a directory of transformers."""
    with needs_extra("train", "torch"):
        from synthkit.train.export import export_run
        from synthkit.train.folder import is_language_run
    if is_language_run(run):
        with needs_extra("train,text", "torch", "transformers"):
            from synthkit.train.language.export import export_model
        export_model(run, out)
    else:
        export_run(run, out)
    console().print(f"wrote {out}", markup=False)


def run_benchmark(
    name: str,
    out: Path,
    *,
    data: Path | None,
    seeds: int,
    variants: Sequence[str] | None,
    smoke: bool,
    sets: Sequence[Change],
    device: str,
    as_json: bool,
) -> None:
    """Train all variants with several seeds, and write a table."""
    experiment = load_experiment(name)
    if isinstance(experiment, LanguageExperiment):
        raise InputError(f"experiment {name}: language models are compared by a sweep: `synthkit train {name}`")
    with needs_extra("train", "torch"):
        from synthkit.train import benchmark
        from synthkit.train.training import train

    def one(plan: Experiment, folder: Path) -> dict[str, Any]:
        clips = _clips_of(experiment, plan, data)
        with training_progress(f"{folder.parent.name} {folder.name}") as report:
            found = train(plan, folder, data=clips, device=device, features=out / "features", on_progress=report)
        return found.evaluation

    found = benchmark.run_benchmark(experiment, range(seeds), out, one, variants=variants, smoke=smoke, sets=sets)
    written = benchmark.write_benchmark(found, out)
    if as_json:
        print_json(found.to_dict())
        return
    from rich.table import Table

    names = list(found.values)
    table = Table("measure", *names, title=f"{experiment.name}: mean +- s.d. over {seeds} training(s)")
    for measure in found.measures:
        table.add_row(measure, *[benchmark.shown(found.summary(v, measure), seeds) for v in names])
    console().print(table)
    console().print(f"wrote {', '.join(path.name for path in written)} in {out}", markup=False)


def _clips_of(experiment: Experiment, plan: Experiment, data: Path | None) -> Path | None:
    """The directory to train on: none where a variant or change asks for clips of its own, which is said."""
    if data is None or (plan.data.recipe, plan.data.set) == (experiment.data.recipe, experiment.data.set):
        return data
    console(stderr=True).print(
        f"note: this variant has clips of its own (data.recipe {plan.data.recipe}); they are made on the fly, not read "
        f"from {data}",
        markup=False,
    )
    return None


def print_evaluation(evaluation: Mapping[str, Any]) -> None:
    """Metrics and linear probes as tables."""
    from rich.table import Table

    screen = console()
    if evaluation.get("metrics"):
        table = Table("metric", "value", title=f"{evaluation['clips']:,} clips, convention {evaluation['convention']}")
        for name, value in evaluation["metrics"].items():
            table.add_row(name, "-" if value is None else f"{value:.3f}")
        screen.print(table)
    if evaluation.get("probes"):
        table = Table("factor", "measure", "codes", "features", title="linear probes on held-out clips")
        for factor, measures in evaluation["probes"].items():
            for measure, value in measures.items():
                beside = evaluation["feature_probes"][factor].get(measure)
                table.add_row(factor, measure, *("-" if v is None else f"{v:.3f}" for v in (value, beside)))
        screen.print(table)
    if evaluation.get("reconstruction"):
        found = evaluation["reconstruction"]
        unexplained = "-" if found["unexplained"] is None else f"{found['unexplained']:.3f}"
        screen.print(f"reconstruction: mean squared error {found['mse']:.4f}, {unexplained} of the variance")
    if evaluation.get("downstream"):
        table = Table("factor", "labels", "chance", "frozen", "fine-tuned", "from scratch", title="accuracy")
        for row in evaluation["downstream"]:
            figures = (row[k] for k in ("chance", "frozen", "fine_tuned", "scratch"))
            labels = f"{row['labels']:,} ({row['share']:.0%})"
            table.add_row(row["factor"], labels, *("-" if v is None else f"{v:.3f}" for v in figures))
        screen.print(table)
