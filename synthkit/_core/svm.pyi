import numpy as np
import numpy.typing as npt

def fit(
    codes: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int32],
    class_counts: npt.NDArray[np.int32],
    *,
    train_rows: int,
    cost: float,
    balanced: bool,
    threads: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]: ...
