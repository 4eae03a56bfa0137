import numpy as np
import numpy.typing as npt

def philox4x32(counters: npt.NDArray[np.uint32], key: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]: ...
