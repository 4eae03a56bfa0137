"""Finds and reads experiments, and applies changes to them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synthkit.errors import InputError
from synthkit.recipe import overrides
from synthkit.recipe.files import checked, find, read_data, read_python
from synthkit.recipe.load import recipes_folder
from synthkit.train.experiment import Experiment, Variant

__all__ = ["Change", "experiment_names", "load_experiment", "resolved", "variant_names"]

Change = str | tuple[str, Any]


def experiments_folder() -> Path:
    """Folder of the experiments that synthkit carries."""
    return recipes_folder() / "experiments"


def experiment_names() -> list[str]:
    """Names of the experiments that synthkit carries."""
    folder = experiments_folder()
    return sorted(p.stem for p in folder.iterdir() if p.suffix in (".py", ".toml") and not p.stem.startswith("_"))


def load_experiment(name_or_path: str) -> Experiment:
    """Read an experiment.

    Args:
        name_or_path: Name of one that synthkit carries, or path of a ``.py``, ``.toml`` or ``.json`` file.

    Raises:
        InputError: No such experiment, unreadable file, or anything wrong in it: all problems, each with its path.
    """
    path = find(name_or_path, "experiment", experiments_folder(), experiment_names())
    if path.suffix == ".py":
        return read_python(path, "experiment", Experiment)
    return from_data(read_data(path), str(path))


def from_data(data: Any, source: str) -> Experiment:
    """Check plain data against the schema.

    Raises:
        InputError: All problems, each with its path.
    """
    return checked(data, source, "experiment", Experiment)


def variant_names(experiment: Experiment) -> list[str]:
    """Names of what a benchmark compares; one without a name where there are no variants."""
    return [variant.name for variant in experiment.variants] or ["default"]


def resolved(
    experiment: Experiment,
    *,
    variant: str | None = None,
    smoke: bool = False,
    sets: Sequence[Change] = (),
    seed: int | None = None,
) -> Experiment:
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
    chosen = _chosen(experiment, variant)
    changes: list[Change] = list(chosen.set.items())
    changes += [*experiment.smoke.items(), *chosen.smoke.items()] if smoke else []
    changes += [*sets, *([] if seed is None else [("seed", seed)])]
    data = experiment.plain() | {"variants": [], "smoke": {}}
    for item in changes:
        key, value = overrides.parse(item) if isinstance(item, str) else item
        if key == "model.name" and data["model"].get("name") != value:
            data["model"] = {}  # another model has other settings
        if key.startswith("data.set."):
            data["data"]["set"][key.removeprefix("data.set.")] = value
        else:
            overrides.apply(data, key, value)
    return from_data(data, f"experiment {experiment.name} with the changes given")


def _chosen(experiment: Experiment, name: str | None) -> Variant:
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
