"""Whatever comes in: a value, a reason why there is none, or a refusal; never a warning or a traceback."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthkit.errors import InputError
from synthkit.metrics import CONVENTIONS, METRICS, evaluate

# Cross-validated trees and lassos take seconds; they have tests of their own.
SMALL = {"vae_train_points": 60, "vae_test_points": 40, "z_min_var_votes": 40}
CASES = int(os.environ.get("SYNTHKIT_FUZZ_METRICS", "60"))


def quick(name: str) -> object:
    found = replace(CONVENTIONS[name], **SMALL)
    if name == "ubisoft":
        found = replace(found, sap_categorical="linear_svm", dci_model="boosted_trees")
    return found


def _columns(rng: np.random.Generator, rows: int, count: int) -> np.ndarray:
    columns = [
        rng.integers(-2, rng.integers(-1, 8), rows) if rng.random() < 0.7 else rng.normal(size=rows)
        for _ in range(count)
    ]
    return np.stack(columns, axis=1)


CHANGES = {
    "none": lambda codes, _: codes,
    "whole": lambda codes, _: np.round(codes),
    "dead": lambda codes, _: codes * 0,
    "constant": lambda codes, _: np.where(np.arange(codes.shape[-1]) == 0, 3.0, codes),
    "told": lambda codes, factors: codes * 0.01 + factors[:, :1],
    "large": lambda codes, _: codes * 1e28,
    "small": lambda codes, _: codes * 1e-250,
    "copied": lambda codes, _: np.concatenate([codes, codes[..., :1]], axis=-1),
}


@settings(max_examples=CASES, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.sampled_from([3, 12, 25, 40, 80]),
    sizes=st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(0, 2)),
    change=st.sampled_from(sorted(CHANGES)),
    convention=st.sampled_from(sorted(CONVENTIONS)),
    kinds=st.none() | st.sampled_from(["categorical", "ordinal", "continuous"]),
    shuffle=st.booleans(),
    bootstrap=st.sampled_from([0, 0, 2]),
)
def test_a_value_a_reason_or_a_refusal(seed, rows, sizes, change, convention, kinds, shuffle, bootstrap) -> None:
    rng = np.random.default_rng(seed)
    count, width, models = sizes
    factors = _columns(rng, rows, count)
    shape = (models, rows, width) if models else (rows, width)
    codes = CHANGES[change](rng.normal(size=shape), factors)
    try:
        found = evaluate(
            factors=factors,
            codes=codes,
            metrics=METRICS,
            convention=quick(convention),
            factor_kinds=kinds,
            shuffle=shuffle,
            bootstrap=bootstrap,
            seed=seed,
        )
    except InputError as refused:
        said = str(refused)
    else:
        said = ""
    if said:
        assert said.split(":")[0] in {"factors", "codes", "bootstrap"} or "swapped" in said
        return
    for name in METRICS:
        assert bool(np.isnan(found[name]).any()) == (name in found.undefined), name
    assert found.to_json()
    assert str(found)


def test_the_cases_are_scored_and_not_all_refused() -> None:
    factors = _columns(np.random.default_rng(1), 80, 2)
    with pytest.raises(InputError):
        evaluate(factors=factors * 0, codes=factors)
    factors = np.arange(80)[:, None] % [2, 5]
    for change in CHANGES.values():
        codes = change(np.random.default_rng(2).normal(size=(80, 3)), factors)
        assert "mig" in evaluate(factors=factors, codes=codes, metrics="mig")
