"""Sweeps: points, layers, executors, resumption, tables; and every shipped experiment at its small size."""

import json
import signal
from concurrent.futures import ThreadPoolExecutor

import pyarrow.parquet as pq
import pytest

from synthkit.cli import main
from synthkit.errors import InputError, WorkError
from synthkit.run.executors import process_pool
from synthkit.train import LanguageExperiment, experiment_names, load_experiment
from synthkit.train.directory import held
from synthkit.train.language.session import train_language_model
from synthkit.train.language.sweep import SweepFolder, find_point, is_sweep, run_sweep, sweep_points
from synthkit.train.language.sweep_table import sweep_rows, write_sweep
from synthkit.train.load import resolved, variant_names

SHIPPED = [n for n in experiment_names() if isinstance(load_experiment(n), LanguageExperiment)]


@pytest.fixture
def sweep(plan):
    """Layers x two learning rates, two seeds."""
    axes = [
        {"name": "rate", "points": [{"name": "low", "set": {"training.learning_rate": 0.001}}, {"name": "high"}]},
        {
            "name": "trained",
            "points": [
                {"name": "head", "set": {"freezing": "head"}},
                {"name": "layer", "set": {"freezing": "head,layer:*"}},
            ],
        },
    ]
    return plan(sweep={"axes": axes, "seeds": 2}, data__test_limit=8, smoke={"training.steps": 1})


@pytest.fixture
def short(plan):
    """Two learning rates alone, two seeds."""
    axes = [{"name": "rate", "points": [{"name": "low", "set": {"training.learning_rate": 0.001}}, {"name": "high"}]}]
    return plan(sweep={"axes": axes, "seeds": 2}, data__test_limit=8, smoke={"training.steps": 1})


def test_the_points_of_a_sweep(sweep, tmp_path):
    points = sweep_points(sweep, tmp_path)
    assert [p.name for p in points] == [
        *("low-head", "low-layer-00", "low-layer-01", "low-layer-02"),
        *("high-head", "high-layer-00", "high-layer-01", "high-layer-02"),
    ]
    assert [p.layer for p in points] == [None, 0, 1, 2] * 2
    assert points[2].axes == {"rate": "low", "trained": "layer-01"}
    assert points[2].experiment.freezing == "head,layer:1"
    assert points[2].experiment.training.learning_rate == 0.001
    assert all(p.experiment.sweep is None for p in points)
    assert sweep_points(sweep, tmp_path, smoke=True)[0].experiment.training.steps == 1
    assert find_point(points, "high-head").experiment.freezing == "head"
    with pytest.raises(InputError, match=r"no point of the sweep is named 'x'; there are: low-head"):
        find_point(points, "x")


def test_a_sweep_over_any_executor_gives_the_same(short, lists, tmp_path):
    told = []
    one = run_sweep(
        short,
        tmp_path / "one",
        data=lists,
        device="cpu",
        smoke=False,
        sets=["training.steps=2"],
        on_point=lambda *args: told.append(args),
    )
    assert is_sweep(tmp_path / "one")
    assert told[-1][1:] == (4, 4)
    with ThreadPoolExecutor(1) as pool:
        other = run_sweep(short, tmp_path / "two", data=lists, device="cpu", sets=["training.steps=2"], executor=pool)
    assert sweep_rows(one) == sweep_rows(other)
    assert len(sweep_rows(one)) == 4


def test_trainings_in_threads_would_share_their_random_numbers(sweep, lists, tmp_path):
    with ThreadPoolExecutor(2) as pool, pytest.raises(InputError, match="use processes"):
        run_sweep(sweep, tmp_path / "s", data=lists, device="cpu", executor=pool)


def test_a_process_that_trains_is_killed(sweep, lists, tmp_path):
    """By the clock, while it loads torch."""
    with process_pool(1, signal.alarm, 1) as pool, pytest.raises(WorkError, match="a process that trained is gone"):
        run_sweep(sweep, tmp_path / "s", data=lists, device="cpu", sets=["training.steps=2"], executor=pool)


