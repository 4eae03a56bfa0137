import numpy as np
import numpy.typing as npt

def within_groups(
    codes: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int32],
    levels: npt.NDArray[np.int32],
    *,
    quantile: float,
    threads: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
def variances(
    codes: npt.NDArray[np.float64], rows: npt.NDArray[np.int32], *, threads: int
) -> npt.NDArray[np.float64]: ...
def distances(
    codes: npt.NDArray[np.float64], first: npt.NDArray[np.int32], second: npt.NDArray[np.int32], *, threads: int
) -> npt.NDArray[np.float64]: ...
