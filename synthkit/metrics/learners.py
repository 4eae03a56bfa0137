"""The few models that come from scikit-learn, where speed is not the point."""

from __future__ import annotations

import importlib
from typing import Any

from synthkit.errors import WorkError

__all__ = ["learner"]


def learner(module: str, what: str) -> Any:
    """``sklearn.<module>``.

    Raises:
        WorkError: scikit-learn is not installed.
    """
    try:
        return importlib.import_module(f"sklearn.{module}")
    except ImportError as error:
        raise WorkError(f"{what} needs scikit-learn: pip install 'synthkit[train]'") from error
