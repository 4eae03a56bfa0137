import numpy as np
import numpy.typing as npt

def draw(
    kinds: npt.NDArray[np.int32],
    poses: npt.NDArray[np.float64],
    inks: npt.NDArray[np.uint8],
    papers: npt.NDArray[np.uint8],
    *,
    canvas: int,
    fineness: int,
    threads: int,
) -> npt.NDArray[np.uint8]: ...
