"""``synthkit train`` for language models, ``synthkit analyze`` and ``synthkit compare``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from synthkit.cli.extras import needs_extra
from synthkit.cli.output import console, print_json
from synthkit.cli.training_progress import training_progress
from synthkit.cli.training_result import tell_result
from synthkit.run.executors import process_pool
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.language.sweep import find_point, run_sweep, share_cores, sweep_points
from synthkit.train.load import Change, resolved

__all__ = ["run_analyze", "run_compare", "run_language"]


def run_language(
    experiment: LanguageExperiment,
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
    """Train a language model, or all points of a sweep."""
    with _text_extra():
        from synthkit.train.language.session import train_language_model
    if experiment.sweep is not None and variant is None:
        _sweep(experiment, out, data, smoke, sets, seed, device, overwrite, workers, as_json)
        return
    if experiment.sweep is not None:
        points = sweep_points(experiment, out / "models", smoke=smoke, sets=sets)
        plan = find_point(points, str(variant)).experiment
        plan = plan if seed is None else plan.model_copy(update={"seed": seed})
    else:
        plan = resolved(experiment, variant=variant, smoke=smoke, sets=sets, seed=seed)
    with training_progress() as report:
        result = train_language_model(plan, out, data=data, device=device, overwrite=overwrite, on_progress=report)
    tell_result(result, _print_evaluation, f"look into it by `synthkit analyze {out}`", as_json=as_json)


def _sweep(
    experiment: LanguageExperiment,
    out: Path,
    data: Path | None,
    smoke: bool,
    sets: Sequence[Change],
    seed: int | None,
    device: str,
    overwrite: bool,
    workers: int,
    as_json: bool,
) -> None:
    from synthkit.train.language.sweep_comparisons import read_comparisons
    from synthkit.train.language.sweep_table import write_sweep

    with training_progress() as report, _pool(workers) as executor:

        def told(name: str, done: int, total: int) -> None:
            if report is not None:
                report("trainings", done, total, {})
            elif not as_json:
                console(stderr=True).print(f"{done} of {total}: {name}", markup=False)

        folder = run_sweep(
            experiment,
            out,
            data=data,
            smoke=smoke,
            sets=sets,
            seed=seed,
            device=device,
            overwrite=overwrite,
            executor=executor,
            on_point=told,
        )
    rows = write_sweep(folder)
    comparisons = read_comparisons(out)
    if as_json:
        print_json({"out": str(out), "rows": rows, "comparisons": comparisons})
        return
    from rich.table import Table

    axes = folder.plan()["axes"]
    table = Table(*axes, "seed", "split", "accuracy", "interval", "best baseline", "trained", title=experiment.title)
    for row in rows:
        figures = [f"{row['accuracy']:.3f}", f"{row['low']:.3f} to {row['high']:.3f}", f"{row['best_baseline']:.3f}"]
        labels = [str(row[name]) for name in (*axes, "seed", "split")]
        table.add_row(*labels, *figures, f"{row['trained_share']:.2%}")
    console().print(table)
    if comparisons:
        _print_comparisons(comparisons, axes, folder.plan()["baseline"])
    console().print(f"{out}: sweep.parquet, .md and .png; look into it by `synthkit analyze {out}`", markup=False)


def _print_comparisons(rows: Sequence[Mapping[str, Any]], axes: Sequence[str], baseline: Mapping[str, str]) -> None:
    """Each point against the baseline, over the same seeds."""
    from rich.table import Table

    named = ", ".join(f"{axis} {point}" for axis, point in baseline.items())
    table = Table(*axes, "split", "difference", "over seeds", "p", "better", title=f"compared with {named}")
    for row in rows:
        figures = [row["problem"], "", "", ""]
        if not row["problem"]:
            by_t = ["", ""]
            if row["p_t"] is not None:
                by_t = [f"{row['t_low']:+.3f} to {row['t_high']:+.3f}", _small(row["p_t"])]
            figures = [f"{row['difference']:+.3f}", *by_t, f"{row['better']} of {row['seeds']}"]
        table.add_row(*(str(row[name]) for name in (*axes, "split")), *figures)
    console().print(table)


@contextmanager
def _pool(workers: int) -> Iterator[Executor | None]:
    """Processes that share the cores; none where trainings run one after the other."""
    if workers == 1:
        yield None
        return
    with process_pool(workers, share_cores, workers) as pool:
        yield pool


def run_analyze(run: Path, data: Path | None, *, limit: int | None, device: str, as_json: bool) -> None:
    """Look into a trained language model, or into all of a sweep."""
    with _text_extra():
        from synthkit.analysis.run import analyze
    with training_progress() as report:

        def told(stage: str, done: int, total: int) -> None:
            if report is not None:
                report(stage, done, total, {})

        found = analyze(run, data=data, limit=limit, device=device, on_progress=told)
    if as_json:
        print_json(found.to_dict())
        return
    for line in found.lines:
        console().print(line, markup=False)
    console().print(f"wrote {len(found.files)} files under {run}", markup=False)


def run_compare(first: Path, second: Path, *, split: str | None, resamples: int, as_json: bool) -> None:
    """Compare the answers of two runs, or of two points of sweeps over their seeds."""
    from synthkit.train.language.compare import compare_points, compare_runs, is_point

    over_seeds = is_point(first) or is_point(second)
    compare = compare_points if over_seeds else compare_runs
    found = compare(first, second, split=split, resamples=resamples)
    if as_json:
        print_json(found)
        return
    screen = console()
    counted = f"{found['texts']:,} texts" + (f", {found['seeds']} seeds of each" if over_seeds else "")
    screen.print(counted, markup=False)
    screen.print(f"{found['accuracy_first']:.3f}  {first}", markup=False)
    screen.print(f"{found['accuracy_second']:.3f}  {second}", markup=False)
    for line in _over_seeds(found) if over_seeds else _over_texts(found):
        screen.print(line, markup=False)


def _over_texts(found: Mapping[str, Any]) -> list[str]:
    """Two runs, in words."""
    return [
        f"difference {found['difference']:+.3f}, 95 % interval {found['low']:+.3f} to {found['high']:+.3f}, "
        f"p {_small(found['p_bootstrap'])} (paired bootstrap), {_small(found['p_mcnemar'])} (McNemar, exact)",
        f"right in the first alone: {found['only_first']}; in the second alone: {found['only_second']}",
    ]


def _over_seeds(found: Mapping[str, Any]) -> list[str]:
    """Two points with the same seeds, in words."""
    by_t = "no t test: it needs two seeds whose differences are not the same"
    if found["p_t"] is not None:
        by_t = (
            f"over seeds: 95 % interval {found['t_low']:+.3f} to {found['t_high']:+.3f}, p {_small(found['p_t'])} "
            "(paired t)"
        )
    return [
        f"difference {found['difference']:+.3f}",
        by_t,
        f"over seeds and texts: 95 % interval {found['low']:+.3f} to {found['high']:+.3f}, p "
        f"{_small(found['p_bootstrap'])} (crossed bootstrap)",
        f"the second is better with {found['better']} seeds, worse with {found['worse']}",
    ]


def _small(p: float) -> str:
    return f"= {p:.4f}" if p >= 0.0001 else "< 0.0001"


def _print_evaluation(evaluation: Mapping[str, Any]) -> None:
    """Accuracies as tables."""
    from rich.table import Table

    screen = console()
    trained = evaluation["trained"]
    layers = f"; layer {'; layer '.join(trained['layers'])}" if 0 < len(trained["layers"]) <= 3 else ""
    screen.print(
        f"trained {trained['trained']:,} of {trained['total']:,} parameters ({trained['share']:.2%}), freezing "
        f"{trained['policy']}{layers}",
        markup=False,
    )
    for split, loss in evaluation.get("test_loss", {}).items():
        screen.print(f"{split}: cross-entropy of hidden tokens {loss:.3f} nats", markup=False)
    if not evaluation.get("splits"):
        return
    names = list(next(iter(evaluation["splits"].values()))["baselines"])
    table = Table("split", "texts", "accuracy", "interval", "invalid", *names, title="accuracy, and without a model")
    for split, found in evaluation["splits"].items():
        interval = f"{found['low']:.3f} to {found['high']:.3f}"
        figures = [f"{found['baselines'][name]:.3f}" for name in names]
        table.add_row(
            split, f"{found['texts']:,}", f"{found['accuracy']:.3f}", interval, str(found["invalid"]), *figures
        )
    screen.print(table)
    for split, found in evaluation["splits"].items():
        steps = found["steps"]
        if steps is not None:
            screen.print(
                f"{split}: {steps['explained']:,} explained; steps right {steps['step_accuracy']:.3f}, all steps right "
                f"{steps['all_right']:.3f}, right by wrong steps {steps['right_by_wrong_steps']}, faithful but wrong "
                f"{steps['faithful_but_wrong']}",
                markup=False,
            )


@contextmanager
def _text_extra() -> Iterator[None]:
    """What language models need: torch, and transformers with peft."""
    with needs_extra("train,text", "torch", "transformers"):
        for name in ("transformers", "peft"):  # imported where they are used, which takes seconds
            if find_spec(name) is None:
                raise ModuleNotFoundError(name=name)
        yield
