"""Metrics of tables small enough to be worked by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from synthkit.metrics import CONVENTIONS, evaluate
from synthkit.metrics.dci import completeness, disentanglement
from synthkit.metrics.infomec import share_scores

LN2 = math.log(2)
# Two balanced, independent binary factors, 40 rows.
V0, V1 = np.array([0, 0, 1, 1] * 10), np.array([0, 1, 0, 1] * 10)
FACTORS = np.stack([V0, V1], axis=1)
PLAIN = replace(CONVENTIONS["dlib"], name="by hand")
NAMES = "mig,mig_sup,jemmig,dcimig,modularity"


def test_a_duplicated_code() -> None:
    # Both codes are v0. I(v0; z) = ln 2 for both: no gap; v1 is not told at all: MIG 0. Each code tells v0 only:
    # MIG-sup 1, modularity 1. DCIMIG: v0 is credited ln 2, v1 nothing, of 2 ln 2: 1/2.
    # JEMMIG: v0: H(z, v0) = ln 2, minus ln 2 plus ln 2: ln 2 / (ln 2 + ln 20). v1: H(z, v1) = 2 ln 2, minus 0 plus 0.
    found = evaluate(factors=FACTORS, codes=np.stack([V0, V0], axis=1).astype(float), convention=PLAIN, metrics=NAMES)
    scale = LN2 + math.log(20)
    assert found["mig"] == pytest.approx(0, abs=1e-12)
    assert found["mig_sup"] == pytest.approx(1, abs=1e-12)
    assert found["modularity"] == pytest.approx(1, abs=1e-12)
    assert found["dcimig"] == pytest.approx(0.5, abs=1e-12)
    assert found["jemmig"] == pytest.approx(1 - (LN2 / scale + 2 * LN2 / scale) / 2, abs=1e-12)


def test_one_code_for_two_factors() -> None:
    # z0 = 2 v0 + v1 tells both, ln 2 each; z1 = v0. v0: ln 2 twice, gap 0; v1: gap ln 2: MIG 1/2. Codes: z0 has two
    # best factors, gap 0; z1 gap 1: MIG-sup 1/2. Modularity: z0: 0; z1: 1: mean 1/2. DCIMIG: z0 credits nothing,
    # z1 credits ln 2 to v0: 1/2.
    codes = np.stack([2 * V0 + V1, V0], axis=1).astype(float)
    found = evaluate(factors=FACTORS, codes=codes, convention=PLAIN, metrics=NAMES)
    for name in ("mig", "mig_sup", "modularity", "dcimig"):
        assert found[name] == pytest.approx(0.5, abs=1e-12), name
    assert found.matrices["mutual_information"] == pytest.approx(np.array([[LN2, LN2], [LN2, 0]]), abs=1e-12)


def test_ubisoft_divides_by_the_entropy_of_the_code() -> None:
    # z0 = 2 v0 + v1 has H = 2 ln 2: I / H = 1/2 for both factors; z1 = v0: 1 for v0, 0 for v1. MIG: v0: 1 - 1/2; v1:
    # 1/2 - 0. MIG-sup: z0: 0; z1: 1. In bits the matrix is 1.
    codes = np.stack([2 * V0 + V1, V0], axis=1).astype(float)
    found = evaluate(factors=FACTORS, codes=codes, convention="ubisoft", metrics="mig,mig_sup")
    assert found["mig"] == pytest.approx(0.5, abs=1e-12)
    assert found["mig_sup"] == pytest.approx(0.5, abs=1e-12)
    assert found.matrices["mutual_information"] == pytest.approx(np.array([[1, 1], [1, 0]]), abs=1e-12)


def test_jemmig_as_it_was_first_written() -> None:
    # A perfect code: H(z, v) - I + 0 = 0, in bits as in nats; a useless one for v1: H(z) + H(v1) = 2 bits.
    convention = replace(CONVENTIONS["ubisoft"], jemmig_form="original")
    found = evaluate(factors=FACTORS, codes=V0[:, None].astype(float), convention=convention, metrics="jemmig")
    assert found.per_factor["jemmig"] == pytest.approx([0, 2], abs=1e-12)


def test_disentanglement_of_importances() -> None:
    # Codes 0 and 1, factors 0 and 1, R = [[3, 1], [0, 4]] (factors in rows). Code 0: all for factor 0: D = 1, weight
    # 3/8. Code 1: shares 1/5, 4/5: H_2 = 0.2 log2 5 + 0.8 log2 1.25 = 0.721928; D = 0.278072, weight 5/8.
    found = disentanglement(np.array([[3.0, 1.0], [0.0, 4.0]]))
    assert found.each == pytest.approx([1, 1 - 0.7219280949], abs=1e-9)
    assert found.score == pytest.approx(3 / 8 + 5 / 8 * (1 - 0.7219280949), abs=1e-9)


def test_completeness_of_importances() -> None:
    # Factor 0: shares 3/4, 1/4: H_2 = 0.8112781; C = 0.1887219, weight 4/8. Factor 1: C = 1, weight 4/8.
    importance = np.array([[3.0, 1.0], [0.0, 4.0]])
    found = completeness(importance)
    assert found.each == pytest.approx([1 - 0.8112781245, 1], abs=1e-9)
    assert found.score == pytest.approx((0.1887218755 + 1) / 2, abs=1e-9)
    weighted = completeness(np.array([[3.0, 1.0], [0.0, 12.0]]))
    assert weighted.score == pytest.approx((4 * 0.1887218755 + 12) / 16, abs=1e-9)
    assert completeness(np.array([[3.0, 1.0], [0.0, 12.0]]), plain_mean=True).score == pytest.approx(found.score)


def test_a_code_without_importance_has_no_weight() -> None:
    importance = np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 2.0]])
    assert disentanglement(importance).score == 1
    assert disentanglement(importance, counted=0).score == 0  # the defect of a source
    assert np.isnan(disentanglement(np.zeros((2, 3))).score)


def test_with_one_factor_or_code_there_is_nothing_to_choose() -> None:
    assert disentanglement(np.array([[1.0, 2.0]])).score == 1
    assert completeness(np.array([[1.0], [2.0]])).score == 1


def test_info_m_and_info_c_of_a_matrix() -> None:
    # NMI = [[0.9, 0.1], [0, 0.5]]. Codes: 0.9 / 0.9 = 1 and 0.5 / 0.6: mean 11/12, from 1/2 up: (11/12 - 1/2) / (1/2) =
    # 5/6. Factors: 0.9 / 1.0 and 1: mean 0.95, (0.95 - 0.5) / 0.5 = 0.9.
    matrix = np.array([[0.9, 0.1], [0.0, 0.5]])
    assert share_scores(matrix, np.array([True, True]), strict=True) == pytest.approx((5 / 6, 0.9))
    # An inactive code counts nowhere; with one active code InfoC is 1.
    assert share_scores(matrix, np.array([True, False]), strict=False) == pytest.approx((1.0, 1.0))
    # A silent code has no share: undefined in the source, left out by default.
    silent = np.array([[0.9, 0.0], [0.1, 0.0]])
    assert np.isnan(share_scores(silent, np.array([True, True]), strict=True)).tolist() == [True, False]
    assert share_scores(silent, np.array([True, True]), strict=False) == pytest.approx((0.8, 1.0))


def test_sap_by_squared_correlation() -> None:
    # v = 0, 1 in equal parts; z0 = v: r^2 = 1. z1 = v + w with w = 0, 1 independent: cov = 1/4, var z1 = 1/2, var v =
    # 1/4: r^2 = (1/16) / (1/8) = 1/2.
    codes = np.stack([V0, V0 + V1], axis=1).astype(float)
    found = evaluate(factors=V0[:, None], codes=codes, convention="dlib", metrics="sap", factor_kinds="ordinal")
    assert found.matrices["predictability"] == pytest.approx(np.array([[1, 0.5]]))
    assert found["sap"] == pytest.approx(0.5)


def test_irs_of_a_mixture() -> None:
    # z = v0 + 2 v1: mean 1.5, largest deviation 1.5. Given v0: z = v0 + 0 or 2, deviation 1: 1 - 1/1.5 = 1/3. Given v1:
    # deviation 1/2: 1 - (1/2)/1.5 = 2/3, the larger.
    found = evaluate(factors=FACTORS, codes=(V0 + 2.0 * V1)[:, None], convention="dlib", metrics="irs")
    assert found.matrices["irs"] == pytest.approx(np.array([[1 / 3], [2 / 3]]))
    assert found["irs"] == pytest.approx(2 / 3)


def test_gaussian_dependence_of_a_correlation() -> None:
    # Two codes of variance s and correlation r: total correlation -ln(1 - r^2) / 2; D^1/2 S D^1/2 has eigenvalues
    # s^2 (1 + r), s^2 (1 - r): distance 4 s - 2 s (sqrt(1 + r) + sqrt(1 - r)).
    rng = np.random.default_rng(0)
    white = rng.normal(size=(400, 2))
    white -= white.mean(axis=0)
    white = white @ np.linalg.inv(np.linalg.cholesky(np.cov(white, rowvar=False))).T
    r, s = 0.6, 4.0
    codes = math.sqrt(s) * np.stack([white[:, 0], r * white[:, 0] + math.sqrt(1 - r**2) * white[:, 1]], axis=1)
    found = evaluate(factors=np.arange(400)[:, None] % 4, codes=codes, metrics="gaussian")
    distance = 4 * s - 2 * s * (math.sqrt(1 + r) + math.sqrt(1 - r))
    assert found["total_correlation"] == pytest.approx(-math.log(1 - r**2) / 2)
    assert found["gaussian_wasserstein"] == pytest.approx(distance)
    assert found["gaussian_wasserstein_normalised"] == pytest.approx(distance / (2 * s))


def test_probes_of_a_known_mixture() -> None:
    # Class 0 in three of four rows, code tells it: accuracy 1 against 3/4, balanced 1 against 1/2. A line through the
    # code tells 2 z + 1 wholly.
    label = np.array([0, 0, 0, 1] * 25)
    factors = np.stack([label, 2.0 * label + 1.5], axis=1)
    found = evaluate(
        factors=factors,
        codes=label[:, None] * 5.0,
        metrics="probe",
        factor_kinds=["categorical", "ordinal"],
        shuffle=False,
    )
    assert found["probe_accuracy"] == 1
    assert found["probe_balanced_accuracy"] == 1
    assert found["probe_accuracy_baseline"] == pytest.approx(0.7)  # rows 91, 95 and 99 of the ten are of class 1
    assert found["probe_balanced_baseline"] == 0.5
    assert found["probe_r2"] == pytest.approx(1)
