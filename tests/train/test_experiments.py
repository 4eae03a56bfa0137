"""Every shipped experiment, at its small size, by the command line; files, bad input, benchmark tables."""

from __future__ import annotations

import csv
import json
import statistics

import numpy as np
import pyarrow.parquet as pq
import pytest

from synthkit.errors import InputError
from synthkit.models.registry import MODELS
from synthkit.train import Experiment, experiment_names, load_experiment
from synthkit.train.benchmark import Benchmark, markdown, run_benchmark, write_benchmark
from synthkit.train.load import resolved, variant_names
from synthkit.train.measures import measures_of
from synthkit.train.scoring import score_run
from synthkit.train.trained import load_run
from synthkit.train.training import train

NAMES = [name for name in experiment_names() if isinstance(load_experiment(name), Experiment)]
VARIANTS = [(name, variant) for name in NAMES for variant in variant_names(load_experiment(name))]


def test_the_experiments_that_there_are():
    assert NAMES == [
        "barlow_ablation",
        "barlow_synspeech",
        "synspeech_rave",
        "syntone_amplitude",
        "syntone_as_published",
        "syntone_benchmark",
    ]


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
@pytest.mark.parametrize("smoke", [False, True])
def test_every_variant_resolves_to_a_model_that_exists(name, variant, smoke):
    experiment = load_experiment(name)
    plan = resolved(experiment, variant=variant, smoke=smoke, seed=7)
    assert plan.seed == 7
    assert plan.variants == ()
    settings = dict(plan.model)
    MODELS[settings.pop("name")].Config.model_validate(settings)
    assert experiment.title
    assert not experiment.title.endswith(".")


@pytest.fixture(scope="session")
def shared_features(tmp_path_factory):
    """Each set of clips is made once for all variants of an experiment."""
    return tmp_path_factory.mktemp("features")


# The tour trains a variant of this one in full, and shows what it finds.
SHORTER = {"syntone_benchmark": ["training.steps=20", "training.checkpoint_every=10"]}


@pytest.mark.parametrize("name", NAMES)
def test_every_variant_trains_at_its_small_size(name, shared_features, tmp_path, painted_once):
    """All variants of an experiment in one go, as `synthkit benchmark EXPERIMENT --smoke --seeds 1` does."""
    experiment = load_experiment(name)
    found = run_benchmark(
        experiment,
        [0],
        tmp_path,
        lambda plan, out: train(plan, out, features=shared_features).evaluation,
        smoke=True,
        sets=SHORTER.get(name, ()),
    )
    assert list(found.values) == variant_names(experiment)
    for variant, measures in found.values.items():
        assert {"mig", "modularity"} <= set(measures), variant
        for values in measures.values():
            assert values[0] is None or np.isfinite(values[0])
    for path in write_benchmark(found, tmp_path):
        assert path.stat().st_size > 0


def test_a_run_holds_what_its_readers_need(experiment, tones, tmp_path):
    out = tmp_path / "run"
    found = train(experiment("evaluation.traversals=3"), out, data=tones)
    table = pq.read_table(out / "codes.parquet")
    codes = [f"code_{d}" for d in range(4)]
    factors = ["waveform", "waveform_index", "amplitude", "amplitude_index", "frequency", "frequency_index"]
    assert table.column_names == ["id", *codes, *factors]
    assert table.num_rows == found.evaluation["clips"] == 48
    assert table["id"][0].as_py() == "test-00000000"
    assert {p.name for p in out.glob("*.png")} == {"reconstructions.png", "traversals.png"}
    assert len(list((out / "traversals").glob("code-*.wav"))) == 0  # windows do not overlap: no sound can be made
    assert (out / "tensorboard").is_dir()
    scores = score_run(out)
    assert {name: scores[name] for name in scores} == pytest.approx(found.evaluation["metrics"], nan_ok=True)
    probes = found.evaluation["probes"]
    assert set(probes) == {"waveform", "amplitude", "frequency"}
    assert set(probes["waveform"]) == {"accuracy", "chance", "explicitness"}
    assert set(probes["amplitude"]) == {"r2", "log_r2"}
    assert set(found.evaluation["reconstruction"]) == {"mse", "unexplained"}


def test_traversals_can_be_heard_where_frames_overlap(experiment, tones, tmp_path):
    import soundfile

    out = tmp_path / "run"
    train(experiment("evaluation.traversals=3", "features.hop=64", "features.window=256"), out, data=tones)
    sounds = sorted(p.name for p in (out / "traversals").iterdir())
    assert sounds == [f"code-{d}.wav" for d in range(4)]
    audio, rate = soundfile.read(out / "traversals" / "code-0.wav")
    assert rate == 8000
    assert 0 < np.abs(audio).max() <= 1


