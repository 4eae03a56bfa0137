"""What all metrics of one call share: codes, factors, split, and the information worked out once."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from synthkit.metrics.conventions import Convention
from synthkit.metrics.factors import Factor
from synthkit.metrics.scaling import LEAST_RANGE
from synthkit.ops.cuda.codes import codes_on
from synthkit.ops.cuda.module import device_number, is_cuda
from synthkit.ops.joint import cut
from synthkit.seeds import derive_key

__all__ = ["Problem", "Result", "places", "train_count"]

T = TypeVar("T")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MOST_BINS = 256


@dataclass
class Result:
    """What a family of metrics found, for B models.

    Attributes:
        values: Metric -> float64 [B]; NaN where there is none.
        per_factor: Metric -> float64 [B, K].
        per_code: Metric -> float64 [B, D]; NaN for codes left out.
        matrices: Name -> float64 [B, K, D].
        notes: What a reader must know, one sentence each.
        undefined: Metric -> why it has no value.
    """

    values: dict[str, Floats] = field(default_factory=dict)
    per_factor: dict[str, Floats] = field(default_factory=dict)
    per_code: dict[str, Floats] = field(default_factory=dict)
    matrices: dict[str, Floats] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    undefined: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """Codes and factors to be scored.

    Attributes:
        codes: float64 [B, N, D].
        factors: K factors of N values.
        convention: How.
        num_train: The first so many rows are for training, the rest for testing.
        seed: For whatever is drawn.
        threads: For kernels.
        device: For kernels; see `host_device` and `kernel_codes`.
        cache: What one metric worked out and another asks for, too.
    """

    codes: Floats
    factors: tuple[Factor, ...]
    convention: Convention
    num_train: int
    seed: int
    threads: int
    device: str
    cache: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def host_device(self) -> str:
        """The device of kernels that have no twin for GPUs."""
        return "cpu" if is_cuda(self.device) else self.device

    @cached_property
    def kernel_codes(self) -> Any:
        """The codes where the kernels are: copied to a GPU once."""
        return codes_on(self.codes, device_number(self.device)) if is_cuda(self.device) else self.codes

    @property
    def num_models(self) -> int:
        """B."""
        return self.codes.shape[0]

    @property
    def num_rows(self) -> int:
        """N."""
        return self.codes.shape[1]

    @property
    def num_codes(self) -> int:
        """D."""
        return self.codes.shape[2]

    @property
    def num_factors(self) -> int:
        """K."""
        return len(self.factors)

    @cached_property
    def alive(self) -> npt.NDArray[np.bool_]:
        """Whether a code varies, [B, D]."""
        return np.ptp(self.codes, axis=1) > LEAST_RANGE

    @cached_property
    def used(self) -> npt.NDArray[np.bool_]:
        """Which codes take part in averages, [B, D]."""
        return self.alive if self.convention.dead_codes == "exclude" else np.ones_like(self.alive)

    @cached_property
    def labels(self) -> Ints:
        """Factors as classes 0, 1, ... without gaps, int64 [K, N]: see the convention's ``factor_binning``."""
        return np.array([self._classes(factor) for factor in self.factors])

    @cached_property
    def levels(self) -> Ints:
        """Classes of each factor, int64 [K]."""
        return self.labels.max(axis=1) + 1

    @cached_property
    def code_bins(self) -> int:
        """Bins that a code is cut into."""
        convention = self.convention
        if not convention.bins_follow_levels:
            return convention.code_bins
        return max(convention.code_bins, min(2 * int(self.levels.max()), _MOST_BINS))

    @cached_property
    def binned(self) -> npt.NDArray[np.uint16]:
        """Codes cut into `code_bins` bins as the convention has it, uint16 [B, D, N]."""
        return np.asarray(self.kernel_bins)

    @cached_property
    def kernel_bins(self) -> Any:
        """The same where the kernels are."""
        return self._cut(self.kernel_codes, self.code_bins, self.convention.code_binning)

    def cut(self, codes: Floats, bins: int, method: str) -> npt.NDArray[np.uint16]:
        """Other columns cut into bins: [N, D] or [B, N, D] -> uint16 [B, D, N]."""
        return np.asarray(self._cut(codes, bins, method))

    def _cut(self, codes: Any, bins: int, method: str) -> Any:
        return cut(codes, bins=bins, method=method, threads=self.threads, device=self.device).index

    def key(self, stream: str) -> int:
        """Key of the random numbers of one metric."""
        return derive_key(self.seed, "synthkit.metrics", stream)

    def once(self, name: str, work: Callable[[Problem], T]) -> T:
        """``work(self)``, done once."""
        if name not in self.cache:
            self.cache[name] = work(self)
        found: T = self.cache[name]
        return found

    def take(self, rows: Ints, *, num_train: int) -> Problem:
        """The same of other rows; the first ``num_train`` of them are for training."""
        factors = tuple(dataclasses.replace(f, values=f.values[rows]) for f in self.factors)
        return dataclasses.replace(self, codes=self.codes[:, rows], factors=factors, num_train=num_train, cache={})

    def _classes(self, factor: Factor) -> Ints:
        convention = self.convention
        values = factor.values
        if factor.kind == "categorical" or convention.factor_binning == "levels":
            return np.unique(values, return_inverse=True)[1]
        bins = self.cut(values[:, np.newaxis], convention.factor_bins, convention.factor_binning)
        return np.unique(bins[0, 0], return_inverse=True)[1]


def train_count(rows: int, fraction: float) -> int:
    """Rows to train on: the first ceil(fraction rows), the product rounded to 9 digits first."""
    return math.ceil(round(fraction * rows, 9))


def places(mask: npt.NDArray[np.bool_]) -> str:
    """Which codes are marked in [B, D], in words; models are named where there are several."""
    rows = [(b, ", ".join(map(str, np.flatnonzero(row)))) for b, row in enumerate(mask) if row.any()]
    return rows[0][1] if len(mask) == 1 else "; ".join(f"model {b}: {codes}" for b, codes in rows)
