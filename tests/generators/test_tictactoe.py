"""Tic-Tac-Toe: every position, every label, every order of moves, every explanation, and what is refused."""

import re
from collections import Counter
from functools import cache
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.generators.draws import draw_below
from synthkit.generators.resolve import bind
from synthkit.generators.tictactoe_orders import order_counts, orders
from synthkit.generators.tictactoe_positions import positions
from synthkit.generators.tictactoe_text import NOTATIONS, read_position
from synthkit.recipe.load import from_data, load_recipe
from synthkit.records import Pool, Rows, TextExample
from synthkit.run import open_task, prepare
from synthkit.seeds import philox_words

ROOT = Path(__file__).resolve().parents[2]
COUNT = 5478
GRID = [(row, column) for row in range(3) for column in range(3)]


def recipe(params=None, *, name="game", factor="notation", values=NOTATIONS, **fields):
    data = {
        "name": name,
        "generator": "tictactoe",
        "params": params or {},
        "factors": [{"type": "categorical", "name": factor, "values": list(values)}],
        "design": {"kind": "random", "size": 3},
        "splits": {"train": 1.0},
        **fields,
    }
    return from_data(data, "test")


def rows(items, notation="rows", split="train", first=0, **factors):
    count = len(items)
    values = {"notation": np.array(count * [notation] if isinstance(notation, str) else notation, object)}
    values |= {name: np.array(column, object) for name, column in factors.items()}
    index = np.arange(first, first + count, dtype=np.int64)
    return Rows(split, index, values, np.zeros((count, len(values)), np.int64), np.array(items, np.int64))


def examples(batch):
    rationales = batch.rationale.tolist() if batch.rationale else [None] * len(batch.rows)
    texts = zip(batch.input.tolist(), batch.target.tolist(), rationales, strict=True)
    ids = batch.rows.ids
    return [
        TextExample(
            ids[k],
            {name: column[k] for name, column in batch.rows.values.items()},
            batch.rows.indices[k],
            question,
            target,
            rationale,
        )
        for k, (question, target, rationale) in enumerate(texts)
    ]


# A second player: boards are dicts (row, column) -> player, lines are found by counting, games are played one by one.


def lines_of(board, player):
    """Names of the lines that a player holds."""
    mine = {cell for cell, stone in board.items() if stone == player}
    found = [f"row {r + 1}" for r in range(3) if sum(cell[0] == r for cell in mine) == 3]
    found += [f"column {'abc'[c]}" for c in range(3) if sum(cell[1] == c for cell in mine) == 3]
    found += ["diagonal"] if sum(r == c for r, c in mine) == 3 else []
    return found + (["antidiagonal"] if sum(r + c == 2 for r, c in mine) == 3 else [])


def winner(board):
    return next((player for player in "XO" if lines_of(board, player)), None)


@cache
def played():
    """Board -> how many games get there, for all boards that a game can reach, and how many games there are."""
    ways, layer, games = Counter(), {frozenset(): 1}, 0
    for move in range(10):
        ways.update(layer)
        following = Counter()
        for board, count in layer.items():
            if winner(dict(board)) or move == 9:
                games += count
                continue
            taken = dict(board)
            for cell in GRID:
                if cell not in taken:
                    following[board | {(cell, "XO"[move % 2])}] += count
        layer = following
    return ways, games


def cell_of(name):
    return int(name[1]) - 1, "abc".index(name[0])


def board_of(text, notation):
    """The board that a text shows."""
    if notation == "rows":
        stones = text.replace("/", "").split()
        return {cell: stone for cell, stone in zip(GRID, stones, strict=True) if stone != "."}
    if notation == "coordinates":
        return {cell_of(cell): stone for stone, cell in re.findall(r"([XO]) ([abc][123])", text)}
    return {cell_of(cell): "XO"[k % 2] for k, cell in enumerate(re.findall(r"[abc][123]", text))}


def all_examples(notation, params=None):
    return examples(bind(recipe(params)).make(rows(range(COUNT), notation)))