def test_a_sweep_goes_on_and_its_table_is_written(sweep, lists, tmp_path, monkeypatch, painted_once):
    from synthkit.train.language import sweep as module

    real, done = module._train_one, []

    def fails(plain, out, *rest):
        if out.parent.name == "high-layer-01":
            raise WorkError("disk full")
        done.append(out)
        real(plain, out, *rest)

    monkeypatch.setattr(module, "_train_one", fails)
    with pytest.raises(WorkError, match=r"1 of 8 trainings failed; the others are kept\n  high-layer-01 seed 0: disk"):
        run_sweep(sweep, tmp_path / "s", data=lists, device="cpu", smoke=True)
    monkeypatch.undo()
    folder = run_sweep(sweep, tmp_path / "s", data=lists, device="cpu", smoke=True)
    rows = write_sweep(folder)
    assert len(done) == 7
    assert [row["point"] for row in rows] == [p["name"] for p in folder.plan()["points"]]
    table = pq.read_table(tmp_path / "s" / "sweep.parquet").to_pylist()
    assert table == rows
    evaluation = json.loads((tmp_path / "s" / "low-head" / "seed-0" / "evaluation.json").read_text())
    assert rows[0]["accuracy"] == evaluation["splits"]["test"]["accuracy"]
    assert rows[0]["trained_share"] < rows[1]["trained_share"] < 1
    page = (tmp_path / "s" / "sweep.md").read_text()
    assert f"| low | head | test | {rows[0]['accuracy']:.3f} |" in page
    assert (tmp_path / "s" / "sweep.png").stat().st_size > 1000


def test_a_sweep_whose_points_are_all_refused_is_bad_input(sweep, lists, tmp_path):
    with pytest.raises(InputError, match=r"4 of 4 trainings failed; .*\n  low-head seed 0: freezing: layer:9"):
        run_sweep(sweep, tmp_path / "s", data=lists, device="cpu", smoke=True, sets=["freezing=layer:9"])


def test_another_sweep_or_something_else_in_the_directory(short, lists, tmp_path):
    run_sweep(short, tmp_path / "s", data=lists, device="cpu", smoke=True)
    with pytest.raises(InputError, match="holds another sweep"):
        run_sweep(short, tmp_path / "s", data=lists, device="cpu", smoke=True, sets=["training.batch_size=4"])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("x")
    with pytest.raises(InputError, match="is not empty and holds no sweep"):
        run_sweep(short, tmp_path / "full", data=lists, device="cpu", smoke=True)
    (tmp_path / "s" / "sweep.json").write_text("{")
    with pytest.raises(WorkError, match=r"sweep\.json: damaged"):
        SweepFolder(tmp_path / "s").plan()


def contents(path):
    """Names and bytes of all files."""
    return {p.relative_to(path).as_posix(): p.read_bytes() for p in path.rglob("*") if p.is_file()}


@pytest.fixture
def old(tmp_path):
    """Files as of a sweep."""
    (tmp_path / "s" / "low-head" / "seed-0").mkdir(parents=True)
    (tmp_path / "s" / "sweep.json").write_text("{}")
    (tmp_path / "s" / "low-head" / "seed-0" / "experiment.json").write_text("{}")
    (tmp_path / "s" / "low-head" / "seed-0" / "model.safetensors").write_bytes(b"weights")
    return tmp_path / "s"


def test_a_sweep_that_is_refused_leaves_the_one_it_was_to_replace(plan, lists, old, capsys):
    axes = [{"name": "a", "points": [{"name": "x"}, {"name": "y", "set": {"freezing": "layer:9"}}]}]
    before = contents(old)
    file = old.parent / "plan.json"
    file.write_text(plan(sweep={"axes": axes}, data__test_limit=4).pretty_json())
    again = ["train", str(file), "--out", str(old), "--overwrite", "--device", "cpu", "--workers", "1", "--set"]
    for change, data, message in (
        ("training.stps=3", lists, "training.stps: unknown field"),
        ("training.steps=1", old.parent / "nothing", "nothing"),
    ):
        assert main([*again, change, "--data", str(data)]) == 2
        assert message in capsys.readouterr().err
        assert contents(old) == before
    assert main([*again, "training.steps=1", "--data", str(lists)]) == 2
    assert "1 of 2 trainings failed" in capsys.readouterr().err
    assert not (old / "low-head").exists()
    assert not list(old.glob(".tmp-*"))


def test_a_sweep_that_was_killed_while_it_began_begins_again(sweep, tmp_path):
    points = sweep_points(sweep, tmp_path / "s" / "models")
    (tmp_path / "s" / ".tmp-0123456789ab-sweep.json").write_text("{")
    SweepFolder.begin(tmp_path / "s", sweep, points, [0])
    assert is_sweep(tmp_path / "s")


def test_one_sweep_at_a_time_writes_in_a_directory(sweep, lists, old):
    before = contents(old)
    with held(old), pytest.raises(WorkError, match="another training is writing here"):
        run_sweep(sweep, old, data=lists, device="cpu", smoke=True, overwrite=True)
    assert {name: data for name, data in contents(old).items() if not name.startswith("models/")} == before


