"""Encoders, counts, charts and texts, each held to something else that knows the answer."""

import io
import re
import wave
import zlib

import numpy as np
import pytest
from PIL import Image

from synthkit.records import FactorInfo, TextExample
from synthkit.report.binning import binned, cramers_v, joint_counts, pair_factors, picked
from synthkit.report.boards import board_of, image_of
from synthkit.report.charts import Estimate, columns, curves, estimates, named_bars
from synthkit.report.curves import read_log, thinned
from synthkit.report.group import t_interval
from synthkit.report.heat import heat_map
from synthkit.report.markdown import blocks, inline, sections
from synthkit.report.marks import MOST_CHARACTERS, evidence_spans, marked, saliency_spans
from synthkit.report.palettes import SHADES, SOUND
from synthkit.report.png import encode_png, encode_rgb
from synthkit.report.sound import pcm16, wav_bytes
from synthkit.report.spectrogram import envelope, spectrogram
from synthkit.report.svg import Scale, short_number, ticks
from synthkit.report.trees import bracket_depths, listops_tree, parsed_list


def factor(name="f", levels=None, values=None, **more):
    kind = more.pop("kind", "ordinal")
    spec = more.pop("spec", "uniform")
    return FactorInfo(name, kind, "", spec, levels, values, more.pop("dtype", "float64"), **more)


# Images and sounds


@pytest.mark.parametrize("palette", [SOUND, SHADES], ids=["opaque", "clear"])
def test_png_is_what_pillow_reads(palette):
    pixels = np.arange(256, dtype=np.uint8).reshape(8, 32)
    read = np.array(Image.open(io.BytesIO(encode_png(pixels, palette))).convert("RGBA"))
    assert np.array_equal(read, palette[pixels])


def test_png_of_true_colours():
    pixels = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    assert np.array_equal(np.array(Image.open(io.BytesIO(encode_rgb(pixels)))), pixels)


def test_png_says_when_it_is_damaged():
    png = bytearray(encode_png(np.zeros((4, 4), np.uint8), SOUND))
    png[-20] ^= 1
    with pytest.raises((OSError, SyntaxError, zlib.error)):
        Image.open(io.BytesIO(bytes(png))).load()


def test_wav_is_what_others_read():
    samples = np.array([0, 1, -1, 32767, -32768], np.int16)
    with wave.open(io.BytesIO(wav_bytes(samples, 16000))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16000)
        assert np.array_equal(np.frombuffer(file.readframes(99), "<i2"), samples)


def test_16_bit_samples_come_back_exactly_and_loud_ones_are_cut():
    every = np.arange(-32768, 32768).astype(np.int16)
    assert np.array_equal(pcm16(every.astype(np.float32) / np.float32(32768)), every)
    assert pcm16(np.array([2.0, -2.0], np.float32)).tolist() == [32767, -32768]


@pytest.mark.parametrize("frequency", [440.0, 3000.0, 7000.0])
def test_a_tone_is_a_line_at_its_frequency(frequency):
    time = np.arange(8000) / 16000
    image = spectrogram(np.sin(2 * np.pi * frequency * time).astype(np.float32), 16000, 100)
    rows = image.shape[0]
    loudest = rows - 1 - image.max(axis=1).argmax()
    assert abs((loudest + 0.5) / rows * 8000 - frequency) < 8000 / rows
    assert image.max() == 255
    assert image.shape[1] <= 100


def test_silence_and_clips_shorter_than_a_window():
    assert spectrogram(np.zeros(100, np.float32), 16000, 50).max() == 0
    assert spectrogram(np.ones(3, np.float32), 16000, 50).shape[1] == 1
    assert spectrogram(np.zeros(0, np.float32), 16000, 50).max() == 0


def test_an_envelope_holds_every_extreme():
    audio = np.sin(np.arange(1000) / 7).astype(np.float32)
    low, high = envelope(audio, 64)
    assert len(low) == len(high) == 64
    assert low.min() == audio.min()
    assert high.max() == audio.max()
    assert (low <= high).all()
    assert envelope(np.zeros(0, np.float32), 8)[0].tolist() == [0]


# Counts


def test_histograms_of_levels_sum_to_all_and_agree_with_numpy():
    level = np.random.default_rng(0).integers(0, 7, 5000)
    found = binned(factor(levels=7, values=tuple(range(7))), level, 40)
    assert found.single
    assert found.names == tuple("0123456")
    assert np.array_equal(found.counts, np.bincount(level, minlength=7))


