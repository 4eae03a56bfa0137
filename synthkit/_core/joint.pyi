import numpy as np
import numpy.typing as npt

def cut(
    codes: npt.NDArray[np.float64], *, bins: int, quantile: bool, threads: int
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int32]]: ...
def counts(
    a: npt.NDArray[np.uint16], b: npt.NDArray[np.uint16], *, a_size: int, b_size: int
) -> npt.NDArray[np.uint32]: ...
def information(
    codes: npt.NDArray[np.uint16],
    code_sizes: npt.NDArray[np.int32],
    labels: npt.NDArray[np.uint16],
    label_sizes: npt.NDArray[np.int32],
    *,
    expected: bool,
    threads: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]: ...