def test_a_sweep_does_not_replace_what_a_job_is_training(sweep, lists, old):
    before = contents(old)
    with held(old / "low-head" / "seed-0"), pytest.raises(WorkError, match="seed-0: another training is writing here"):
        run_sweep(sweep, old, data=lists, device="cpu", smoke=True, overwrite=True)
    assert {name: data for name, data in contents(old).items() if not name.startswith("models/")} == before


def test_a_layer_that_is_not_there_leaves_the_training_that_was_to_be_replaced(plan, lists, tmp_path):
    """Seen when the model is made."""
    out = tmp_path / "r"
    train_language_model(plan(training__steps=1, data__test_limit=4), out, data=lists, device="cpu")
    before = contents(out)
    with pytest.raises(InputError, match="freezing: layer:9"):
        train_language_model(plan(freezing="layer:9"), out, data=lists, device="cpu", overwrite=True)
    assert contents(out) == before


def test_what_a_sweep_has_wrong_is_told_before_anything_is_trained(plan, lists, tmp_path):
    axes = [{"name": "a", "points": [{"name": "x"}, {"name": "y", "set": {"training.stepz": 3}}]}]
    with pytest.raises(InputError, match="stepz"):
        run_sweep(plan(sweep={"axes": axes}), tmp_path / "s", data=lists)
    assert not (tmp_path / "s" / "sweep.json").exists()
    with pytest.raises(InputError, match=r"points.x: occurs twice"):
        plan(sweep={"axes": [{"name": "a", "points": [{"name": "x"}, {"name": "x"}]}]})
    with pytest.raises(InputError, match="sweep: goes with no variants"):
        plan(sweep={"axes": axes}, variants=[{"name": "v"}])
    with pytest.raises(InputError, match="is a sweep; choose one of its points"):
        train_language_model(plan(sweep={"axes": axes}), tmp_path / "r", data=lists)


def test_the_language_experiments_that_there_are():
    assert SHIPPED == [
        "data_efficiency",
        "distill_label_vs_rationale",
        "model_size",
        "nli_teacher",
        "pretrain_synthetic",
        "scratch_vs_pretrained",
        "synthetic_transfer",
        "unfreeze_sweep",
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_experiment_trains_at_its_small_size(name, tmp_path, painted_once):
    experiment = load_experiment(name)
    assert experiment.title
    assert not experiment.title.endswith(".")
    if experiment.sweep is None:
        for variant in variant_names(experiment):
            plan = resolved(experiment, variant=variant, smoke=True)
            assert train_language_model(plan, tmp_path / variant, device="cpu").steps == plan.training.steps
        return
    folder = run_sweep(experiment, tmp_path / "s", smoke=True, device="cpu")
    rows = write_sweep(folder)
    assert len(rows) == len(folder.plan()["points"])
    assert all(0 <= row["accuracy"] <= 1 for row in rows)


@pytest.mark.parametrize("name", [n for n in SHIPPED if load_experiment(n).sweep is not None])
def test_the_full_size_of_every_shipped_sweep_resolves(name, tmp_path, monkeypatch):
    """Without the hub: layers are counted as those of BERT."""
    monkeypatch.setattr("synthkit.train.language.loading.layer_count", lambda *_: 12)
    experiment = load_experiment(name)
    points = sweep_points(experiment, tmp_path)
    sizes = [len(axis.points) for axis in experiment.sweep.axes]
    assert len(points) == {"unfreeze_sweep": 14}.get(name, sizes[0] * sizes[-1])
    assert len({p.name for p in points}) == len(points)


def test_a_sweep_by_the_command_line_in_two_processes(lists, tmp_path, capsys):
    def said(*arguments, code=0):
        assert main([str(a) for a in arguments]) == code
        return capsys.readouterr()

    out = tmp_path / "s"
    common = ["train", "unfreeze_sweep", "--smoke", "--data", lists, "--set", "training.steps=2", "--device", "cpu"]
    rows = json.loads(said(*common, "--out", out, "--workers", 2, "--json").out)["rows"]
    assert [row["trained"] for row in rows] == ["head", "layer-00", "layer-01", "layer-02", "full"]
    one = said(*common, "--out", tmp_path / "one", "--variant", "layer-01")
    assert "freezing head,layer:1; layer 1 counted from 0, 2 counted from 1" in " ".join(one.out.split())
    kept = [p / "model.safetensors" for p in (tmp_path / "one", out / "layer-01" / "seed-0")]
    assert kept[0].read_bytes() == kept[1].read_bytes()
    refused = said("benchmark", "unfreeze_sweep", "--out", tmp_path / "b", code=2)
    assert "compared by a sweep" in refused.err