def test_codes_of_a_loaded_model_are_those_of_the_file(experiment, tones, tmp_path):
    import torch

    import synthkit

    out = tmp_path / "run"
    train(experiment(), out, data=tones)
    trained = load_run(out)
    clip = synthkit.load(tones, split="test")[5]
    with torch.no_grad():
        codes = trained.model.codes(trained.extractor(torch.from_numpy(clip.audio)[None]))[0].numpy()
    table = pq.read_table(out / "codes.parquet")
    stored = [table[f"code_{d}"][5].as_py() for d in range(4)]
    assert codes.tolist() == pytest.approx(stored, abs=1e-4)


def test_defects_are_off_unless_named():
    for name in NAMES:
        plan = load_experiment(name)
        assert not plan.evaluation.sampled_codes
        assert not plan.evaluation.swapped_arguments
        assert plan.features.normalization != "frame_max"
        assert "penalty_over_batch" not in plan.model


def test_features_that_lost_a_factor_are_refused_unless_told_otherwise(experiment, tones, tmp_path):
    lost = {"kind": "mel", "bands": 12, "window": 256, "hop": 256, "normalization": "frame_max"}
    with pytest.raises(
        InputError, match=r"(?s)amplitude: the features have lost it \(normalization 'frame_max'\).*allow"
    ):
        train(experiment(features=lost), tmp_path / "a", data=tones)
    train(experiment('evaluation.factors=["frequency", "waveform"]', features=lost), tmp_path / "b", data=tones)
    found = train(experiment('evaluation.allow_lost=["amplitude"]', features=lost), tmp_path / "c", data=tones)
    assert any("amplitude: the features have lost it" in warning for warning in found.warnings)


def test_swapped_arguments_and_sampled_codes_change_the_numbers(experiment, tones, tmp_path):
    changes = {
        "right": [],
        "swapped": ["evaluation.swapped_arguments=true"],
        "drawn": ["evaluation.sampled_codes=true"],
    }
    metrics = {
        name: train(experiment("evaluation.convention=ubisoft", *sets), tmp_path / name, data=tones).evaluation[
            "metrics"
        ]
        for name, sets in changes.items()
    }
    assert metrics["right"]["mig"] != metrics["swapped"]["mig"]
    assert metrics["right"]["mig"] != metrics["drawn"]["mig"]


def test_spread_over_resamples(experiment, tones, tmp_path):
    found = train(experiment("evaluation.resamples=3"), tmp_path / "run", data=tones).evaluation
    assert set(found["resampled_std"]) == set(found["metrics"])
    assert found["resampled_std"]["mig"] > 0
    assert measures_of(found)["resampled_std/mig"] == found["resampled_std"]["mig"]


def test_downstream_classifiers(experiment, tones, tmp_path):
    downstream = {"factors": ["waveform"], "shares": [0.1, 1.0], "steps": 40, "batch_size": 16, "learning_rate": 0.01}
    plan = experiment("training.steps=60", evaluation={"traversals": 0, "metrics": "mig", "downstream": downstream})
    rows = train(plan, tmp_path / "run", data=tones).evaluation["downstream"]
    assert [(row["factor"], row["labels"]) for row in rows] == [("waveform", 14), ("waveform", 144)]
    for row in rows:
        assert all(0 <= row[k] <= 1 for k in ("chance", "frozen", "fine_tuned", "scratch"))
    assert rows[1]["fine_tuned"] > rows[1]["chance"] + 0.3


def test_a_folder_of_audio_files_trains_without_factors(experiment, tmp_path):
    import soundfile

    rng = np.random.default_rng(0)
    for i in range(20):
        soundfile.write(tmp_path / f"{i}.wav", rng.uniform(-0.3, 0.3, 8000), 8000)
    found = train(
        experiment("data.clip_seconds=0.25", "training.batch_size=8"), tmp_path / "out" / "run", data=tmp_path
    )
    assert found.evaluation["metrics"] == {}
    assert found.evaluation["reconstruction"]["mse"] > 0
    assert any("no factor is scored" in warning for warning in found.warnings)


