from typing import Any

import numpy as np
import numpy.typing as npt

def render(
    waveform: npt.NDArray[np.int32],
    settings: npt.NDArray[np.float64],
    index: npt.NDArray[np.uint64],
    *,
    antialias: int,
    sample_rate: float,
    key: int,
    stream: int,
    out: npt.NDArray[Any],
    threads: int,
) -> npt.NDArray[np.float32]: ...
def settings(
    columns: list[float | npt.NDArray[np.float64]], n: int
) -> tuple[npt.NDArray[np.float64], list[float], list[float]]: ...
