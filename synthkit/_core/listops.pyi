from typing import Any

import numpy as np
import numpy.typing as npt

from synthkit._core.unique import HashSet

def choose(
    settings: npt.NDArray[np.int64],
    key: int,
    split: int,
    index: npt.NDArray[np.uint32],
    *,
    part_low: int,
    part_high: int,
    wanted: npt.NDArray[np.int32],
    seen: HashSet,
    max_attempts: int,
    threads: int,
    tables: list[Any],
    table_of: npt.NDArray[np.int32],
) -> tuple[npt.NDArray[np.uint32], int, tuple[int, int, int, int]]: ...
def sample(
    settings: npt.NDArray[np.int64],
    key: int,
    split: int,
    index: npt.NDArray[np.uint32],
    *,
    part_low: int,
    part_high: int,
    wanted: npt.NDArray[np.int32],
    seen: HashSet,
    max_attempts: int,
    threads: int,
    tables: list[Any],
    table_of: npt.NDArray[np.int32],
) -> tuple[npt.NDArray[np.uint32], int, tuple[int, int, int, int], tuple[npt.NDArray[Any], ...] | None]: ...
def draw(
    settings: npt.NDArray[np.int64],
    key: int,
    split: int,
    index: npt.NDArray[np.uint32],
    attempt: npt.NDArray[np.uint32],
    *,
    threads: int,
    tables: list[Any],
    table_of: npt.NDArray[np.int32],
) -> tuple[int, tuple[npt.NDArray[Any], ...] | None]: ...
def measure(
    nodes: npt.NDArray[np.uint16], offsets: npt.NDArray[np.int64], base: npt.NDArray[np.int32]
) -> tuple[int, int, int, tuple[npt.NDArray[Any], ...] | None]: ...
def render(
    nodes: npt.NDArray[np.uint16], offsets: npt.NDArray[np.int64], *, style: int, names: list[str], threads: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]: ...
def explain(
    nodes: npt.NDArray[np.uint16],
    offsets: npt.NDArray[np.int64],
    base: npt.NDArray[np.int32],
    level: npt.NDArray[np.int32],
    *,
    names: list[str],
    threads: int,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]: ...
