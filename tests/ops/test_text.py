"""Numbers as text: by hand, against the twin, on any number of threads."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from synthkit.errors import InputError
from synthkit.ops import text

DEVICES = ["cpu", "reference"]


def texts(values, group=1, **options):
    offsets, data = text.join_integers(values, group, **options)
    assert offsets.dtype == np.int32
    assert data.dtype == np.uint8
    assert offsets[0] == 0
    assert offsets[-1] == len(data)
    return [data[a:b].tobytes().decode() for a, b in pairwise(offsets)]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    ("values", "group", "expected"),
    [
        (np.array([[7, 0, 12, 255]], np.uint8), 1, ["7 0 12 255"]),
        (np.array([[7, 0, 12, 255]], np.uint8), 2, ["7,0 12,255"]),
        (np.array([[7, 0, 12, 255], [1, 2, 3, 4]], np.uint8), 4, ["7,0,12,255", "1,2,3,4"]),
        (np.array([[9, 10], [99, 100], [999, 1000], [9999, 10000]], np.uint16), 1,
         ["9 10", "99 100", "999 1000", "9999 10000"]),
        (np.array([[65535], [0]], np.uint16), 1, ["65535", "0"]),
        (np.array([[-(2**31), 2**31 - 1, -1, -1000]], np.int32), 2, ["-2147483648,2147483647 -1,-1000"]),
        (np.zeros((2, 0), np.int32), 3, ["", ""]),
        (np.zeros((0, 4), np.uint8), 2, []),
    ],
)  # fmt: skip
def test_by_hand(values, group, expected, device):
    assert texts(values, group, device=device) == expected


@given(
    hnp.arrays(
        st.sampled_from([np.uint8, np.uint16, np.int32]), st.tuples(st.integers(0, 5), st.sampled_from([0, 6, 12]))
    ),
    st.sampled_from([1, 2, 3, 6]),
)
def test_twin_agrees_and_the_numbers_come_back(values, group):
    found = texts(values, group)
    assert found == texts(values, group, device="reference")
    for row, said in zip(values.tolist(), found, strict=True):
        assert [int(number) for part in said.split() for number in part.split(",")] == row
        assert [len(part.split(",")) for part in said.split()] == [group] * (len(row) // group)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
def test_any_number_of_threads(dtype):
    info = np.iinfo(dtype)
    values = np.random.default_rng(5).integers(info.min, info.max, (500, 768), dtype, endpoint=True)
    one = text.join_integers(values, 3, threads=1)
    for threads in (2, 3, 7):
        other = text.join_integers(values, 3, threads=threads)
        assert [a.tobytes() for a in other] == [a.tobytes() for a in one]
    assert texts(values[:3], 3) == texts(values[:3], 3, device="reference")


def test_a_row_is_the_same_in_any_batch_and_layout():
    values = np.random.default_rng(6).integers(0, 256, (40, 12), np.uint8)
    whole = texts(values, 4)
    assert [texts(values[i : i + 1], 4)[0] for i in range(40)] == whole
    assert texts(np.asfortranarray(values), 4) == whole
    assert texts(values[::-2], 4) == whole[::-2]


@pytest.mark.parametrize("device", DEVICES)
def test_too_long_is_refused(device, monkeypatch):
    monkeypatch.setattr(text, "_MOST_BYTES", 11)
    assert texts(np.full((3, 2), 7, np.uint8), device=device) == ["7 7"] * 3
    with pytest.raises(InputError, match="values: make 12 bytes of text; at most 11"):
        text.join_integers(np.full((4, 2), 7, np.uint8), device=device)


@pytest.mark.parametrize(
    ("values", "group", "message"),
    [
        (np.zeros((2, 3), np.int64), 1, r"values: must be uint8, uint16 or int32 \[n, m\], not int64 \[2, 3\]"),
        (np.zeros((2, 3), np.float32), 1, "values: must be uint8"),
        (np.zeros((2, 3), ">i4").astype(">u2"), 1, "values: must be uint8"),
        (np.zeros(3, np.uint8), 1, r"not uint8 \[3\]"),
        (np.zeros((2, 3), np.uint8), 2, "group: must divide the 3 numbers of a row, not 2"),
        (np.zeros((2, 3), np.uint8), 0, "group: must be a whole number"),
        (np.zeros((2, 3), np.uint8), 1.0, "group: must be a whole number"),
    ],
)
def test_bad_input(values, group, message):
    with pytest.raises(InputError, match=message):
        text.join_integers(values, group)


def test_bad_options():
    with pytest.raises(InputError, match="device"):
        text.join_integers(np.zeros((1, 1), np.uint8), device="gpu")
    with pytest.raises(InputError, match="threads"):
        text.join_integers(np.zeros((1, 1), np.uint8), threads=0)
