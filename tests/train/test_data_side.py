"""Order, partners, features, their store, clips of folders."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
import torch

from synthkit.errors import InputError
from synthkit.train.clips import open_clips
from synthkit.train.experiment import DataChoice, Features
from synthkit.train.features import FeatureExtractor
from synthkit.train.order import Order
from synthkit.train.partners import Partners
from synthkit.train.store import fit_normalization, stored_features


@pytest.mark.parametrize(("clips", "batch"), [(10, 3), (10, 10), (7, 16), (100, 1)])
def test_each_pass_holds_each_clip_once(clips, batch):
    order = Order(clips, batch, 3, "name")
    steps = 4 * clips
    drawn = np.concatenate([order.batch(step) for step in range(steps)])
    for number in range(len(drawn) // clips):
        assert sorted(drawn[number * clips : (number + 1) * clips]) == list(range(clips))
    assert not np.array_equal(drawn[:clips], drawn[clips : 2 * clips]) or clips < 4


def test_a_batch_is_a_function_of_its_step():
    steps = [5, 0, 7, 5, 2]
    one = Order(50, 8, 1, "a")
    for step in steps:
        assert np.array_equal(one.batch(step), Order(50, 8, 1, "a").batch(step))
    assert not np.array_equal(Order(50, 8, 1, "a").batch(0), Order(50, 8, 2, "a").batch(0))
    assert not np.array_equal(Order(50, 8, 1, "a").batch(0), Order(50, 8, 1, "b").batch(0))


LEVELS = np.stack(np.meshgrid(np.arange(2), np.arange(5), np.arange(6), indexing="ij"), -1).reshape(-1, 3)
NAMES = ("waveform", "amplitude", "frequency")


def test_partners_share_what_they_must_and_differ_from_the_clip():
    partners = Partners(LEVELS, NAMES, ("waveform", "frequency"), 0, "n")
    clips = np.arange(60)
    seen = set()
    for step in range(60):
        found = partners.batch(step, clips)
        assert np.array_equal(LEVELS[found][:, [0, 2]], LEVELS[clips][:, [0, 2]])
        assert (found != clips).all()
        seen |= set(zip(clips.tolist(), found.tolist(), strict=True))
    assert len(seen) == 60 * 4  # every other clip of each group is drawn


def test_partners_that_share_a_random_choice_differ_in_one_or_two_factors():
    partners = Partners(LEVELS, NAMES, None, 0, "n")
    clips = np.arange(60)
    found = np.concatenate([partners.batch(step, clips) for step in range(50)])
    same = LEVELS[found] == LEVELS[np.tile(clips, 50)]
    shared = same.sum(1)
    assert set(shared.tolist()) <= {1, 2, 0}
    assert (shared >= 1).mean() > 0.95  # a factor that was to differ may come out equal, but not the other way round
    assert same.mean(0).min() > 0.3  # each factor is shared now and then


def test_clips_without_a_partner():
    with pytest.raises(
        InputError, match=r"views.share: 3 clip\(s\) share waveform, amplitude, frequency with no other"
    ):
        Partners(LEVELS[:3], NAMES, NAMES, 0, "n")
    with pytest.raises(InputError, match=r"views.share: no factor is named 'pitch'; there are: waveform"):
        Partners(LEVELS, NAMES, ("pitch",), 0, "n")
    with pytest.raises(InputError, match="need at least two factors"):
        Partners(LEVELS[:, :1], NAMES[:1], None, 0, "n")
    # Where a choice leaves a clip alone, the factor with most levels is let go.
    alone = np.array([[0, 0], [0, 1], [1, 2], [1, 3]])
    found = Partners(alone, ("few", "many"), None, 0, "n").batch(0, np.arange(4))
    assert (found != np.arange(4)).all()


def extractor(**settings):
    return FeatureExtractor(Features(**({"bands": 20, "window": 512, "hop": 256} | settings)), 8000, 4000)


def sine(amplitude, frequency=1000.0):
    return amplitude * torch.sin(2 * torch.pi * frequency * torch.arange(4000) / 8000)[None]


def test_log_mel_is_in_decibels_of_a_full_scale_sine():
    # 1000 Hz is a bin of the transform; with one band for each few bins the peak of the window counts.
    found = FeatureExtractor(Features(bands=60, window=512, hop=256), 8000, 4000).raw(sine(1.0))[0, :, 4:-4]
    assert float(found.max()) == pytest.approx(0.0, abs=3)
    softer = FeatureExtractor(Features(bands=60, window=512, hop=256), 8000, 4000).raw(sine(0.1))[0, :, 4:-4]
    assert float(found.max() - softer.max()) == pytest.approx(20.0, abs=1e-3)


def test_the_floor():
    found = extractor(floor=-60.0).raw(torch.zeros(1, 4000))
    assert found.unique().tolist() == pytest.approx([-60.0])


def test_mel_is_librosas():
    """The published input: librosa's power mel spectrum, before normalisation."""
    import librosa

    audio = sine(0.5)[0].numpy()
    mine = extractor(kind="mel", mel_scale="slaney")
    power = mine.raw(torch.from_numpy(audio)[None])[0].numpy() * mine._full_scale
    theirs = librosa.feature.melspectrogram(y=audio, sr=8000, n_fft=512, hop_length=256, n_mels=20, power=2.0)
    assert power == pytest.approx(theirs, rel=1e-3, abs=1e-5)
    normalized = mine.features.model_copy(update={"normalization": "frame_max"})
    published = FeatureExtractor(normalized, 8000, 4000)(torch.from_numpy(audio)[None])[0].numpy()
    assert published == pytest.approx(librosa.util.normalize(theirs), rel=1e-3, abs=1e-5)


