"""Models of coqui-tts: their licences, their files, and the one place where they are loaded."""

from __future__ import annotations

import contextlib
import difflib
import importlib.util
import json
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from synthkit.errors import InputError, WorkError

__all__ = ["check_license", "coqui_version", "downloaded_folder", "hub_license", "load_model", "quiet"]

# Licences under which a model may be used for anything; others need the user's word.
_FREE = ("apache 2.0", "mit", "bsd-3-clause", "mpl", "cc-by-4.0", "cc-by-sa 4.0")


def coqui_version() -> str:
    """Version of coqui-tts.

    Raises:
        WorkError: It is not installed.
    """
    _package()
    return version("coqui-tts")


def _package() -> Path:
    spec = importlib.util.find_spec("TTS")
    if spec is None or spec.origin is None:
        raise WorkError("the engine coqui-tts is not installed: pip install 'synthkit[speech]'")
    return Path(spec.origin).parent


def hub_license(model: str) -> str:
    """Licence of a hub model, as coqui-tts lists it.

    Raises:
        InputError: There is no such model.
        WorkError: coqui-tts is not installed.
    """
    listed = json.loads((_package() / ".models.json").read_bytes())["tts_models"]
    names = {
        f"tts_models/{language}/{data}/{name}": str(item.get("license") or "unknown")
        for language, of_language in listed.items()
        for data, of_data in of_language.items()
        for name, item in of_data.items()
    }
    if model not in names:
        near = difflib.get_close_matches(model, sorted(names), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "e.g. 'tts_models/en/vctk/vits'"
        raise InputError(f"params.options.model: coqui-tts has no model {model!r}; {hint}")
    return names[model]


def check_license(model: str, license: str, accepted: str) -> None:
    """Refuse a model whose licence forbids some uses, until it is accepted by its name.

    Raises:
        InputError: It is not accepted.
    """
    if license.lower() in _FREE or accepted == license:
        return
    raise InputError(
        f"params.options.accept_license: {model} is under the licence {license!r}, which does not allow every use; "
        f"read it, and write accept_license = {license!r} if you keep to it"
    )


def downloaded_folder(model: str) -> Path | None:
    """Where a hub model lies on this machine; None where it has to be downloaded first."""
    base = os.environ.get("TTS_HOME") or os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    folder = Path(base).expanduser() / "tts" / model.replace("/", "--")
    return folder if folder.is_dir() and any(folder.glob("*.pth")) else None


@lru_cache(maxsize=1)
def load_model(
    model: str | None, model_path: str | None, config_path: str | None, speakers_path: str | None, device: str
) -> Any:
    """``TTS.api.TTS`` with the model on its device; the last one stays in memory.

    Raises:
        WorkError: It cannot be loaded.
    """
    _package()
    what = model or model_path
    with quiet():
        try:
            import torch
            from TTS.api import TTS

            # Its weights are drawn before they are read: torch's generator is left as it was.
            with torch.random.fork_rng(devices=[]):
                return _loaded(TTS, model, model_path, config_path, speakers_path).to(device).eval()
        except Exception as error:
            # Anything may come out of a damaged file, of a download, or of a device.
            said = (str(error).strip().splitlines() or [""])[0][:200]
            raise WorkError(f"{what}: coqui-tts cannot load it: {type(error).__name__}: {said}") from None


def _loaded(
    tts: Any, model: str | None, model_path: str | None, config_path: str | None, speakers_path: str | None
) -> Any:
    if model is not None:
        with _agreed():
            return tts(model, progress_bar=False)
    return tts(model_path=model_path, config_path=config_path, speakers_file_path=speakers_path, progress_bar=False)


@contextlib.contextmanager
def _agreed() -> Iterator[None]:
    """The licence was accepted in the recipe: coqui-tts need not ask at the terminal."""
    before = os.environ.get("COQUI_TOS_AGREED")
    os.environ["COQUI_TOS_AGREED"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["COQUI_TOS_AGREED"]
        else:
            os.environ["COQUI_TOS_AGREED"] = before


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keeps what coqui-tts prints out of our output, where only results belong."""
    logger = logging.getLogger("TTS")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(sys.stderr), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