def test_positions_are_those_that_games_reach():
    """5,478 positions, 958 of them finished; 255,168 games."""
    ways, games = played()
    known = positions()
    boards = [
        frozenset((cell, " XO"[stone]) for cell, stone in zip(GRID, board, strict=True) if stone)
        for board in known.cells.tolist()
    ]
    assert len(boards) == len(set(boards)) == COUNT
    assert set(boards) == set(ways)
    assert order_counts().tolist() == [ways[board] for board in boards]
    assert games == 255_168 == order_counts()[known.finished].sum()
    assert len(known.finished) == 958
    assert Counter(known.label[known.finished].tolist()) == {0: 626, 1: 316, 2: 16}
    assert Counter(known.label.tolist()) == {0: 626, 1: 316, 2: 4536}
    assert all(a < b for a, b in pairwise(zip(known.moves.tolist(), known.code.tolist(), strict=True)))


@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_label(notation):
    """Of all positions in all notations; the board is read and judged without the package."""
    ways, _ = played()
    seen = set()
    for example in all_examples(notation):
        board = board_of(example.input, notation)
        assert frozenset(board.items()) in ways
        won = winner(board)
        held = lines_of(board, won) if won else []
        assert example.target == example.factors["label"] == (won or "none")
        assert example.factors["winning_line"] == {0: "none", 1: (held or [""])[0], 2: "two lines"}[len(held)]
        assert example.factors["moves"] == len(board)
        assert example.factors["state"] == ("won" if won else "drawn" if len(board) == 9 else "open")
        seen.add(frozenset(board.items()))
    assert len(seen) == COUNT


def test_two_lines_only_of_x():
    """Five stones on two lines with a common cell: 9 pairs of row and column, 12 with a diagonal, both diagonals."""
    doubled = [example for example in all_examples("rows") if example.factors["winning_line"] == "two lines"]
    assert len(doubled) == 9 + 12 + 1
    assert {(example.target, int(example.factors["moves"])) for example in doubled} == {("X", 9)}


def test_every_order_of_moves_once():
    """All 549,946 games, finished or not: distinct, legal, and as many as there are for each position."""
    counts = order_counts()
    position = np.repeat(np.arange(COUNT), counts)
    rank = np.arange(len(position)) - np.repeat(counts.cumsum() - counts, counts)
    moves = orders(position, rank)
    assert len(np.unique(moves @ 10 ** np.arange(9))) == len(moves) == 549_946
    board = np.zeros((len(moves), 10), np.int64)
    steps = (moves < 9).sum(axis=1)
    assert np.array_equal(steps, positions().moves[position])
    for step in range(9):
        going = step < steps
        sums = [board[:, line].sum(axis=1) for line in ([0, 1, 2], [3, 4, 5], [6, 7, 8])]
        sums += [board[:, line].sum(axis=1) for line in ([0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6])]
        assert (np.abs(sums).max(axis=0)[going] < 3).all(), "a move after a win"
        cell = moves[:, step]
        assert (board[going, cell[going]] == 0).all()
        board[going, cell[going]] = -1 if step % 2 else 1
    assert np.array_equal(board[:, :9] % 3, positions().cells[position])


def test_orders_are_drawn_evenly():
    """X a1 b1 c1, O a2 b2: X's last stone is one of three, two orders of his others, two of O's: 3 x 2 x 2 = 12."""
    number = read_position("X X X / O O . / . . .", "rows")
    texts = bind(recipe()).make(rows([number] * 12_000, "moves")).input.tolist()
    counts = Counter(texts)
    assert set(counts) == {
        f"{x} {o} {y} {p} {z}" for x, y, z in permutations(("a1", "b1", "c1")) for o, p in [("a2", "b2"), ("b2", "a2")]
    }
    # 11 degrees of freedom: 41 is passed once in 40,000.
    assert sum((count - 1000) ** 2 / 1000 for count in counts.values()) < 41


