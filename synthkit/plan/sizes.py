"""Exact split sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from synthkit.errors import InputError

__all__ = ["apportion", "limited", "split_sizes"]


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers in proportion to the weights that add up to the total (largest remainders, first come on ties)."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(share) for share in exact]
    order = sorted(range(len(weights)), key=lambda i: (parts[i] - exact[i], i))
    missing = total - sum(parts)
    for i in range(missing):
        parts[order[i % len(order)]] += 1
    return parts


def split_sizes(total: int, splits: Mapping[str, int | float], what: str) -> dict[str, int]:
    """Examples of each split.

    Args:
        total: Examples to share out.
        splits: Shares that add up to 1, or numbers of examples.
        what: What the total is, for messages.

    Raises:
        InputError: A split would be empty, or more examples are asked for than there are.
    """
    if all(isinstance(size, int) for size in splits.values()):
        wanted = sum(int(size) for size in splits.values())
        if wanted > total:
            raise InputError(f"splits: {wanted} examples are asked for, but {what} has {total}")
        return {name: int(size) for name, size in splits.items()}
    sizes = dict(zip(splits, apportion(total, list(splits.values())), strict=True))
    for name, size in sizes.items():
        if size == 0:
            raise InputError(f"splits.{name}: holds no example ({splits[name]:g} of {total})")
    return sizes


def limited(sizes: Mapping[str, int], limit: int | None) -> dict[str, int]:
    """The sizes cut to ``limit`` examples in proportion; at least one in each split where the limit allows it."""
    total = sum(sizes.values())
    if limit is None or limit >= total:
        return dict(sizes)
    names = list(sizes)[:limit]
    parts = apportion(limit, [sizes[name] for name in names])
    for i in [i for i, part in enumerate(parts) if part == 0]:
        parts[i] = 1
        parts[max(range(len(parts)), key=parts.__getitem__)] -= 1
    return dict(zip(names, parts, strict=True))
