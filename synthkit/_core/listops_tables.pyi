import numpy as np
import numpy.typing as npt

def build(*, min_args: int, max_args: int, operator_probability: float, max_depth: int, max_tokens: int) -> object: ...
def size(*, min_args: int, max_args: int, max_depth: int, max_tokens: int) -> float: ...
def weights(tables: object) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]: ...
def draw(
    tables: object,
    rows: npt.NDArray[np.int32],
    index: npt.NDArray[np.uint32],
    attempt: npt.NDArray[np.uint32],
    *,
    key: int,
    split: int,
    threads: int,
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int64], int]: ...
def feasible(
    *, min_args: int, max_args: int, min_depth: int, max_depth: int, max_tokens: int
) -> npt.NDArray[np.uint8]: ...
def count(
    *,
    min_args: int,
    max_args: int,
    operators: int,
    base: int,
    min_depth: int,
    max_depth: int,
    min_tokens: int,
    max_tokens: int,
) -> int: ...
