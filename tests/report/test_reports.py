"""Reports from start to end: what they hold, what they refuse, that they are the same each time."""

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import synthkit
from synthkit.errors import InputError, WorkError
from synthkit.recipe.load import from_data
from synthkit.records import AudioExample
from synthkit.report import MOST_BYTES, render_report, write_report
from synthkit.report.clips import clip_card, excerpt_samples
from synthkit.run import build, verify
from synthkit.train.benchmark import Benchmark, write_benchmark
from synthkit.train.language.sweep_comparisons import COMPARISONS
from synthkit.train.parquet import write_rows


def section(page, key):
    """The source of one section."""
    found = re.search(rf'<section id="{key}".*?</section>', page, re.DOTALL)
    return found.group() if found else ""


def counts(page, name):
    """Numbers of a factor's histogram, as the page's table has them."""
    table = re.search(rf'aria-label="Numbers of {name}".*?</table>', page, re.DOTALL).group()
    return [int(cell.replace(",", "")) for cell in re.findall(r"<td>([\d,]+)</td>", table)]


# The command


def test_the_report_of_the_small_tones(command, tmp_path):
    command("generate", "syntone_small", "--out", "syntone_small")
    done = command("report", "syntone_small", "-o", "report.html")
    page = (tmp_path / "report.html").read_text()
    assert re.fullmatch(r"wrote report\.html, \d+ kB\n", done.stdout)
    assert page.count("<audio") == 12
    assert re.sub(r"http://www\.w3\.org", "", page).count("http") == page.count("http-equiv")
    assert len(page.encode()) < MOST_BYTES
    assert synthkit_fingerprint(tmp_path / "syntone_small") in page


def synthkit_fingerprint(path):
    return json.loads((path / "manifest.json").read_text())["fingerprint"]


def test_json_and_the_default_name(command, tmp_path, tones):
    said = json.loads(command("report", tones, "--examples", "1", "--json").stdout)
    assert said == {"out": "report.html", "bytes": (tmp_path / "report.html").stat().st_size, "kind": "dataset"}


