"""One call for all: what must not matter does not, and what the references fall over gives a value or a reason."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.metrics import CONVENTIONS, METRICS, evaluate

# Small enough for every metric in every test.
QUICK = {name: replace(c, vae_train_points=400, vae_test_points=200) for name, c in CONVENTIONS.items()}
DRAWN = {"beta_vae", "factor_vae", "z_diff", "z_min_var"}


def grid(rows: int = 480, noise: float = 0.2, extra: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A full grid of 4 x 3 x 2 levels in random order, and codes: noisy factors, then noise."""
    rng = np.random.default_rng(seed)
    index = rng.permutation(rows)
    factors = np.stack([index % 4, index // 4 % 3, index // 12 % 2], axis=1)
    codes = factors + noise * rng.normal(size=factors.shape)
    return factors, np.concatenate([codes, rng.normal(size=(rows, extra))], axis=1)


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_metric_has_a_value_or_a_reason(convention: str) -> None:
    factors, codes = grid()
    found = evaluate(factors=factors, codes=codes, convention=QUICK[convention], metrics=METRICS)
    assert tuple(found) == METRICS
    for name in METRICS:
        assert isinstance(found[name], float)
        assert np.isfinite(found[name]) != (name in found.undefined), name


def test_all_means_what_the_convention_defines() -> None:
    factors, codes = grid()
    for name, convention in QUICK.items():
        if name == "ubisoft":
            continue  # its trees take seconds; the golden values cover them
        found = evaluate(factors=factors, codes=codes, convention=convention)
        assert set(found) == set(convention.defines or METRICS)
        assert found.convention == name
        assert found.settings["code_bins"] == convention.code_bins


@pytest.mark.parametrize("convention", ["default", "dlib", "infomec"])
def test_a_batch_gives_the_numbers_of_each_alone(convention: str) -> None:
    factors, codes = grid()
    models = np.stack([codes, codes[:, ::-1] * 2, codes**3])
    batch = evaluate(factors=factors, codes=models, convention=QUICK[convention], bootstrap=2)
    for b, model in enumerate(models):
        alone = evaluate(factors=factors, codes=model, convention=QUICK[convention], bootstrap=2)
        picked = batch.model(b)
        assert picked.metrics == pytest.approx(alone.metrics, abs=0, nan_ok=True)
        assert picked.intervals.keys() == alone.intervals.keys()
        for name, interval in alone.intervals.items():
            assert picked.intervals[name].low == pytest.approx(interval.low, abs=0, nan_ok=True)
        for name, matrix in alone.matrices.items():
            assert np.array_equal(picked.matrices[name], matrix)


@pytest.mark.parametrize("convention", ["default", "dlib", "infomec"])
def test_threads_do_not_show(convention: str) -> None:
    factors, codes = grid()
    texts = {
        evaluate(factors=factors, codes=codes, convention=QUICK[convention], threads=n).to_json() for n in (1, 2, 5)
    }
    assert len(texts) == 1


def test_the_twins_of_all_kernels_agree() -> None:
    factors, codes = grid(120)
    small = replace(
        QUICK["default"], vae_train_points=60, vae_test_points=60, vae_batch=8, z_batch=8, z_min_var_votes=60
    )
    native, twin = (
        evaluate(factors=factors, codes=codes, convention=small, device=device) for device in ("cpu", "reference")
    )
    assert native.metrics == pytest.approx(twin.metrics, abs=1e-9, nan_ok=True)


def test_the_seed_decides_what_is_drawn_and_nothing_else() -> None:
    factors, codes = grid(noise=0.8)
    convention = replace(QUICK["default"], shuffle=False)
    first, again, other = (evaluate(factors=factors, codes=codes, convention=convention, seed=s) for s in (1, 1, 2))
    assert first.to_json() == again.to_json()
    changed = {name for name in METRICS if not np.isnan(first[name]) and first[name] != other[name]}
    assert changed & DRAWN
    # Nearest neighbours break ties by noise of 1e-10, which untied codes do not feel.
    assert changed <= DRAWN


def test_order_and_scale_of_codes_do_not_matter() -> None:
    factors, codes = grid()
    names = [n for n in METRICS if n not in {"total_correlation", "mutual_info_score"} and "gaussian" not in n]
    names = [n for n in names if n not in DRAWN and n != "irs" and not n.startswith("info_m")]
    plain = evaluate(factors=factors, codes=codes, metrics=names)
    moved = evaluate(factors=factors, codes=codes[:, ::-1] * 8 - 32, metrics=names)
    for name in names:
        # Equal splits are told apart by the place of a code; elsewhere only sums change their order.
        assert moved[name] == pytest.approx(plain[name], abs=0.02 if "dci" in name else 1e-9, nan_ok=True), name


def test_independent_codes_tell_nothing() -> None:
    rng = np.random.default_rng(3)
    factors = np.stack([rng.integers(0, 20, 1000), rng.integers(0, 3, 1000)], axis=1)
    codes = rng.normal(size=(1000, 4))
    found = evaluate(
        factors=factors, codes=codes, metrics="mig,mig_sup,dcimig,explicitness_test,probe,mutual_info_score"
    )
    # Plug-in information of the 20-level factor would be 5.8 % of its entropy here.
    for name in ("mig", "mig_sup", "dcimig"):
        assert found[name] == pytest.approx(0, abs=0.005), name
    assert found["explicitness_test"] == pytest.approx(0.5, abs=0.1)
    assert found["probe_balanced_accuracy"] == pytest.approx(found["probe_balanced_baseline"], abs=0.12)
    assert abs(found["mutual_info_score"]) < 0.02
    plug_in = evaluate(factors=factors, codes=codes, metrics="mig", convention="dlib")
    assert plug_in.matrices["mutual_information"][0].min() > 0.04 * np.log(20)
    assert any("plug-in information is biased" in w and "factor 0" in w for w in plug_in.warnings)


def test_a_perfect_code_is_perfect() -> None:
    factors, _ = grid()
    found = evaluate(factors=factors, codes=factors * [3.0, -1.0, 0.5] + 7, convention=QUICK["default"])
    for name in METRICS:
        if name in found.undefined or name == "sap" or "baseline" in name or "gaussian" in name:
            continue
        wanted = 0 if name in {"total_correlation", "mutual_info_score"} else 1
        assert found[name] == pytest.approx(wanted, abs=0.01), name
    # Its rivals are right by chance: 3/4, 2/3, 1/2.
    assert found["sap"] == pytest.approx((3 / 4 + 2 / 3 + 1 / 2) / 3, abs=0.06)


def test_one_far_outlier_changes_little() -> None:
    factors, codes = grid(4800)
    struck = codes.copy()
    struck[7, 0] = 1e6
    names = "mig,jemmig,modularity,sap"
    plain, found = (evaluate(factors=factors, codes=c, metrics=names) for c in (codes, struck))
    for name in plain:
        assert found[name] == pytest.approx(plain[name], abs=0.01), name
    # Equal-width bins see one value and a crowd.
    assert evaluate(factors=factors, codes=struck, metrics="mig", convention="dlib").per_factor["mig"][0] < 0.01


def test_constant_codes_are_left_out_and_named() -> None:
    factors, codes = grid()
    dead = np.insert(codes, [0, 3], 5.0, axis=1)
    plain = evaluate(factors=factors, codes=codes, convention=QUICK["default"])
    found = evaluate(factors=factors, codes=dead, convention=QUICK["default"])
    assert found.metrics == pytest.approx(plain.metrics, abs=1e-9, nan_ok=True)
    assert any("constant codes (left out): 0, 4" in w for w in found.warnings)
    assert np.isnan(found.per_code["mig_sup"][[0, 4]]).all()


def test_a_model_that_collapsed() -> None:
    factors, codes = grid()
    found = evaluate(factors=factors, codes=np.stack([codes, codes * 0]), convention=QUICK["default"])
    assert np.isfinite(found["mig"]).all()
    assert found["mig"][1] == found["sap"][1] == 0
    for name in ("irs", "modularity", "total_correlation", "factor_vae"):
        assert np.isnan(found[name][1])
        assert name in found.undefined
    assert "dci_disentanglement" in found.undefined
    assert found.model(1).to_dict()["metrics"]["irs"] is None
    assert "irs" not in found.model(0).undefined


@pytest.mark.parametrize("convention", ["default", "dlib", "ubisoft"])
def test_one_code(convention: str) -> None:
    factors, codes = grid()
    names = "mig,mig_sup,jemmig,dcimig,modularity,irs,factor_vae,dci_completeness"
    found = evaluate(factors=factors, codes=codes[:, :1], convention=QUICK[convention], metrics=names)
    for name in found:
        assert np.isfinite(found[name]), name
    if convention != "ubisoft":  # which averages over factors that the code does not tell, too
        assert found["dci_completeness"] == 1


def test_one_factor() -> None:
    factors, codes = grid()
    found = evaluate(factors=factors[:, :1], codes=codes, convention=QUICK["default"])
    assert set(found.undefined) == {*DRAWN, "probe_r2"}
    assert found["modularity"] == found["dci_disentanglement"] == found["info_m"] == 1
    assert 0.8 < found["mig"] <= 1


def test_classes_missing_from_the_test_rows() -> None:
    factors, codes = grid()
    order = np.argsort(factors[:, 0], kind="stable")  # a grid as it is often stored: the last level comes last
    rare = factors[order].copy()
    rare[:60, 0] = 7
    found = evaluate(factors=rare, codes=codes[order], convention=QUICK["default"], shuffle=False)
    assert np.isfinite([found["explicitness_test"], found["sap"], found["probe_balanced_accuracy"]]).all()
    assert any("explicitness_test: " in w and "left out" in w for w in found.warnings)
    assert not evaluate(factors=rare, codes=codes[order], metrics="explicitness").warnings


def test_more_than_twenty_levels_are_not_merged() -> None:
    level = np.repeat(np.arange(32), 40)
    codes = level[:, None] + np.random.default_rng(0).uniform(-0.3, 0.3, (1280, 1))
    default, dlib = (
        evaluate(factors=level[:, None], codes=codes, convention=c, metrics="irs")["irs"] for c in ("default", "dlib")
    )
    merged = evaluate(factors=(level * 20 // 32)[:, None], codes=codes, metrics="irs")["irs"]
    assert default > 0.97
    assert default - dlib > 0.01
    assert dlib < (default + merged) / 2


def test_a_factor_of_many_levels_can_be_told_wholly() -> None:
    level = np.random.default_rng(0).integers(0, 50, 5000)
    found = evaluate(factors=level[:, None], codes=level[:, None] / 50, metrics="mig")
    assert found["mig"] == pytest.approx(1, abs=1e-9)
    limited = evaluate(factors=level[:, None], codes=level[:, None] / 50, metrics="mig", convention="dlib")
    assert limited["mig"] < 0.8
    assert any("50 classes but codes have 20 bins" in w for w in limited.warnings)


def test_info_e_of_unbalanced_classes() -> None:
    # Noise tells nothing: 0 by default. The source's null model takes classes for equally frequent: log 2 where the
    # entropy is 0.325.
    rng = np.random.default_rng(0)
    factor = (rng.random(4000) < 0.1).astype(int)[:, None]
    codes = rng.normal(size=(4000, 3))
    assert evaluate(factors=factor, codes=codes, metrics="info_e")["info_e"] == pytest.approx(0, abs=0.01)
    known = np.concatenate([codes, factor + rng.normal(size=(4000, 1))], axis=1)
    default, source = (
        evaluate(factors=factor, codes=known, metrics="info_e", convention=c)["info_e"] for c in ("default", "infomec")
    )
    assert source - default > 0.02


def test_dead_codes_do_not_win_votes() -> None:
    # Threshold 0 of one source lets a constant code win all votes.
    factors, codes = grid(noise=0.01, extra=0)
    dead = np.insert(codes, 0, 1.0, axis=1)
    for convention in (QUICK["default"], QUICK["dlib"], replace(QUICK["dlib"], factor_vae_min_std=0.0)):
        assert evaluate(factors=factors, codes=dead, convention=convention, metrics="factor_vae")["factor_vae"] == 1


def test_an_incomplete_grid() -> None:
    factors, codes = grid()
    kept = ~((factors[:, 0] == 1) & (factors[:, 1] == 2))
    found = evaluate(
        factors=factors[kept], codes=codes[kept], convention=QUICK["dlib"], metrics="beta_vae,factor_vae,mig"
    )
    assert np.isfinite(found["mig"])
    assert "no row has the combination of classes (factor 0 1, factor 1 2" in found.undefined["beta_vae"]
    default = evaluate(
        factors=factors[kept], codes=codes[kept], convention=QUICK["default"], metrics="beta_vae,factor_vae"
    )
    assert default["beta_vae"] > 0.9


def test_swapped_roles_change_the_number() -> None:
    # The defect of a published table: latents were handed in as factors.
    rng = np.random.default_rng(0)
    factors = np.stack([rng.integers(0, n, 3000) for n in (4, 3)], axis=1)
    codes = factors[:, [0, 1]] + rng.normal(0, 0.1, (3000, 2))
    right = evaluate(factors=factors, codes=codes, metrics="mig")["mig"]
    assert right > 0.99


def test_kinds_are_respected() -> None:
    rng = np.random.default_rng(0)
    level = rng.integers(0, 6, 900)
    codes = np.stack([level + rng.normal(0, 0.3, 900), rng.normal(size=900)], axis=1)
    ordinal, categorical = (
        evaluate(factors=level[:, None], codes=codes, metrics="sap,dci,probe", factor_kinds=k)
        for k in ("ordinal", "categorical")
    )
    assert ordinal["sap"] == pytest.approx(np.corrcoef(level, codes[:, 0])[0, 1] ** 2, abs=0.02)
    assert categorical["sap"] == pytest.approx(categorical["dci_informativeness_test"] - 1 / 6, abs=0.1)
    assert np.isfinite(ordinal["probe_r2"])
    assert np.isnan(ordinal["probe_accuracy"])
    assert np.isnan(categorical["probe_r2"])
    assert ordinal.factor_kinds == ("ordinal",)


def test_continuous_factors() -> None:
    rng = np.random.default_rng(0)
    factors = rng.uniform(size=(2000, 2))
    codes = np.stack([np.exp(3 * factors[:, 0]), factors[:, 1] ** 3, rng.normal(size=2000)], axis=1)
    found = evaluate(factors=factors, codes=codes, convention=QUICK["default"])
    assert found.factor_kinds == ("continuous", "continuous")
    # Bins of equal numbers do not care for how a code is bent.
    assert found["mig"] == pytest.approx(1, abs=0.02)
    assert found["dci_disentanglement"] > 0.98
    assert found["info_m"] > 0.95
    assert found["factor_vae"] == 1


def test_intervals() -> None:
    factors, codes = grid(4800, noise=0.5, extra=0)
    names = "mig,sap,info_m,mutual_info_score,explicitness_test"
    told: list[tuple[int, int]] = []
    large = evaluate(
        factors=factors, codes=codes, metrics=names, bootstrap=40, on_progress=lambda *state: told.append(state)
    )
    assert told == [(number, 40) for number in range(1, 41)]
    small = evaluate(factors=factors[:600], codes=codes[:600], metrics=names, bootstrap=40)
    for name in large:
        interval = large.intervals[name]
        assert interval.low < large[name] < interval.high, name
        assert 0 < interval.standard_error < small.intervals[name].standard_error, name
    assert large.to_dict()["intervals"]["mig"]["low"] == large.intervals["mig"].low


def test_intervals_cover_the_truth() -> None:
    # Fifty sets of rows: their own spread is what each set's standard error should say.
    values, errors = {"mig": [], "info_m": []}, {"mig": [], "info_m": []}
    for seed in range(50):
        factors, codes = grid(600, noise=0.4, seed=seed)
        found = evaluate(factors=factors, codes=codes, metrics=list(values), bootstrap=20)
        for name in values:
            values[name].append(found[name])
            errors[name].append(found.intervals[name].standard_error)
    for name in values:
        assert np.mean(errors[name]) / np.std(values[name]) == pytest.approx(1, abs=0.4), name


def test_results_as_text() -> None:
    factors, codes = grid()
    found = evaluate(
        factors=factors, codes=codes, metrics="mig,dci,probe", factor_names=["hue", "size", "side"], bootstrap=3
    )
    data = json.loads(found.to_json())
    assert data["convention"] == "default"
    assert data["metrics"]["mig"] == found["mig"]
    assert data["metrics"]["probe_r2"] is None
    assert data["factor_names"] == ["hue", "size", "side"]
    assert np.array(data["matrices"]["importance"]).shape == (3, 5)
    assert data["settings"]["num_train"] == 432
    for text in (str(found), found._repr_html_()):
        assert "mig" in text
        assert f"{found['mig']:.4f}" in text
        assert "hue, size, side" in text
        assert "no probe_r2: no factor is ordinal or continuous" in text
    batch = evaluate(factors=factors, codes=np.stack([codes] * 10), metrics="mig")
    assert "model 5" in str(batch)
    assert "model 6" not in str(batch)
    assert batch.num_models == 10


def test_pictures(tmp_path) -> None:
    factors, codes = grid()
    path = tmp_path / "scores.png"
    found = evaluate(factors=factors, codes=codes, metrics="mig,dci,info_mc,irs,gaussian", bootstrap=3)
    figure = found.plot(path)
    assert path.read_bytes().startswith(b"\x89PNG")
    titles = [axes.get_title() for axes in figure.axes]
    assert "mutual information" in titles
    assert "DCI: importance" in titles
    batch = evaluate(factors=factors, codes=np.stack([codes, codes * 2]), metrics="mig")
    assert len(batch.plot().axes) == 3  # bars, matrix, its scale
    # Without an upper bound, and with none at all.
    assert len(evaluate(factors=factors, codes=codes, metrics="gaussian").plot().axes) == 1
    nothing = evaluate(factors=factors, codes=codes, metrics="probe_r2")
    with pytest.raises(InputError, match="there is nothing to draw"):
        nothing.plot()
    with pytest.raises(InputError, match=r"scores.txt: pictures are saved as .*png"):
        found.plot(tmp_path / "scores.txt")
