from synthkit._core import boost as boost
from synthkit._core import cpu as cpu
from synthkit._core import deviations as deviations
from synthkit._core import elementary as elementary
from synthkit._core import joint as joint
from synthkit._core import knn as knn
from synthkit._core import philox as philox
from synthkit._core import tone as tone
