"""`synthkit analyze`: what it writes for every architecture and head, before and after, sweeps, memory, bad input."""

import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from synthkit.analysis.inspect import inspect_model
from synthkit.analysis.look import Viewer
from synthkit.analysis.run import analyze
from synthkit.errors import InputError
from synthkit.recipe.load import load_recipe
from synthkit.run import build
from synthkit.train.language.network import make_language_model
from synthkit.train.language.session import train_language_model
from synthkit.train.language.sweep import run_sweep
from synthkit.train.language.texts import open_texts
from synthkit.train.language.vocabulary import kept_symbols
from synthkit.train.load import from_data


@pytest.fixture(scope="session")
def lists(tmp_path_factory):
    out = tmp_path_factory.mktemp("lists") / "data"
    sets = [("params.min_tokens", 5), ("params.max_tokens", 15), ("params.max_args", 4), ("design.limit", 160)]
    build(load_recipe("listops_balanced", sets), out, workers=1)
    return out


@pytest.fixture(scope="session")
def boards(tmp_path_factory):
    out = tmp_path_factory.mktemp("boards") / "data"
    sets = [("params.positions", "finished"), ("design.limit", 160), ("factors.notation.values", ["rows"])]
    build(load_recipe("tictactoe", sets), out, workers=1)
    return out


def plan(**changes):
    data = {
        "kind": "language",
        "name": "small",
        "data": {"test": ["test"], "limit": 64, "test_limit": 12},
        "model": {"path": "tiny:bert", "head": "classification"},
        "training": {"steps": 2, "batch_size": 8, "learning_rate": 0.01},
        "evaluation": {"max_new_tokens": 4},
        "inspection": {"limit": 12, "probe_limit": 40},
    }
    for path, value in changes.items():
        here = data
        *parents, last = path.split("__")
        for step in parents:
            here = here.setdefault(step, {})
        here[last] = value
    return from_data(data, "test")


CASES = {
    "bert": {},
    "gpt2": {"model__path": "tiny:gpt2"},
    "t5": {"model__path": "tiny:t5", "freezing": "head,layer:4"},
    "bart": {"model__path": "tiny:bart", "freezing": "head,lora:2"},
    "t5_says": {"model__path": "tiny:t5", "model__head": "seq2seq", "explanations__target": "rationale"},
    "gpt2_says": {"model__path": "tiny:gpt2", "model__head": "causal", "tokens__scheme": "fresh"},
    "masked": {"model__head": "masked", "tokens__scheme": "symbols"},
}
STACKS = {
    "bert": {"layers"},
    "gpt2": {"layers"},
    "gpt2_says": {"layers"},
    "masked": {"layers"},
    "t5": {"encoder", "decoder", "cross"},
    "bart": {"encoder", "decoder", "cross"},
    "t5_says": {"encoder", "decoder", "cross"},
}


@pytest.mark.parametrize("case", CASES)
def test_tables_and_pictures_of_every_architecture(case, lists, tmp_path):
    changes = CASES[case]
    if case == "masked":
        changes = {**changes, "tokens__map": {"=": "="}}
    train_language_model(plan(**changes), tmp_path / "run", data=lists, device="cpu")
    found = analyze(tmp_path / "run", device="cpu")
    folder = tmp_path / "run" / "analysis"
    assert {p.name for p in folder.iterdir()} == {p.name for p in found.files}
    assert {"attention.parquet", "states.parquet", "similarity.parquet", "probes.parquet"} <= {
        p.name for p in folder.iterdir()
    }
    assert {"attention.png", "layers.png", "similarity.png", "example.png"} <= {p.name for p in folder.iterdir()}
    rows = pq.read_table(folder / "attention.parquet").to_pylist()
    assert {row["stack"] for row in rows} == STACKS[case]
    assert {row["when"] for row in rows} == {"before", "after"}
    assert all(0 <= row["value"] <= 1 + 1e-6 for row in rows if row["measure"] != "entropy")
    kinds = {row["measure"] for row in rows if row["chance"] is not None}
    assert kinds == ({"up"} if case.startswith("gpt2") else {"down", "up"})
    layers = {row["layer"] for row in rows if row["stack"] == "layers" or row["stack"] == "encoder"}
    assert layers == {0, 1, 2}
    probes = pq.read_table(folder / "probes.parquet").to_pylist()
    assert {row["position"] for row in probes} == {"operator", "bracket", "answer"}
    assert {row["layer"] for row in probes} == {0, 1, 2, 3}
    similarity = pq.read_table(folder / "similarity.parquet").to_pylist()
    assert all(row["cka"] == pytest.approx(1.0, abs=1e-4) for row in similarity if row["layer"] == row["other"])
    assert any("best head" in line and "(from 0)" in line for line in found.lines)