def test_draws_below_a_bound_take_the_first_word_that_fits():
    """Of bound 3 * 2^30 a quarter of the words are above the only multiple; one in 256 examples needs a fifth word."""
    bound, index = 3 * 2**30, np.arange(3000, dtype=np.int64)
    blocks = [philox_words(5, 7, index, block).tolist() for block in range(8)]
    expected, later = [], 0
    for row in index.tolist():
        words = [word for block in blocks for word in block[row]]
        first = next(k for k, word in enumerate(words) if word < bound)
        later += first >= 4
        expected.append(words[first])
    assert later > 3
    assert draw_below(5, 7, index, np.full(3000, bound)).tolist() == expected
    assert draw_below(5, 7, index, np.full(3000, 12)).tolist() == [row[0] % 12 for row in blocks[0]]
    assert draw_below(5, 7, index[:0], index[:0]).tolist() == []


def test_texts_worked_by_hand():
    number = read_position("X O . / . X . / O . X", "rows")
    batch = bind(recipe({"explanation": "full"})).make(
        rows([number, number, number, 0, 0, 0], [*NOTATIONS, *NOTATIONS])
    )
    first, second, third, *start = examples(batch)
    assert first.input == "X O . / . X . / O . X"
    assert second.input == "X a1, O b1, X b2, O a3, X c3"
    assert sorted(third.input.split()) == ["a1", "a3", "b1", "b2", "c3"]
    assert [example.input for example in start] == [". . . / . . . / . . .", "empty", "start"]
    assert first.rationale == second.rationale == third.rationale
    assert first.rationale.split("\n") == [
        "Row 1: a1 X, b1 O, c1 empty. Not three.",
        "Row 2: a2 empty, b2 X, c2 empty. Not three.",
        "Row 3: a3 O, b3 empty, c3 X. Not three.",
        "Column a: a1 X, a2 empty, a3 O. Not three.",
        "Column b: b1 O, b2 X, b3 empty. Not three.",
        "Column c: c1 empty, c2 empty, c3 X. Not three.",
        "Diagonal: a1 X, b2 X, c3 X. Three X.",
        "Antidiagonal: c1 empty, b2 X, a3 O. Not three.",
        "Final answer: X",
    ]


def test_short_explanations():
    texts = ["X O . / . X . / O . X", "X X X / O X O / O O X", "O O O / X X . / X . .", ". . . / . X . / . . ."]
    generator = bind(recipe({"explanation": "short"}))
    batch = generator.make(rows([read_position(text, "rows") for text in texts]))
    assert batch.input.tolist() == texts
    assert batch.rationale.tolist() == [
        "Diagonal: a1 X, b2 X, c3 X. Three X.\nFinal answer: X",
        "Row 1: a1 X, b1 X, c1 X. Three X.\nDiagonal: a1 X, b2 X, c3 X. Three X.\nFinal answer: X",
        "Row 1: a1 O, b1 O, c1 O. Three O.\nFinal answer: O",
        "No line has three.\nFinal answer: none",
    ]


def test_explanation_as_a_factor():
    generator = bind(recipe(factor="explanation", values=["none", "short", "full"]))
    assert generator.layout.rationale
    batch = generator.make(rows([17, 17, 17], explanation=["short", "none", "full"]))
    short, none, full = batch.rationale.tolist()
    assert none == ""
    assert (short.count("\n"), full.count("\n")) == (1, 8)
    found = examples(batch)
    assert [generator.explain(example) for example in found] == [short, full, full]


@pytest.mark.parametrize("level", ["none", "short", "full"])
@pytest.mark.parametrize("notation", NOTATIONS)
def test_explanations_are_replayed(level, notation):
    """Those of the dataset and those made from the input are right; with a line changed, lost or added they are not."""
    generator = bind(recipe({"explanation": level}))
    chosen = list(range(0, COUNT, 91))
    for example in examples(generator.make(rows(chosen, notation))):
        made = generator.explain(example)
        assert example.rationale in (made, None)
        assert (example.rationale is None) == (level == "none")
        assert generator.check(made, example).ok
        assert generator.check(made + "\n", example).ok
        assert generator.score(made, example) == 1
        lines = made.split("\n")
        swapped = {"X": "O", "O": "X"}
        for number, line in enumerate(lines):
            for place in re.finditer(r"\b[XO]\b|\d", line):
                new = swapped.get(place[0]) or str(int(place[0]) % 3 + 1)
                changed = line[: place.start()] + new + line[place.end() :]
                verdict = generator.check("\n".join([*lines[:number], changed, *lines[number + 1 :]]), example)
                assert (verdict.ok, verdict.step) == (False, number + 1)
                assert repr(line) in verdict.reason
            assert not generator.check("\n".join(lines[:number] + lines[number + 1 :]), example).ok
        assert generator.check("\n".join(lines[:-1]), example).step == len(lines)
        assert "is missing" in generator.check("\n".join(lines[:-1]), example).reason
        assert "one too many" in generator.check(f"{made}\nFinal answer: X", example).reason


