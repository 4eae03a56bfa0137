"""Arguments of all commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from synthkit.cli import INTERRUPTED
from synthkit.errors import SynthkitError, WorkError

__all__ = ["app", "run"]

app = typer.Typer(
    name="synthkit",
    help="Datasets whose generative factors are known, made from a recipe, bit for bit.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Recipe = Annotated[str, typer.Argument(metavar="RECIPE", help="Name of a recipe, or path of a .py, .toml or .json.")]
Directory = Annotated[str, typer.Argument(metavar="DIR", help="Directory of a dataset, or its URL.")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a field of the recipe, e.g. design.size=1000. Repeatable."),
]
Seed = Annotated[int | None, typer.Option("--seed", metavar="S", help="Same as --set seed=S.")]
Limit = Annotated[
    int | None,
    typer.Option("--limit", metavar="N", help="Only the first N examples, over the splits in proportion."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        from synthkit import __version__

        typer.echo(f"synthkit {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    if debug:
        os.environ["SYNTHKIT_DEBUG"] = "1"


@app.command()
def generate(
    recipe: Recipe,
    out: Annotated[str, typer.Option("--out", "-o", metavar="DIR", help="Directory or URL (s3://...) to make.")],
    workers: Annotated[int | None, typer.Option(metavar="N", help="Processes; one a core by default.")] = None,
    seed: Seed = None,
    sets: Sets = None,
    limit: Limit = None,
    format: Annotated[str | None, typer.Option(metavar="F", help="As in `synthkit list formats`.")] = None,
    shard_size: Annotated[int | None, typer.Option(metavar="N", help="Examples in a shard.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another dataset in DIR.")] = False,
    on_error: Annotated[
        str, typer.Option("--on-error", metavar="W", help="continue (try all, then name what failed) or stop.")
    ] = "continue",
    smoke: Annotated[bool, typer.Option("--smoke", help="A size that shows that everything runs.")] = False,
    budget: Annotated[
        str | None,
        typer.Option(metavar="B", help="Most money or tokens for a language model, e.g. 5usd or 200000tokens."),
    ] = None,
    replay: Annotated[
        bool, typer.Option("--replay", help="Take all answers from the request log; no network is used.")
    ] = False,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Request log; by default requests.sqlite in DIR.")
    ] = None,
    max_memory: Annotated[
        str | None, typer.Option("--max-memory", metavar="M", help="Most memory of a teacher, e.g. 2GB or 512MiB.")
    ] = None,
    backend: Annotated[
        str, typer.Option(metavar="B", help="What makes the examples, which are the same: cpu, cuda or cuda:N.")
    ] = "cpu",
    executor: Annotated[str, typer.Option(metavar="E", help="Where it is made: process, dask or mpi.")] = "process",
    scheduler: Annotated[
        str | None, typer.Option(metavar="URL", help="Dask scheduler, tcp://host:8786; by default workers of our own.")
    ] = None,
    shards: Annotated[
        str | None,
        typer.Option(metavar="K/N", help="Only part K of N, as one of an array of jobs; then `synthkit finish`."),
    ] = None,
    json: Json = False,
) -> None:
    """Make a dataset from a recipe, or finish one that was begun."""
    from synthkit.cli.generate import run

    extra = [("seed", seed), ("design.limit", limit), ("output.format", format), ("output.shard_size", shard_size)]
    changes = _changes(sets, extra)
    run(
        recipe,
        out,
        workers=workers,
        sets=changes,
        overwrite=overwrite,
        on_error=on_error,
        as_json=json,
        smoke=smoke,
        budget=budget,
        replay=replay,
        log=log,
        max_memory=max_memory,
        backend=backend,
        executor=executor,
        scheduler=scheduler,
        shards=shards,
    )


@app.command()
def finish(
    directory: Directory,
    log: Annotated[Path | None, typer.Option(metavar="FILE", help="Request log, where it is not in DIR.")] = None,
    json: Json = False,
) -> None:
    """Finish a dataset whose parts were made with `synthkit generate --shards K/N`."""
    from synthkit.cli.finish import run

    run(directory, log=log, as_json=json)


@app.command()
def plan(
    recipe: Recipe,
    sets: Sets = None,
    seed: Seed = None,
    limit: Limit = None,
    smoke: Annotated[bool, typer.Option("--smoke", help="A size that shows that everything runs.")] = False,
    json: Json = False,
) -> None:
    """Show what a recipe would make; nothing is written."""
    from synthkit.cli.plan import run

    run(recipe, sets=_changes(sets, [("seed", seed), ("design.limit", limit)]), smoke=smoke, as_json=json)


@app.command()
def verify(
    directory: Directory,
    regenerate: Annotated[int, typer.Option(metavar="N", help="Make N examples again and compare.", min=0)] = 0,
    json: Json = False,
) -> None:
    """Check all hashes and the fingerprint of a dataset; exit 1 where something differs."""
    from synthkit.cli.verify import run

    run(directory, regenerate=regenerate, as_json=json)


@app.command()
def audit(
    directory: Directory,
    normalization: Annotated[
        str,
        typer.Option(metavar="N", help="What is done to the mel spectrum: none, utterance, frame_max, frame_meanstd."),
    ] = "none",
    max_examples: Annotated[int, typer.Option(metavar="N", help="Examples to listen to, spread evenly.", min=1)] = 4000,
    seed: Annotated[int, typer.Option(metavar="S", help="Of the choice of examples.")] = 0,
    threads: Annotated[int | None, typer.Option(metavar="N", help="Threads; one a core by default.")] = None,
    json: Json = False,
) -> None:
    """Check that a linear probe finds every factor in the audio; exit 1 where one is lost."""
    from synthkit.cli.audit import run

    run(directory, normalization=normalization, max_examples=max_examples, seed=seed, threads=threads, as_json=json)


@app.command("list")
def list_(
    what: Annotated[
        str, typer.Argument(metavar="[recipes|experiments|models|augmentations|policies|generators|designs|formats]")
    ] = "recipes",
    json: Json = False,
) -> None:
    """List what there is."""
    from synthkit.cli.listing import run

    run(what, as_json=json)


@app.command()
def show(
    directory: Directory,
    split: Annotated[str | None, typer.Option(metavar="SPLIT", help="One split only.")] = None,
    examples: Annotated[int, typer.Option(metavar="N", help="Examples to show.", min=0)] = 3,
) -> None:
    """Show a dataset in the terminal: factor histograms and a few examples."""
    from synthkit.cli.show import run

    run(directory, split, examples)


@app.command()
def report(
    target: Annotated[
        str, typer.Argument(metavar="DIR|RUN", help="Dataset, training, sweep or benchmark; of a dataset also a URL.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The page.")] = Path("report.html"),
    examples: Annotated[int, typer.Option(metavar="N", help="Examples of a dataset that are shown.")] = 12,
    json: Json = False,
) -> None:
    """Write one HTML file that shows a dataset or a training: counts, examples to hear, scores, pictures."""
    from synthkit.cli.report import run

    run(target, out, examples=examples, as_json=json)


@app.command()
def score(
    codes: Annotated[
        Path, typer.Argument(metavar="CODES", help="A .npz or .parquet, a directory of them, or a training.")
    ],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write all results as JSON.")] = None,
    metrics: Annotated[
        str | None, typer.Option(metavar="M,M", help="Names of metrics, commas between; all by default.")
    ] = None,
    convention: Annotated[
        str | None, typer.Option(metavar="C", help="default (by default), dlib, ubisoft or infomec.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Dataset, or its URL, that holds the factors; joined on the examples' ids."),
    ] = None,
    split: Annotated[str | None, typer.Option(metavar="SPLIT", help="One split of the dataset only.")] = None,
    factors: Annotated[str | None, typer.Option(metavar="F,F", help="Factors to take; all by default.")] = None,
    kinds: Annotated[
        str | None,
        typer.Option(metavar="K,K", help="categorical, ordinal or continuous: one for all, or one for each factor."),
    ] = None,
    bootstrap: Annotated[int, typer.Option(metavar="N", help="Resamples for 95 % intervals.", min=0)] = 0,
    train_fraction: Annotated[float, typer.Option(metavar="F", help="Rows to train predictors on.")] = 0.9,
    shuffle: Annotated[
        bool | None,
        typer.Option("--shuffle/--file-order", help="Which rows train; by default as the convention has it."),
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="S", help="Of all that is drawn; 0 by default.")] = None,
    threads: Annotated[int | None, typer.Option(metavar="N", help="Threads; one a core by default.")] = None,
    backend: Annotated[
        str, typer.Option(metavar="B", help="What runs the kernels, to the same scores: cpu, cuda or cuda:N.")
    ] = "cpu",
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw bars and heat maps.")] = None,
    json: Json = False,
) -> None:
    """Score how well codes lay the factors of variation apart."""
    from synthkit.cli.score import Options, run

    given = {"metrics": metrics, "convention": convention, "seed": seed}
    arguments: dict[str, object] = {
        **{name: value for name, value in given.items() if value is not None},
        "bootstrap": bootstrap,
        "train_fraction": train_fraction,
        "shuffle": shuffle,
        "threads": threads,
        "device": backend,
    }
    if kinds is not None:
        parts = [kind.strip() for kind in kinds.split(",")]
        arguments["factor_kinds"] = parts[0] if len(parts) == 1 else parts
    chosen = None if factors is None else [name.strip() for name in factors.split(",")]
    run(codes, Options(data, split, chosen, arguments), out=out, plot=plot, as_json=json)


Experiment = Annotated[
    str, typer.Argument(metavar="EXPERIMENT", help="Name of an experiment, or path of a .py, .toml or .json.")
]
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Dataset, or folder of audio files; by default made from the recipe."),
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a field, e.g. training.steps=1000. Repeatable."),
]
Device = Annotated[str, typer.Option(metavar="D", help="auto, cpu or cuda.")]
Smoke = Annotated[bool, typer.Option("--smoke", help="A size that shows that everything runs.")]


@app.command()
def train(
    experiment: Experiment,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="RUN", help="Directory of the training.")],
    data: Data = None,
    variant: Annotated[
        str | None,
        typer.Option(metavar="V", help="Which variant or point of a sweep; by default the first, or all."),
    ] = None,
    smoke: Smoke = False,
    sets: Changes = None,
    seed: Annotated[int | None, typer.Option("--seed", metavar="S", help="Same as --set seed=S.")] = None,
    device: Device = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Begin anew in RUN.")] = False,
    workers: Annotated[int, typer.Option(metavar="N", help="Trainings of a sweep at once.", min=1)] = 1,
    json: Json = False,
) -> None:
    """Train a model and evaluate it, or all points of a sweep; or finish what was begun."""
    from synthkit.cli.train import run_train

    run_train(
        experiment,
        out,
        data=data,
        variant=variant,
        smoke=smoke,
        sets=sets or [],
        seed=seed,
        device=device,
        overwrite=overwrite,
        workers=workers,
        as_json=json,
    )


@app.command()
def analyze(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Directory of a training, or of a sweep.")],
    data: Data = None,
    limit: Annotated[int | None, typer.Option(metavar="N", help="Only the first N test texts.", min=2)] = None,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Look into a trained language model: attention, hidden states and probes by layer; tables and pictures."""
    from synthkit.cli.language import run_analyze

    run_analyze(run, data, limit=limit, device=device, as_json=json)


