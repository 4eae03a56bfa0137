"""Inferences of the grammar: labels by a solver of its own that reads the texts and tries all worlds."""

import itertools
import re
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from synthkit.dataset import task
from synthkit.errors import InputError
from synthkit.generators.inference import DRAWN_WORDS, LABELS, PHENOMENA, draw_inference
from synthkit.generators.inference.quantifiers import PREMISES
from synthkit.generators.inference.words import CITIES, KINDS, MEN, OPPOSITES, SCALES, WOMEN
from synthkit.recipe.load import load_recipe
from synthkit.seeds import attempt_words

SAYS = {
    "All": lambda k, n: k == n,
    "Most": lambda k, n: 2 * k > n,
    "Some": lambda k, n: k > 0,
    "None": lambda k, n: k == 0,
    "Not all": lambda k, n: k < n,
}
COUNTRY = {city: country for country, cities in CITIES.items() for city in cities}
KIND = {thing: kind for kind, things in KINDS.items() for thing in things}


def drawn(count, phenomena=PHENOMENA, distractors=(0, 2), key=11):
    words = attempt_words(key, 3, np.arange(count), np.zeros(count, np.uint32), DRAWN_WORDS)
    return [draw_inference(row, phenomena, distractors) for row in words.tolist()]


def verdict(worlds):
    """Label from the truth of the hypothesis in all worlds where the premise holds."""
    assert worlds, "the premise cannot be"
    return "entailment" if all(worlds) else "neutral" if any(worlds) else "contradiction"


def sentences(text):
    assert text.endswith(".")
    return text[:-1].split(". ")


def quantified(sentence):
    found = re.fullmatch(r"(All|Most|Some|None|Not all) of the (\w+) are (\w+)", sentence)
    return found.groups() if found else None


def solve_quantifiers(premise, hypothesis):
    asked, noun, state = quantified(hypothesis)
    given = [q for s in premise if (q := quantified(s)) and q[1:] == (noun, state)]
    return verdict(
        [SAYS[asked](k, n) for n in range(1, 8) for k in range(n + 1) if all(SAYS[q[0]](k, n) for q in given)]
    )


def stated(sentence):
    """Thing, pair, and which of the pair is said to hold."""
    found = re.fullmatch(r"The (\w+) is (not )?(\w+)", sentence)
    if not found:
        return None
    pair = next(p for p in OPPOSITES if found[3] in p)
    return found[1], pair, pair.index(found[3]) ^ bool(found[2])


def solve_negation(premise, hypothesis):
    thing, pair, asked = stated(hypothesis)
    given = [s for sentence in premise if (s := stated(sentence)) and s[:2] == (thing, pair)]
    return verdict([side == asked for side in (0, 1) if all(s[2] == side for s in given)])


def compared(sentence):
    """The one who has more, and the one who has less, by the scale."""
    found = re.fullmatch(r"(\w+) is (\w+) than (\w+)", sentence)
    if not found:
        return None
    scale = next(s for s in SCALES if found[2] in s)
    pair = (found[1], found[3])
    return scale, *(pair if found[2] == scale[0] else pair[::-1])


def solve_comparison(premise, hypothesis):
    scale, more, less = compared(hypothesis)
    given = [c[1:] for sentence in premise if (c := compared(sentence)) and c[0] == scale]
    names = sorted({more, less, *itertools.chain(*given)})
    worlds = []
    for order in itertools.permutations(range(len(names))):
        rank = dict(zip(names, order, strict=True))
        if all(rank[a] > rank[b] for a, b in given):
            worlds.append(rank[more] > rank[less])
    return verdict(worlds)


def solve_coreference(premise, hypothesis):
    for sentence in premise:
        found = re.fullmatch(r"(\w+) \w+ (\w+), and (she|he) alone (.+)", sentence)
        if found:
            pair, women = (found[1], found[2]), found[3] == "she"
            who, did = hypothesis.split(" ", 1)
            assert did == found[4]
            return verdict([who == one for one in pair if (one in WOMEN) == women])
    raise AssertionError(premise)


def solve_world_facts(premise, hypothesis):
    who, verb, *_, asked = hypothesis.split()
    said = next(s for s in premise if s.startswith(f"{who} ") and not compared(s))
    words = said.split()
    if verb == "lives":
        if words[1:3] != ["lives", "in"]:
            return "neutral"
        return "entailment" if COUNTRY[words[3]] == asked else "contradiction"
    if words[1] != "bought":
        return "neutral"
    if KIND[words[-1]] == asked:
        return "entailment"
    return "contradiction" if "only" in words else "neutral"


SOLVERS = {name.removeprefix("solve_"): call for name, call in globals().items() if name.startswith("solve_")}


