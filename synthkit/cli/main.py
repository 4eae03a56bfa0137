"""Arguments of all commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from synthkit.cli import INTERRUPTED
from synthkit.errors import SynthkitError

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
Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Directory of a dataset.")]
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
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Directory to make.")],
    workers: Annotated[int | None, typer.Option(metavar="N", help="Processes; one a core by default.")] = None,
    seed: Seed = None,
    sets: Sets = None,
    limit: Limit = None,
    format: Annotated[str | None, typer.Option(metavar="F", help="parquet, wav or flac.")] = None,
    shard_size: Annotated[int | None, typer.Option(metavar="N", help="Examples in a shard.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another dataset in DIR.")] = False,
    on_error: Annotated[
        str, typer.Option("--on-error", metavar="W", help="continue (try all, then name what failed) or stop.")
    ] = "continue",
    json: Json = False,
) -> None:
    """Make a dataset from a recipe, or finish one that was begun."""
    from synthkit.cli.generate import run

    extra = [("seed", seed), ("design.limit", limit), ("output.format", format), ("output.shard_size", shard_size)]
    changes = _changes(sets, extra)
    run(recipe, out, workers=workers, sets=changes, overwrite=overwrite, on_error=on_error, as_json=json)


@app.command()
def plan(recipe: Recipe, sets: Sets = None, seed: Seed = None, limit: Limit = None, json: Json = False) -> None:
    """Show what a recipe would make; nothing is written."""
    from synthkit.cli.plan import run

    run(recipe, sets=_changes(sets, [("seed", seed), ("design.limit", limit)]), as_json=json)


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
    what: Annotated[str, typer.Argument(metavar="[recipes|generators|designs|formats]")] = "recipes", json: Json = False
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
def score(
    codes: Annotated[Path, typer.Argument(metavar="CODES", help="A .npz or .parquet, or a directory of them.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write all results as JSON.")] = None,
    metrics: Annotated[str, typer.Option(metavar="M,M", help="Names of metrics, commas between, or all.")] = "all",
    convention: Annotated[
        str, typer.Option(metavar="C", help="default, dlib, ubisoft or infomec.", show_default=True)
    ] = "default",
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Dataset that holds the factors; joined on the examples' ids.")
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
    seed: Annotated[int, typer.Option(metavar="S", help="Of all that is drawn.")] = 0,
    threads: Annotated[int | None, typer.Option(metavar="N", help="Threads; one a core by default.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw bars and heat maps.")] = None,
    json: Json = False,
) -> None:
    """Score how well codes lay the factors of variation apart."""
    from synthkit.cli.score import Options, run

    arguments: dict[str, object] = {
        "metrics": metrics,
        "convention": convention,
        "bootstrap": bootstrap,
        "train_fraction": train_fraction,
        "shuffle": shuffle,
        "seed": seed,
        "threads": threads,
    }
    if kinds is not None:
        parts = [kind.strip() for kind in kinds.split(",")]
        arguments["factor_kinds"] = parts[0] if len(parts) == 1 else parts
    chosen = None if factors is None else [name.strip() for name in factors.split(",")]
    run(codes, Options(data, split, chosen, arguments), out=out, plot=plot, as_json=json)


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
    except Exception as error:
        return _usage(error)
    if result == INTERRUPTED:  # the parser's own way to hand on a Ctrl-C
        raise KeyboardInterrupt
    return result if isinstance(result, int) else 0


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
