"""The engine espeak-ng: the real program and library, and fakes of them that are ill."""

import io
import math
import os
import select
import shutil
import subprocess
import sys
import time
import wave

import numpy as np
import psutil
import pytest

from synthkit.errors import InputError, UtteranceError, WorkError
from synthkit.seeds import derive_key
from synthkit.speech.base import STYLES, Style, Voice
from synthkit.speech.espeak import Espeak, EspeakOptions
from synthkit.speech.espeak_program import find_language, find_program
from synthkit.speech.espeak_styles import STYLE_CHANGES, setting
from synthkit.speech.espeak_voices import GENDERS, QUALITIES, attributes, position
from synthkit.speech.hashing import hash_files

KEY = derive_key(0, "test", "voices")
REAL = shutil.which("espeak-ng")
TEXT = "the old farmer carried boxes"


@pytest.fixture(scope="module")
def engine():
    return Espeak.open(EspeakOptions(), KEY)


def say(engine, text=TEXT, speaker=0, gender="female", style="neutral", **more):
    return engine.synthesize(text, engine.voice(speaker, gender), Style(style, **more))


def test_the_same_to_the_last_bit_whatever_was_said_before(engine):
    other = Espeak.open(EspeakOptions(), KEY)
    asked = [(TEXT, s, g, style) for s in range(2) for g in GENDERS for style in ("neutral", "whisper")]
    here = [say(engine, *request) for request in asked]
    there = [say(other, *request) for request in reversed(asked)][::-1]
    for one, two in zip(here, there, strict=True):
        np.testing.assert_array_equal(one.audio, two.audio)
        assert (one.phonemes, one.starts, one.ends) == (two.phonemes, two.starts, two.ends)


def test_the_same_as_the_program_with_all_its_data(engine, tmp_path):
    """Our small folder of links changes nothing: the program says the same with the system's whole data."""
    voice = engine.voice(3, "male")
    asked = setting(voice.attributes, voice.gender, Style("fast"))
    root = tmp_path / "espeak-ng-data"
    shutil.copytree(find_program().data, root)
    (root / "voices/!v/mine").write_text(asked.variant.replace("name synthkit", "name mine"))
    command = [REAL, f"--path={tmp_path}", "-v", "en-us+mine", "-s", str(asked.speed), "-a", str(asked.volume)]
    content = subprocess.run([*command, "--stdout", f"{TEXT}."], capture_output=True, check=True, timeout=120).stdout
    with wave.open(io.BytesIO(content)) as file:
        assert file.getframerate() == 22050
    expected = np.frombuffer(content, "<i2", offset=44) / 32768
    np.testing.assert_array_equal(engine.synthesize(TEXT, voice, Style("fast")).audio, expected.astype(np.float32))


def test_phonemes_are_those_of_the_program_and_fill_the_speech(engine):
    made = say(engine)
    ipa = subprocess.run(
        [REAL, "-q", "--ipa", "-v", "en-us", f"{TEXT}."], capture_output=True, text=True, check=True, timeout=120
    )
    expected = ipa.stdout.replace("ˈ", "").replace("ˌ", "").replace(" ", "").strip()
    assert "".join(made.phonemes) == expected
    starts, ends = np.array(made.starts), np.array(made.ends)
    assert (np.diff(starts) > 0).all()
    assert (ends > starts).all()
    assert (ends[:-1] <= starts[1:] + 1e-9).all()
    assert ends[-1] < len(made.audio) / made.sample_rate
    inside = made.audio[int(starts[0] * 22050) : int(ends[-1] * 22050)].astype(np.float64)
    assert np.square(inside).sum() > 0.98 * np.square(made.audio.astype(np.float64)).sum()


def test_phonemes_are_where_the_sound_says(engine):
    """A hissing sound has its energy high up, a vowel low down."""
    made = say(engine, "see the shy sea")

    def share_above(start, end, frequency):
        piece = made.audio[int(start * 22050) : int(end * 22050)].astype(np.float64)
        power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)))) ** 2
        return power[int(frequency * len(piece) / 22050) :].sum() / power.sum()

    found = list(zip(made.phonemes, made.starts, made.ends, strict=True))
    hissing = [share_above(a, b, 2500) for name, a, b in found if name in ("s", "ʃ")]
    vowels = [share_above(a, b, 2500) for name, a, b in found if name[0] in "iaə"]
    assert len(hissing) == 3
    assert min(hissing) > 0.5 > 0.4 > max(vowels)