def test_the_command_without_torch_matplotlib_and_soundfile(tmp_path, tones):
    """Datasets are shown by the core dependencies alone."""
    code = (
        "import sys; from synthkit.report import write_report; from pathlib import Path;"
        f"write_report({str(tones)!r}, Path({str(tmp_path / 'r.html')!r}));"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    # (pyarrow brings pandas where that is installed.)
    assert set(loaded.stdout.split()) & {"torch", "matplotlib", "soundfile", "scipy", "transformers"} == set()


# Refusals


@pytest.mark.parametrize("what", ["empty", "file", "absent"])
def test_other_targets_are_refused(what, tmp_path):
    target = tmp_path / what
    if what == "empty":
        target.mkdir()
    elif what == "file":
        target.write_text("x")
    with pytest.raises(InputError, match=r"synthkit generate.*synthkit train"):
        write_report(str(target), tmp_path / "r.html")
    assert not (tmp_path / "r.html").exists()


def test_unfinished_datasets_are_refused(tmp_path, tones):
    copy = tmp_path / "d"
    shutil.copytree(tones, copy)
    (copy / ".synthkit").mkdir()
    with pytest.raises(InputError, match="not finished"):
        write_report(str(copy), tmp_path / "r.html")


def test_a_page_is_never_written_into_a_dataset(tmp_path, tones, run):
    for place in (tones / "report.html", tones / "data" / "report.html", run.parent / ".." / tones / "report.html"):
        with pytest.raises(InputError, match="inside of the dataset"):
            write_report(str(run), place)
    assert verify(tones).ok
    assert write_report(str(run), run / "report.html").path == run / "report.html"  # a training may hold it
    (run / "report.html").unlink()


def test_places_that_cannot_be_written(tmp_path, tones):
    with pytest.raises(InputError, match="is a directory; name a file"):
        write_report(str(tones), tmp_path)
    with pytest.raises(WorkError, match="there is no directory"):
        write_report(str(tones), tmp_path / "none" / "r.html")


@pytest.mark.parametrize("count", [-1, 51])
def test_numbers_of_examples_out_of_range(count, tones):
    with pytest.raises(InputError, match="from 0 to 50"):
        render_report(str(tones), count)


def test_exit_codes(command, tmp_path):
    done = command("report", "none", check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("synthkit: none: there is no such directory; a report is of a dataset")


# Datasets


def test_the_same_dataset_gives_the_same_page_wherever_it_lies(tmp_path, tones):
    copy = tmp_path / "elsewhere"
    shutil.copytree(tones, copy)
    assert render_report(str(tones)) == render_report(str(copy))


def test_histograms_hold_all_examples(tones):
    page = render_report(str(tones), 2)
    data = synthkit.load(tones)
    for name in data.factor_names:
        assert counts(page, name) == np.unique(data.factor_values(name).astype(str), return_counts=True)[1].tolist()
        assert sum(counts(page, name)) == len(data) == 240


def test_the_sounds_are_those_of_the_dataset(tones):
    import base64

    page = render_report(str(tones), 5)
    ids = re.findall(r"<h3>((?:train|validation|test)-\d{8})</h3>", page)
    sounds = re.findall(r"data:audio/wav;base64,([^\"]+)", page)
    data = synthkit.load(tones)
    places = {id: k for k, id in enumerate(data.ids())}
    assert len(ids) == len(sounds) == 5
    for id, sound in zip(ids, sounds, strict=True):
        samples = np.frombuffer(base64.b64decode(sound)[44:], "<i2")
        assert np.array_equal(samples.astype(np.float32) / np.float32(32768), data[places[id]].audio)


def test_no_examples_are_asked_for(tones):
    page = render_report(str(tones), 0)
    assert "<audio" not in page
    assert section(page, "examples") == ""
    assert section(page, "factors")


def test_long_clips_are_cut_and_that_is_said(made):
    recipe = {
        "name": "long",
        "generator": "tone",
        "params": {"sample_rate": 48000, "duration": 20.0, "sample_format": "float32"},
        "factors": [{"type": "linspace", "name": "frequency", "start": 300.0, "stop": 900.0, "num": 12}],
        "splits": {"train": 1.0},
    }
    page = render_report(str(made(recipe, name="long")), 12)
    assert len(page.encode()) < MOST_BYTES
    assert page.count("of 20.00 s: a page has room for no more") == 12


def test_fifty_clips_of_noise_have_room(tones):
    data = synthkit.load(tones)
    noise = np.random.default_rng(0).uniform(-1, 1, 480_000).astype(np.float32)
    example = AudioExample("train-00000000", data[0].factors, data[0].factor_indices, noise, 48_000)
    card = clip_card(example, data.factors, excerpt_samples(len(noise), 50))
    assert 50 * len(card.source.encode()) < 0.9 * MOST_BYTES


def test_a_dataset_may_be_in_an_object_store(few_tones):
    url = "memory://bucket/report-tones"
    build(from_data({**few_tones, "design": {"kind": "random", "size": 20}}, "test"), url, workers=1)
    page = render_report(url, 2)
    assert page.count("<audio") == 2
    with pytest.raises(InputError, match="holds no dataset and no training"):
        render_report("memory://bucket/nothing-there", 2)


@pytest.mark.parametrize("name", ["recipe.json", "README.md"])
def test_damaged_files_of_a_dataset_are_named(name, tones, tmp_path):
    copy = tmp_path / "d"
    shutil.copytree(tones, copy)
    (copy / name).write_bytes(b"\xff{")
    with pytest.raises(WorkError, match="its recipe or card is damaged"):
        render_report(str(copy), 1)


def test_the_card_speaks_where_the_build_has_measured(texts):
    page = render_report(str(texts), 1)
    assert "Trivial baselines of the task" in section(page, "baselines")
    assert "first token" in section(page, "baselines")
    assert section(page, "audit") == ""


def test_clips_without_an_audit_are_audited(tones):
    found = section(render_report(str(tones), 1), "audit")
    assert "A linear probe on mel features" in found
    assert "Made for this page, of 240 clips" in found


@pytest.mark.parametrize(
    ("recipe", "sets", "expected"),
    [
        ("listops_factors", (("design.limit", 30),), 'class="tree-box"'),
        ("listops_lra", (("design.limit", 3),), "<summary>Tree of "),
        ("brackets", (("design.limit", 30),), "Brackets of "),
        ("tictactoe", (("design.limit", 30),), 'class="board"'),
        ("shapes_sequence", (("design.limit", 30),), 'class="pixels"'),
        ("digits_sequence", (("design.limit", 30),), 'class="pixels"'),
        ("nli_grammar", (("design.limit", 30),), "<mark>"),
        ("protein_families", (("design.limit", 30),), 'class="text'),
        ("sentences", (("design.limit", 30),), 'class="text'),
    ],
)
def test_every_kind_of_text_is_drawn(recipe, sets, expected, made):
    page = render_report(str(made(recipe, sets)), 3)
    assert section(page, "examples").count(expected) >= 2
    assert len(page.encode()) < MOST_BYTES


@pytest.mark.parametrize("format", ["wav", "flac"])
def test_other_formats_of_clips(format, made, few_tones):
    recipe = {**few_tones, "output": {"format": format}, "design": {"kind": "random", "size": 20}}
    page = render_report(str(made(recipe, name=format)), 3)
    assert page.count("<audio") == 3


def test_hostile_texts_stay_texts(evil):
    page = render_report(str(evil), 6)
    assert "<script" not in page
    assert "onerror=&quot;" in page
    assert "&lt;script&gt;window.hacked=1&lt;/script&gt;" in section(page, "examples")
    assert page.count("</style>") == 1


def test_many_factors_are_told_apart(made):
    page = render_report(str(made("syntone_plus", (("design.size", 30), ("params.duration", 1.0)))), 2)
    assert section(page, "pairs").count("<figure") == 15
    assert "Not drawn: " in section(page, "pairs")


# Trainings


def test_a_training_shows_curves_scores_heat_maps_and_sounds(run):
    page = render_report(str(run))
    evaluation = json.loads((run / "evaluation.json").read_text())
    assert section(page, "curves").count("<figure") == 3
    for name, value in evaluation["metrics"].items():
        assert f">{name}</th><td>{value:.3f}</td>" in section(page, "metrics")
    assert re.search(r"mig</th><td>\d\.\d{3}</td><td>\d\.\d{3} to \d\.\d{3}", section(page, "metrics"))
    assert "Information of codes about factors" in section(page, "codes")
    assert section(page, "probes").count("Wilson") == 1
    assert section(page, "traversals").count("<audio") == 3
    assert len(page.encode()) < MOST_BYTES
    assert page == render_report(str(run))


def test_a_training_that_has_not_ended_says_so(run, tmp_path):
    copy = tmp_path / "r"
    shutil.copytree(run, copy)
    (copy / "evaluation.json").unlink()
    assert "It has not been evaluated" in render_report(str(copy))
    (copy / "training.json").unlink()
    page = render_report(str(copy))
    assert "The training has not ended" in page
    assert section(page, "curves")
    assert section(page, "metrics") == ""


def test_sounds_are_decoded_where_none_were_stored(run, tmp_path):
    copy = tmp_path / "r"
    shutil.copytree(run, copy)
    shutil.rmtree(copy / "traversals")
    (copy / "traversals.png").unlink()
    found = section(render_report(str(copy)), "traversals")
    assert found.count("<audio") == 3
    assert "decoded from its weights" in found


def test_without_torch_it_is_said_what_is_missing(run, tmp_path, monkeypatch):
    copy = tmp_path / "r"
    shutil.copytree(run, copy)
    shutil.rmtree(copy / "traversals")
    (copy / "traversals.png").unlink()
    monkeypatch.setitem(sys.modules, "synthkit.report.decode", None)
    with pytest.raises(ModuleNotFoundError):  # of ours: a bug, not a missing extra
        render_report(str(copy))
    monkeypatch.delitem(sys.modules, "synthkit.report.decode")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert "torch is needed, which is not installed" in section(render_report(str(copy)), "traversals")


def test_damaged_sounds_are_named(run, tmp_path):
    copy = tmp_path / "r"
    shutil.copytree(run, copy)
    (copy / "traversals" / "code-0.wav").write_bytes(b"RIFF")
    with pytest.raises(WorkError, match=r"code-0\.wav: damaged"):
        render_report(str(copy))


def language_run(folder):
    """The files of a language model's training that a report reads, as `synthkit train` writes them."""
    from synthkit.train.folder import RunFolder
    from synthkit.train.language.tables import accuracy, by_number, confusion
    from synthkit.train.load import from_data

    experiment = from_data({"kind": "language", "name": "small", "model": {"path": "tiny:bert"}}, "test")
    run = RunFolder.look(folder, experiment, {"source": "texts", "identity": "x"}, overwrite=False)
    run.begin()
    right = np.arange(40) % 4 != 0
    baselines = {"majority": np.arange(40) % 2 == 0, "first_symbol": np.arange(40) % 3 == 0}
    rows = by_number(np.arange(40.0), right, baselines, 4, 0.95)
    values = accuracy(right, baselines, 0.95) | {"invalid": 1, "by_factor": {"depth": rows}, "steps": None}
    values["confusion"] = confusion(["<a>", "b"] * 20, ["<a>", "<a>", "b", "?"] * 10, ["<a>", "b"])
    run.finish({"steps": 5, "num_examples": 40, "warnings": [], "stopped_early": False, "versions": {"torch": "2"}})
    run.write_evaluation({"splits": {"test": values}, "by_length": rows, "trained": {"total": 9}, "warnings": []})
    attention = [
        {"when": when, "stack": "layers", "layer": layer, "head": head, "measure": measure, "value": 0.25 * head + 0.1,
         "chance": chance, "count": 5.0}
        for when in ("before", "after") for layer in (0, 1) for head in (0, 1, 2)
        for measure, chance in (("relative_entropy", None), ("down", 0.2))
    ]  # fmt: skip
    probes = [
        {"when": "after", "stack": "layers", "layer": layer, "position": "answer", "accuracy": 0.3 + layer / 10,
         "chance": 0.25, "train_rows": 9, "test_rows": 9}
        for layer in range(3)
    ]  # fmt: skip
    write_rows(folder / "analysis" / "attention.parquet", attention)
    write_rows(folder / "analysis" / "probes.parquet", probes)
    Image.new("RGB", (40, 30)).save(folder / "analysis" / "layers.png")
    return folder


def test_a_language_model_shows_accuracies_and_a_look_inside(tmp_path):
    page = render_report(str(language_run(tmp_path / "run")))
    assert "<td>0.750</td><td>0.598 to 0.858</td>" in section(page, "metrics")
    assert section(page, "factors").count("<figure") == 1
    assert section(page, "length").count("<figure") == 1
    assert "Confusions on test: 10 of 40 on the diagonal" in section(page, "confusions")
    assert "&lt;a&gt;" in section(page, "confusions")
    assert section(page, "attention").count("<figure") == 4
    assert "chance 0.200" in section(page, "attention")
    assert section(page, "hidden").count("<polyline") == 2
    assert "Hidden states by layer" in section(page, "inside")


def test_pictures_that_are_none_or_too_large_are_named(tmp_path):
    folder = language_run(tmp_path / "run")
    (folder / "analysis" / "layers.png").write_bytes(b"GIF")
    Image.effect_noise((1500, 1500), 90).save(folder / "analysis" / "similarity.png")
    found = section(render_report(str(folder)), "inside")
    assert "<img" not in found
    assert "layers.png, similarity.png" in found


def test_a_benchmark_shows_intervals_over_trainings(tmp_path):
    values = {
        "vae": {"mig": (0.1, 0.2, 0.3), "probe/frequency/r2": (-4.0, 2.0, None)},
        "<b>": {"mig": (0.5, None, None)},
    }
    write_benchmark(Benchmark("my_benchmark", (0, 1, 2), values), tmp_path)
    page = render_report(str(tmp_path))
    assert "<td>0.2</td><td>-0.04843 to 0.4484</td><td>3</td>" in page
    assert "<td>0.5</td><td></td><td>1</td>" in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "0.200 ± 0.100" in section(page, "table")


def test_a_sweep_shows_its_points_and_comparisons(tmp_path):
    plan = {"name": "s", "title": "My sweep", "seeds": [0, 1], "axes": ["size"], "baseline": {"size": "small"}}
    points = [{"name": name, "axes": {"size": name}, "layer": None} for name in ("small", "large")]
    (tmp_path / "sweep.json").write_text(json.dumps({**plan, "points": points}))
    assert "No training of it has been evaluated yet" in render_report(str(tmp_path))
    rows = [
        {"point": size, "size": size, "layer": None, "seed": seed, "split": "test", "texts": 9, "accuracy": value,
         "low": 0.1, "high": 0.9, "best_baseline": 0.3, "trained_share": 0.5}
        for size, seed, value in (("small", 0, 0.4), ("small", 1, 0.6), ("large", 0, 0.7))
    ]  # fmt: skip
    write_rows(tmp_path / "sweep.parquet", rows, {})
    compared = {"point": "large", "baseline": "small", "size": "large", "split": "test", "problem": "", "seeds": 2,
                "difference": 0.2, "t_low": 0.1, "t_high": 0.3, "p_t": 0.02, "low": 0.1, "high": 0.3,
                "better": 2}  # fmt: skip
    write_rows(tmp_path / COMPARISONS, [compared, {**compared, "problem": "other <texts>"}], {})
    page = render_report(str(tmp_path))
    assert "<td>0.500</td><td>-0.771 to 1.771</td><td>0.300</td><td>2</td>" in section(page, "accuracy")
    assert "<td>0.700</td><td>0.100 to 0.900</td>" in section(page, "accuracy")  # one training: its own interval
    assert "+0.100 to +0.300" in section(page, "comparisons")
    assert "other &lt;texts&gt;" in section(page, "comparisons")


@pytest.mark.parametrize("name", ["benchmark.json", "sweep.json"])
def test_damaged_files_are_named(name, tmp_path):
    (tmp_path / name).write_text("{")
    with pytest.raises(WorkError, match=f"{name}: damaged"):
        render_report(str(tmp_path))


@pytest.mark.parametrize("name", ["benchmark.json", "sweep.json"])
def test_fields_that_are_missing_are_named(name, tmp_path):
    (tmp_path / name).write_text("{}")
    with pytest.raises(WorkError, match=f"{name}: is not as this version of synthkit writes it: no field '"):
        render_report(str(tmp_path))
    (tmp_path / name).write_text("[]")
    with pytest.raises(WorkError, match=f"{name}: damaged: holds no object"):
        render_report(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("evaluation.json", {"clips": None}),
        ("evaluation.json", {"metrics": [1]}),
        ("evaluation.json", {"matrices": {"mutual_information": [[1, "x"]]}}),
        ("data.json", {"factors": [{}]}),
        ("training.json", {"versions": 3}),
    ],
)
def test_fields_of_a_training_that_were_changed_are_named(name, change, run, tmp_path):
    copy = tmp_path / "r"
    shutil.copytree(run, copy)
    path = copy / name
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(WorkError, match=f"{name}: is not as this version of synthkit writes it"):
        render_report(str(copy))


def test_fields_of_a_language_model_that_were_changed_are_named(tmp_path):
    for name, change in (("evaluation.json", {"splits": {"test": {}}}), ("analysis/probes.parquet", [{"a": 1}])):
        folder = language_run(tmp_path / name)
        if name.endswith("json"):
            (folder / name).write_text(json.dumps(change))
        else:
            write_rows(folder / name, change)
        with pytest.raises(WorkError, match=f"{name}: is not as this version of synthkit writes it: no field"):
            render_report(str(folder))
