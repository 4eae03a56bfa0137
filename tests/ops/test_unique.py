"""Hashes of strings and the set of those seen, against twins and numbers worked by hand."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthkit.errors import InputError
from synthkit.ops.unique import HashSet, hash_strings

M = 0xC6A4A7935BD1E995
WORD = 2**64


def _column(texts):
    offsets = np.cumsum([0] + [len(t) for t in texts]).astype(np.int32)
    return offsets, np.frombuffer(b"".join(texts), np.uint8)


def _finish(h):
    h = (h ^ (h >> 47)) * M % WORD
    h ^= h >> 47
    h = (h ^ (h >> 33)) * 0xFF51AFD7ED558CCD % WORD
    h = (h ^ (h >> 33)) * 0xC4CEB9FE1A85EC53 % WORD
    return h ^ (h >> 33)


@pytest.mark.parametrize("device", ["cpu", "reference"])
def test_worked_by_hand(device):
    # "" has h = 0, which every step leaves 0. "a" (97) is a tail: h = (1 m ^ 97) m. Eight zero bytes are the word 0:
    # h = (8 m ^ 0) m.
    found = hash_strings(*_column([b"", b"a", bytes(8)]), device=device)
    assert found.tolist() == [0, _finish((M ^ 97) * M % WORD), _finish(8 * M % WORD * M % WORD)]


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_twin_agrees(texts):
    column = _column(texts)
    assert np.array_equal(hash_strings(*column), hash_strings(*column, device="reference"))


def test_each_bit_of_the_input_changes_half_of_the_bits():
    rng = np.random.default_rng(0)
    for length in (1, 7, 8, 9, 16, 31):
        text = rng.bytes(length)
        flipped = [text[: k // 8] + bytes([text[k // 8] ^ 1 << k % 8]) + text[k // 8 + 1 :] for k in range(8 * length)]
        hashes = hash_strings(*_column([text, *flipped]))
        changed = np.bitwise_count(hashes[1:] ^ hashes[0])
        assert changed.min() > 8
        assert abs(changed.mean() - 32) < 4 * 4 / np.sqrt(8 * length)  # binomial(64, 1/2) has deviation 4


def test_a_slice_of_a_column():
    offsets, data = _column([b"one", b"two", b"three"])
    assert np.array_equal(hash_strings(offsets[1:], data), hash_strings(offsets, data)[1:])


@given(st.lists(st.integers(0, 30) | st.integers(0, 2**64 - 1), max_size=300), st.integers(0, 300))
def test_set_is_a_set(hashes, cut):
    seen, native, found = set(), HashSet(), []
    for h in hashes:
        found.append(h not in seen)
        seen.add(h)
    array = np.array(hashes, np.uint64)
    assert np.concatenate([native.add(array[:cut]), native.add(array[cut:])]).tolist() == found
    assert len(native) == len(seen)


def test_set_grows():
    # Neighbours, and hashes of which only the lowest or the highest bits differ, are no bad case.
    n = 100_000
    low = np.arange(n, dtype=np.uint64)
    native = HashSet()
    assert native.add(low).all()
    assert native.add(low[1:] << np.uint64(44)).sum() == n - 1
    assert not native.add(np.concatenate([low, low[1:] << np.uint64(44)])).any()
    assert len(native) == 2 * n - 1


def test_threads_share_a_set():
    native, new = HashSet(), []
    hashes = np.arange(50_000, dtype=np.uint64) * np.uint64(M)
    threads = [threading.Thread(target=lambda: new.append(native.add(hashes).sum()), daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sum(new) == len(native) == len(hashes)


@pytest.mark.parametrize("hashes", [np.zeros(3, np.int64), np.zeros((2, 2), np.uint64)])
def test_wrong_hashes_are_refused(hashes):
    with pytest.raises(InputError, match="hashes: must be uint64"):
        HashSet().add(hashes)


@pytest.mark.parametrize(
    ("offsets", "data", "message"),
    [
        (np.zeros(0, np.int32), np.zeros(0, np.uint8), "offsets: must be int32"),
        (np.zeros(2, np.int64), np.zeros(0, np.uint8), "offsets: must be int32"),
        (np.array([0, 2], np.int32), np.zeros(1, np.uint8), "offsets: must not fall"),
        (np.array([2, 1, 2], np.int32), np.zeros(3, np.uint8), "offsets: must not fall"),
        (np.array([-1, 1], np.int32), np.zeros(3, np.uint8), "offsets: must not fall"),
        (np.array([0, 1], np.int32), np.zeros(3, np.int8), "data: must be uint8"),
    ],
)
def test_wrong_columns_are_refused(offsets, data, message):
    with pytest.raises(InputError, match=message):
        hash_strings(offsets, data)


def test_unknown_device_is_refused():
    with pytest.raises(InputError, match="device"):
        hash_strings(*_column([b"a"]), device="tpu")