@pytest.mark.parametrize("levels", [41, 100, 101, 400, 1999])
def test_many_levels_are_grouped_with_their_neighbours(levels):
    level = np.random.default_rng(levels).integers(0, levels, 20_000)
    found = binned(factor(levels=levels, values=tuple(range(levels)) if levels < 1001 else None), level, 40)
    assert found.counts.sum() == 20_000
    assert len(found.names) <= 40
    size = -(-levels // len(found.names))
    edges = np.minimum(np.arange(len(found.names) + 1) * size, levels) - 0.5
    assert np.array_equal(found.counts, np.histogram(level, edges)[0])


def test_levels_without_examples_are_counted_as_none_but_not_of_what_was_measured():
    level = np.array([3, 4, 4])
    assert binned(factor(levels=6, values=tuple(range(6))), level, 40).counts.tolist() == [0, 0, 0, 1, 2, 0]
    found = binned(factor(levels=6, values=tuple(range(6)), measured=True), level, 40)
    assert (found.names, found.counts.tolist(), found.ends) == (("3", "4"), [1, 2], ("3", "4"))


@pytest.mark.parametrize("spec", ["uniform 1 to 100", "loguniform 1 to 100"])
def test_ranges_agree_with_numpy(spec):
    values = np.exp(np.random.default_rng(1).uniform(0, np.log(100), 3000))
    found = binned(factor(spec=spec), values, 40)
    make = np.geomspace if spec.startswith("log") else np.linspace
    assert np.array_equal(found.counts, np.histogram(values, make(values.min(), values.max(), 41))[0])
    assert found.counts.sum() == 3000


def test_a_factor_that_does_not_vary_is_one_bin():
    found = binned(factor(), np.full(5, 0.25), 40)
    assert (found.names, found.counts.tolist()) == (("0.25",), [5])


def test_joint_counts_agree_with_numpy_and_independence_is_no_dependence():
    a, b = (np.repeat(np.arange(4), 6), np.tile(np.arange(6), 4))
    first, second = (binned(factor(levels=n, values=tuple(range(n))), v, 25) for n, v in ((4, a), (6, b)))
    table = joint_counts(first, second)
    assert np.array_equal(table, np.histogram2d(a, b, (4, 6))[0])
    assert cramers_v(table) == 0
    assert cramers_v(np.diag([3, 5, 2])) == pytest.approx(1)
    assert cramers_v(np.array([[4, 0], [0, 0]])) == 0


def test_cramers_v_agrees_with_scipy():
    from scipy.stats.contingency import association

    table = np.random.default_rng(5).integers(1, 50, (4, 7))
    assert cramers_v(table) == pytest.approx(association(table, "cramer"))


def test_pairs_prefer_chosen_factors():
    kinds = [factor(measured=True), factor(), factor(repetition=True), factor(), factor()]
    assert pair_factors(kinds, [True, True, True, False, True], 3) == [0, 1, 4]
    assert pair_factors(kinds, [True, True, True, False, True], 2) == [1, 4]


def test_picked_examples_cover_all_levels_and_are_the_same_each_time():
    infos = [factor("a", 4, tuple(range(4))), factor("b", 3, tuple(range(3)))]
    matrix = np.random.default_rng(3).integers(0, (4, 3), (10_000, 2))
    rows = picked(infos, matrix, 12, "sha256:1")
    assert rows == picked(infos, matrix, 12, "sha256:1") != picked(infos, matrix, 12, "sha256:2")
    assert len(set(rows)) == 12
    assert np.bincount(matrix[rows, 0]).tolist() == [3, 3, 3, 3]
    assert np.bincount(matrix[rows, 1]).tolist() == [4, 4, 4]


def test_all_are_picked_where_there_are_few():
    infos = [factor("a", 2, (0, 1))]
    assert sorted(picked(infos, np.array([[0], [1], [0]]), 12, "x")) == [0, 1, 2]
    assert picked(infos, np.zeros((0, 1), np.int64), 12, "x") == []
    assert picked(infos, np.array([[0]]), 0, "x") == []


# Charts


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 17), (-3, 1200), (0.001, 0.0042), (153.7, 155.2), (0, 1e9)])
def test_ticks_are_round_even_and_inside(low, high):
    found = ticks(low, high, 5)
    assert 2 <= len(found) <= 6
    assert found[0] >= low - 1e-9
    assert found[-1] <= high + 1e-9
    steps = np.diff(found)
    assert np.allclose(steps, steps[0])
    assert f"{steps[0]:e}"[0] in "125"


def test_ticks_of_no_range():
    assert ticks(2, 2) == [2]
    assert ticks(0, float("inf")) == [0]


