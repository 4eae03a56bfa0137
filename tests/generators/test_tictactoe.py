"""Tic-Tac-Toe: all positions, their winners, and every way of writing them."""

from collections import Counter

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.generators.board import positions
from synthkit.recipe.load import from_data, load_recipe
from synthkit.run import open_task, prepare

NOTATIONS = ["rows", "coordinates", "moves"]


def task(**params):
    data = {
        "name": "boards",
        "generator": "tictactoe",
        "params": params,
        "design": {"kind": "random"},
        "splits": {"train": 0.9, "test": 0.1},
    }
    return open_task(from_data(data, "test"))


def everything(found):
    return [example for split in found.sizes for example in found.stream(split)]


def play(moves):
    """Board and winner of a game, cell by cell; shares no code with the package."""
    board, winner = {}, "none"
    for turn, cell in enumerate(moves):
        assert winner == "none", "play went on after a win"
        assert cell not in board
        board[cell] = "XO"[turn % 2]
        lines = [[c + r for c in "abc"] for r in "123"] + [[c + r for r in "123"] for c in "abc"]
        lines += [["a1", "b2", "c3"], ["c1", "b2", "a3"]]
        if any(all(board.get(c) == "XO"[turn % 2] for c in line) for line in lines):
            winner = "XO"[turn % 2]
    return board, winner


def test_known_counts():
    """Published: 5,478 positions, 958 finished games' boards: 626 won by X, 316 by O, 16 drawn."""
    known = positions()
    assert len(known) == 5478
    assert Counter(known.winner[known.finished].tolist()) == {1: 626, 2: 316, 0: 16}
    assert len({tuple(row) for row in known.cells.tolist()}) == 5478


def test_every_position_in_moves_is_legal_play():
    found = everything(task(notation="moves"))
    boards = set()
    for example in found:
        moves = [] if example.input == "start" else example.input.split()
        board, winner = play(moves)
        assert winner == example.target == example.factors["label"]
        assert len(moves) == example.factors["moves"]
        boards.add(frozenset(board.items()))
    assert len(boards) == len(found) == 5478


@pytest.mark.parametrize("notation", NOTATIONS)
def test_all_notations_write_the_same_positions(notation):
    """One order of items for all notations, so that example i is the same position."""
    moves, other = everything(task(notation="moves")), everything(task(notation=notation))
    for a, b in zip(moves, other, strict=True):
        board, _ = play([] if a.input == "start" else a.input.split())
        cells = [c + r for r in "123" for c in "abc"]
        marks = [board.get(cell, ".") for cell in cells]
        rows = " / ".join(" ".join(marks[k : k + 3]) for k in (0, 3, 6))
        listed = " , ".join(f"{board[cell]} {cell}" for cell in cells if cell in board) or "empty"
        assert b.input == {"rows": rows, "coordinates": listed, "moves": a.input}[notation]
        assert a.target == b.target
    assert len({example.input for example in other}) == 5478


def test_orders_of_play_are_even():
    """A position of two X and one O has two orders of play, each as often as the other."""
    data = {
        "name": "orders",
        "generator": "tictactoe",
        "params": {"notation": "moves"},
        "design": {"kind": "random"},
        "splits": {"train": 1.0},
    }
    counts: dict[frozenset, Counter] = {}
    for seed in range(60):
        for example in everything(open_task(from_data({**data, "seed": seed}, "test")))[:400]:
            moves = example.input.split()
            if len(moves) == 3:
                counts.setdefault(frozenset(moves[0::2]) | {"O" + moves[1]}, Counter())[example.input] += 1
    assert {len(counter) for counter in counts.values()} <= {1, 2}
    total = sum(sum(counter.values()) for counter in counts.values())
    first = sum(counter[min(counter)] for counter in counts.values() if len(counter) == 2)
    assert total > 800
    assert abs(first / total - 0.5) < 4 * 0.5 / np.sqrt(total) + 0.02


def test_winners_last_mark_completes_the_line():
    two = [e for e in everything(task(notation="moves")) if e.factors["winning_line"] == "two lines"]
    assert len(two) > 10
    for example in two:
        assert play(example.input.split())[1] == "X"


def test_lines_are_named():
    for example in everything(task(notation="rows", positions="finished")):
        rows = [row.split() for row in example.input.split(" / ")]
        columns = [list(column) for column in zip(*rows, strict=True)]
        lines = dict(zip(["row 1", "row 2", "row 3", "column a", "column b", "column c"], rows + columns, strict=True))
        lines["diagonal"] = [rows[k][k] for k in range(3)]
        lines["antidiagonal"] = [rows[k][2 - k] for k in range(3)]
        complete = [name for name, line in lines.items() if len(set(line)) == 1 and line[0] != "."]
        expected = {0: "none", 2: "two lines"}.get(len(complete), complete[0] if complete else "")
        assert example.factors["winning_line"] == expected


@pytest.mark.parametrize("level", ["short", "full"])
@pytest.mark.parametrize("notation", NOTATIONS)
def test_explanations_are_checked(level, notation):
    found = task(notation=notation, explanation=level, positions="finished")
    for example in found.examples(0, 80):
        assert found.check(example.rationale, example).ok
        assert found.score(example.rationale, example) == 1
        lines = example.rationale.split("\n")
        assert len(lines) == 9 if level == "full" else len(lines) <= 3
        for number in range(len(lines)):
            for old, new in (("X", "O"), ("O", "X"), ("no", "three of X"), ("a1", "a2"), ("none", "X")):
                changed = lines[number].replace(old, new, 1)
                if changed != lines[number]:
                    verdict = found.check("\n".join([*lines[:number], changed, *lines[number + 1 :]]), example)
                    assert (verdict.ok, verdict.step) == (False, number + 1)
                    assert changed[:20] in verdict.reason
    worked = next(e for e in everything(found) if e.factors["winning_line"] == "diagonal" and e.target == "X")
    assert "diagonal, a1 b2 c3: X X X, three of X" in worked.rationale
    assert worked.rationale.endswith("\nWinner: X")


def test_splits_are_exact_and_disjoint_over_all_notations():
    found = open_task(load_recipe("tictactoe"))
    assert sum(found.sizes.values()) == 5478
    assert found.sizes == {"train": 4382, "validation": 548, "test": 548}
    prepared = prepare(load_recipe("tictactoe"))
    items = [prepared.plan.rows(split, 0, size).item for split, size in found.sizes.items()]
    assert sorted(np.concatenate(items).tolist()) == list(range(5478))
    assert {e.factors["notation"] for e in found.stream("test")} == set(NOTATIONS)


def test_what_cannot_be_is_refused():
    recipe = load_recipe("tictactoe", ["design.size=5479"])
    with pytest.raises(InputError, match=r"5479 different examples are asked for .* but only 5478 exist"):
        prepare(recipe)
    with pytest.raises(InputError, match="only 958 exist"):
        prepare(load_recipe("tictactoe", ["design.size=1000", "params.positions=finished"]))
    found = task(notation="rows")
    example = found.example(0)
    for text in ("X O", "X a1 , Y b1", "a1 a1", "hello", "X . . / . . . / . . Z"):
        broken = type(example)(example.id, example.factors, example.factor_indices, text, "X", None)
        with pytest.raises(InputError, match="not a Tic-Tac-Toe position"):
            found.explain(broken)
