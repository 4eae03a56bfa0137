"""``synthkit train``, ``synthkit encode`` and ``synthkit benchmark``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synthkit.cli.extras import needs_extra
from synthkit.cli.output import console, print_json
from synthkit.errors import InputError
from synthkit.train.experiment import Experiment
from synthkit.train.load import Change, load_experiment, resolved, variant_names

__all__ = ["run_benchmark", "run_encode", "run_export", "run_train"]

Report = Callable[[str, int, int, Mapping[str, float]], None]


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
    as_json: bool,
) -> None:
    """Train one variant of an experiment and evaluate it."""
    experiment = load_experiment(name)
    plan = resolved(experiment, variant=variant, smoke=smoke, sets=sets, seed=seed)
    data = _clips_of(experiment, plan, data)
    with needs_extra("train", "torch"):
        from synthkit.train.training import train
    if variant is None and len(experiment.variants) > 1 and not as_json:
        others = ", ".join(variant_names(experiment)[1:])
        console(stderr=True).print(f"variant {experiment.variants[0].name} (--variant: {others})", markup=False)
    with _progress() as report:
        result = train(plan, out, data=data, device=device, overwrite=overwrite, on_progress=report)
    if not result.evaluation:  # another process of this training evaluates and tells
        return
    if as_json:
        print_json({**result.evaluation, "out": str(out), "steps": result.steps, "warnings": list(result.warnings)})
        return
    if result.resumed_from:
        console().print(f"went on from step {result.resumed_from}", markup=False)
    print_evaluation(result.evaluation)
    for warning in result.warnings:
        console().print(f"note: {warning}", markup=False)
    early = ", stopped early" if result.stopped_early else ""
    console().print(f"{out}: {result.steps} steps{early}; score it by `synthkit score {out}`", markup=False)


def run_encode(
    run: Path, data: Path | None, out: Path, *, split: str | None, device: str, limit: int | None, as_json: bool
) -> None:
    """Encode clips with a trained model."""
    with needs_extra("train", "torch"):
        from synthkit.train.encoding import encode_clips
    if out.suffix != ".parquet":
        raise InputError(f"--out: codes are written as .parquet, not {out.suffix or 'a file without suffix'}")
    with _progress() as report:
        found = encode_clips(run, data, out, split=split, device=device, limit=limit, on_progress=report)
    if as_json:
        print_json(found)
    else:
        console().print(f"{out}: {found['clips']:,} clips x {found['codes']} codes", markup=False)


def run_export(run: Path, out: Path) -> None:
    """Write a trained model as TorchScript."""
    with needs_extra("train", "torch"):
        from synthkit.train.export import export_run
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
    with needs_extra("train", "torch"):
        from synthkit.train import benchmark
        from synthkit.train.training import train

    def one(plan: Experiment, folder: Path) -> dict[str, Any]:
        clips = _clips_of(experiment, plan, data)
        with _progress(f"{folder.parent.name} {folder.name}") as report:
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


@contextmanager
def _progress(title: str = "") -> Iterator[Report | None]:
    """A bar for each stage on a terminal, silence elsewhere."""
    screen = console(stderr=True)
    if not screen.is_terminal:
        yield None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[terms]}"))
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=screen, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int, terms: Mapping[str, float]) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(f"{title} {stage}".strip(), total=total, terms="")
            shown = "  ".join(f"{name.rpartition('/')[2]} {value:.4g}" for name, value in list(terms.items())[:4])
            bar.update(tasks[stage], completed=done, total=total, terms=shown)

        yield report
