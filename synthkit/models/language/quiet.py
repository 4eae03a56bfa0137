"""Within it, transformers and the hub show no bars and remarks."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["quiet"]


@contextmanager
def quiet() -> Iterator[None]:
    """Within it transformers shows no bars and remarks; errors are raised as ever."""
    import transformers.utils.logging as tell
    from huggingface_hub.utils import logging as hub

    level, hub_level, bars = tell.get_verbosity(), hub.get_verbosity(), tell.is_progress_bar_enabled()
    tell.set_verbosity(logging.ERROR)
    hub.set_verbosity(logging.CRITICAL)
    tell.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        tell.set_verbosity(level)
        hub.set_verbosity(hub_level)
        if bars:
            tell.enable_progress_bar()  # type: ignore[no-untyped-call]