def test_score():
    generator = bind(recipe())
    example = examples(generator.make(rows([0])))[0]
    assert example.target == "none"
    assert generator.score(" none\n", example) == 1
    assert generator.score("Final answer: X\nFinal answer: none", example) == 1
    for wrong in ("X", "", "None", "none X", "Final answer:", "Final answer: none\nFinal answer: X"):
        assert generator.score(wrong, example) == 0


def test_a_row_is_the_same_in_any_batch():
    generator = bind(recipe({"explanation": "short"}))
    order = np.random.default_rng(3).permutation(COUNT)[:300].tolist()
    names = [NOTATIONS[k % 3] for k in range(300)]
    whole = examples(generator.make(rows(order, names)))
    single = [examples(generator.make(rows([order[k]], names[k], first=k)))[0] for k in range(300)]
    for one, other in zip(whole, single, strict=True):
        assert (one.input, one.target, one.rationale, one.factors) == (
            other.input,
            other.target,
            other.rationale,
            other.factors,
        )
        assert one.factor_indices.tolist() == other.factor_indices.tolist()


def test_orders_depend_on_seed_name_split_and_index():
    number = int(order_counts().argmax())
    made = [
        bind(recipe(**fields)).make(rows([number] * 50, "moves", split, first)).input.tolist()
        for fields, split, first in [
            ({}, "train", 0),
            ({"seed": 1}, "train", 0),
            ({"name": "other"}, "train", 0),
            ({}, "test", 0),
            ({}, "train", 50),
        ]
    ]
    # 2880 orders: of 50 pairs one or two may be alike.
    for other in made[1:]:
        assert sum(a == b for a, b in zip(made[0], other, strict=True)) < 4
    assert made[0] == bind(recipe()).make(rows([number] * 50, "moves")).input.tolist()


def test_measured_factors_and_layout():
    generator = bind(recipe())
    batch = generator.make(rows(range(0, COUNT, 7)))
    assert list(batch.rows.values) == ["notation", *(factor.name for factor in generator.measured)]
    for k, factor in enumerate(generator.measured, start=1):
        levels = batch.rows.indices[:, k].tolist()
        assert [factor.values[level] for level in levels] == batch.rows.values[factor.name].tolist()
    assert batch.layout == generator.layout
    assert generator.layout.labels == ("X", "O", "none")
    assert not generator.layout.rationale
    assert batch.rationale is None


def test_finished_positions_only():
    generator = bind(recipe({"positions": "finished"}, splits={"train": 900, "test": 58}))
    assert generator.pools() == {"train": Pool("positions", 958), "test": Pool("positions", 958)}
    found = examples(generator.make(rows(range(958))))
    assert Counter(example.target for example in found) == {"X": 626, "O": 316, "none": 16}
    assert {example.factors["state"] for example in found} == {"won", "drawn"}
    assert len({example.input for example in found}) == 958
    assert min(generator.measured[2].values) == min(example.factors["moves"] for example in found) == 5


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"design": {"kind": "random", "size": 6000}}, "6000 different examples are asked for .* only 5478 exist"),
        ({"splits": {"train": 5000, "test": 600}, "design": {"kind": "random"}}, "splits: 5600 examples .* has 5478"),
        (
            {"params": {"positions": "finished"}, "design": {"kind": "random", "size": 959}},
            "959 different examples .* only 958 exist",
        ),
        ({"params": {"positions": "won"}}, "params.positions: must be 'all' or 'finished'"),
        ({"params": {"explanation": "long"}}, "params.explanation: must be 'none', 'short' or 'full'"),
        ({"values": ["rows", "tree"]}, "factors.notation.values: 'tree' is none of: rows, coordinates, moves"),
        ({"params": {"moves": 3}}, "params.moves: unknown field"),
    ],
)
def test_wrong_recipes(fields, message):
    with pytest.raises(InputError, match=message):
        prepare(recipe(**fields))