@app.command()
def harness(
    data: Annotated[Path, typer.Argument(metavar="DIR", help="A dataset of texts.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for lm_eval's --include_path.")],
    few_shot: Annotated[int, typer.Option(metavar="N", help="Training examples before each question.", min=0)] = 0,
) -> None:
    """Write a dataset as tasks of lm-evaluation-harness."""
    from synthkit.cli.output import console
    from synthkit.dataset.harness import write_harness_tasks

    for path in write_harness_tasks(data, out, few_shot=few_shot):
        console().print(f"wrote {path}", markup=False)


@app.command()
def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN", help="Training of a language model, or point of a sweep.")],
    second: Annotated[Path, typer.Argument(metavar="OTHER", help="Another one, that answered the same texts.")],
    split: Annotated[str | None, typer.Option(metavar="SPLIT", help="By default the first test split.")] = None,
    resamples: Annotated[int, typer.Option(metavar="N", help="Draws of the bootstrap.", min=100)] = 10_000,
    json: Json = False,
) -> None:
    """Compare the answers of two trained language models, text by text; of two points of a sweep also by seeds."""
    from synthkit.cli.language import run_compare

    run_compare(first, second, split=split, resamples=resamples, as_json=json)


@app.command()
def encode(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Directory of a training, or a TorchScript file.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="A .parquet of codes and factors.")],
    data: Data = None,
    split: Annotated[str | None, typer.Option(metavar="SPLIT", help="By default the experiment's test split.")] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", help="Only the first N clips.", min=1)] = None,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Write the codes of clips that a trained model makes."""
    from synthkit.cli.train import run_encode

    run_encode(run, data, out, split=split, device=device, limit=limit, as_json=json)


