"""Protein families: the published numbers behind them, the process, and what the recipe makes of it."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthkit.errors import InputError
from synthkit.generators.amino_acids import AMINO_ACIDS, BLOSUM62, FREQUENCIES, background, substitutes
from synthkit.generators.proteins import Rates, evolve, fold_profiles, residue_texts
from synthkit.recipe.load import from_data, load_recipe
from synthkit.run import open_task
from synthkit.run.prepare import prepare
from synthkit.seeds import attempt_words, derive_key, philox_words, split_word

SCORES = np.array(BLOSUM62)
SHARES = np.array(FREQUENCIES) / sum(FREQUENCIES)


def recipe(factors=(), size=200, **params):
    return from_data(
        {
            "name": "families",
            "generator": "protein_families",
            "params": {"folds": 5, "profile_min": 20, "profile_max": 40, **params},
            "factors": list(factors),
            "design": {"kind": "random", "size": size},
            "splits": {"train": 0.75, "test": 0.25},
            "seed": 3,
        },
        "test",
    )


def uniform(name, low, high):
    return {"type": "uniform", "name": name, "low": low, "high": high}


def hidden(found):
    """The profiles of a recipe as texts."""
    p = found.params
    key = derive_key(found.seed, found.name, "profiles")
    profiles, lengths = fold_profiles(key, p["folds"], p["profile_min"], p["profile_max"], 0.35)
    return [
        "".join(AMINO_ACIDS[r] for r in row[:n]) for row, n in zip(profiles.tolist(), lengths.tolist(), strict=True)
    ]


# The numbers


def test_blosum62_with_these_frequencies_has_its_published_statistics():
    """BLAST's table for BLOSUM62 without gaps: lambda = 0.3176, H = 0.4012 nats (Robinson's frequencies)."""
    assert np.array_equal(SCORES, SCORES.T)
    pairs = np.outer(SHARES, SHARES)
    low, high = 0.1, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (pairs * np.exp(middle * SCORES)).sum() < 1 else (low, middle)
    assert round(low, 4) == 0.3176
    entropy = (low * SCORES * pairs * np.exp(low * SCORES)).sum()
    assert abs(entropy - 0.4012) < 2e-4


def test_some_scores_and_frequencies_by_name():
    place = {letter: k for k, letter in enumerate(AMINO_ACIDS)}
    for pair, score in {"WW": 11, "CC": 9, "IV": 3, "FY": 3, "DE": 2, "WD": -4, "GI": -4, "KR": 2, "HY": 2}.items():
        assert SCORES[place[pair[0]], place[pair[1]]] == score
    assert [FREQUENCIES[place[letter]] for letter in "LWC"] == [9019, 1330, 1925]
    assert len(set(AMINO_ACIDS)) == 20


def shares_of(draw):
    """Share of each amino acid over 2^16 words spread evenly: exact to 20 / 2^16."""
    words = (np.arange(2**16, dtype=np.uint64) << np.uint64(16)).astype(np.uint32)
    return np.bincount(draw(words), minlength=20) / 2**16


def test_background_is_as_common_as_published():
    assert np.abs(shares_of(background) - SHARES).max() < 4 / 2**16


@pytest.mark.parametrize("residue", range(20))
def test_substitutes_follow_blosum62(residue):
    expected = SHARES * 2.0 ** (SCORES[residue] / 2)
    expected[residue] = 0
    expected /= expected.sum()
    found = shares_of(lambda words: substitutes(np.full(len(words), residue, np.uint8), words))
    assert np.abs(found - expected).max() < 4 / 2**16


@pytest.mark.parametrize("residue", range(20))
def test_no_residue_replaces_itself(residue):
    ends = np.array([0, 1, 2**31, 2**32 - 2, 2**32 - 1], np.uint32)
    assert residue not in substitutes(np.full(5, residue, np.uint8), ends)


# The process


def grow(profile, words, identity=2**32, insertion=0, deletion=0, gaps=None):
    """One member by `evolve`, of a profile given as letters and words [positions, 4]."""
    numbers = np.array([[AMINO_ACIDS.index(letter) for letter in profile]], np.uint8)
    rates = Rates(*(np.array([rate], np.uint64) for rate in (identity, insertion, deletion)))
    stock = np.array(gaps or [[0] * 8], np.uint32)
    found = evolve(
        numbers,
        np.array([len(profile)], np.int64),
        np.array([words], np.uint32),
        rates,
        lambda members, positions: stock[: len(members)],
    )
    counts = (found.lengths, found.aligned, found.kept, found.inserted, found.deleted)
    return found.letters.tobytes().decode(), [int(c[0]) for c in counts]


LATER = 2**32 - 1


def test_by_hand():
    quiet = [0, 0, LATER, LATER]
    # All kept, nothing inserted or deleted.
    assert grow("ACDE", [quiet] * 4) == ("ACDE", [4, 4, 4, 0, 0])
    # Nothing kept: word 0 is A of the background's order unless it is A itself, which has R first.
    assert grow("ACDE", [[1, 0, LATER, LATER]] * 4, identity=1) == ("RAAA", [4, 4, 0, 0, 0])
    # Word 2 below 256 begins a deletion; 4 = 0b100 has its first bit at place 3: three positions go.
    words = [quiet, [0, 0, 4, LATER], quiet, quiet, quiet]
    assert grow("ACDEF", words, deletion=256) == ("AF", [2, 2, 2, 0, 3])
    # A deletion ends with the profile; a later one inside of it may reach further.
    words = [quiet, quiet, [0, 0, 2, LATER], [0, 0, 8, LATER], quiet]
    assert grow("ACDEF", words, deletion=256) == ("AC", [2, 2, 2, 0, 3])
    # Word 3 below 256 inserts; 2 = 0b10: two residues, of words 0 (A) and 2^32 - 1 (V).
    words = [quiet, [0, 0, LATER, 2], quiet]
    assert grow("CDE", words, insertion=256, gaps=[[0, LATER, *[0] * 6]]) == ("CDAVE", [5, 3, 3, 2, 0])
    # No bit of the lowest seven: the longest gap, eight; a deleted position may be followed by an insertion.
    words = [quiet, [0, 0, 1, 128], quiet]
    assert grow("CDE", words, insertion=256, deletion=2) == ("CAAAAAAAAE", [10, 2, 2, 8, 1])


def test_something_is_always_left():
    assert grow("WYV", [[0, 0, 0, LATER]] * 3, deletion=2**31) == ("W", [1, 1, 1, 0, 2])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 2**31), st.integers(0, 2**31), st.integers(0, 2**32 - 1))
def test_counts_agree(identity, insertion, deletion, seed):
    draw = np.random.default_rng(seed)
    n, positions = 4, 12
    lengths = draw.integers(1, positions + 1, n)
    profiles = draw.integers(0, 20, (n, positions)).astype(np.uint8)
    words = draw.integers(0, 2**32, (n, positions, 4), dtype=np.uint32)
    rates = Rates(*(np.full(n, rate, np.uint64) for rate in (identity, insertion, deletion)))
    asked = []

    def stock(members, places):
        asked.extend(zip(members.tolist(), places.tolist(), strict=True))
        return np.zeros((len(members), 8), np.uint32)

    found = evolve(profiles, lengths, words, rates, stock)
    assert (found.lengths == found.aligned + found.inserted).all()
    assert (found.aligned + found.deleted == lengths).all()
    assert ((found.kept <= found.aligned) & (found.aligned >= 1)).all()
    assert len(found.letters) == found.lengths.sum()
    assert all(place < lengths[member] for member, place in asked)
    assert len(asked) <= found.inserted.sum() <= 8 * len(asked)


def test_gap_lengths_are_geometric():
    n = 1 << 13
    words = np.full((n, 1, 4), LATER, np.uint32)
    words[:, 0, 3] = np.arange(n)
    zero = np.zeros(n, np.uint64)
    rates = Rates(zero, np.full(n, n, np.uint64), zero)
    found = evolve(
        np.zeros((n, 1), np.uint8), np.ones(n, np.int64), words, rates, lambda m, _: np.zeros((len(m), 8), np.uint32)
    )
    expected = {k: n >> k for k in range(1, 8)} | {8: n >> 7}
    assert Counter(found.inserted.tolist()) == expected


@pytest.mark.parametrize("spaced", [False, True])
def test_residue_texts(spaced):
    found = residue_texts(np.frombuffer(b"ACDEFG", np.uint8), np.array([3, 1, 2]), spaced=spaced)
    assert found.tolist() == (["A C D", "E", "F G"] if spaced else ["ACD", "E", "FG"])
    none = residue_texts(np.empty(0, np.uint8), np.empty(0, np.int64), spaced=spaced)
    assert (none.tolist(), none.offsets.tolist()) == ([], [0])


# The profiles


def test_profiles_differ_and_have_the_lengths_asked_for():
    profiles, lengths = fold_profiles(1, 150, 10, 14, 0.35)
    assert set(lengths.tolist()) == {10, 11, 12, 13, 14}
    for k, (profile, length) in enumerate(zip(profiles, lengths, strict=True)):
        assert (profile[:length] < 20).all()
        assert (profile[length:] == 255).all()
        for other, other_length in zip(profiles[:k], lengths[:k], strict=True):
            both = min(length, other_length)
            assert (profile[:both] == other[:both]).sum() <= 0.35 * both


def test_more_folds_leave_the_first_ones_as_they_are():
    few, many = fold_profiles(9, 5, 30, 60, 0.35), fold_profiles(9, 40, 30, 60, 0.35)
    assert np.array_equal(few[0], many[0][:5])
    assert np.array_equal(few[1], many[1][:5])


def test_profiles_that_cannot_differ_are_refused():
    with pytest.raises(InputError, match="no 30 profiles of 1 to 1 residues were found that differ in more than 65%"):
        fold_profiles(1, 30, 1, 1, 0.35)


# The task


def by_hand(found, prepared, split, index, attempt):
    """One example again, position by position, from the random words alone."""
    p = found.params
    word, at = split_word(split), np.array([index], np.int64)
    fold_word = int(philox_words(derive_key(found.seed, found.name, "fold"), word, at)[0, 0])
    fold = fold_word * p["folds"] >> 32
    profile = hidden(prepared.recipe)[fold]
    key, gap_key = (derive_key(found.seed, found.name, stream) for stream in ("members", "insertions"))
    count = 4 * p["profile_max"]
    words = attempt_words(key, word, at, np.array([attempt], np.uint32), count)[0].reshape(-1, 4).tolist()
    text, kept, aligned, inserted, until = "", 0, 0, 0, 0
    limit = {name: math.floor(p[name] * 2**32) for name in ("identity", "insertion_rate", "deletion_rate")}
    for k, (letter, (keep, replace_by, delete, insert)) in enumerate(zip(profile, words, strict=False)):
        if delete < limit["deletion_rate"]:
            until = max(until, k + gap_length(delete))
        if k >= until:
            aligned += 1
            kept += keep < limit["identity"]
            text += letter if keep < limit["identity"] else pick(replace_by, letter)
        if insert < limit["insertion_rate"]:
            blocks = [
                philox_words(gap_key, word, at + (attempt << 32), 2 * k + j)[0].tolist()  # two blocks of four words
                for j in (0, 1)
            ]
            added = [*blocks[0], *blocks[1]][: gap_length(insert)]
            text += "".join(pick(w) for w in added)
            inserted += len(added)
    return text, f"fold{fold}", round(1000 * kept / aligned), inserted, len(profile) - aligned


def gap_length(word):
    return next((k + 1 for k in range(7) if word >> k & 1), 8)


def pick(word, instead_of=None):
    weights = [
        0 if a == instead_of else p * (1 if instead_of is None else 2.0 ** (row[AMINO_ACIDS.index(instead_of)] / 2))
        for a, p, row in zip(AMINO_ACIDS, FREQUENCIES, BLOSUM62, strict=True)
    ]
    total, running = sum(weights), 0
    for letter, weight in zip(AMINO_ACIDS, weights, strict=True):
        running += weight
        if word < running / total * 2**32:
            return letter
    raise AssertionError(word)


def test_examples_again_from_their_random_words():
    found = recipe(spacing="joined", insertion_rate=0.1, deletion_rate=0.1)
    prepared = prepare(found)
    search = prepared.search()
    for split in ("train", "test"):
        attempts = search.upto(split, 40)
        rows = replace(prepared.plan.rows(split, 0, 40), attempt=attempts[:40])
        batch = prepared.generator.make(rows)
        values = batch.rows.values
        for k, (text, target) in enumerate(zip(batch.input.tolist(), batch.target.tolist(), strict=True)):
            again = by_hand(prepared.recipe, prepared, split, k, int(attempts[k]))
            said = [int(values[name][k]) for name in ("identity_measured", "inserted", "deleted")]
            assert (text, target) == again[:2]
            assert abs(said[0] - again[2]) <= 1  # Python rounds halves to even
            assert said[1:] == list(again[3:])
            assert (values["label"][k], values["length"][k]) == (target, len(text))


def test_without_gaps_the_identity_is_that_of_the_two_texts():
    found = open_task(recipe([uniform("identity", 0.0, 1.0)], insertion_rate=0.0, deletion_rate=0.0))
    profiles = hidden(found.recipe)
    for example in found.stream():
        residues, profile = example.input.split(" "), profiles[int(example.target.removeprefix("fold"))]
        equal = sum(a == b for a, b in zip(residues, profile, strict=True))
        assert example.factors["identity_measured"] == (2000 * equal + len(profile)) // (2 * len(profile))
        assert (example.factors["inserted"], example.factors["deleted"]) == (0, 0)


@pytest.mark.parametrize("identity", [0.0, 0.3, 1.0])
def test_identity_is_what_was_asked_for(identity):
    found = prepare(recipe(size=3000, identity=identity, profile_max=60))
    rows = found.plan.rows("train", 0, 2000)
    values = found.generator.make(rows).rows.values
    share = values["identity_measured"].astype(float).mean() / 1000
    # About 37 aligned residues in each of 2000 members; four standard deviations.
    assert abs(share - identity) <= 4 * math.sqrt(identity * (1 - identity) / (2000 * 37)) + 1e-9


def test_rates_are_what_was_asked_for():
    found = prepare(recipe(size=3000, insertion_rate=0.05, deletion_rate=0.0, profile_min=40))
    values = found.generator.make(found.plan.rows("train", 0, 2000)).rows.values
    mean = sum(k / 2**k for k in range(1, 8)) + 8 / 2**7
    assert abs(values["inserted"].mean() / 40 - 0.05 * mean) < 0.005
    assert values["deleted"].max() == 0
    found = prepare(recipe(size=3000, insertion_rate=0.0, deletion_rate=0.05, profile_min=40))
    values = found.generator.make(found.plan.rows("train", 0, 2000)).rows.values
    # A position stays if none of the deletions begun at it or at the 7 before it reaches it: a gap is k or longer with
    # probability 2^(1 - k); the first positions have fewer before them.
    stays = [math.prod(1 - 0.05 * 2.0 ** (1 - k) for k in range(1, min(i + 1, 8) + 1)) for i in range(40)]
    assert abs(values["deleted"].mean() / 40 - (1 - sum(stays) / 40)) < 0.005
    assert values["inserted"].max() == 0


def test_folds_are_drawn_evenly_chosen_or_fixed():
    drawn = Counter(e.target for e in open_task(recipe(size=2000)).stream("train"))
    assert sorted(drawn) == [f"fold{k}" for k in range(5)]
    assert all(abs(count - 300) < 4 * math.sqrt(300 * 0.8) for count in drawn.values())
    chosen = open_task(recipe([{"type": "integers", "name": "fold", "low": 1, "high": 3}]))
    for example in chosen.stream():
        assert example.target == f"fold{example.factors['fold']}"
    assert {e.target for e in open_task(recipe(fold=4)).stream()} == {"fold4"}


def test_a_batch_may_be_cut_anywhere_and_reordered():
    found = prepare(recipe([uniform("identity", 0.3, 0.9)], size=900, profile_max=400))
    rows = replace(found.plan.rows("train", 0, 600), attempt=(np.arange(600) % 3).astype(np.uint32))
    whole = found.generator.make(rows)
    assert len(rows) * 400 > 2**17  # more than is made at once
    order = np.random.default_rng(0).permutation(600)[:60]
    for chosen in (order, order[:1], order[:0]):
        part = replace(
            rows,
            index=rows.index[chosen],
            values={name: column[chosen] for name, column in rows.values.items()},
            indices=rows.indices[chosen],
            attempt=rows.attempt[chosen],
        )
        again = found.generator.make(part)
        assert again.input.tolist() == [whole.input.tolist()[k] for k in chosen]
        assert again.target.tolist() == [whole.target.tolist()[k] for k in chosen]
        assert np.array_equal(again.rows.indices, whole.rows.indices[chosen])


def test_attempts_seeds_and_splits_are_different_draws():
    found = prepare(recipe())
    rows = found.plan.rows("train", 0, 50)
    texts = [
        found.generator.make(replace(rows, attempt=np.full(50, attempt, np.uint32))).input.tolist()
        for attempt in (0, 1, 2**31)
    ]
    texts.append(found.generator.make(replace(rows, split="test")).input.tolist())
    other = prepare(found.recipe.model_copy(update={"seed": 4}))
    texts.append(other.generator.make(rows).input.tolist())
    assert len({text for part in texts for text in part}) == 250


def test_scores():
    found = open_task(recipe(size=40))
    for example in found.stream():
        assert found.score(example.target, example) == 1
        assert found.score(f" {example.target}\n", example) == 1
        others = [*found.layout.labels, "", example.target[:-1], example.target + "0", example.input]
        assert sum(found.score(other, example) for other in others) == 1
        assert found.explain(example) is None
        assert not found.check(example.target, example).ok


def test_the_recipe():
    found = open_task(load_recipe("protein_families"))
    assert found.sizes == {"train": 16000, "validation": 2000, "test": 2000}
    assert len(found.layout.labels) == 20
    examples = found.examples(0, 200)
    assert set("".join(e.input for e in examples)) == {*AMINO_ACIDS, " "}
    assert all(0.3 <= e.factors["identity"] < 0.9 for e in examples)
    assert all(e.target == f"fold{e.factors['fold']:02d}" == e.factors["label"] for e in examples)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"folds": 1}, "params.folds: must be >= 2, not 1"),
        ({"profile_min": 50}, "profile_min: must be <= profile_max (40), not 50"),
        ({"fold": 5}, "fold: must be below folds (5), not 5"),
        ({"identity": 1.5}, "params.identity: must be <= 1.0, not 1.5"),
        ({"spacing": "wide"}, "params.spacing: must be 'spaced' or 'joined', not 'wide'"),
        ({"insertion": 0.1}, "params.insertion: unknown field; did you mean 'insertion_rate'?"),
    ],
)
def test_bad_parameters(changes, message):
    with pytest.raises(InputError) as caught:
        prepare(recipe(**changes))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("factor", "message"),
    [
        (
            {"type": "integers", "name": "fold", "low": 0, "high": 5},
            "factors.fold.high: must be below params.folds (5)",
        ),
        (
            {"type": "uniform", "name": "fold", "low": 0, "high": 3},
            "factors.fold.type: holds numbers that are not whole",
        ),
        (uniform("identity", 0.5, 1.5), "factors.identity.high: must be <= 1, not 1.5"),
        (uniform("deletion_rate", 0.1, 0.9), "factors.deletion_rate.high: must be <= 0.5, not 0.9"),
        (uniform("identty", 0, 1), "did you mean 'identity'?"),
    ],
)
def test_bad_factors(factor, message):
    with pytest.raises(InputError) as caught:
        prepare(recipe([factor]))
    assert message in str(caught.value)
