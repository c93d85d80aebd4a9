"""Kinds of arrays that plans, figures and charts are made of, and where a share of one lies."""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def at_share(ordered: Ints, share: float) -> int:
    """The value in order within which at least this share of them lies; there must be one."""
    return int(ordered[min(ordered.size - 1, int(share * ordered.size))])
