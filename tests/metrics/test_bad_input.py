"""Bad input is refused with the place and a remedy."""

from __future__ import annotations

import re
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from synthkit.errors import InputError, WorkError
from synthkit.metrics import CONVENTIONS, evaluate

ROWS = 200
FACTORS = np.stack([np.arange(ROWS) % 4, np.arange(ROWS) // 4 % 2], axis=1)
CODES = np.random.default_rng(0).normal(size=(ROWS, 3))


def replaced(array: np.ndarray, place: tuple[int, ...], value: float) -> np.ndarray:
    changed = array.astype(float)
    changed[place] = value
    return changed


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"codes": replaced(CODES, (3, 1), np.nan)}, r"codes: nan at row 3, code 1"),
        ({"codes": replaced(CODES[None], (0, 3, 1), np.inf)}, r"codes: inf at model 0, row 3, code 1"),
        ({"codes": replaced(CODES, (3, 1), -1e31)}, r"codes: -1e\+31 at row 3, code 1; beyond 1e\+30"),
        ({"factors": replaced(FACTORS, (5, 1), np.nan)}, r"factors: nan at row 5, factor 1"),
        ({"codes": CODES[:-1]}, r"codes: 199 rows, but factors have 200"),
        ({"codes": CODES.T[None]}, r"codes: 3 rows, but factors have 200.*\[B, N, D\]"),
        ({"codes": CODES[:, 0]}, r"codes: must be \[N, D\] or \[B, N, D\]"),
        ({"factors": FACTORS[:, 0]}, r"factors: must be \[N, K\]"),
        ({"factors": np.array([["a", "b"]] * ROWS)}, "factors: must be numbers.*number the classes"),
        ({"factors": FACTORS * [1, 0]}, "factors: factor 1 is 0 in all 200 rows.*leave it out"),
        (
            {"factors": np.add(FACTORS, [0, 0.5]), "factor_kinds": "categorical"},
            "factor 1 is declared categorical but is 0.5",
        ),
        ({"factors": np.stack([np.arange(ROWS), FACTORS[:, 0]], axis=1)}, "factor 0 has 200 classes in 200 rows"),
        ({"factors": CODES[:, :2], "convention": "dlib"}, "factor 0 has 200 different values in 200 rows.*dlib"),
        ({"factors": CODES[:, :2], "codes": FACTORS}, "are they swapped"),
        ({"factors": FACTORS[:30], "codes": CODES[:30], "convention": "dlib"}, None),
        ({"factors": FACTORS[:15], "codes": CODES[:15]}, "15 rows are too few for 20 bins and 4 classes; at least 20"),
        ({"codes": [[0.0, 1.0], [2.0]]}, "codes: cannot be read as an array"),
        ({"factors": torch.zeros(ROWS, 2, requires_grad=True)}, "factors: cannot be read as an array: .*detach"),
        ({"metrics": "mgi"}, r"there is no 'mgi'; did you mean 'mig'\?"),
        ({"metrics": "beta-vea"}, r"did you mean 'beta_vae'\?"),
        ({"metrics": []}, "metrics: must be 'all' or names"),
        ({"metrics": [3]}, "metrics: there is no 3"),
        ({"convention": "disentanglement-lib"}, "convention: 'disentanglement-lib' is none of: default, dlib"),
        ({"convention": "infomac"}, r"did you mean 'infomec'\?"),
        ({"convention": 3}, "convention: must be a name or a Convention, not int"),
        ({"factor_kinds": ["categorical"]}, "factor_kinds: must be one kind or 2 of them"),
        ({"factor_kinds": "nominal"}, r"factor_kinds\[0\]: 'nominal' is none of: categorical, ordinal, continuous"),
        ({"factor_names": ["a", "a"]}, "factor_names: must be 2 different names"),
        ({"train_fraction": 1.0}, "train_fraction: must be between 0 and 1"),
        ({"train_fraction": 0.9999}, "train_fraction: leaves none of 200 rows for the test"),
        ({"train_fraction": 0.001, "convention": "dlib"}, "does not vary in the 1 training rows"),
        ({"bootstrap": -1}, "bootstrap: must be a whole number"),
        ({"bootstrap": 1}, "bootstrap: one resample has no spread"),
        ({"seed": 1.5}, "seed: must be a whole number"),
        ({"threads": 0}, "threads: must be a whole number"),
        ({"device": "tpu"}, "device: 'tpu' is none of: cpu, reference, cuda"),
    ],
)
def test_refused(changes: dict, message: str | None) -> None:
    arguments = {"factors": FACTORS, "codes": CODES, "metrics": "mig,probe", **changes}
    if message is None:  # few rows, but enough
        assert 0 <= evaluate(**arguments)["mig"] <= 1
        return
    with pytest.raises(InputError, match=message):
        evaluate(**arguments)