def test_frame_max_erases_the_amplitude_and_global_keeps_it():
    lost = extractor(kind="mel", normalization="frame_max")
    assert torch.allclose(lost(sine(0.1)), lost(sine(0.9)), atol=1e-5)
    kept = extractor(normalization="none")
    difference = (kept(sine(0.9)) - kept(sine(0.1)))[0, :, 4:-4]
    assert float(difference.max()) == pytest.approx(20 * np.log10(9), abs=1e-2)


def test_utterance_normalisation():
    found = extractor(normalization="utterance")(torch.randn(3, 4000))
    assert found.mean((1, 2)).tolist() == pytest.approx([0] * 3, abs=1e-4)
    assert found.std((1, 2), correction=0).tolist() == pytest.approx([1] * 3, abs=1e-4)


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("kind", ["log_mel", "waveform"])
def test_global_normalisation_gives_training_clips_mean_0_and_deviation_1(tones, tmp_path, kind, live):
    clips = open_clips(DataChoice(), tones, "train", None)
    made = FeatureExtractor(Features(kind=kind, bands=12, window=256, hop=256), 8000, 2000, live=live)
    stored = stored_features(clips, made, tmp_path)
    fit_normalization(made, stored)
    given = torch.from_numpy(stored.astype(np.float32) / (32768 if made.live else 1))
    x = made.of_stored(given)
    assert float(x.mean()) == pytest.approx(0, abs=1e-3)
    assert float(x.std()) == pytest.approx(1, abs=1e-3)
    assert torch.allclose(made.restored(x), made.raw(given) if made.live else given, atol=1e-4)
    assert len(list(tmp_path.iterdir())) == 1


def test_stored_features_are_those_of_the_clips_and_are_made_once(tones, tmp_path):
    import synthkit

    clips = open_clips(DataChoice(), tones, "test", None)
    made = FeatureExtractor(Features(bands=12, window=256, hop=256), 8000, 2000)
    seen = []
    stored = stored_features(clips, made, tmp_path, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(clips), len(clips))
    dataset = synthkit.load(tones, split="test")
    for i in (0, len(clips) - 1):
        expected = made.raw(torch.from_numpy(dataset[i].audio)[None])[0].numpy()
        assert stored[i] == pytest.approx(expected, abs=1e-4)
    stored_features(clips, made, tmp_path, lambda *_: pytest.fail("made again"))


def test_clips_of_a_recipe_are_those_of_its_dataset(tones, recipe_file):
    stored = open_clips(DataChoice(), tones, "test", 30)
    made = open_clips(DataChoice(recipe=str(recipe_file)), None, "test", 30)
    assert stored.ids() == made.ids()
    assert np.array_equal(np.concatenate(list(stored.chunks())), np.concatenate(list(made.chunks())))
    assert np.array_equal(stored.levels(), made.levels())
    assert stored.values("frequency") == pytest.approx(made.values("frequency"))


def test_features_that_do_not_fit():
    with pytest.raises(InputError, match=r"features.bands: \d+ of 200 bands hold no frequency at 8000 Hz"):
        extractor(bands=200)
    with pytest.raises(
        InputError, match=r"features.sample_rate: the experiment is for 16000 Hz, the clips have 8000 Hz"
    ):
        extractor(sample_rate=16000)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(20):
        (tmp_path / "sub").mkdir(exist_ok=True)
        audio = rng.uniform(-0.5, 0.5, (8000 + 1000 * (i % 3), 2))
        soundfile.write(tmp_path / "sub" / f"{i:02d}.wav", audio, 8000)
    return tmp_path


def test_a_folder_of_audio_files(folder):
    choice = DataChoice(clip_seconds=0.5)
    splits = {name: open_clips(choice, folder, name, None) for name in ("train", "validation", "test")}
    names = [id.rpartition("-")[0] for clips in splits.values() for id in clips.ids()]
    assert set(names) == {f"{i:02d}" for i in range(20)}
    assert sum(len({i.rpartition("-")[0] for i in c.ids()}) for c in splits.values()) == 20  # no file in two splits
    clips = splits["train"]
    audio = np.concatenate(list(clips.chunks()))
    assert audio.shape == (len(clips), 4000)
    first = clips.ids()[0].rpartition("-")[0]
    whole, _ = soundfile.read(folder / "sub" / f"{first}.wav", dtype="float32")
    assert audio[0] == pytest.approx(whole.mean(1)[:4000], abs=1e-6)
    assert clips.factors == ()


def test_a_folder_with_two_rates(folder):
    soundfile.write(folder / "other.wav", np.zeros(4000), 16000)

    def open_all():
        for name in ("train", "validation", "test"):
            open_clips(DataChoice(), folder, name, None)

    with pytest.raises(InputError, match=r"(other|\d\d).wav: has \d+ Hz, .* has \d+ Hz; resample them"):
        open_all()


def test_a_folder_without_audio(tmp_path):
    with pytest.raises(InputError, match=r"neither a dataset .no manifest.json. nor a folder of audio files"):
        open_clips(DataChoice(), tmp_path, "train", None)
