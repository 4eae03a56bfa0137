"""Keys, uniform numbers and permutations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthkit import _core, exact
from synthkit.ops.reference import permutation as reference
from synthkit.seeds import Permutation, derive_key, philox_words, split_word, uniforms


def test_keys_are_those_recorded():
    """They may never change: every dataset hangs on them."""
    assert derive_key(0, "syntone", "design") == int.from_bytes(bytes.fromhex("ff0178b9909e4bbe"), "little")
    assert len({derive_key(s, n, t) for s in (0, 1) for n in ("a", "b") for t in ("x", "y")}) == 8
    assert len({split_word(s) for s in ("train", "validation", "test")}) == 3


def test_neighbouring_seeds_share_no_numbers():
    index = np.arange(1000)
    a = philox_words(derive_key(1, "r", "s"), 0, index)
    b = philox_words(derive_key(2, "r", "s"), 0, index)
    assert len(np.intersect1d(a, b)) < 10


def test_uniforms_are_uniform_and_depend_on_each_part_of_the_counter():
    key = derive_key(3, "r", "s")
    index = np.arange(100_000)
    u = uniforms(key, split_word("train"), index)
    assert u.shape == (100_000, 2)
    assert u.min() >= 0
    assert u.max() < 1
    assert abs(u.mean() - 0.5) < 5 * np.sqrt(1 / 12 / u.size)
    counts = np.histogram(u, bins=100, range=(0, 1))[0]
    assert ((counts - 2000) ** 2 / 2000).sum() < 180  # chi-square with 99 degrees of freedom
    assert abs(np.corrcoef(u[:, 0], u[:, 1])[0, 1]) < 0.02
    others = [uniforms(key, split_word("test"), index), uniforms(key, split_word("train"), index, block=1)]
    others.append(uniforms(key, split_word("train"), index + 2**32))
    for other in others:
        assert np.mean(other == u) < 0.001


@settings(deadline=None, max_examples=60)
@given(size=st.integers(1, 5000), key=st.integers(0, 2**64 - 1))
def test_permutations_are_permutations(size, key):
    image = Permutation(key, size)(np.arange(size))
    assert np.array_equal(np.sort(image), np.arange(size))


@pytest.mark.parametrize("size", [1000, 1025, 4096, 100_003])
def test_permutations_mix(size):
    image = Permutation(12345, size)(np.arange(size))
    other = Permutation(12346, size)(np.arange(size))
    assert np.mean(image == other) < 0.01
    assert abs(np.corrcoef(np.arange(size), image)[0, 1]) < 5 / np.sqrt(size)
    assert abs(np.corrcoef(image[:-1], image[1:])[0, 1]) < 5 / np.sqrt(size)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 65, 1025, 100_003, 2**31, 10**15, 2**62])
def test_permutations_are_those_of_the_twin(size):
    half_bits = max((max(size - 1, 1).bit_length() + 1) // 2, 1)
    index = np.unique(np.array([i * (size - 1) // 499 for i in range(500)]))
    for key in (0, 12345, 2**64 - 1):
        wanted = reference.permute(index, key=key, size=size, half_bits=half_bits)
        found = _core.philox.permute(index, key=key, size=size, half_bits=half_bits)
        np.testing.assert_array_equal(found, wanted, strict=True)


def test_permutations_refuse_what_is_outside():
    for index, size, half_bits in [([-1], 9, 2), ([9], 9, 2), ([0], 17, 2), ([0], 0, 2), ([0], 9, 0), ([0], 9, 32)]:
        with pytest.raises(ValueError, match=r"index: beyond the domain|size must be"):
            _core.philox.permute(np.array(index), key=1, size=size, half_bits=half_bits)


def test_huge_permutations_are_computed_one_by_one():
    permutation = Permutation(1, 10**15)
    index = np.array([0, 1, 10**14, 10**15 - 1])
    image = permutation(index)
    assert len(set(image.tolist())) == 4
    assert image.min() >= 0
    assert image.max() < 10**15
    for i, value in zip(index, image, strict=True):
        assert permutation(np.array([i]))[0] == value


def test_normal_functions_against_scipy():
    from scipy import special

    z = np.linspace(-12, 12, 10001)
    np.testing.assert_allclose(exact.normal_cdf(z), special.ndtr(z), rtol=1e-7, atol=1e-15)
    p = np.concatenate([np.linspace(1e-6, 1 - 1e-6, 10001), 10.0 ** np.arange(-15, -1)])
    np.testing.assert_allclose(exact.normal_quantile(p), special.ndtri(p), rtol=5e-9, atol=1e-9)
