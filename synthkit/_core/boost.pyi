import numpy as np
import numpy.typing as npt

def fit(
    codes: npt.NDArray[np.float32],
    targets: npt.NDArray[np.float64],
    classes: npt.NDArray[np.int32],
    *,
    train_rows: int,
    stages: int,
    learning_rate: float,
    max_depth: int,
    threads: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