@app.command()
def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Directory of a training.")],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="PATH", help="A TorchScript file, .ts; of a language model a directory."),
    ],
) -> None:
    """Write a trained model as TorchScript: audio to codes, and of RAVE back; a language model for transformers."""
    from synthkit.cli.train import run_export

    run_export(run, out)


@app.command()
def benchmark(
    experiment: Experiment,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Directory of all trainings.")],
    data: Data = None,
    seeds: Annotated[int, typer.Option(metavar="N", help="Trainings of each variant.", min=1)] = 5,
    variants: Annotated[str | None, typer.Option(metavar="V,V", help="Some variants; all by default.")] = None,
    smoke: Smoke = False,
    sets: Changes = None,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Train all variants of an experiment with several seeds; write tables and pictures."""
    from synthkit.cli.train import run_benchmark

    chosen = None if variants is None else [name.strip() for name in variants.split(",")]
    run_benchmark(
        experiment,
        out,
        data=data,
        seeds=seeds,
        variants=chosen,
        smoke=smoke,
        sets=sets or [],
        device=device,
        as_json=json,
    )


rationales = typer.Typer(
    name="rationales", help="What explains the answers of a dataset, and how good that is.", no_args_is_help=True
)
app.add_typer(rationales)


@rationales.command("show")
def rationales_show(
    directory: Directory,
    split: Annotated[str | None, typer.Option(metavar="SPLIT", help="Examples of one split only.")] = None,
    examples: Annotated[int, typer.Option(metavar="N", help="Examples to show.", min=0)] = 3,
    rejected: Annotated[bool, typer.Option("--rejected", help="Show rejected ones.")] = False,
    json: Json = False,
) -> None:
    """Show how many rationales were accepted, why the others were not, and some of them."""
    from synthkit.cli.rationales import run_show

    run_show(directory, split, examples, rejected=rejected, as_json=json)


@app.command()
def convert(
    directory: Directory,
    to: Annotated[
        str, typer.Option("--to", metavar="F", help="parquet, wav, flac, webdataset, jsonl, tsv; or lhotse, or hub.")
    ],
    out: Annotated[str | None, typer.Option("--out", "-o", metavar="OUT", help="Directory or URL to make.")] = None,
    shard_size: Annotated[
        int | None, typer.Option(metavar="N", help="Examples in a shard; by default the shards stay as they are.")
    ] = None,
    workers: Annotated[int | None, typer.Option(metavar="N", help="Processes; one a core by default.")] = None,
    repo: Annotated[str | None, typer.Option(metavar="USER/NAME", help="Of the hub: where to publish it.")] = None,
    private: Annotated[bool, typer.Option("--private", help="Of the hub: a new repository is private.")] = False,
    revision: Annotated[str | None, typer.Option(metavar="R", help="Of the hub: a branch; main by default.")] = None,
    message: Annotated[
        str | None, typer.Option("--commit-message", metavar="M", help="Of the hub: what the commit says.")
    ] = None,
    json: Json = False,
) -> None:
    """Write a dataset in another format, as Lhotse manifests, or to the Hugging Face hub; its fingerprint stays.

    A hub's token is taken from HF_TOKEN, or from its login.
    """
    from synthkit.cli.convert import run

    run(
        directory,
        to,
        out=out,
        shard_size=shard_size,
        workers=workers,
        repo=repo,
        private=private,
        revision=revision,
        message=message,
        as_json=json,
    )


@app.command()
def doctor(json: Json = False) -> None:
    """Show what this machine has, and what each missing piece would enable."""
    from synthkit.cli.doctor import run

    run(as_json=json)


@app.command()
def schema() -> None:
    """Print the JSON schema of a recipe."""
    from synthkit.cli.listing import schema

    schema()


def run(argv: list[str] | None = None) -> int:
    """Parse the arguments and run the command.

    Returns:
        The exit code: 0, 1 (failed work) or 2 (bad input).

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Unicode gets question marks, not a traceback
    try:
        result = app(args=argv, standalone_mode=False, prog_name="synthkit")
    except SynthkitError as error:
        if "SYNTHKIT_DEBUG" in os.environ:
            raise
        print(f"synthkit: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output has gone (`synthkit show | head`): nothing is left to say, nor a place to say it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if "SYNTHKIT_DEBUG" in os.environ:
            raise
        print(f"synthkit: {_told_by_system(error)}", file=sys.stderr)
        return WorkError.exit_code
    except Exception as error:
        return _usage(error)
    if result == INTERRUPTED:  # the parser's own way to hand on a Ctrl-C
        raise KeyboardInterrupt
    return result if isinstance(result, int) else 0


def _told_by_system(error: OSError) -> str:
    """A disk that is full, a file that may not be read: what the system says, and of which file."""
    what = error.strerror or str(error) or type(error).__name__
    return what if error.filename is None else f"{error.filename}: {what}"


def _usage(error: Exception) -> int:
    """What the argument parser refuses; anything else is a bug and keeps its traceback."""
    if type(error).__name__ == "Abort":  # an older parser's way
        raise KeyboardInterrupt from None
    show_usage = getattr(error, "show", None)
    code = getattr(error, "exit_code", None)
    if show_usage is None or not isinstance(code, int):
        raise error
    show_usage(file=sys.stderr)
    return code


def _changes(
    sets: list[str] | None, flags: list[tuple[str, int | str | None]]
) -> list[str | tuple[str, int | str | None]]:
    """Flags are changes like those of ``--set``, and come after them."""
    return [*(sets or []), *((key, value) for key, value in flags if value is not None)]
