"""Opens a place by what a user wrote: a path, or a URL."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from synthkit.errors import InputError
from synthkit.storage.base import Storage
from synthkit.storage.local import LocalStorage

__all__ = ["is_url", "open_root"]

_URL = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_SQUASHED = re.compile(r"(s3a?|gs|gcs|memory|file|https?):/[^/]", re.IGNORECASE)


def is_url(root: str | Path | Storage) -> bool:
    """Whether it is in no directory of this machine, but in an object store."""
    return open_root(root).local is None


def open_root(root: str | Path | Storage) -> Storage:
    """The storage of a dataset's directory; nothing is read or made.

    Args:
        root: A path, a URL as ``s3://bucket/folder`` or ``gs://bucket/folder``, or what this returned before.

    Raises:
        InputError: The URL cannot be used: another protocol, no bucket, keys in it, or a package is missing.
    """
    if isinstance(root, Storage):
        return root
    text = str(root)
    if isinstance(root, Path):
        if _SQUASHED.match(text):
            raise InputError(f"{text}: a URL cannot be a Path, which takes one of its slashes away; give it as text")
        return LocalStorage(root)
    found = _URL.match(text)
    if found is None:
        return LocalStorage(Path(text))
    if found[1].lower() == "file":
        return LocalStorage(_path_of(text))
    from synthkit.storage.remote import ObjectStorage

    return ObjectStorage(text)


def _path_of(url: str) -> Path:
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise InputError(f"{url}: file URLs have three slashes, as file:///{parts.netloc}{parts.path}")
    if not parts.path.strip("/"):
        raise InputError(f"{url}: names no directory")
    return Path(unquote(parts.path))