def test_speakers_are_distinct_and_evenly_spread():
    for count in (20, 249):
        points = np.array([position(KEY, i) for i in range(count)])
        assert ((points >= 0) & (points < 1)).all()
        apart = np.abs(points[:, None] - points[None])
        apart = np.minimum(apart, 1 - apart).max(axis=2)  # on the torus, where the shift does not matter
        np.fill_diagonal(apart, 1)
        # A cube of so many cells has this edge: no two speakers are nearer than two thirds of it.
        assert apart.min() > 0.66 * count ** (-1 / len(QUALITIES)) * 0.5
        for column in points.T:
            counts = np.histogram(column, 5, (0, 1))[0]
            assert counts.min() >= 0.4 * count / 5


def test_speakers_do_not_depend_on_their_number_and_differ_in_what_is_said_of_them():
    seen = {tuple(attributes(KEY, i, gender).values()) for i in range(500) for gender in GENDERS}
    assert len(seen) == 1000
    assert attributes(KEY, 7, "male") == attributes(KEY, 7, "male")
    assert attributes(KEY, 7, "male") != attributes(KEY + 1, 7, "male")


def test_gender_sets_the_ranges_and_nothing_else():
    for i in range(100):
        for gender in GENDERS:
            for name, value in attributes(KEY, i, gender).items():
                low, high = QUALITIES[name].ranges[gender]
                assert low - 1e-9 <= value <= high + 1e-9
                at = (value - low) / (high - low)
                assert at == pytest.approx(position(KEY, i)[list(QUALITIES).index(name)], abs=0.08)


def fundamental(audio, rate=22050):
    """Median pitch by autocorrelation of voiced frames, Hz."""
    found = []
    for start in range(0, len(audio) - 1200, 400):
        frame = audio[start : start + 1200].astype(np.float64)
        if np.square(frame).mean() < 0.25 * np.square(audio.astype(np.float64)).mean():
            continue
        frame -= frame.mean()
        correlation = np.correlate(frame, frame, "full")[1199:]
        low, high = rate // 400, rate // 60
        best = low + int(correlation[low:high].argmax())
        if correlation[best] > 0.5 * correlation[0]:
            found.append(rate / best)
    return float(np.median(found))


def test_the_pitch_is_what_the_vector_says(engine):
    speakers = [(i, gender) for i in range(6) for gender in GENDERS]
    heard = [fundamental(say(engine, speaker=i, gender=g).audio) for i, g in speakers]
    told = [attributes(KEY, i, g)["base_pitch"] for i, g in speakers]
    assert np.corrcoef(heard, told)[0, 1] > 0.9
    for pitch, base in zip(heard, told, strict=True):
        assert 0.9 * base < pitch < 2.2 * base


def test_the_formants_scale_with_the_vocal_tract(engine):
    """The spectral centroid of one vowel falls as the tract gets longer, all else equal."""
    base = dict(attributes(KEY, 0, "male"), tilt=-3.0, breath=0.0)
    centroids = []
    for length in (15.5, 17.0, 19.0):
        voice = Voice("x", 0, "male", {**base, "vocal_tract": length})
        audio = engine.synthesize("ah", voice, Style()).audio.astype(np.float64)
        power = np.abs(np.fft.rfft(audio)) ** 2
        frequency = np.fft.rfftfreq(len(audio), 1 / 22050)
        centroids.append(float((power * frequency).sum() / power.sum()))
    assert centroids[0] > centroids[1] > centroids[2]


def duration(utterance):
    return utterance.ends[-1] - utterance.starts[0]


def level(utterance):
    return 10 * math.log10(np.square(utterance.audio.astype(np.float64)).mean())


def test_styles_do_what_they_say(engine):
    neutral = say(engine)
    for name, change in STYLE_CHANGES.items():
        made = say(engine, style=name)
        if not change.emphasis:
            assert duration(made) == pytest.approx(duration(neutral) / change.rate, rel=0.08), name
        if change.volume and not change.pitch:
            assert level(made) - level(neutral) == pytest.approx(change.volume, abs=1.0), name
    assert level(say(engine, style="loud")) > level(neutral) + 2.5
    assert level(say(engine, style="soft")) < level(neutral) - 6
    calm, excited = (fundamental(say(engine, gender="male", style=name).audio) for name in ("calm", "excited"))
    assert excited > 1.3 * calm


def test_a_whisper_has_no_pitch(engine):
    def periodic(utterance):
        """Share of frames with a strong period."""
        strong = 0
        frames = [utterance.audio[i : i + 1200].astype(np.float64) for i in range(0, len(utterance.audio) - 1200, 600)]
        loud = [f for f in frames if np.square(f).mean() > 1e-6]
        for frame in loud:
            c = np.correlate(frame, frame, "full")[1199:]
            strong += c[55:370].max() > 0.5 * c[0]
        return strong / len(loud)

    assert periodic(say(engine)) > 0.6
    assert periodic(say(engine, style="whisper")) < 0.35


