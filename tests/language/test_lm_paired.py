"""Two ways of training over the same seeds: t test, crossed bootstrap, points of a sweep, tables with a baseline."""

import json
import math
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from synthkit.errors import InputError
from synthkit.train.language.compare import compare_points, is_point
from synthkit.train.language.intervals import mean_interval
from synthkit.train.language.paired import compare_seeds, crossed_bootstrap, paired_t
from synthkit.train.language.sweep import run_sweep
from synthkit.train.language.sweep_comparisons import comparison_lines, read_comparisons, write_comparisons
from synthkit.train.language.sweep_table import write_sweep


def answers(*rows):
    return [np.array([mark == "1" for mark in row], bool) for row in rows]


def random_answers(seed, shares, texts=300):
    rng = np.random.default_rng(seed)
    return [rng.random(texts) < share for share in shares]


def test_a_comparison_by_hand():
    first = answers("1100", "1000", "1010")
    second = answers("1110", "1100", "0111")
    found = compare_seeds(first, second, resamples=200)
    assert (found["seeds"], found["texts"]) == (3, 4)
    assert found["accuracy_first"] == pytest.approx(5 / 12)
    assert found["accuracy_second"] == pytest.approx(8 / 12)
    assert found["difference"] == pytest.approx(3 / 12)
    assert (found["better"], found["worse"]) == (3, 0)
    # Differences are 1/4 each: no spread, no t test.
    assert (found["t_low"], found["t_high"], found["p_t"]) == (None, None, None)
    other = compare_seeds(first, answers("1110", "1111", "0010"), resamples=200)
    # Differences 1/4, 3/4 and -1/4: mean 1/4, deviation 1/2, t = (1/4) / (1/2 / sqrt 3); 4.302653 is t at 0.975, 2 d.f.
    half = 4.302653 * 0.5 / math.sqrt(3)
    assert (other["t_low"], other["t_high"]) == pytest.approx((0.25 - half, 0.25 + half), abs=1e-6)
    t = 0.25 / (0.5 / math.sqrt(3))
    assert other["p_t"] == pytest.approx(1 - t / math.sqrt(2 + t * t))  # the t distribution with 2 degrees of freedom
    assert (other["better"], other["worse"]) == (2, 1)


@pytest.mark.parametrize("seeds", [2, 3, 10])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_the_t_test_against_scipy(seeds, confidence):
    first = random_answers(seeds, np.linspace(0.4, 0.6, seeds))
    second = random_answers(seeds + 1, np.linspace(0.65, 0.55, seeds))
    found = compare_seeds(first, second, resamples=100, confidence=confidence)
    wanted = stats.ttest_rel([x.mean() for x in second], [x.mean() for x in first])
    low, high = wanted.confidence_interval(confidence)
    assert found["p_t"] == pytest.approx(float(wanted.pvalue), rel=1e-9)
    assert (found["t_low"], found["t_high"]) == pytest.approx((float(low), float(high)), rel=1e-9)


def test_the_interval_of_a_mean_against_scipy():
    values = [0.5, 0.62, 0.58, 0.55]
    wanted = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert mean_interval(values) == pytest.approx(tuple(map(float, wanted)))


def test_the_two_ways_change_places():
    first, second = random_answers(1, [0.4, 0.5, 0.6]), random_answers(2, [0.6, 0.5, 0.7])
    one, other = compare_seeds(first, second, resamples=500), compare_seeds(second, first, resamples=500)
    assert one["difference"] == pytest.approx(-other["difference"])
    assert (one["t_low"], one["low"]) == pytest.approx((-other["t_high"], -other["high"]))
    assert (one["p_t"], one["p_bootstrap"]) == pytest.approx((other["p_t"], other["p_bootstrap"]))
    assert (one["better"], one["worse"]) == (other["worse"], other["better"])