BAD = [
    ('evaluation.factors=["speaker"]', r"evaluation.factors: .* has no factor 'speaker'; it has waveform, amplitude"),
    ('evaluation.downstream.factors=["pitch"]', r"has no factor 'pitch'"),
    ("features.sample_rate=16000", r"the experiment is for 16000 Hz, the clips have 8000 Hz"),
    ("data.test=dev", r"no split is named 'dev'; there are: train, validation, test"),
    ("model.name=gan", r"model.name: no model is named 'gan'; there are: ae, vae"),
    ("model.latnt=3", r"model.latnt: unknown field; did you mean 'latent'"),
    ("model.latent=0", r"model.latent: must be >= 1, not 0"),
    ("model.name=rave", r"features: RAVE takes waveforms"),
    ("training.precision=fp16", r"training.precision: fp16 needs a GPU"),
    ("evaluation.convention=mine", r"convention"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_bad_input(experiment, tones, tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        train(experiment(change), tmp_path / "run", data=tones, device="cpu")


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        (["training.step=3"], r"--set training.step: no such field|training.step: unknown field"),
        (["training.steps=0"], r"training.steps: must be >= 1, not 0"),
        (["training.patience=3"], r"training.patience: needs validate_every"),
        (["features.kind=chroma"], r"features.kind"),
        (["features.kind=waveform", "features.normalization=frame_max"], r"features.normalization: frame_max needs"),
    ],
)
def test_bad_changes(experiment, sets, message):
    with pytest.raises(InputError, match=message):
        experiment(*sets)


def test_an_empty_split(experiment, recipe_file, tmp_path):
    """A dataset cut down so far that a split has no clip left."""
    from synthkit.recipe.load import load_recipe
    from synthkit.run import build

    build(load_recipe(str(recipe_file), [("design.limit", 1)]), tmp_path / "data", workers=1)
    with pytest.raises(InputError, match=r"data: no split is named 'test'; there are: train"):
        train(experiment(), tmp_path / "run", data=tmp_path / "data")
    with pytest.raises(InputError, match=r"recipe few_tones: (split 'test' is empty|no split is named 'test')"):
        train(experiment('data.set={"design.limit": 1}'), tmp_path / "run")


def test_another_experiment_or_other_clips_in_the_same_directory(experiment, tones, tmp_path):
    out = tmp_path / "run"
    train(experiment(), out, data=tones)
    with pytest.raises(InputError, match=r"holds a training with another training.steps; choose another directory"):
        train(experiment("training.steps=14"), out, data=tones)
    with pytest.raises(InputError, match=r"was trained on other clips"):
        train(experiment(), out)
    found = train(experiment("training.steps=14"), out, data=tones, overwrite=True)
    assert found.steps == 14


def test_a_directory_that_holds_something_else(experiment, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="is not empty and holds no training"):
        train(experiment(), tmp_path / "run", overwrite=True)
    assert (tmp_path / "run" / "thesis.tex").read_text() == "mine"


def test_a_run_that_has_not_ended_cannot_be_used(experiment, tones, tmp_path):
    out = tmp_path / "run"
    train(experiment(), out, data=tones)
    (out / "training.json").unlink()
    with pytest.raises(InputError, match="its training has not ended"):
        load_run(out)
    with pytest.raises(InputError, match="holds no training"):
        load_run(tmp_path)


def test_a_benchmark_has_means_and_spreads_over_trainings(tmp_path):
    values = {"a": {"mig": (0.1, 0.2, 0.6)}, "b": {"mig": (0.5, None, 0.7), "sap": (None, None, None)}}
    found = Benchmark("toy", (0, 1, 2), values)
    summary = found.summary("a", "mig")
    assert (summary.mean, summary.std) == (pytest.approx(0.3), pytest.approx(statistics.stdev([0.1, 0.2, 0.6])))
    assert found.summary("b", "mig").trainings == 2
    assert found.summary("b", "sap") is None
    text = markdown(found)
    assert "| mig | 0.300 +- 0.265 | 0.600 +- 0.141 (n = 2) |" in text
    assert "| sap | - | - |" in text
    write_benchmark(found, tmp_path)
    with (tmp_path / "benchmark.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {"variant": "a", "seed": "0", "measure": "mig", "value": "0.1"}
    assert len(rows) == 9
    data = json.loads((tmp_path / "benchmark.json").read_text())
    assert data["summary"]["b"]["mig"]["trainings"] == 2


def test_a_benchmark_goes_on_where_it_was(experiment, tones, tmp_path):
    plan = experiment()
    trained = []

    def one(resolved_plan, out):
        trained.append(out.name)
        return train(resolved_plan, out, data=tones, features=tmp_path / "features").evaluation

    first = run_benchmark(plan, [0, 1], tmp_path, one)
    again = run_benchmark(plan, [0, 1, 2], tmp_path, one)
    assert trained == ["seed-0", "seed-1", "seed-0", "seed-1", "seed-2"]
    assert again.values["default"]["mig"][:2] == first.values["default"]["mig"]
    # Every seed trains another model.
    assert len(set(again.values["default"]["reconstruction/mse"])) == 3
    assert len(list((tmp_path / "features").iterdir())) == 2  # features of each split are made once