def test_a_question_rises(engine):
    def end(utterance):
        last = int(utterance.ends[-1] * 22050)
        return fundamental(utterance.audio[last - 6000 : last])

    assert end(say(engine, "is it raining", style="question")) > 1.15 * end(say(engine, "is it raining"))


@pytest.mark.parametrize("style", [name for name in STYLES if name not in ("neutral", "question")])
def test_intensity_of_nothing_is_neutral_and_more_is_more(engine, style):
    neutral = say(engine)
    np.testing.assert_array_equal(say(engine, style=style, intensity=0.0).audio, neutral.audio)
    change = STYLE_CHANGES[style]
    if change.rate != 1:
        lengths = [duration(say(engine, style=style, intensity=i)) for i in (0.0, 0.5, 1.0)]
        assert lengths == sorted(lengths, reverse=change.rate > 1)


def test_takes_change_tempo_and_pitch(engine):
    neutral = say(engine)
    assert duration(say(engine, rate=1.08)) == pytest.approx(duration(neutral) / 1.08, rel=0.03)
    lower, higher = (fundamental(say(engine, gender="male", pitch=pitch).audio) for pitch in (0.0, 3.0))
    assert higher == pytest.approx(lower * 2**0.25, rel=0.05)


def test_no_voice_in_any_style_clips(engine):
    for i in range(0, 40, 2):
        for style in ("loud", "excited"):
            made = say(engine, speaker=i, style=style, intensity=1.0)
            assert np.abs(made.audio).max() < 1


def test_texts_that_look_like_options(engine):
    assert len(say(engine, "-v whisper --stdout").phonemes) > 5
    assert say(engine, "hello").phonemes == say(engine, "hello.").phonemes


def test_other_languages():
    for code, text in (("de", "schöne grüße aus köln"), ("fr-fr", "ça va"), ("ru", "привет мир")):
        made = Espeak.open(EspeakOptions(language=code), KEY)
        assert len(say(made, text).phonemes) >= 3
    with pytest.raises(InputError, match=r"params.options.language: espeak-ng has no language 'en-usa'; did you mean"):
        Espeak.open(EspeakOptions(language="en-usa"), KEY)


@pytest.mark.parametrize(
    ("text", "why"), [("", "nothing to be said"), ("...", "nothing"), ("a\tb", "U+0009"), ("a\0b", "U+0000"),
                      ("x" * 1001, "1001 characters"), ("a​b", "U+200B")]
)  # fmt: skip
def test_texts_that_cannot_be_said(engine, text, why):
    assert why in engine.refused(text)
    with pytest.raises(UtteranceError):
        say(engine, text)


def test_what_can_be_said_is_not_refused(engine):
    for text in (TEXT, "it's 5 o'clock", "naïve café", "-dash"):
        assert engine.refused(text) is None


@pytest.mark.parametrize(
    ("style", "said"),
    [(Style("loud", 2.5), "intensity: must be 0 to 2"), (Style("fast", 2.0, 1.5), "words per minute"),
     (Style("slow", 2.0, 0.5), "words per minute")],
)  # fmt: skip
def test_styles_that_are_refused(engine, style, said):
    with pytest.raises(InputError, match=said):
        engine.synthesize(TEXT, engine.voice(0, "male"), style)


def test_it_says_what_it_is(engine):
    info = engine.info
    assert info.name == "espeak-ng"
    assert (
        info.version
        in subprocess.run([REAL, "--version"], capture_output=True, text=True, check=True, timeout=120).stdout
    )
    assert len(info.model_hash) == 71
    assert info.reproducible == "engine"
    assert set(engine.styles) <= set(STYLES)
    assert engine.genders == ("female", "male")
    with pytest.raises(InputError, match="gender"):
        engine.voice(0, "robot")


def test_the_hash_tells_data_apart(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    files = (("a", tmp_path / "a"),)
    first = hash_files(files)
    hash_files.cache_clear()
    (tmp_path / "a").write_bytes(b"2")
    assert hash_files(files) != first


def test_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WorkError, match="espeak-ng is not on PATH; install it"):
        Espeak.open(EspeakOptions(), KEY)