def test_no_difference_and_one_seed():
    right = random_answers(0, [0.4, 0.6])
    same = compare_seeds(right, right, resamples=100)
    assert (same["difference"], same["low"], same["high"], same["p_bootstrap"], same["p_t"]) == (0, 0, 0, 1.0, None)
    one = compare_seeds(answers("0011"), answers("0111"), resamples=100)
    assert (one["p_t"], one["better"], one["difference"]) == (None, 1, 0.25)
    assert paired_t(np.array([[1, 0, 1]]), 0.95) == (None, None, None)


def test_the_crossed_bootstrap_is_that_of_all_draws():
    """Two seeds, three texts: 4 x 27 draws, equally likely; quantiles and signs are those of their differences."""
    gains = np.array([[1, 0, 1], [0, -1, 1]])
    exact = [
        np.mean([gains[s][t] for s in seeds for t in texts])
        for seeds in product(range(2), repeat=2)
        for texts in product(range(3), repeat=3)
    ]
    resamples = 40_000
    low, high, p = crossed_bootstrap(gains, resamples=resamples, confidence=0.8, seed=3)
    steps = sorted(set(np.round(exact, 9)))
    by_hand = np.quantile(exact, [0.1, 0.9])
    for found, wanted in zip((low, high), by_hand, strict=True):
        places = [min(range(len(steps)), key=lambda k, v=value: abs(steps[k] - v)) for value in (found, wanted)]
        assert abs(places[0] - places[1]) <= 1
    below = np.mean(np.array(exact) <= 1e-12)
    assert p == pytest.approx(2 * below, abs=0.02)


def test_the_crossed_bootstrap_sees_seeds_and_texts():
    """Its variance is about that of seeds and of texts together, and more than that of either alone."""
    rng = np.random.default_rng(5)
    effect = rng.normal(0, 0.08, 12)
    gains = np.array([(rng.random(400) < 0.3 + e).astype(int) for e in effect])
    low, high, _ = crossed_bootstrap(gains, resamples=3000, confidence=0.95, seed=0)
    found = (high - low) / (2 * 1.96)
    over_seeds = gains.mean(1).std() / math.sqrt(12)
    over_texts = gains.mean(0).std() / math.sqrt(400)
    assert found > max(over_seeds, over_texts)
    # What is left over is neither of the seeds nor of the texts: both draws bring it in.
    assert found == pytest.approx(math.sqrt(over_seeds**2 + over_texts**2 + gains.var() / (12 * 400)), rel=0.12)
    again = crossed_bootstrap(gains, resamples=3000, confidence=0.95, seed=0)
    assert again[:2] == (low, high)
    assert crossed_bootstrap(gains, resamples=3000, confidence=0.95, seed=1)[:2] != (low, high)


def test_draws_in_pieces_follow_the_same_rule(monkeypatch):
    """How many are drawn at once changes which numbers are drawn, and nothing else."""
    from synthkit.train.language import paired

    gains = np.stack(random_answers(3, [0.3, 0.4])).astype(np.int64)
    whole = crossed_bootstrap(gains, resamples=1000, confidence=0.95, seed=0)
    monkeypatch.setattr(paired, "_CELLS", 302 * 300)
    parts = crossed_bootstrap(gains, resamples=1000, confidence=0.95, seed=0)
    assert parts == pytest.approx(whole, abs=0.02)


@pytest.mark.parametrize(
    ("first", "second"),
    [([], []), (["10"], ["10", "01"]), (["10"], ["101"]), (["10", "100"], ["10", "10"]), ([""], [""])],
)
def test_answers_that_are_not_paired(first, second):
    with pytest.raises(InputError, match="there must be one of each way for each seed, all on the same texts"):
        compare_seeds(answers(*first), answers(*second))


# Points of a sweep


def write_point(path, plan, rights, inputs="q"):
    """Finished trainings of a point: seed -> which texts are right."""
    for seed, right in rights.items():
        run = path / f"seed-{seed}"
        run.mkdir(parents=True)
        (run / "experiment.json").write_text(plan(seed=seed).pretty_json())
        names = [f"t-{i}" for i in range(len(right))]
        columns = {"id": names, "split": ["test"] * len(right), "input": [f"{inputs}{i}" for i in range(len(right))]}
        columns |= {"target": ["1"] * len(right), "correct": [mark == "1" for mark in right]}
        pq.write_table(pa.table(columns), run / "predictions.parquet")
    return path


