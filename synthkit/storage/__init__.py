"""Where datasets live: a directory on a disk, or below a URL of an object store."""

from __future__ import annotations

from synthkit.storage.base import Folder, Sink, Storage
from synthkit.storage.root import open_root

__all__ = ["Folder", "Sink", "Storage", "open_root"]
