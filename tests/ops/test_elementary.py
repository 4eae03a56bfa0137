"""exp2 and log2: accurate, and the same bits as their twins."""

import numpy as np
import pytest

from synthkit.errors import InputError
from synthkit.ops import elementary
from synthkit.ops.reference import elementary as twin

X = np.concatenate([np.linspace(-1021.5, 1023.9, 20011), np.linspace(-2, 2, 4001), np.arange(-1000.0, 1000.0)])


def test_exp2_is_accurate_and_twin_equal():
    exact = np.exp2(X.astype(np.longdouble))
    found = elementary.exp2(X)
    assert np.max(np.abs(found / exact - 1)) < 5e-16
    assert found.tobytes() == twin.exp2(X).tobytes()


def test_exp2_of_whole_numbers_is_exact():
    n = np.arange(-1021, 1024)
    assert np.array_equal(elementary.exp2(n.astype(float)), np.ldexp(1.0, n))


def test_exp2_at_the_ends():
    assert elementary.exp2(np.array([-2000.0, 1024.0, 1e300])).tolist() == [0.0, np.inf, np.inf]


def test_log2_is_accurate_and_twin_equal():
    x = np.concatenate([np.exp2(np.linspace(-1000, 1000, 20001)), np.linspace(0.5, 2, 10001)])
    exact = np.log2(x.astype(np.longdouble))
    found = elementary.log2(x)
    assert np.max(np.abs(found - exact) / np.maximum(np.abs(exact), 1)) < 5e-16
    assert found.tobytes() == twin.log2(x).tobytes()


def test_log2_of_powers_of_two_is_exact():
    assert elementary.log2(np.ldexp(1.0, np.arange(-1000, 1000))).tolist() == list(range(-1000, 1000))


def test_sine_of_a_64_bit_phase():
    phase = np.arange(2**14, dtype=np.uint64) << np.uint64(50)
    exact = np.sin(2 * np.pi * np.arange(2**14) / 2**14)
    assert np.max(np.abs(twin.sin_cycle(phase) - exact)) < 1e-15
    assert twin.sin_cycle(np.array([0, 2**63], np.uint64)).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf, 1e-310])
def test_log2_refuses(wrong):
    with pytest.raises(InputError, match="positive, finite and normal"):
        elementary.log2(np.array([1.0, wrong]))