def test_before_and_after_differ_where_something_was_trained(lists, tmp_path, unpainted):
    """And not below it: the first layer's attention stays where only the last layer learns."""
    train_language_model(plan(freezing="head,layer:2"), tmp_path / "run", data=lists, device="cpu")
    analyze(tmp_path / "run", device="cpu")
    rows = pq.read_table(tmp_path / "run" / "analysis" / "states.parquet").to_pylist()
    value = {(r["when"], r["measure"], r["layer"]): r["value"] for r in rows}
    for layer in (0, 1, 2):
        assert value["before", "cosine_embedding", layer] == value["after", "cosine_embedding", layer]
    assert value["before", "cosine_embedding", 3] != value["after", "cosine_embedding", 3]


def test_boards_show_the_winning_line(boards, tmp_path, unpainted):
    train_language_model(plan(), tmp_path / "run", data=boards, device="cpu")
    analyze(tmp_path / "run", device="cpu")
    rows = pq.read_table(tmp_path / "run" / "analysis" / "attention.parquet").to_pylist()
    line = [row for row in rows if row["measure"] == "line"]
    assert {row["measure"] for row in rows if row["chance"] is not None} == {"line", "readout"}
    assert all(row["chance"] == pytest.approx(2 / 13) for row in line)  # 11 symbols and two special tokens


def test_numbers_do_not_depend_on_how_texts_are_dealt_out(lists, tmp_path, monkeypatch, unpainted):
    train_language_model(plan(), tmp_path / "run", data=lists, device="cpu")
    analyze(tmp_path / "run", device="cpu")
    tables = {}
    for most in (64, 1):
        monkeypatch.setattr("synthkit.analysis.look._MOST_TEXTS", most)
        analyze(tmp_path / "run", device="cpu")
        for name in ("attention", "states", "similarity", "probes"):
            tables[most, name] = pq.read_table(tmp_path / "run" / "analysis" / f"{name}.parquet").to_pylist()
    for name in ("attention", "states", "similarity", "probes"):
        for one, other in zip(tables[64, name], tables[1, name], strict=True):
            assert one.keys() == other.keys()
            for key, value in one.items():
                if isinstance(value, float) and name != "probes":
                    assert other[key] == pytest.approx(value, abs=2e-4), (name, key)
                elif isinstance(value, str | int):
                    assert other[key] == value


def test_entropy_and_attention_against_a_plain_computation(lists, tmp_path, unpainted):
    """All maps stored at once, one text at a time, no masks: what the streaming sums must equal."""
    e = plan()
    train_language_model(e, tmp_path / "run", data=lists, device="cpu")
    texts = open_texts(e.data, lists, "test", 12)
    ready = make_language_model(e, texts.labels, [], tmp_path / "run", weights=True)
    ready.model.eval()
    viewer = Viewer(e, ready, texts, tmp_path / "tokens", torch.device("cpu"))
    found = inspect_model(viewer, None, 16)
    entropies = [[] for _ in range(3)]
    for row in range(len(viewer.store)):
        ids = torch.from_numpy(viewer.store.input(row).astype(np.int64))[None]
        with torch.no_grad():
            out = ready.model.network(input_ids=ids, output_attentions=True)
        for layer, attention in enumerate(out.attentions):
            p = attention[0].double().numpy()
            entropies[layer].append(-(p * np.log(p)).sum(-1))
    for layer in range(3):
        mean = np.concatenate(entropies[layer], axis=1).mean(1)
        rows = [r for r in found.attention if (r["layer"], r["measure"]) == (layer, "entropy")]
        assert [r["value"] for r in rows] == pytest.approx(mean.tolist(), abs=1e-5)


