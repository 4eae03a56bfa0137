"""Loading: random access, slices, pickling, and the same samples whatever the format."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

import synthkit
from synthkit.dataset import collate
from synthkit.errors import InputError, WorkError
from synthkit.ops import tone
from synthkit.recipe.load import from_data
from synthkit.run import build

FORMATS = ["parquet", "wav", "flac", "webdataset"]


@pytest.fixture(params=FORMATS)
def root(request, recipe, tmp_path):
    """The tiny dataset in each format, in shards of seven."""
    output = recipe.output.model_copy(update={"format": request.param, "shard_size": 7})
    build(recipe.model_copy(update={"output": output}), tmp_path / "d", workers=1)
    return tmp_path / "d"


def test_examples(root, recipe):
    data = synthkit.load(root, split="train")
    assert len(data) == 48
    example = data[10]
    assert example.id == "train-00000010"
    assert (example.audio.dtype, example.audio.shape, example.sample_rate) == (np.float32, (400,), 8000)
    assert example.factor_indices.dtype == np.int64
    assert list(example.factors) == ["waveform", "amplitude", "frequency"]
    for factor, level in zip(recipe.factors, example.factor_indices, strict=True):
        assert example.factors[factor.name] == factor.at(np.array([level])).tolist()[0]
    with pytest.raises(AttributeError):
        example.id = "x"


def test_the_samples_are_those_that_the_kernel_makes(root):
    for example in synthkit.load(root, split="test"):
        pcm = tone.render(**example.factors, antialias="additive", sample_rate=8000, num_samples=400, dtype="int16")
        assert example.audio.tobytes() == (pcm / np.float32(32768)).astype(np.float32).tobytes()


def test_all_splits_come_in_order(root):
    data = synthkit.load(root)
    assert len(data) == 60
    ids = [example.id for example in data]
    splits = [id.split("-")[0] for id in ids]
    assert splits == ["train"] * 48 + ["validation"] * 6 + ["test"] * 6
    assert len(set(ids)) == 60


def test_indices_and_slices(root):
    data = synthkit.load(root, split="train")
    assert data[-1].id == data[47].id == "train-00000047"
    assert data[np.int64(5)].id == "train-00000005"
    part = data[40:10:-7]
    assert [example.id for example in part] == [f"train-{i:08d}" for i in (40, 33, 26, 19, 12)]
    assert part[1:3][0].id == "train-00000033"
    assert part.factors_matrix().tolist() == data.factors_matrix()[40:10:-7].tolist()
    assert len(data[5:5]) == 0
    assert data[5:5].factors_matrix().shape == (0, 3)
    for outside in (48, -49, 10**9):
        with pytest.raises(IndexError):
            data[outside]
    for wrong in (1.0, "1", None):
        with pytest.raises(TypeError):
            data[wrong]


def test_the_factors_matrix(root):
    data = synthkit.load(root, split="train")
    matrix = data.factors_matrix()
    assert (matrix.shape, matrix.dtype) == ((48, 3), np.int64)
    assert matrix.tolist() == [example.factor_indices.tolist() for example in data]
    assert data.factor_names == ("waveform", "amplitude", "frequency")
    values = data.factor_values("frequency")
    assert values.tolist() == [example.factors["frequency"] for example in data]
    assert data.factor_values("waveform").tolist() == [example.factors["waveform"] for example in data]
    with pytest.raises(InputError, match="no factor is named 'pitch'; there are: waveform"):
        data.factor_values("pitch")


def test_a_factors_matrix_with_numbers_from_ranges(data, tmp_path):
    data["factors"][2] = {"type": "uniform", "name": "frequency", "low": 200.0, "high": 900.0}
    data["design"] = {"kind": "random", "size": 30}
    build(from_data(data, "test"), tmp_path / "d")
    loaded = synthkit.load(tmp_path / "d", split="train")
    matrix = loaded.factors_matrix()
    assert (matrix.shape, matrix.dtype) == ((24, 3), np.float64)
    assert matrix[:, 2].tolist() == [example.factors["frequency"] for example in loaded]
    assert matrix[:, 0].tolist() == [example.factor_indices[0] for example in loaded]
    assert loaded[0].factor_indices[2] == -1


def test_float_samples(data, tmp_path):
    data["params"]["sample_format"] = "float32"
    build(from_data(data, "test"), tmp_path / "d")
    example = synthkit.load(tmp_path / "d", split="train")[0]
    made = tone.render(**example.factors, antialias="additive", sample_rate=8000, num_samples=400)
    assert example.audio.tobytes() == made.tobytes()


def test_an_example_may_be_changed_by_its_owner(root):
    data = synthkit.load(root)
    first = data[0]
    first.audio[:] = 7
    first.factor_indices[:] = 7
    assert np.abs(data[0].audio).max() < 1
    assert data[0].factor_indices.max() < 7


def test_pickling(root):
    data = synthkit.load(root, split="test")
    assert data[0].id == "test-00000000"  # opens its files
    again = pickle.loads(pickle.dumps(data[2:]))
    assert [example.id for example in again] == [example.id for example in data][2:]
    assert again[0].audio.tobytes() == data[2].audio.tobytes()


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_data_loader(root, start):
    from torch.utils.data import DataLoader

    data = synthkit.load(root, split="train")
    assert data[0].id == "train-00000000"
    loader = DataLoader(data, batch_size=20, num_workers=2, collate_fn=collate, multiprocessing_context=start)
    batches = list(loader)
    assert [len(batch["id"]) for batch in batches] == [20, 20, 8]
    assert batches[0]["audio"].shape == (20, 400)
    assert np.concatenate([batch["factor_indices"] for batch in batches]).tolist() == data.factors_matrix().tolist()


def test_reading_in_any_order_gives_the_same(root):
    data = synthkit.load(root)
    forward = {example.id: example.audio.tobytes() for example in data}
    for index in np.random.default_rng(0).permutation(60):
        assert data[int(index)].audio.tobytes() == forward[data[int(index)].id]


def test_no_torch_is_needed(root):
    code = f"import sys, synthkit; synthkit.load({str(root)!r})[0]; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_wrong_directories_and_splits(root, tmp_path):
    with pytest.raises(InputError, match="no split is named 'dev'; there are: train, validation, test"):
        synthkit.load(root, split="dev")
    with pytest.raises(InputError, match="holds no synthkit dataset"):
        synthkit.load(tmp_path)
    with pytest.raises(InputError, match="holds no synthkit dataset"):
        synthkit.load(tmp_path / "nowhere")


def test_an_unfinished_dataset(root):
    (root / "manifest.json").unlink()
    (root / ".synthkit").mkdir()
    with pytest.raises(InputError, match="is not finished; run the same `synthkit generate` again"):
        synthkit.load(root)


def test_lost_and_damaged_shards(root):
    shard = next(path for path in sorted((root / "data").rglob("*")) if path.suffix in (".parquet", ".tar"))
    whole = shard.read_bytes()
    shard.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WorkError, match=shard.name):
        list(synthkit.load(root))
    shard.unlink()
    with pytest.raises(WorkError, match=shard.name):
        list(synthkit.load(root))


def test_repr(root):
    said = repr(synthkit.load(root, split="test"))
    assert "6 examples, 400 samples at 8000 Hz, factors: waveform, amplitude, frequency" in said


def test_every_name_is_there():
    assert synthkit.Dataset is synthkit.dataset.Dataset
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        synthkit.lod
