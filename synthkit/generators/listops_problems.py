"""What no ListOps dataset can be: trees that do not exist, too few of them, or hardly ever drawn."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from synthkit.errors import InputError
from synthkit.generators.listops_draws import ListOpsDraws
from synthkit.generators.listops_params import ListOpsParams
from synthkit.ops.listops_sizes import MANY_TREES, count, feasible, lengths_in_words, range_in_words
from synthkit.ops.listops_tables import MAX_ARGS, MAX_DEPTH, MAX_TOKENS, TreeTables, acceptance
from synthkit.recipe import Recipe

__all__ = ["listops_problems"]

_MOST_COMBINATIONS = 100_000
_LEAST_ACCEPTANCE = 1e-6
_LARGEST_TABLE_TOKENS = 2500  # for the estimate of how often a window is met

Range = tuple[int, int]


def listops_problems(recipe: Recipe, params: ListOpsParams, draws: ListOpsDraws) -> list[str]:
    """What is wrong with a recipe, one line each; empty where nothing is."""
    found = [*_split_problems(recipe, params), *_range_problems(params, draws), *_balance_problems(params, draws)]
    if found:
        return found
    if draws.exact:
        return list(_exact_problems(recipe, params, draws))[:5]
    return list(_window_problems(recipe, params, draws))[:5]


def _split_problems(recipe: Recipe, params: ListOpsParams) -> Iterator[str]:
    known = ", ".join(recipe.split_names)
    for split in params.windows:
        if split not in recipe.splits:
            yield f"params.windows.{split}: no split is named so; there are: {known}"
    for split in params.explained_splits or ():
        if split not in recipe.splits:
            yield f"params.explained_splits: no split is named {split!r}; there are: {known}"


def _range_problems(params: ListOpsParams, draws: ListOpsDraws) -> Iterator[str]:
    if draws.largest("min_args") > draws.smallest("max_args"):
        yield (
            f"{draws.place('min_args')}: must never be above max_args, but {draws.largest('min_args')} and "
            f"{draws.smallest('max_args')} can meet"
        )
    if draws.exact and (params.windows or draws.varies("tokens")) and params.tokens is not None:
        yield "params.windows: has no say where tokens are fixed exactly"
    if draws.exact:
        if draws.largest("max_args") > MAX_ARGS:
            yield f"{draws.place('max_args')}: must be <= {MAX_ARGS} where depth or tokens are fixed exactly"
        if params.max_depth > MAX_DEPTH:
            yield f"params.max_depth: must be <= {MAX_DEPTH} where depth or tokens are fixed exactly"
        if draws.token_range[1] > MAX_TOKENS:
            yield (
                f"params.max_tokens: must be <= {MAX_TOKENS} where depth or tokens are fixed exactly, not "
                f"{draws.token_range[1]}"
            )
        if draws.depth_range[1] > params.max_depth:
            yield (
                f"{draws.place('depth')}: must be <= params.max_depth ({params.max_depth}), not {draws.depth_range[1]}"
            )
        if draws.drawn_from_a_range("operator_probability"):
            yield (
                "factors.operator_probability.type: must have levels (linspace, values) where depth or tokens are "
                "fixed exactly"
            )


def _balance_problems(params: ListOpsParams, draws: ListOpsDraws) -> Iterator[str]:
    if params.balanced and draws.varies("base"):
        yield "params.balanced: must be false where base is a factor"


def _exact_problems(recipe: Recipe, params: ListOpsParams, draws: ListOpsDraws) -> Iterator[str]:
    """Every combination of values that the design can meet must have trees."""
    axes = {name: draws.values(name) for name in ("depth", "tokens", "min_args", "max_args")}
    sizes = [len(values) for values in axes.values()]
    if sizes[0] * sizes[1] * sizes[2] * sizes[3] > _MOST_COMBINATIONS:
        limit = f"{_MOST_COMBINATIONS:,}"
        yield f"factors: more than {limit} combinations of depth, tokens and arguments; take fewer levels"
        return
    for fewest, most in product(axes["min_args"], axes["max_args"]):
        for depth, tokens in product(axes["depth"], axes["tokens"]):
            for split in recipe.split_names:
                depths = (params.min_depth, params.max_depth) if depth is None else (depth, depth)
                lengths = params.window(split) if tokens is None else (tokens, tokens)
                reason = _none_exists((fewest or 1, most or 1), depths, lengths)
                if reason:
                    where = draws.place("depth") if depth is not None else draws.place("tokens")
                    yield f"{where}: {reason}"
                    break


def _window_problems(recipe: Recipe, params: ListOpsParams, draws: ListOpsDraws) -> Iterator[str]:
    arguments = (draws.smallest("min_args"), draws.largest("max_args"))
    depths = (params.min_depth, params.max_depth)
    for split in recipe.split_names:
        window = params.window(split)
        where = f"params.windows.{split}" if split in params.windows else "params.min_tokens"
        reason = _none_exists(arguments, depths, window)
        if reason:
            yield f"{where}: {reason}"
            return
        rare = _rare(draws, depths, window)
        if rare:
            yield f"{where}: {rare}"
            return
    if not recipe.factors:
        yield from _count_problems(recipe, params, draws, depths)


def _none_exists(arguments: Range, depths: Range, lengths: Range) -> str:
    """Why no tree has these depths and lengths; empty where one has."""
    if lengths[0] > MAX_TOKENS or depths[1] > MAX_DEPTH:
        # Beyond the tables: all long lengths exist where operators may nest at all.
        longest = arguments[1] ** min(depths[1], 64)
        return "" if longest >= lengths[0] // 2 else _said(arguments, depths, lengths)
    top = min(lengths[1], MAX_TOKENS)
    deepest = min(depths[1], top)
    if depths[0] <= deepest and feasible(*arguments, (depths[0], deepest), (lengths[0], top)).any():
        return ""
    return _said(arguments, depths, lengths)


def _said(arguments: Range, depths: Range, lengths: Range) -> str:
    try:
        exists = lengths_in_words(*arguments, depths, lengths)
    except InputError:
        exists = "no such tree exists"
    return f"no tree has {range_in_words(*lengths)} tokens with depth {range_in_words(*depths)}: {exists}"


def _rare(draws: ListOpsDraws, depths: Range, window: Range) -> str:
    """Advice where rejection would all but never end; empty where it will."""
    if window[1] > _LARGEST_TABLE_TOKENS or draws.largest("max_args") > MAX_ARGS or depths[1] > MAX_DEPTH:
        return ""
    best = 0.0
    for probability in draws.extremes_of_probability:
        try:
            tables = TreeTables(
                min_args=draws.smallest("min_args"),
                max_args=draws.largest("max_args"),
                operator_probability=probability,
                max_depth=min(depths[1], window[1]),
                max_tokens=window[1],
            )
        except InputError:  # too large to estimate
            return ""
        deepest = min(depths[1], window[1])
        best = max(best, acceptance(tables, depth_range=(min(depths[0], deepest), deepest), token_range=window))
    if best >= _LEAST_ACCEPTANCE:
        return ""
    often = f"one draw in {1 / best:.2g}" if best > 0 else "no draw in 10^300"
    return (
        f"only {often} has {range_in_words(*window)} tokens; widen the window, or fix params.tokens (or vary the "
        "factor tokens), which draws from exact tables"
    )


def _count_problems(recipe: Recipe, params: ListOpsParams, draws: ListOpsDraws, depths: Range) -> Iterator[str]:
    """More different inputs than exist, where that can be counted."""
    window = draws.token_range
    try:
        exist = count(
            operators=len(params.operators.split()),
            min_args=params.min_args,
            max_args=params.max_args,
            base=params.base,
            depth_range=depths,
            token_range=window,
        )
    except InputError:  # too many to count
        return
    wanted = getattr(recipe.design, "size", None) or 0
    if exist < MANY_TREES and wanted > exist:
        yield f"design.size: {wanted} examples are asked for, but only {exist} different inputs exist"
