"""Philox4x32-10 against the vectors published with Random123, and against its twin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from synthkit.errors import InputError
from synthkit.ops import philox
from synthkit.ops.reference import philox as twin

# Random123, kat_vectors: philox4x32 with 10 rounds.
PUBLISHED = [
    ([0, 0, 0, 0], [0, 0], [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]


@pytest.mark.parametrize("function", [philox.philox4x32, twin.philox4x32])
@pytest.mark.parametrize(("counter", "key", "words"), PUBLISHED)
def test_known_answers(function, counter, key, words):
    found = function(np.array([counter], np.uint32), np.array(key, np.uint32))
    assert found.tolist() == [words]


@given(
    hnp.arrays(np.uint32, st.tuples(st.integers(0, 9), st.just(4))),
    hnp.arrays(np.uint32, 2),
)
def test_twin_agrees(counters, key):
    assert np.array_equal(philox.philox4x32(counters, key), twin.philox4x32(counters, key))


@pytest.mark.parametrize(
    ("counters", "key"),
    [
        (np.zeros((3, 3), np.uint32), np.zeros(2, np.uint32)),
        (np.zeros((3, 4), np.int64), np.zeros(2, np.uint32)),
        (np.zeros((3, 4), np.uint32), np.zeros(3, np.uint32)),
    ],
)
def test_wrong_arrays_are_refused(counters, key):
    with pytest.raises(InputError, match="must be uint32"):
        philox.philox4x32(counters, key)
