"""Texts: sentences that keep to their grammar, lists, and the user's file."""

import hashlib
import re
import subprocess

import pytest

from synthkit.errors import InputError
from synthkit.generators.spoken import TextOptions, spoken_texts
from synthkit.generators.spoken.lexicon import CATEGORIES, FUNCTION_WORDS, INVENTORY, SHARES, plural
from synthkit.generators.spoken.lists import COMMANDS, DIGITS
from synthkit.generators.spoken.structures import MAX_WORDS, MIN_WORDS, structures
from synthkit.seeds import derive_key

KEY = derive_key(0, "test", "texts")
NOUNS = {word.text for kind in ("person", "thing", "place") for word in CATEGORIES[kind]}
PLURALS = {plural(word).text for kind in ("person", "thing", "place") for word in CATEGORIES[kind]}
VERBS = {word.text for kind in ("transitive", "intransitive") for word in CATEGORIES[kind]}
ADJECTIVES = {word.text for kind in ("person_adjective", "thing_adjective") for word in CATEGORIES[kind]}
NUMBERS = {word.text for word in CATEGORIES["number"]}
OWNERS = {word.text for word in CATEGORIES["owner"]}
PREPOSITIONS = {word.text for word in CATEGORIES["preposition"]}
ADVERBS = {word.text for word in CATEGORIES["adverb"]}


def sentences(count, words=7, vocabulary="large", coverage="any", key=KEY):
    texts = spoken_texts(TextOptions(count=count), key)
    return [texts.text(i, words=words, vocabulary=vocabulary, coverage=coverage) for i in range(count)]


def recognise(words):
    """An independent reader of the grammar: raises AssertionError where a sentence is none."""
    words = list(words)

    def noun_phrase():
        determiner = words.pop(0)
        assert determiner in {"the", "a", "an", "this", "every", *NUMBERS, *OWNERS}, determiner
        first = words[0]
        while words[0] in ADJECTIVES:
            words.pop(0)
        noun = words.pop(0)
        if determiner in NUMBERS:
            assert noun in PLURALS, (determiner, noun)
        elif determiner in {"a", "an", "this", "every"}:
            assert noun in NOUNS, (determiner, noun)
        else:
            assert noun in NOUNS | PLURALS, noun
        if determiner in {"a", "an"}:
            sounds_like_a_vowel = (first[0] in "aeiou" and first != "useful") or first in {"honest"}
            assert (determiner == "an") == sounds_like_a_vowel, (determiner, first)

    noun_phrase()
    if words[0] == "who":
        words.pop(0)
        assert words.pop(0) in VERBS
        noun_phrase()
    verb = words.pop(0)
    assert verb in VERBS, verb
    if verb in {word.text for word in CATEGORIES["transitive"]}:
        noun_phrase()
    while words and words[0] in PREPOSITIONS and len(words) > 1:
        words.pop(0)
        noun_phrase()
    if words:
        assert words.pop(0) in ADVERBS
    assert not words, words


@pytest.mark.parametrize("words", range(MIN_WORDS, MAX_WORDS + 1))
def test_sentences_keep_to_the_grammar_and_their_length(words):
    for spoken in sentences(60, words):
        parts = spoken.text.split()
        assert len(parts) == spoken.num_words == words
        recognise(parts)


def test_they_are_what_they_were():
    assert [spoken.text for spoken in sentences(3, 6, "medium")] == GOLDEN


GOLDEN = ["the woman saw the blue flower", "the student saw a small apple", "a boy played behind the bakery"]


def test_all_are_different():
    for kind in ((3, "large", "any"), (5, "small", "any"), (8, "medium", "high")):
        texts = [spoken.text for spoken in sentences(150, *kind)]
        assert len(set(texts)) == 150


def test_any_order_gives_the_same():
    texts = spoken_texts(TextOptions(count=40), KEY)
    back = [texts.text(i, words=7, vocabulary="large", coverage="any").text for i in reversed(range(40))]
    assert back[::-1] == [spoken.text for spoken in sentences(40)]


def test_more_texts_leave_the_first_alone():
    assert sentences(50)[:10] == sentences(10)


def test_keys_give_other_sentences():
    here = {spoken.text for spoken in sentences(200)}
    there = {spoken.text for spoken in sentences(200, key=KEY + 1)}
    assert len(here & there) < 5


def test_vocabularies_lie_within_each_other():
    def seen(vocabulary):
        return {word for spoken in sentences(2000, 8, vocabulary) for word in spoken.text.split()}

    small, medium, large = seen("small"), seen("medium"), seen("large")
    assert small < medium < large
    assert len(large) > 300


def test_coverage_is_what_it_says():
    low, some, high = (sentences(100, 7, coverage=name) for name in ("low", "any", "high"))
    means = [sum(spoken.phoneme_coverage for spoken in found) / 100 for found in (low, some, high)]
    assert means[0] + 0.05 < means[1] < means[2] - 0.05
    lexicon = {w.text: w for words in CATEGORIES.values() for w in words} | dict(FUNCTION_WORDS)
    lexicon |= {plural(w).text: plural(w) for kind in ("person", "thing", "place") for w in CATEGORIES[kind]}
    for spoken in low[:20] + high[:20]:
        phonemes = {p for word in spoken.text.split() for p in lexicon[word].phonemes}
        assert spoken.phoneme_coverage == len(phonemes) / 39