def test_scales_and_short_numbers():
    assert Scale(0, 10, 100, 200)(5) == 150
    assert Scale(3, 3, 0, 10)(3) == 5
    assert [short_number(v) for v in (1200, 0.25, 3.2e9)] == ["1,200", "0.25", "3.2e+09"]


def test_charts_say_what_they_show():
    drawn = [
        columns([1, 2, 0], ("a", "c"), "three bars"),
        named_bars(["<x>", "y"], [0, 0], "two <names>"),
        curves({"loss": [(0, 1.0), (1, float("nan")), (2, 0.5)]}, "a curve", "step"),
        estimates([Estimate("m", 0.5, (-2.0, 3.0), 0.4, (0.4, 0.6))], "an estimate"),
        heat_map(np.array([[0, 1], [2, 3]]), ["r", "s"], ["c", "d"], "four cells", axes=("x", "y")),
    ]
    for html in drawn:
        assert html.source.startswith("<svg ")
        assert 'role="img"' in html.source
        assert "aria-label=" in html.source
    assert "&lt;x&gt;" in drawn[1].source
    assert "<x>" not in drawn[1].source
    assert "nan" not in drawn[2].source
    assert ">3</text>" in drawn[4].source


def test_intervals_are_cut_at_the_edge_but_not_without_a_span():
    def drawn(span):
        source = estimates([Estimate("m", 0.5, (-2.0, 3.0))], "x", span).source
        dot = float(re.search(r'<circle cx="([\d.]+)"', source)[1])
        ends = [float(end) for end in re.search(r'x1="([\d.]+)" x2="([\d.]+)"[^>]*class="whisker"', source).groups()]
        return (dot - ends[0]) / (ends[1] - ends[0]), source

    for span, tick in (((0.0, 1.0), ">1.0<"), (None, ">-2<")):
        place, source = drawn(span)
        assert place == pytest.approx(0.5, abs=1e-4)
        assert tick in source
    assert ">-2<" not in drawn((0.0, 1.0))[1]


def test_a_curve_without_finite_numbers_says_so():
    assert "No finite numbers" in curves({"loss": [(0, float("inf"))]}, "x", "step").source


def test_a_heat_map_of_nothing_is_clear():
    assert "svg" in heat_map(np.full((2, 2), np.nan), ["a", "b"], ["c", "d"], "x").source
    assert "svg" in heat_map(np.zeros((2, 2)), ["a", "b"], ["c", "d"], "x").source


def test_logs_are_read_up_to_a_cut_line_and_thinned(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"step": 1, "a": 2.0}\n{"step": 2, "a": 1.0}\n{"ste')
    assert [line["step"] for line in read_log(tmp_path / "log.jsonl")] == [1, 2]
    assert read_log(tmp_path / "none") == []
    points = [(float(k), 0.0) for k in range(1000)]
    kept = thinned(points, 100)
    assert len(kept) == 100
    assert kept[0] == points[0]
    assert kept[-1] == points[-1]


def test_intervals_of_means_agree_with_scipy():
    from scipy import stats

    for n in (2, 5, 31):
        values = np.random.default_rng(n).normal(size=n)
        low, high = stats.t.interval(0.95, n - 1, values.mean(), stats.sem(values))
        assert t_interval(values.tolist()) == pytest.approx((low, high), abs=5e-4)
    assert t_interval([1.0]) is None


# Texts


def test_trees_hold_their_arguments_and_results():
    root = parsed_list(
        "[MAX 2 [MIN 4 7 ] [SM 9 9 ] ]", "Min [4, 7] is 4\nSUM is 18, answer is 8\nMax is 8\nFinal answer: 8"
    )
    assert (root.name, root.result) == ("MAX", "8")
    assert [(node.name, node.result) for node in root.arguments] == [("2", ""), ("MIN", "4"), ("SM", "8")]
    same = parsed_list("( ( ( [MAX 2 ) [MIN 4 7 ] ) ] )")
    assert [node.name for node in same.walk()] == ["MAX", "2", "MIN", "4", "7"]


@pytest.mark.parametrize("words", ["", "7", "[MAX 1", "[MAX 1 ] ]", "[MAX 1 ] 2", "premise: a", "( )"])
def test_what_is_no_list_has_no_tree(words):
    assert parsed_list(words) is None or words == "premise: a"
    assert listops_tree(words, None, "x") is None


def test_explanations_of_part_of_a_tree_name_no_results():
    root = parsed_list("[MAX 2 [MIN 4 7 ] ]", "Final answer: 4")
    assert [node.result for node in root.walk()] == [""] * 5


def test_large_trees_are_lists_and_are_cut():
    wide = "[MAX " + " ".join("[MIN 1 2 ]" for _ in range(500)) + " ]"
    source = listops_tree(wide, None, "x").source
    assert source.startswith("<details>")
    assert source.count("<li>") < 400
    assert "of which 400 are shown" in source
    deep = "[MAX 1 " * 900 + "] " * 900
    assert "<details>" in listops_tree(deep, None, "x").source


def test_brackets_by_depth():
    source = bracket_depths("( [ ] {", "} )", "x").source
    assert source.count('class="hot"') == 4  # what is left open, and what closes it
    for words, target in (("( ]", ""), ("a b", ""), ("(", ""), (")", "")):
        assert bracket_depths(words, target, "x") is None


@pytest.mark.parametrize(
    ("words", "notation"),
    [("X O . / . X . / O . X", "rows"), ("X a1, O b1, X b2, O a3, X c3", "coordinates"), ("a1 a3 c3 b1 b2", "moves")],
)
def test_boards_in_all_notations(words, notation):
    assert board_of(words, notation) == "XO..X.O.X"


def test_what_is_no_board_is_none():
    assert board_of("hello", "rows") is None
    assert board_of("X X X / . . . / . . .", "rows") is None


def test_images_come_back_from_their_patches():
    image = np.arange(16).reshape(4, 4)
    patches = image.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)
    words = " ".join(",".join(map(str, patch)) for patch in patches.tolist())
    found = image_of(words, {"levels": 16})
    assert np.array_equal(found[:, :, 0], image * 17)
    assert (found[:, :, 0] == found[:, :, 2]).all()
    colour = image_of("1,0,0 0,1,0 0,0,1 1,1,1", {"levels": 2})
    assert colour.reshape(-1, 3).tolist() == [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]
    for words in ("", "a,b", "1,2 3", "1 2 3", "-1"):
        assert image_of(words, {}) is None