def test_swapped_roles_may_be_meant() -> None:
    found = evaluate(factors=CODES[:, :2], codes=FACTORS, metrics="mig", factor_kinds="continuous")
    assert 0 <= found["mig"] <= 1


def test_all_arguments_are_named() -> None:
    with pytest.raises(TypeError, match="positional"):
        evaluate(FACTORS, CODES)


def test_a_metric_of_another_source_is_marked() -> None:
    found = evaluate(factors=FACTORS, codes=CODES, metrics="mig,jemmig", convention="dlib")
    assert any(w.startswith("jemmig: not defined by the source of dlib") for w in found.warnings)


@pytest.mark.parametrize("metric", ["sap", "dci"])
def test_without_scikit_learn(metric: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sklearn.tree", "sklearn.linear_model"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(WorkError, match=r"needs scikit-learn: pip install 'synthkit\[train\]'"):
        evaluate(factors=FACTORS, codes=CODES, metrics=metric, convention="ubisoft")


def test_too_few_rows_of_a_class_to_fold() -> None:
    rare = FACTORS.copy()
    rare[:3, 0] = 9
    found = evaluate(factors=rare, codes=CODES, metrics="sap", convention="ubisoft")
    assert 0 <= found["sap"] <= 1


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("dci_model", "gbt", "convention.dci_model: 'gbt' is none of: boosted_trees, random_forest, lasso"),
        ("log_base", 2, "convention.log_base: 2 is none of: e, 2"),
        ("code_bins", 1, "convention.code_bins: must be a whole number from 2 to 65536, not 1"),
        ("code_bins", 20.0, "convention.code_bins: must be a whole number"),
        ("irs_quantile", 99, "convention.irs_quantile: must be a number from 0 to 1, not 99"),
    ],
)
def test_a_convention_that_cannot_be(field: str, value: object, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        replace(CONVENTIONS["default"], **{field: value})


def test_variants_of_a_convention() -> None:
    for changes in (
        {"information_correction": "miller_madow"},
        {"dci_model": "random_forest"},
        {"jemmig_form": "original", "log_base": "2"},
        {"explicitness_model": "one_vs_rest_raw", "explicitness_balanced": True},
        {"sap_categorical": "linear_svm", "vae_level_draw": "levels", "vae_sampler": "intervention"},
        {"dci_numeric": "classification", "factor_binning": "equal_width", "logistic_solver": "lbfgs"},
    ):
        convention = replace(CONVENTIONS["default"], name="variant", vae_train_points=50, vae_test_points=50, **changes)
        codes = CODES + np.pad(2.0 * FACTORS, ((0, 0), (0, 1)))
        found = evaluate(factors=FACTORS, codes=codes, convention=convention, factor_kinds=["categorical", "ordinal"])
        assert not found.undefined
        assert found.convention == "variant"
        assert all(np.isfinite(found[name]) for name in found)
        for field, value in changes.items():
            assert found.settings[field] == value


def test_a_class_that_resamples_lose() -> None:
    rare = np.zeros((ROWS, 1), int)
    rare[3] = 1
    found = evaluate(factors=rare, codes=CODES, metrics="mig", bootstrap=5, shuffle=False)
    assert np.isfinite(found.intervals["mig"].standard_error)


def test_codes_too_small_to_square_are_constant() -> None:
    codes = np.concatenate([CODES, CODES[:, :1] * 1e-200], axis=1)
    found = evaluate(factors=FACTORS, codes=codes)
    assert any("constant codes (left out): 3" in warning for warning in found.warnings)
    assert found["mig"] == evaluate(factors=FACTORS, codes=CODES, metrics="mig")["mig"]


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    found = evaluate(factors=FACTORS, codes=CODES, metrics="mig")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(WorkError, match=r"pip install 'synthkit\[plot\]'"):
        found.plot()


def test_too_few_rows_to_halve() -> None:
    # Twenty quantile bins of twenty rows: no two rows share a class.
    values = np.linspace(0, 1, 40)[:, None]
    with pytest.raises(InputError, match="bootstrap: there are too few rows to resample for info_mc"):
        evaluate(factors=values, codes=CODES[:40], metrics="info_mc", bootstrap=2)
