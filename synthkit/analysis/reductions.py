"""Sums over many texts that do not grow with their number: means, similarities, least squares."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt
from torch import Tensor

__all__ = ["LayerSimilarity", "LinearProbe", "Means"]

Floats = npt.NDArray[np.float64]

_RIDGE = 1e-3  # of the mean variance of a hidden number
_PAIR_BYTES = 2**30  # of all cross-covariances; above it only neighbours and the embedding are compared


class Means:
    """Weighted means of arrays of one shape, by name."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, ...], Floats] = {}
        self._weights: dict[tuple[str, ...], float] = defaultdict(float)

    def add(self, name: tuple[str, ...], total: Tensor, weight: float) -> None:
        """Add a sum over ``weight`` things."""
        value = total.detach().double().cpu().numpy()
        self._sums[name] = self._sums[name] + value if name in self._sums else value
        self._weights[name] += weight

    def get(self, name: tuple[str, ...]) -> Floats | None:
        """The mean; None where nothing was added."""
        weight = self._weights.get(name, 0.0)
        return self._sums[name] / weight if weight > 0 else None

    def weight(self, name: tuple[str, ...]) -> float:
        """How many things were added."""
        return self._weights.get(name, 0.0)

    def names(self) -> list[tuple[str, ...]]:
        """Names in order of their first appearance."""
        return list(self._sums)


class LayerSimilarity:
    """Linear CKA between layers (Kornblith et al. 2019, eq. 3 with linear kernels), from sums over rows.

    CKA(X, Y) = |Xc' Yc|^2 / (|Xc' Xc| |Yc' Yc|) in Frobenius norms, X and Y centred, rows the same tokens. Sums are
    exact: how rows are dealt out to calls changes nothing but rounding.

    Args:
        layers: Layers, the embedding's output among them.
        width: Numbers of a hidden state.
    """

    def __init__(self, layers: int, width: int) -> None:
        every = [(i, j) for i in range(layers) for j in range(i, layers)]
        if len(every) * width * width * 8 > _PAIR_BYTES:
            every = [(i, j) for i, j in every if i in (0, j, j - 1)]
        self.pairs = every
        self._products = {pair: np.zeros((width, width)) for pair in every}
        self._sums = np.zeros((layers, width))
        self._rows = 0

    def add(self, states: Tensor) -> None:
        """Add rows: [layers, n, width]."""
        wide = states.float()
        self._rows += wide.shape[1]
        self._sums += wide.double().sum(1).cpu().numpy()
        for i, j in self.pairs:
            self._products[i, j] += (wide[i].T @ wide[j]).double().cpu().numpy()

    def cka(self) -> dict[tuple[int, int], float]:
        """Pair of layers -> similarity, 0 to 1; nan where a layer does not vary."""
        norms = {pair: self._squared(pair) for pair in self.pairs}
        found = {}
        for i, j in self.pairs:
            scale = np.sqrt(norms[i, i] * norms[j, j])
            found[i, j] = float(norms[i, j] / scale) if scale > 0 else float("nan")
        return found

    def _squared(self, pair: tuple[int, int]) -> float:
        i, j = pair
        centred = self._products[pair] - np.outer(self._sums[i], self._sums[j]) / max(self._rows, 1)
        return float(np.square(centred).sum())


class LinearProbe:
    """A linear classifier by least squares on one-hot labels with a ridge, one for each layer, from sums over rows.

    Args:
        layers: Layers.
        width: Numbers of a hidden state.
        classes: Names of the labels.
    """

    def __init__(self, layers: int, width: int, classes: tuple[str, ...]) -> None:
        self.classes = classes
        self._place = {name: k for k, name in enumerate(classes)}
        self._inner = np.zeros((layers, width, width))
        self._outer = np.zeros((layers, width, len(classes)))
        self._sums = np.zeros((layers, width))
        self._counts = np.zeros(len(classes))
        self._weights: tuple[Floats, Floats] | None = None
        self.right = np.zeros(layers)
        self.tested = np.zeros(len(classes))
        self.unknown = 0

    @property
    def rows(self) -> int:
        """Rows that it was fitted to."""
        return int(self._counts.sum())

    def fit(self, states: Tensor, labels: list[str]) -> None:
        """Add training rows: states [layers, n, width], n labels, all of the classes."""
        wide = states.detach().double().cpu().numpy()
        hot = np.eye(len(self.classes))[[self._place[label] for label in labels]]
        self._inner += np.einsum("lnd,lne->lde", wide, wide, optimize=True)
        self._outer += np.einsum("lnd,nc->ldc", wide, hot, optimize=True)
        self._sums += wide.sum(1)
        self._counts += hot.sum(0)

    def test(self, states: Tensor, labels: list[str]) -> None:
        """Count right answers on other rows; a label that no training row had counts as wrong."""
        if self._weights is None:
            self._weights = self._solve()
        weights, bias = self._weights
        wide = states.detach().double().cpu().numpy()
        named = (np.einsum("lnd,ldc->lnc", wide, weights, optimize=True) + bias[:, None]).argmax(2)
        truth = np.array([self._place.get(label, -1) for label in labels])
        self.right += (named == truth).sum(1)
        self.unknown += int((truth < 0).sum())
        np.add.at(self.tested, truth[truth >= 0], 1)

    def accuracy(self) -> Floats:
        """Share of right answers of each layer, [layers]; nan where nothing was tested."""
        count = self.tested.sum() + self.unknown
        return self.right / count if count else np.full(len(self.right), np.nan)

    def chance(self) -> float:
        """Accuracy of the commonest training label on the tested rows."""
        count = self.tested.sum() + self.unknown
        return float(self.tested[int(self._counts.argmax())] / count) if count else float("nan")

    def _solve(self) -> tuple[Floats, Floats]:
        n = max(self.rows, 1)
        means, shares = self._sums / n, self._counts / n
        weights = np.empty_like(self._outer)
        for k, (inner, outer) in enumerate(zip(self._inner, self._outer, strict=True)):
            covariance = inner / n - np.outer(means[k], means[k])
            covariance.flat[:: len(covariance) + 1] += _RIDGE * max(np.trace(covariance) / len(covariance), 1e-12)
            weights[k] = np.linalg.solve(covariance, outer / n - np.outer(means[k], shares))
        return weights, shares - np.einsum("ld,ldc->lc", means, weights)
