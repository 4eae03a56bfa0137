import numpy as np
import numpy.typing as npt

def fit(
    codes: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int32],
    class_counts: npt.NDArray[np.int32],
    *,
    train_rows: int,
    penalty: float,
    balanced: bool,
    one_vs_rest: bool,
    max_iterations: int,
    lbfgs: bool,
    gradient_tolerance: float,
    value_tolerance: float,
    probabilities: bool,
    threads: int,
) -> tuple[
    npt.NDArray[np.float64],
    npt.NDArray[np.float64],
    npt.NDArray[np.float64] | None,
    npt.NDArray[np.float64],
    npt.NDArray[np.float64],
    npt.NDArray[np.float64],
    npt.NDArray[np.float64],
    npt.NDArray[np.int32],
    npt.NDArray[np.bool_],
]: ...
