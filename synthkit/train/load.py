"""Finds and reads experiments, and applies changes to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from synthkit.errors import InputError
from synthkit.recipe import overrides
from synthkit.recipe.files import checked, find, read_data, read_python
from synthkit.recipe.load import recipes_folder
from synthkit.train.experiment import BaseExperiment, Experiment, Variant
from synthkit.train.language.record import LanguageExperiment

__all__ = ["AnyExperiment", "Change", "changed", "experiment_names", "load_experiment", "resolved", "variant_names"]

AnyExperiment = Experiment | LanguageExperiment
Change = str | tuple[str, Any]
E = TypeVar("E", bound=BaseExperiment)

# Tables whose keys are not fields of a record and may hold dots.
_OPEN_TABLES = ("data.set", "model.config", "tokens.map")


def experiments_folder() -> Path:
    """Folder of the experiments that synthkit carries."""
    return recipes_folder() / "experiments"


def experiment_names() -> list[str]:
    """Names of the experiments that synthkit carries."""
    folder = experiments_folder()
    return sorted(p.stem for p in folder.iterdir() if p.suffix in (".py", ".toml") and not p.stem.startswith("_"))


def load_experiment(name_or_path: str) -> AnyExperiment:
    """Read an experiment.

    Args:
        name_or_path: Name of one that synthkit carries, or path of a ``.py``, ``.toml`` or ``.json`` file.

    Raises:
        InputError: No such experiment, unreadable file, or anything wrong in it: all problems, each with its path.
    """
    path = find(name_or_path, "experiment", experiments_folder(), experiment_names())
    if path.suffix == ".py":
        return cast("AnyExperiment", read_python(path, "experiment", Experiment, LanguageExperiment))
    return from_data(read_data(path), str(path))


def from_data(data: Any, source: str) -> AnyExperiment:
    """Check plain data against the schema of its ``kind``: ``audio``, which need not be said, or ``language``.

    Raises:
        InputError: All problems, each with its path.
    """
    if isinstance(data, Mapping) and data.get("kind") == "language":
        return checked(data, source, "experiment", LanguageExperiment)
    return checked(data, source, "experiment", Experiment)


def variant_names(experiment: BaseExperiment) -> list[str]:
    """Names of what a benchmark compares; one without a name where there are no variants."""
    return [variant.name for variant in experiment.variants] or ["default"]


def resolved(
    experiment: E,
    *,
    variant: str | None = None,
    smoke: bool = False,
    sets: Sequence[Change] = (),
    seed: int | None = None,
) -> E:
    """One training of an experiment: a variant, with changes; it has no variants and no smoke size of its own.

    Args:
        experiment: The experiment.
        variant: Name of a variant; None for the first.
        smoke: Take the small size.
        sets: Changes in order, ``"training.steps=100"`` or ``("training.steps", 100)``.
        seed: Another seed.

    Raises:
        InputError: No such variant or field, or a value that does not fit.
    """
    return changed(experiment, [_chosen(experiment, variant)], smoke=smoke, sets=sets, seed=seed)


def changed(
    experiment: E,
    points: Sequence[Variant],
    *,
    smoke: bool = False,
    sets: Sequence[Change] = (),
    seed: int | None = None,
) -> E:
    """One training of an experiment, with the changes of some variants or points of a sweep.

    Raises:
        InputError: No such field, or a value that does not fit.
    """
    changes: list[Change] = [change for point in points for change in point.set.items()]
    if smoke:
        changes += [*experiment.smoke.items(), *(change for point in points for change in point.smoke.items())]
    changes += [*sets, *([] if seed is None else [("seed", seed)])]
    data = experiment.plain() | {"variants": [], "smoke": {}}
    for item in changes:
        key, value = overrides.parse(item) if isinstance(item, str) else item
        if key == "model.name" and data["model"].get("name") != value and isinstance(experiment, Experiment):
            data["model"] = {}  # another model has other settings
        open_table = next((table for table in _OPEN_TABLES if key.startswith(f"{table}.")), None)
        if open_table is not None:
            outer, inner = open_table.split(".")
            data[outer][inner][key.removeprefix(f"{open_table}.")] = value
        else:
            overrides.apply(data, key, value)
    return cast("E", from_data(data, f"experiment {experiment.name} with the changes given"))


def _chosen(experiment: BaseExperiment, name: str | None) -> Variant:
    if not experiment.variants:
        if name not in (None, "default"):
            raise InputError(f"experiment {experiment.name} has no variants, so none is named {name!r}")
        return Variant(name="default")
    if name is None:
        return experiment.variants[0]
    for variant in experiment.variants:
        if variant.name == name:
            return variant
    names = ", ".join(variant_names(experiment))
    raise InputError(f"experiment {experiment.name}: no variant is named {name!r}; there are: {names}")