def test_as_many_as_there_are():
    for fields in ({"design": {"kind": "random", "size": COUNT}}, {"splits": {"train": 5000, "test": 478}}):
        found = prepare(recipe(**{"design": {"kind": "random"}, **fields})).plan
        items = np.concatenate([found.rows(split, 0, size).item for split, size in found.sizes.items()])
        assert sorted(items.tolist()) == list(range(COUNT))


def test_the_recipe_has_each_position_in_one_split():
    """Whatever its notation: boards are compared, not texts."""
    task = open_task(load_recipe("tictactoe"))
    assert task.sizes == {"train": 4382, "validation": 548, "test": 548}
    seen = [
        frozenset(board_of(example.input, example.factors["notation"]).items())
        for split in task.sizes
        for example in task.stream(split)
    ]
    assert len(seen) == len(set(seen)) == COUNT
    assert {example.factors["notation"] for example in task.stream("test")} == set(NOTATIONS)
    assert all(task.check(example.rationale, example).ok for example in task.stream("test"))


@pytest.mark.parametrize(
    ("notation", "text", "message"),
    [
        ("rows", "X O . . X . O . X", "is not three rows of three cells"),
        ("rows", "X O . / . Z . / O . X", "cell b2 of .* must be X, O or ., not 'Z'"),
        ("rows", "O . . / . . . / . . .", "no game gets to"),
        ("rows", "X X X / O O O / . . .", "no game gets to"),
        ("rows", "X X X / O O . / O . .", "no game gets to"),
        ("coordinates", "X a1, O d1", "'O d1' of .* is no X or O with a cell"),
        ("coordinates", "", "'' of '' is no X or O"),
        ("coordinates", "X a1, O a1", "cell a1 is taken twice"),
        ("moves", "a1 a2 a9", "move 3 of .* is 'a9', no cell"),
        ("moves", "a1 a2 a1", "cell a1 is taken twice"),
        ("moves", "a1 a2 b1 b2 c1 c2", "no game gets to"),
    ],
)
def test_wrong_inputs(notation, text, message):
    generator = bind(recipe({"notation": notation}, factor="explanation", values=["full"]))
    example = TextExample("train-00000000", {}, np.zeros(0, np.int64), text, "X", None)
    with pytest.raises(InputError, match=message):
        generator.explain(example)
    with pytest.raises(InputError, match="input: "):
        generator.check("Final answer: X", example)


def test_texts_of_this_version():
    """What the generator has always made: a change needs new versions of the recipes."""
    texts = bind(recipe()).make(rows([5477, 4000, 3000], ["moves", "moves", "coordinates"])).input.tolist()
    assert texts == ["c1 a2 a3 b1 c2 a1 b3 b2 c3", "a3 c1 b1 b2 a2 c3 c2", "X a1, O c1, X a2, O a3, O b3, X c3"]


def test_an_empty_batch():
    batch = bind(recipe()).make(rows([], []))
    assert (len(batch.rows), batch.input.tolist(), batch.target.tolist()) == (0, [], [])


def test_the_example_of_the_documentation():
    page = (ROOT / "docs/tasks/tictactoe.md").read_text()
    example = open_task(load_recipe("tictactoe")).example(0, "test")
    assert re.findall(r"```text\n(.*?)\n```", page, re.DOTALL) == [example.input, example.rationale]
    task = open_task(load_recipe("tictactoe", ["params.explanation=none"]))
    shown = dict(re.findall(r"^\| `(rows|coordinates|moves)` \| `(.*?)` \|", page, re.MULTILINE))
    assert len({frozenset(board_of(text, notation).items()) for notation, text in shown.items()}) == 1
    for notation, text in shown.items():
        given = TextExample("test-0", {"notation": notation}, example.factor_indices, text, "X", None)
        assert task.explain(given).endswith("Final answer: X")
