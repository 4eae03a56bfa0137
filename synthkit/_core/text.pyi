import numpy as np
import numpy.typing as npt

def join_integers(
    values: npt.NDArray[np.uint8] | npt.NDArray[np.uint16] | npt.NDArray[np.int32],
    *,
    group: int,
    limit: int,
    threads: int,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]: ...