def test_two_points_are_compared_over_their_seeds(plan, tmp_path, command):
    first = write_point(tmp_path / "a", plan, {3: "1100" * 25, 10: "1000" * 25, 4: "1010" * 25})
    second = write_point(tmp_path / "b", plan, {10: "1111" * 25, 3: "1110" * 25, 4: "0010" * 25})
    assert is_point(first)
    assert not is_point(first / "seed-3")
    assert not is_point(tmp_path / "nowhere")
    found = compare_points(first, second, resamples=500)
    by_hand = compare_seeds(
        answers("1100" * 25, "1010" * 25, "1000" * 25), answers("1110" * 25, "0010" * 25, "1111" * 25), resamples=500
    )
    assert found == by_hand
    assert found["difference"] == pytest.approx(0.25)
    told = command("compare", first, second, "--resamples", 500).stdout
    words = " ".join(told.split())
    assert "100 texts, 3 seeds of each" in words
    assert f"0.417 {first} 0.667 {second}" in words
    assert f"over seeds: 95 % interval {found['t_low']:+.3f} to {found['t_high']:+.3f}, p = {found['p_t']:.4f}" in words
    assert f"over seeds and texts: 95 % interval {found['low']:+.3f} to {found['high']:+.3f}" in words
    assert "the second is better with 2 seeds, worse with 1" in words
    said = json.loads(command("compare", first, second, "--resamples", 500, "--json").stdout)
    assert said == found


def test_points_of_one_seed_have_no_t_test(plan, tmp_path, command):
    first, second = (write_point(tmp_path / name, plan, {0: right}) for name, right in (("a", "10"), ("b", "11")))
    assert "no t test: it needs two seeds" in command("compare", first, second).stdout


def test_points_that_cannot_be_compared(plan, tmp_path, command):
    first = write_point(tmp_path / "a", plan, {0: "10", 1: "11"})
    with pytest.raises(InputError, match=r"b: has seeds 0, 2, but .*a has 0, 1; train both with the same seeds"):
        compare_points(first, write_point(tmp_path / "b", plan, {0: "10", 2: "10"}))
    with pytest.raises(InputError, match=r"c.seed-0: answered other texts than .*a.seed-0"):
        compare_points(first, write_point(tmp_path / "c", plan, {0: "10", 1: "10"}, "other"))
    odd = write_point(tmp_path / "d", plan, {0: "10"})
    write_point(odd, plan, {1: "10"}, "other")
    with pytest.raises(InputError, match=r"d.seed-1: answered other texts"):
        compare_points(first, odd)
    with pytest.raises(InputError, match=r"seed-0: holds no trainings seed-N; compare two points of a sweep"):
        compare_points(first, first / "seed-0")
    done = command("compare", first / "seed-0", first, check=False)
    assert done.returncode == 2
    assert "holds no trainings seed-N" in done.stderr


# Sweeps with a baseline


AXES = [
    {"name": "rate", "points": [{"name": "low"}, {"name": "high", "set": {"training.learning_rate": 0.05}}]},
    {"name": "trained", "points": [{"name": "all"}, {"name": "head", "set": {"freezing": "head"}}]},
]


