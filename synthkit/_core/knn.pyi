import numpy as np
import numpy.typing as npt

def mi_discrete(
    codes: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int32],
    *,
    neighbours: int,
    clip: bool,
    threads: int,
) -> npt.NDArray[np.float64]: ...
def mi_continuous(
    codes: npt.NDArray[np.float64],
    targets: npt.NDArray[np.float64],
    *,
    neighbours: int,
    clip: bool,
    threads: int,
) -> npt.NDArray[np.float64]: ...
def break_ties(codes: npt.NDArray[np.float64], *, key: int, stream: int, threads: int) -> npt.NDArray[np.float64]: ...
