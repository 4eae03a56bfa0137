import numpy as np
import numpy.typing as npt

def roc_auc(
    scores: npt.NDArray[np.float64], labels: npt.NDArray[np.int32], *, threads: int
) -> npt.NDArray[np.float64]: ...
