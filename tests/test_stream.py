"""`synthkit.stream`: the examples of the stored dataset, each once, over workers and ranks."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

import synthkit
from synthkit.dataset import Generated, collate, stream
from synthkit.dataset.streaming import made_there
from synthkit.errors import InputError
from synthkit.ops.cuda.arrays import View
from synthkit.ops.cuda.formats import FORMATS
from synthkit.recipe import Recipe
from synthkit.recipe.load import from_data
from synthkit.run import build

RECIPE = {
    "name": "streamed",
    "generator": "tone",
    "params": {"sample_rate": 8000, "duration": 0.05, "snr": 20.0, "amplitude": 0.2},
    "factors": [
        {"type": "categorical", "name": "waveform", "values": ["sine", "square"]},
        {"type": "linspace", "name": "frequency", "start": 300.0, "stop": 1000.0, "num": 50},
    ],
    "splits": {"train": 0.77, "test": 0.23},
}


@pytest.fixture(scope="module")
def recipe():
    return Recipe.model_validate_json(json.dumps(RECIPE))


@pytest.fixture(scope="module")
def stored(recipe, tmp_path_factory):
    out = tmp_path_factory.mktemp("streamed") / "data"
    build(recipe, out, workers=1)
    return synthkit.load(out, split="train")


def assert_same_batch(mine, theirs):
    assert mine["id"] == theirs["id"]
    assert mine["factors"] == theirs["factors"]
    assert mine["sample_rate"] == theirs["sample_rate"]
    assert mine["annotations"] == theirs["annotations"]
    assert np.array_equal(mine["audio"].numpy(), theirs["audio"])
    assert np.array_equal(mine["factor_indices"].numpy(), theirs["factor_indices"])


def test_batches_are_those_of_the_stored_dataset(recipe, stored):
    batches = synthkit.stream(recipe, "train", 10)
    assert len(batches) == 8
    for number, batch in enumerate(batches):
        assert_same_batch(batch, collate(stored[10 * number : 10 * number + 10]))
        assert batch["audio"].dtype == torch.float32


@pytest.mark.parametrize("workers", [0, 1, 2])
@pytest.mark.parametrize("ranks", [1, 3])
@pytest.mark.parametrize("shuffle", [False, True])
def test_workers_and_ranks_take_each_example_once(recipe, workers, ranks, shuffle):
    seen = []
    for rank in range(ranks):
        batches = synthkit.stream(recipe, "train", 10, shuffle=shuffle, rank=rank, num_ranks=ranks)
        for batch in DataLoader(batches, batch_size=None, num_workers=workers):
            seen += batch["id"]
    assert sorted(seen) == [f"train-{i:08d}" for i in range(77)]
    assert (seen == sorted(seen)) is not (shuffle or ranks > 1)


def test_the_order_is_of_seed_and_epoch(recipe):
    def order(seed, epoch):
        batches = synthkit.stream(recipe, "train", 77, shuffle=True, seed=seed)
        batches.set_epoch(epoch)
        return next(iter(batches))["id"]

    assert order(0, 0) == order(0, 0)
    assert len({tuple(order(s, e)) for s in range(2) for e in range(3)}) == 6


def test_drop_last(recipe):
    sizes = [len(batch["id"]) for batch in synthkit.stream(recipe, "train", 10, drop_last=True)]
    assert sizes == [10] * 7


def test_the_twin_makes_the_same_bits(recipe):
    fast, slow = (synthkit.stream(recipe, "test", 23, backend=backend) for backend in ("cpu", "reference"))
    assert torch.equal(next(iter(fast))["audio"], next(iter(slow))["audio"])


def test_by_name_with_changes():
    batch = next(iter(synthkit.stream("syntone_small", "test", 4, sets=["params.sample_rate=8000"])))
    assert batch["sample_rate"] == 8000


def test_random_access_is_that_of_the_dataset(recipe, stored):
    clips = Generated(recipe, "train")
    assert len(clips) == len(stored)
    for i in (0, 41, -1):
        mine, theirs = clips[i], stored[i]
        assert mine.id == theirs.id
        assert mine.factors == theirs.factors
        assert np.array_equal(mine.audio, theirs.audio)
    assert [clip.id for clip in clips[3:5]] == ["train-00000003", "train-00000004"]
    with pytest.raises(IndexError):
        clips[77]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "dev"}, "no split is named 'dev'; there are: train, test"),
        ({"batch_size": 0}, "batch_size: must be >= 1, not 0"),
        ({"backend": "tpu"}, "backend: must be cpu, reference, cuda, not 'tpu'"),
        ({"rank": 1}, "rank, num_ranks: give both or none"),
        ({"rank": 2, "num_ranks": 2}, "rank: must be 0 to 1, not 2"),
        ({"sets": ["seed=1"]}, "sets: change a recipe by its name or file"),
    ],
)
def test_wrong_arguments(recipe, arguments, message):
    with pytest.raises(InputError, match=message):
        synthkit.stream(recipe, **arguments)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there(recipe):
    with pytest.raises(InputError, match="device: cuda was asked for, but torch sees no GPU here"):
        synthkit.stream(recipe, device="cuda")


def test_texts_and_engines():
    with pytest.raises(InputError, match="makes texts, not clips"):
        synthkit.stream("tictactoe")
    with pytest.raises(InputError, match="generator 'speech' makes its examples on the CPU only, not by 'reference'"):
        synthkit.stream("synspeech_small", backend="reference")


# --- on a GPU ---------------------------------------------------------------------------------------------------------


@pytest.mark.gpu
@pytest.mark.parametrize("sample_format", ["pcm16", "float32"])
def test_batches_made_in_a_gpus_memory_are_those_of_the_cpu(few_tones, cuda, monkeypatch, sample_format):
    """Where there is no GPU the emulator's memory is torch's own, and a tensor of the CPU stands in for one there."""
    recipe = from_data(few_tones | {"params": few_tones["params"] | {"sample_format": sample_format}}, "test")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu":
        monkeypatch.setattr("synthkit.ops.cuda.tone.view", as_if_there)
    clips, there = Generated(recipe, "train"), Generated(recipe, "train", backend="cuda")
    for index in (np.arange(5), np.array([7, 2])):
        wanted, found = clips.collated(index), made_there(there, index, device)
        assert found["audio"].dtype == torch.float32
        assert found["audio"].device.type == device.type
        np.testing.assert_array_equal(found["audio"].cpu().numpy(), wanted["audio"])
        assert [found[name] for name in ("id", "factors", "sample_rate", "annotations")] == [
            wanted[name] for name in ("id", "factors", "sample_rate", "annotations")
        ]


def as_if_there(tensor, _name):
    known = FORMATS[str(tensor.dtype).removeprefix("torch.")]
    return View(tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), known, 0, 0, False, tensor)


@pytest.mark.gpu
def test_a_stream_by_the_kernels_of_a_gpu(few_tones, cuda):
    recipe = from_data(few_tones, "test")
    wanted = list(stream(recipe, batch_size=7))
    found = list(stream(recipe, batch_size=7, backend="cuda"))
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one["audio"], other["audio"], rtol=0, atol=0)


@pytest.mark.gpu
def test_workers_are_kept_off_a_gpu(few_tones, cuda, monkeypatch):
    batches = stream(from_data(few_tones, "test"), batch_size=7, backend="cuda")
    worker = type("Worker", (), {"id": 0, "num_workers": 2})
    monkeypatch.setattr("synthkit.dataset.streaming.get_worker_info", lambda: worker)
    with pytest.raises(InputError, match="device: workers of a DataLoader cannot make batches on a GPU"):
        next(iter(batches))