def test_evidence_is_marked_once_for_each_piece():
    text = "premise: The gate is open. hypothesis: The gate is open."
    spans = evidence_spans(text, ["gate is open", "gate is open"])
    assert [text[span.start : span.end] for span in spans] == ["gate is open", "gate is open"]
    assert marked(text, spans).source.count("<mark>gate is open</mark>") == 2
    assert evidence_spans(text, ["not there"]) == []
    assert len(evidence_spans("It is. So be it.", ["It is", "So be it"])) == 2


def test_saliency_weighs_words_and_underlines_the_chosen():
    annotations = {"word_scores": [0.0, 0.5, -1.0], "chosen_words": [2.0]}
    example = TextExample("i", {}, np.zeros(0, np.int64), "a <b> c", "t", None, annotations)
    spans = saliency_spans(example)
    assert [(s.start, s.weight, s.chosen) for s in spans] == [(3, 0.5, False), (6, -1.0, True)]
    source = marked(example.input, spans).source
    assert '<mark class="weighted" style="--w:0.50">b</mark>' in source
    assert '<mark class="against chosen" style="--w:1.00">c</mark>' in source
    other = TextExample("i", {}, np.zeros(0, np.int64), "one two", "t", None, annotations)
    assert saliency_spans(other) == []  # scores of another text


def test_long_texts_are_cut_and_say_so():
    source = marked("x" * (MOST_CHARACTERS + 1234)).source
    assert "1,234 more characters" in source
    assert len(source) < MOST_CHARACTERS + 200


# Cards


CARD = """---
license: "cc0-1.0"
---

# Title

Prose.

## Splits

| split | a\\|b |
| --- | --- |
| train\\_x | &lt;b&gt; |

## Notes

- one `code` and **bold**
- two
### Deeper

```sh
run <this>
```

    indented
"""


def test_cards_are_cut_into_sections_and_rendered():
    found = sections(CARD)
    assert list(found) == ["Splits", "Notes"]
    table = blocks(found["Splits"], "Splits").source
    assert '<th scope="col">a|b</th>' in table
    assert "train_x" in table
    assert "&lt;b&gt;" in table
    notes = blocks(found["Notes"], "Notes").source
    assert "<li>one <code>code</code> and <strong>bold</strong></li><li>two</li>" in notes
    assert "run &lt;this&gt;" in notes
    assert "<h3>Deeper</h3>" in notes
    assert "indented" in notes
    assert sections("") == {}
    assert blocks("", "x").source == ""


def test_inline_markdown_stays_text():
    assert inline("a <b> \\`x\\` `<i>`").source == "a &lt;b&gt; `x` <code>&lt;i&gt;</code>"