def test_a_sweep_is_compared_with_its_baseline(plan, lists, tmp_path):
    sweep = plan(sweep={"axes": AXES, "seeds": 2, "baseline": {"rate": "low"}}, data__test_limit=30)
    folder = run_sweep(sweep, tmp_path / "s", data=lists, device="cpu")
    rows = write_sweep(folder)
    compared = read_comparisons(folder.path)
    assert [(row["baseline"], row["point"]) for row in compared] == [("low-all", "high-all"), ("low-head", "high-head")]
    for row in compared:
        found = compare_points(folder.path / row["baseline"], folder.path / row["point"], resamples=2000)
        assert {name: row[name] for name in found} == found
        assert row["problem"] == ""
        mine = [r["accuracy"] for r in rows if r["point"] == row["point"]]
        assert row["accuracy_second"] == pytest.approx(np.mean(mine))
    page = (folder.path / "sweep.md").read_text()
    assert "## Compared with rate low" in page
    one = compared[0]
    assert f"| high | all | test | {one['difference']:+.3f} |" in page
    accuracies = [r["accuracy"] for r in rows if r["point"] == "low-all"]
    low, high = mean_interval(accuracies)
    spread = np.std(accuracies, ddof=1)
    assert f"| low | all | test | {np.mean(accuracies):.3f} | {low:.3f} to {high:.3f} | +- {spread:.3f} |" in page
    held = json.loads((folder.run("low-all", 0) / "training.json").read_text())
    assert {row["tokens"] for row in rows if row["point"] == "low-all" and row["seed"] == 0} == {held["tokens"]}
    assert all(row["training_steps"] == 4 for row in rows)


@pytest.mark.parametrize(
    ("baseline", "pairs"),
    [
        ({}, []),
        ({"rate": "low"}, [("high-all", "low-all"), ("high-head", "low-head")]),
        (
            {"rate": "low", "trained": "all"},
            [("low-head", "low-all"), ("high-all", "low-all"), ("high-head", "low-all")],
        ),
    ],
)
def test_each_point_is_compared_with_the_one_that_has_the_baseline(baseline, pairs):
    from synthkit.train.language.sweep_comparisons import _pairs

    names = [("low", "all"), ("low", "head"), ("high", "all"), ("high", "head")]
    points = [{"name": f"{r}-{t}", "axes": {"rate": r, "trained": t}} for r, t in names]
    for seeds in (1, 2):
        plan = {"baseline": baseline, "points": points, "seeds": list(range(seeds))}
        found = [(point["name"], other["name"]) for point, other in _pairs(plan)]
        assert found == (pairs if seeds == 2 else [])
    assert list(_pairs({"points": points, "seeds": [0, 1]})) == []  # sweeps of earlier versions


def test_points_with_other_texts_are_told_in_the_table(plan, tmp_path):
    class Folder:
        path = tmp_path

        def plan(self):
            points = [{"name": n, "axes": {"task": n}} for n in ("a", "b", "c")]
            return {"axes": ["task"], "baseline": {"task": "a"}, "points": points, "seeds": [0, 1]}

    for name, texts in (("a", "q"), ("b", "other"), ("c", "q")):
        write_point(Path(tmp_path) / name, plan, {0: "1010", 1: "1000" if name == "a" else "1110"}, texts)
    rows = write_comparisons(Folder(), ["test"])
    assert [bool(row["problem"]) for row in rows] == [True, False]
    assert "answered other texts than" in rows[0]["problem"]
    assert rows[0]["difference"] is None
    assert read_comparisons(tmp_path) == rows
    lines = comparison_lines(Folder().plan(), rows)
    assert len({line.count("|") for line in lines[4:]}) == 1
    assert lines[-1].startswith("| c | test | +0.250 |")
    assert lines[-1].endswith("| 1 of 2 |")


@pytest.mark.parametrize(
    ("baseline", "message"),
    [
        ({"speed": "low"}, r"sweep: baseline.speed: no axis has this name; there are: rate, trained"),
        ({"rate": "slow"}, r"sweep: baseline.rate: no point is named 'slow'; there are: low, high"),
        (
            {"trained": "layer"},
            r"sweep: baseline.trained: 'layer' stands for each layer in turn; name a single training",
        ),
    ],
)
def test_baselines_that_are_not_there(plan, baseline, message):
    layer = {"name": "layer", "set": {"freezing": "head,layer:*"}}
    axes = [AXES[0], {"name": "trained", "points": [*AXES[1]["points"], layer]}]
    with pytest.raises(InputError, match=message):
        plan(sweep={"axes": axes, "baseline": baseline})