@pytest.mark.parametrize(
    ("script", "said"),
    [("exec sleep 30\n", r"does not answer within 2 s"), ("kill -KILL $$\n", "was killed by signal 9"),
     ("exit 3\n", "ended with code 3"), ("echo hello\n", "does not say its version"),
     ("echo 'eSpeak NG: 1.51  Data at: /nowhere'\n", "holds no phondata")],
)  # fmt: skip
def test_a_program_that_is_ill(monkeypatch, fake_espeak, script, said):
    if "sleep" in script:  # the others may take their time
        monkeypatch.setenv("SYNTHKIT_SPEECH_TIMEOUT", "2")
    monkeypatch.setenv("PATH", fake_espeak(script))
    with pytest.raises(WorkError, match=said):
        Espeak.open(EspeakOptions(), KEY)


@pytest.mark.parametrize("value", ["soon", "0", "-1", "inf", "nan"])
def test_a_time_limit_that_is_none(monkeypatch, value):
    monkeypatch.setenv("SYNTHKIT_SPEECH_TIMEOUT", value)
    with pytest.raises(InputError, match="SYNTHKIT_SPEECH_TIMEOUT: must be a number of seconds > 0"):
        Espeak.open(EspeakOptions(), KEY)


ELSE = 'case "$*" in *--version*) exec REAL "$@";; esac\n'


def test_a_program_that_says_something_else(monkeypatch, fake_espeak):
    monkeypatch.setenv("PATH", fake_espeak(ELSE + "exec REAL --stdout other words altogether\n"))
    with pytest.raises(WorkError, match="in different ways"):
        say(Espeak.open(EspeakOptions(), KEY))


@pytest.mark.parametrize("script", ["exit 0\n", "printf RIFFrubbish\n"])
def test_a_program_that_gives_no_audio(monkeypatch, fake_espeak, script):
    monkeypatch.setenv("PATH", fake_espeak(ELSE + script))
    with pytest.raises(WorkError, match="in different ways"):
        say(Espeak.open(EspeakOptions(), KEY))


def test_three_silences_in_a_row_end_the_work(monkeypatch, fake_espeak):
    monkeypatch.setenv("PATH", fake_espeak(ELSE + "exec sleep 30\n"))
    engine = Espeak.open(EspeakOptions(), KEY)
    monkeypatch.setenv("SYNTHKIT_SPEECH_TIMEOUT", "1")
    with pytest.raises(UtteranceError, match="does not answer within 1 s"):
        say(engine)
    with pytest.raises(WorkError, match="3 times in a row"):
        say(engine)


def host_of(engine):
    return psutil.Process(engine._client._process.pid)


def has_ended(pid):
    """Whether a process is gone; one that nobody has waited for has ended too."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_the_process_is_started_again_when_it_dies():
    engine = Espeak.open(EspeakOptions(), KEY)
    expected = say(engine).audio
    host_of(engine).kill()
    np.testing.assert_array_equal(say(engine).audio, expected)


def test_a_process_that_hangs_is_ended(monkeypatch):
    engine = Espeak.open(EspeakOptions(), KEY)
    expected = say(engine).audio
    folder, host = engine._client.folder, host_of(engine)
    host.suspend()
    monkeypatch.setenv("SYNTHKIT_SPEECH_TIMEOUT", "15")
    first = host.pid
    np.testing.assert_array_equal(say(engine).audio, expected)  # the second attempt, by another process
    assert host_of(engine).pid != first
    assert has_ended(first)
    assert not os.path.exists(folder)


def test_nothing_is_left_behind():
    engine = Espeak.open(EspeakOptions(), KEY)
    say(engine)
    folder, host = engine._client.folder, host_of(engine)
    assert os.path.isdir(folder)
    del engine
    host.wait(120)
    assert not os.path.exists(folder)


def test_nothing_is_left_behind_by_a_kill(tmp_path):
    code = (
        "import sys; from synthkit.speech.espeak import *; from synthkit.speech.base import *\n"
        "e = Espeak.open(EspeakOptions(), 1); e.synthesize('hello', e.voice(0, 'male'), Style())\n"
        "print(e._client.folder, e._client._process.pid, flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert select.select([process.stdout], [], [], 120)[0], "it says nothing"
    folder, pid = process.stdout.readline().split()
    assert os.path.isdir(folder)
    process.kill()
    process.communicate(timeout=120)
    for _ in range(1200):
        if not os.path.exists(folder) and has_ended(int(pid)):
            return
        time.sleep(0.1)
    raise AssertionError("the process or its folder is still there")


def test_languages_are_found_by_their_file():
    program = find_program()
    assert find_language(program, "en-us").file == "lang/gmw/en-US"
    assert find_language(program, "EN-US").code == "en-us"
