"""The engine coqui-tts on tiny models with random weights, loaded as real ones are."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from synthkit.errors import InputError, UtteranceError, WorkError
from synthkit.speech.base import Style
from synthkit.speech.coqui import RATES, Coqui, CoquiOptions
from synthkit.speech.coqui_models import hub_license
from synthkit.speech.hashing import hash_files

TEXT = "hello there my friend"


def options(folder, **more):
    return CoquiOptions(model_path=str(folder / "model.pth"), config_path=str(folder / "config.json"), **more)


@pytest.fixture(scope="module")
def engine(tiny_vits):
    return Coqui.open(options(tiny_vits), 1)


def say(engine, text=TEXT, speaker=0, style="neutral", **more):
    return engine.synthesize(text, engine.voice(speaker, ""), Style(style, **more))


def test_voices_are_the_models_speakers(engine):
    assert [voice.name for voice in engine.voices()] == ["ann", "bob", "cat"]
    assert engine.num_voices == 3
    assert engine.genders == ()
    with pytest.raises(InputError, match="speaker: must be 0 to 2, not 3"):
        engine.voice(3, "")
    with pytest.raises(InputError, match="what they are"):
        engine.voice(0, "female")


def test_the_same_every_time_alone_and_among_others(engine, tiny_vits):
    asked = [(TEXT, engine.voice(s, ""), Style(style)) for s in range(3) for style in RATES]
    alone = [engine.synthesize(*request).audio for request in asked]
    together = [made.audio for made in Coqui.open(options(tiny_vits), 1).synthesize_many(asked[::-1])][::-1]
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == np.float32
        assert np.abs(one).max() > 0


def test_the_same_in_another_process(engine, tiny_vits, tmp_path):
    code = (
        "import sys, numpy as np\n"
        "from synthkit.speech.coqui import *; from synthkit.speech.base import *\n"
        "e = Coqui.open(CoquiOptions(model_path=sys.argv[1], config_path=sys.argv[2]), 1)\n"
        f"np.save(sys.argv[3], e.synthesize({TEXT!r}, e.voice(1, ''), Style('fast')).audio)\n"
    )
    arguments = [str(tiny_vits / "model.pth"), str(tiny_vits / "config.json"), str(tmp_path / "a.npy")]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), say(engine, speaker=1, style="fast").audio)


def test_all_that_is_asked_for_is_heard(engine, tiny_vits):
    base = say(engine).audio
    others = [say(engine, speaker=1), say(engine, "another text"), say(engine, pitch=0.1), say(engine, style="slow")]
    for other in others:
        assert not np.array_equal(other.audio, base)
    assert not np.array_equal(say(Coqui.open(options(tiny_vits), 2)).audio, base)


def test_tempo(engine):
    texts = (TEXT, "one two three four", "please call stella now", "the quick brown fox", "my name is nobody")
    length = {
        name: np.mean([len(say(engine, text, speaker=s, style=name).audio) for s in range(3) for text in texts])
        for name in RATES
    }
    # A frame is the least that a letter can have, so that the change is less than the rates, 0.75 and 1.35, say.
    assert length["slow"] > 1.1 * length["neutral"] > 1.2 * length["fast"]


def test_torch_is_left_as_it_was(engine):
    import torch

    before, threads = torch.get_rng_state(), torch.get_num_threads()
    say(engine)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_a_model_of_letters_has_no_phonemes(engine):
    made = say(engine)
    assert (made.phonemes, made.starts, made.ends) == ((), (), ())
    assert made.sample_rate == 16000


def test_a_model_of_phonemes_tells_when_each_begins(tiny_phoneme_vits):
    engine = Coqui.open(options(tiny_phoneme_vits), 1)
    made = say(engine, "hello")
    assert "".join(made.phonemes).replace("ˈ", "") == "həloʊ"
    assert (np.diff(made.starts) >= 0).all()
    assert all(end > start for start, end in zip(made.starts, made.ends, strict=True))
    assert made.ends[-1] <= len(made.audio) / made.sample_rate + 1e-9


def test_it_says_what_it_is(engine, tiny_vits, tmp_path):
    info = engine.info
    assert (info.name, info.model, info.reproducible) == ("coqui-tts", "model.pth", "engine")
    assert "NOASSERTION" in info.license
    folder = tmp_path / "copy"
    shutil.copytree(tiny_vits, folder)
    assert Coqui.open(options(folder, license="MIT"), 1).info.model_hash == info.model_hash
    data = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**data, "run_name": "other"}))
    hash_files.cache_clear()
    assert Coqui.open(options(folder), 1).info.model_hash != info.model_hash


def test_a_recipe_through_it(tiny_vits, tmp_path, command):
    recipe = {
        "name": "neural",
        "generator": "speech",
        "params": {
            "engine": "coqui-tts",
            "options": {"model_path": str(tiny_vits / "model.pth"), "config_path": str(tiny_vits / "config.json")},
            "texts": {"count": 2},
            "words": 4,
            "audio": {"duration": 2.0},
        },
        "factors": [
            {"type": "integers", "name": "speaker", "low": 0, "high": 2, "kind": "categorical"},
            {"type": "integers", "name": "text", "low": 0, "high": 1, "kind": "categorical"},
            {"type": "categorical", "name": "style", "values": ["neutral", "fast"]},
        ],
        "output": {"shard_size": 3},
    }
    (tmp_path / "r.json").write_text(json.dumps(recipe))

    # Two workers load the engine again, which takes ten seconds in each process: all else is done in this one.
    words = ["generate", "./r.json", "--json", "--out"]
    one = command(*words, "d1", "--workers", 1)
    program = [sys.executable, "-m", "synthkit", *words, "d2", "--workers", "2"]
    two = subprocess.run(program, capture_output=True, text=True, timeout=600, cwd=tmp_path)
    assert two.returncode == 0, two.stderr
    # Nothing else is printed there.
    assert json.loads(one.stdout)["fingerprint"] == json.loads(two.stdout)["fingerprint"]
    assert "4 examples made again" in command("verify", "d1", "--regenerate", "4").stdout
    manifest = json.loads((tmp_path / "d1/manifest.json").read_bytes())
    assert (manifest["reproducible"], manifest["engine"]["name"]) == ("engine", "coqui-tts")
    done = command("plan", "./r.json", "--set", "factors.speaker.high=3", check=False)
    assert (done.returncode, "factors.speaker.high: must be < 3" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "params.options.model: give either model"),
        ({"model": "tts_models/en/vctk/vits", "model_path": "x", "config_path": "y"}, "give either model"),
        ({"model_path": "/nowhere/m.pth", "config_path": "y"}, "params.options.model_path: there is no file /nowhere"),
        ({"model_path": "x"}, "params.options.config_path: is needed"),
        ({"model": "tts_models/en/vctk/vits", "config_path": "y"}, "belongs to model_path"),
        ({"model": "tts_models/en/vctk/vit"}, "has no model 'tts_models/en/vctk/vit'; did you mean 'tts_models/en"),
        ({"model": "tts_models/en/vctk/vits", "device": "auto"}, "params.options.device: must be cpu, cuda"),
    ],
)
def test_options_that_are_refused(given, said):
    with pytest.raises(InputError, match=said):
        Coqui.open(CoquiOptions(**given), 1)


XTTS = "tts_models/multilingual/multi-dataset/xtts_v2"


def test_a_licence_has_to_be_accepted_by_its_name():
    assert hub_license(XTTS) == "CPML"
    for accepted in ("", "yes", "cpml"):
        with pytest.raises(InputError, match=r"accept_license: .*xtts_v2 is under the licence 'CPML'"):
            Coqui.open(CoquiOptions(model=XTTS, accept_license=accepted), 1)
    assert Coqui.open(CoquiOptions(model=XTTS, accept_license="CPML"), 1).num_voices is None
    with pytest.raises(InputError, match="CC BY-NC-ND"):
        Coqui.open(CoquiOptions(model="tts_models/en/vctk/fast_pitch"), 1)


def test_a_free_model_needs_no_word_and_nothing_is_fetched_before_it_is_needed(monkeypatch, tmp_path):
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    engine = Coqui.open(CoquiOptions(model="tts_models/en/vctk/vits"), 1)
    assert not engine.ready
    assert engine.num_voices is None
    assert list(tmp_path.iterdir()) == []


def test_a_hub_model_that_is_there_is_found(monkeypatch, tmp_path):
    folder = tmp_path / "tts/tts_models--en--vctk--vits"
    folder.mkdir(parents=True)
    (folder / "model_file.pth").write_bytes(b"")
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    assert Coqui.open(CoquiOptions(model="tts_models/en/vctk/vits"), 1).ready


def test_a_damaged_model(tiny_vits, tmp_path):
    folder = tmp_path / "damaged"
    shutil.copytree(tiny_vits, folder)
    (folder / "model.pth").write_bytes(b"PK\x03\x04 not a model")
    with pytest.raises(WorkError, match=r"model\.pth: coqui-tts cannot load it"):
        Coqui.open(options(folder), 1).voices()


def test_without_the_package(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(WorkError, match=r"pip install 'synthkit\[speech\]'"):
        Coqui.open(CoquiOptions(model="tts_models/en/vctk/vits"), 1)


def test_references(tiny_vits, tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        Coqui.open(options(tiny_vits, references=str(tmp_path / "none")), 1)
    with pytest.raises(InputError, match="holds no wav or flac file"):
        Coqui.open(options(tiny_vits, references=str(tmp_path)), 1)
    for name in ("zoe", "abe"):
        soundfile.write(tmp_path / f"{name}.wav", np.zeros(160, np.float32), 16000)
    engine = Coqui.open(options(tiny_vits, references=str(tmp_path)), 1)
    assert [voice.name for voice in engine.voices()] == ["abe", "zoe"]
    # A model without a speaker encoder cannot clone: this is told with the utterance.
    with pytest.raises(UtteranceError, match="coqui-tts failed"):
        say(engine)
    (tmp_path / "bad.wav").write_bytes(b"no audio")
    with pytest.raises(InputError, match=r"bad\.wav is not readable as audio"):
        Coqui.open(options(tiny_vits, references=str(tmp_path)), 1)


def test_texts_and_styles_that_are_refused(engine):
    assert engine.refused("...") is not None
    with pytest.raises(UtteranceError, match="nothing to be said"):
        say(engine, "...")
    with pytest.raises(InputError, match="style: coqui-tts has neutral, slow, fast, not 'whisper'"):
        say(engine, style="whisper")


def test_the_users_environment_is_left_alone(tiny_vits):
    assert "COQUI_TOS_AGREED" not in os.environ