def test_too_many_are_refused():
    texts = spoken_texts(TextOptions(count=5000), KEY)
    with pytest.raises(
        InputError, match=r"params.texts.count: 5000 different sentences of 3 words .* small vocabulary"
    ):
        texts.text(4999, words=3, vocabulary="small", coverage="any")


@pytest.mark.parametrize("words", [0, 2, 17])
def test_lengths_that_no_sentence_has(words):
    with pytest.raises(InputError, match="3 to 16 words"):
        sentences(1, words)


def test_every_length_has_shapes():
    for words in range(MIN_WORDS, MAX_WORDS + 1):
        assert all(len(shape) == words for shape in structures(words))
        assert len(structures(words)) >= 1


def test_the_lexicon_is_sound():
    assert len(INVENTORY) == len(set(INVENTORY)) == 39
    for category, words in CATEGORIES.items():
        assert len({word.text for word in words}) == len(words), category
        for word in words:
            assert re.fullmatch("[a-z]+", word.text)
            assert set(word.phonemes) <= set(INVENTORY), word
    used = {p for words in CATEGORIES.values() for word in words for p in word.phonemes}
    assert used == set(INVENTORY)
    assert SHARES["small"] < SHARES["medium"] < SHARES["large"] == 1


@pytest.mark.parametrize(
    ("noun", "many"),
    [("box", "boxes"), ("cherry", "cherries"), ("toy", "toys"), ("bridge", "bridges"), ("child", "children"),
     ("knife", "knives"), ("watch", "watches"), ("cup", "cups"), ("brush", "brushes")],
)  # fmt: skip
def test_plurals(noun, many):
    word = next(w for kind in ("person", "thing", "place") for w in CATEGORIES[kind] if w.text == noun)
    assert plural(word).text == many


def test_espeak_says_each_word_as_we_think():
    """No word is spelled out, and the number of phonemes is about ours."""
    words = sorted({w.text for words in CATEGORIES.values() for w in words})
    done = subprocess.run(
        ["espeak-ng", "-q", "--ipa", "-v", "en-us"],
        input="\n".join(words),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    said = [re.sub(r"[ˈˌː\s]", "", line) for line in done.stdout.splitlines() if line.strip()]
    assert len(said) == len(words)
    lexicon = {w.text: w for ws in CATEGORIES.values() for w in ws}
    for word, ipa in zip(words, said, strict=True):
        assert abs(len(ipa) - len(lexicon[word].phonemes)) <= 3, (word, ipa, lexicon[word].phonemes)


def test_lists():
    digits = spoken_texts(TextOptions(source="digits"), KEY)
    assert digits.count == 10
    assert [digits.text(i, words=1, vocabulary="small", coverage="any").text for i in range(10)] == list(DIGITS)
    commands = spoken_texts(TextOptions(source="commands"), KEY)
    assert commands.count == 35 == len(set(COMMANDS))
    assert commands.factors == ()


def from_file(path, content, **options):
    path.write_bytes(content)
    return spoken_texts(TextOptions(source="file", path=str(path), **options), KEY)


def test_a_file(tmp_path):
    content = "\ufefffirst line\r\n\r\n  second   line \nünder\n".encode()
    texts = from_file(tmp_path / "t.txt", content, sha256=hashlib.sha256(content).hexdigest())
    said = [texts.text(i, words=1, vocabulary="small", coverage="any") for i in range(3)]
    assert [s.text for s in said] == ["first line", "second line", "ünder"]
    assert [s.num_words for s in said] == [2, 2, 1]
    assert texts.count == 3
    assert any("1 blank line" in note for note in texts.notes)
    assert any("3 lines of a file" in note for note in texts.notes)


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (b"one\ntwo\none\n", {}, "line 3: the same text as line 1"),
        (b"one\n\xff\xfe\n", {}, "line 2: no UTF-8 at byte 1"),
        (b"\n\n", {}, "holds no text"),
        (b"x" * 1001, {}, "line 1: 1001 characters"),
        (b"one\n", {"sha256": "0" * 64}, "params.texts.sha256"),
    ],
)
def test_files_that_are_refused(tmp_path, content, options, said):
    with pytest.raises(InputError, match=said):
        from_file(tmp_path / "t.txt", content, **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (TextOptions(source="file"), "params.texts.path: needs a file's path"),
        (TextOptions(path="x"), "params.texts.path: means nothing with source = 'sentences'"),
        (TextOptions(source="file", path="/nowhere/x"), "there is no file /nowhere/x"),
        (TextOptions(sha256="0" * 64), "params.texts.sha256: means nothing without a file"),
        (TextOptions(count=10**6), "params.texts.count: must be <= 100000"),
    ],
)
def test_options_that_are_refused(options, said):
    with pytest.raises(InputError, match=said):
        spoken_texts(options, KEY)