@pytest.mark.parametrize("scheme", ["own", "fresh"])
def test_symbols_stand_behind_the_prefix_of_a_second_task(lists, tmp_path, scheme):
    """A student with two tasks is asked ``predict: INPUT``."""
    e = plan(model__path="tiny:t5", model__head="seq2seq", explanations__target="multitask", tokens__scheme=scheme)
    texts = open_texts(e.data, lists, "test", 6)
    symbols = kept_symbols(e, open_texts(e.data, lists, "train", None), tmp_path)
    ready = make_language_model(e, texts.labels, symbols, tmp_path, weights=True)
    viewer = Viewer(e, ready, texts, tmp_path / "tokens", torch.device("cpu"))
    glance = next(viewer.glances(attention=False))
    for example, spans in zip(glance.examples, glance.spans, strict=True):
        row = next(k for k in range(len(viewer.store)) if texts[int(viewer.store.rows[k])].id == example.id)
        ids = viewer.store.input(row).tolist()
        words = [ready.codec.decode(ids[a:b]) for a, b in spans]
        assert words == example.input.split()


def test_memory_does_not_grow_with_the_number_of_texts(lists, tmp_path):
    """What is kept after four times as many texts is as large as before."""
    import pickle

    e = plan(data__limit=None, data__test_limit=None)
    train = open_texts(e.data, lists, "train", 128)
    ready = make_language_model(e, train.labels, [], tmp_path, weights=True)
    ready.model.eval()
    sizes = []
    for count in (32, 128):
        from synthkit.analysis.inspect import _Inspector

        texts = open_texts(e.data, lists, "train", count)
        inspector = _Inspector(texts.labels, 16)
        viewer = Viewer(e, ready, texts, tmp_path / "tokens", torch.device("cpu"))
        for glance in viewer.glances(attention=True):
            inspector.fit(glance)
            inspector.look(glance)
        sizes.append(len(pickle.dumps(inspector.__dict__)))
    assert sizes[0] == sizes[1]


def test_a_sweep_is_looked_at_as_a_whole(lists, tmp_path, command, painted_once):
    axes = [
        {
            "name": "trained",
            "points": [
                {"name": "head", "set": {"freezing": "head"}},
                {"name": "layer", "set": {"freezing": "head,layer:*"}},
            ],
        }
    ]
    run_sweep(plan(sweep={"axes": axes}), tmp_path / "s", data=lists, device="cpu")
    done = command("analyze", tmp_path / "s", "--device", "cpu", "--limit", "6")
    assert "best single layer: " in done.stdout
    assert "counted from 0, " in done.stdout
    table = pq.read_table(tmp_path / "s" / "layers.parquet").to_pylist()
    assert [row["layer"] for row in table] == [0, 1, 2]
    evaluation = json.loads((tmp_path / "s" / "layer-01" / "seed-0" / "evaluation.json").read_text())
    assert table[1]["accuracy"] == evaluation["splits"]["test"]["accuracy"]
    states = pq.read_table(tmp_path / "s" / "layer-01" / "seed-0" / "analysis" / "states.parquet").to_pylist()
    beside = {(r["when"], r["measure"], r["layer"]): r["value"] for r in states}
    assert table[1]["cosine_embedding_after"] == beside["after", "cosine_embedding", 2]
    before = [
        pq.read_table(tmp_path / "s" / f"layer-0{k}" / "seed-0" / "analysis" / "attention.parquet").to_pylist()
        for k in (0, 2)
    ]
    first, second = ([r for r in rows if r["when"] == "before"] for rows in before)
    assert first == second
    for name in ("layers.png", "sweep.png"):
        assert (tmp_path / "s" / name).read_bytes()[:4] == b"\x89PNG"


def test_what_cannot_be_looked_at(lists, boards, tmp_path, command, tones, unpainted):
    done = command("analyze", tmp_path, check=False)
    assert done.returncode == 2
    assert "holds no training" in done.stderr
    train_language_model(plan(), tmp_path / "run", data=lists, device="cpu")
    with pytest.raises(InputError, match="is another dataset than the one that"):
        analyze(tmp_path / "run", data=boards, device="cpu")
    with pytest.raises(InputError, match="holds clips"):
        analyze(tmp_path / "run", data=tones, device="cpu")
    moved = tmp_path / "moved"
    shutil.copytree(lists, moved)
    train_language_model(plan(), tmp_path / "other", data=moved, device="cpu")
    shutil.rmtree(moved)
    with pytest.raises(InputError, match="is not there any more; say where it is by --data"):
        analyze(tmp_path / "other", device="cpu")
    assert analyze(tmp_path / "other", data=lists, device="cpu").files
    (tmp_path / "run" / "training.json").unlink()
    with pytest.raises(InputError, match="its training has not ended"):
        analyze(tmp_path / "run", device="cpu")