@pytest.mark.parametrize("phenomenon", PHENOMENA)
def test_labels_are_what_all_worlds_say(phenomenon):
    for one in drawn(3000, (phenomenon,), (0, 3)):
        found = SOLVERS[phenomenon](sentences(one.premise), sentences(one.hypothesis)[0])
        assert found == one.label, one


def test_quantifiers_by_hand():
    assert {asked: {label: set(given) for label, given in row.items()} for asked, row in PREMISES.items()} == {
        "all": {"entailment": {"all"}, "neutral": {"most", "some"}, "contradiction": {"none", "not all"}},
        "most": {"entailment": {"all", "most"}, "neutral": {"some", "not all"}, "contradiction": {"none"}},
        "some": {"entailment": {"all", "most", "some"}, "neutral": {"not all"}, "contradiction": {"none"}},
        "none": {"entailment": {"none"}, "neutral": {"not all"}, "contradiction": {"all", "most", "some"}},
        "not all": {"entailment": {"none", "not all"}, "neutral": {"most", "some"}, "contradiction": {"all"}},
    }


def test_labels_phenomena_and_distractors_are_balanced():
    found = drawn(30_000)
    for values, levels in (
        (Counter(one.label for one in found), 3),
        (Counter(one.phenomenon for one in found), 5),
        (Counter(one.distractors for one in found), 3),
        (Counter((one.phenomenon, one.label) for one in found), 15),
    ):
        assert len(values) == levels
        expected = len(found) / levels
        assert sum((count - expected) ** 2 / expected for count in values.values()) < 2.5 * levels + 12


def test_the_hypothesis_alone_says_nothing():
    """The best guess by the whole hypothesis, names left out, is right in a third of new examples."""

    def seen(one):
        return re.sub("|".join(WOMEN + MEN), "X", one.hypothesis)

    votes = defaultdict(Counter)
    for one in drawn(30_000, key=1):
        votes[seen(one)][one.label] += 1
    new = drawn(6000, key=2)
    right = sum(votes[seen(one)].most_common(1)[0][0] == one.label for one in new if seen(one) in votes)
    known = sum(seen(one) in votes for one in new)
    assert known > 5900
    assert abs(right / known - 1 / 3) < 0.03


def test_evidence_stands_in_the_texts_and_names_both():
    for one in drawn(5000, distractors=(0, 3)):
        *given, asked = one.evidence
        assert given
        assert all(piece in one.premise for piece in given)
        assert asked in one.hypothesis


def test_what_does_not_matter_speaks_of_nothing_that_was_asked():
    for one in drawn(3000, distractors=(3, 3)):
        about = set(re.findall(r"\w+", one.hypothesis)) & {*WOMEN, *MEN}
        given = " ".join(one.evidence[:-1])
        others = [s for s in sentences(one.premise) if not any(piece in s for piece in one.evidence[:-1])]
        assert len(others) == 3
        assert not any(name in sentence.split() for name in about for sentence in others), one
        assert given


def test_the_reason_names_the_label():
    """A reason says no label by its name, and different labels give different reasons."""
    for one in drawn(2000):
        assert not any(label in one.reason for label in LABELS)
        assert "\n" not in one.reason


def test_explanations_are_replayed():
    found = task(load_recipe("nli_grammar", [("design.limit", 60)]))
    example = found.example(0)
    said = found.explain(example)
    assert said == example.rationale
    assert said.endswith(f"Final answer: {example.target}")
    assert found.check(said, example).ok
    wrong = next(label for label in LABELS if label != example.target)
    verdict = found.check(f"{said.splitlines()[0]}\nFinal answer: {wrong}", example)
    assert (verdict.ok, verdict.step) == (False, 2)
    assert found.score(said, example) == found.score(example.target, example) == 1
    assert found.score(wrong, example) == 0


def test_the_example_of_the_page():
    page = (Path(__file__).parents[2] / "docs" / "tasks" / "nli.md").read_text()
    example = task("nli_grammar").example(0, "test")
    assert f"```text\n{example.input}\n```\n\nwith the target `{example.target}`" in page


def test_evidence_as_rationale():
    found = task(load_recipe("nli_grammar", [("design.limit", 60), ("params.rationale", "evidence")]))
    example = found.example(3)
    assert example.rationale == " ; ".join(example.annotations["evidence"]) + f"\nFinal answer: {example.target}"
    assert found.explain(example) == example.rationale


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([("params.min_distractors", 3), ("params.max_distractors", 1)], "min_distractors: 3 is more than"),
        ([("params.phenomena", ["negation", "negation"])], "phenomena: one is named twice"),
        ([("params.phenomena", [])], "params.phenomena"),
        ([("params.phenomena", ["irony"])], "params.phenomena"),
        ([("params.max_distractors", 4)], "params.max_distractors"),
    ],
)
def test_refused(changes, said):
    with pytest.raises(InputError, match=said):
        task(load_recipe("nli_grammar", changes))
