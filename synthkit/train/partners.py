"""The second clip of each pair: one that has some factors in common with the first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synthkit.errors import InputError
from synthkit.seeds import derive_key, uniforms

__all__ = ["Partners"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Groups:
    """Clips with the same levels of some factors, side by side.

    Attributes:
        order: [N], the clips, group after group.
        start: [N], where the group of each clip begins in ``order``.
        size: [N], clips in the group of each clip.
        place: [N], position of each clip in ``order``.
    """

    order: Ints
    start: Ints
    size: Ints
    place: Ints


class Partners:
    """Draws partners, as a function of seed, step and place in the batch.

    Args:
        levels: Level of each factor of each clip, [N, K].
        names: Names of the factors.
        share: Factors that partners have in common; None draws for each pair how many of the K factors differ
            (1 to K - 1) and which; what no other clip shares is then left out, the factor with most levels first.
        seed: Of the experiment.
        name: Of the experiment.

    Raises:
        InputError: No such factor, or clips that share their levels with no other.
    """

    def __init__(
        self, levels: Ints, names: tuple[str, ...], share: tuple[str, ...] | None, seed: int, name: str
    ) -> None:
        for factor in share or ():
            if factor not in names:
                raise InputError(f"views.share: no factor is named {factor!r}; there are: {', '.join(names)}")
        if share is None and len(names) < 2:
            raise InputError("views.share: pairs that share a choice of factors need at least two factors")
        self._levels = levels
        counts = [len(np.unique(column)) for column in levels.T]
        self._rarest = sorted(range(len(names)), key=lambda k: -counts[k])
        self._share = None if share is None else frozenset(names.index(factor) for factor in share)
        self._key = derive_key(seed, name, "train-partners")
        self._groups: dict[frozenset[int], _Groups] = {}
        if self._share is not None:
            lonely = int((self._of(self._share).size < 2).sum())
            if lonely:
                raise InputError(f"views.share: {lonely} clip(s) share {', '.join(share or ())} with no other clip")

    def batch(self, step: int, clips: Ints) -> Ints:
        """Partners of the clips [B] of the batch of a step."""
        places = np.arange(len(clips))
        draw, differ = uniforms(self._key, step, places).T
        if self._share is not None:
            return self._drawn(self._share, clips, draw)
        k = self._levels.shape[1]
        blocks = [uniforms(self._key, step, places, 1 + block) for block in range(-(-k // 2))]
        order = np.argsort(np.concatenate(blocks, axis=1)[:, :k], axis=1, kind="stable")
        subsets = [
            self._subset(int(clip), frozenset(order[i, 1 + int(differ[i] * (k - 1)) :].tolist()))
            for i, clip in enumerate(clips)
        ]
        found = [self._drawn(s, clips[i : i + 1], draw[i : i + 1]) for i, s in enumerate(subsets)]
        return np.concatenate(found)

    def _subset(self, clip: int, wanted: frozenset[int]) -> frozenset[int]:
        """Factors that a clip shares with its partner, out of those wanted."""
        for factor in self._rarest:
            if self._of(wanted).size[clip] > 1:
                break
            wanted -= {factor}
        return wanted

    def _drawn(self, shared: frozenset[int], clips: Ints, u: npt.NDArray[np.float64]) -> Ints:
        """One of the others in each clip's group."""
        groups = self._of(shared)
        step = 1 + (u * (groups.size[clips] - 1)).astype(np.int64)
        within = (groups.place[clips] - groups.start[clips] + step) % groups.size[clips]
        return groups.order[groups.start[clips] + within]

    def _of(self, shared: frozenset[int]) -> _Groups:
        if shared not in self._groups:
            columns = self._levels[:, sorted(shared)]
            _, group, sizes = np.unique(columns, axis=0, return_inverse=True, return_counts=True)
            order = np.argsort(group.reshape(-1), kind="stable")
            place = np.empty_like(order)
            place[order] = np.arange(len(order))
            starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
            self._groups[shared] = _Groups(order, starts[group.reshape(-1)], sizes[group.reshape(-1)], place)
        return self._groups[shared]
