"""Object stores, through fsspec: an object is there whole or not at all, so nothing is renamed."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, BinaryIO, TypeVar, cast
from urllib.parse import urlsplit

from synthkit.errors import InputError
from synthkit.records import FileRecord
from synthkit.storage.base import Folder, Storage
from synthkit.storage.faults import patiently
from synthkit.storage.lease import Lease
from synthkit.storage.ranges import RangeReader
from synthkit.storage.uploads import PartsUpload, delete_objects, remove_unfinished_uploads
from synthkit.storage.write_only import WriteOnly

__all__ = ["ObjectStorage"]

T = TypeVar("T")

_PIECE = 16 * 2**20  # of a read
_AT_ONCE = 64  # small requests
_DELETED_AT_ONCE = 1000  # objects in a request
_FOLDER_BYTES = 32 * 2**20  # that are sent together
_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}
_URL = re.compile(r"[a-z][a-z0-9+.-]*://")


class ObjectStorage(Storage):
    """Objects below a URL. Pickled as its URL: credentials are those of the machine that opens it.

    Args:
        url: ``s3://bucket/folder``, ``gs://bucket/folder``, ``memory://folder``.

    Raises:
        InputError: The URL cannot be used, or a package is missing.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._opened, self._base = _open(self._url)
        self._process = os.getpid()
        self._gives_up = threading.Event()

    @property
    def _fs(self) -> Any:
        """The file system; a process that was forked, as workers of a DataLoader are, needs one of its own."""
        if self._process != os.getpid():
            self._opened, _ = _open(self._url)
            self._process = os.getpid()
        return self._opened

    def __reduce__(self) -> tuple[type[ObjectStorage], tuple[str]]:
        return type(self), (self._url,)

    def __str__(self) -> str:
        return self._url

    @property
    def address(self) -> str:
        return self._url

    @property
    def local(self) -> None:
        return None

    @property
    def shared(self) -> bool:
        return type(self._opened).__name__ != "MemoryFileSystem"

    def make(self) -> None:
        """An object store has no directories; a bucket that is not there, or not ours, shows here."""
        bucket = self._base.partition("/")[0]
        try:
            if _is_s3(self._fs):
                self._first_below("")
            elif self.shared:
                self._call(lambda: self._fs.ls(bucket, detail=False))
        except FileNotFoundError:
            raise InputError(f"{self}: there is no bucket named {bucket}; make it first") from None

    def _first_below(self, folder: str) -> bool:
        """Whether anything lies in a folder of S3, in one request, however much it is."""
        bucket, _, prefix = f"{self._at(folder)}/".partition("/")
        asked = {"Bucket": bucket, "Prefix": prefix, "MaxKeys": 1}
        return bool(self._call(lambda: self._fs.call_s3("list_objects_v2", **asked)).get("Contents"))

    def sizes(self, folder: str = "") -> dict[str, int]:
        base = self._at(folder)
        try:
            found = self._call(lambda: self._fs.find(base, detail=True))
        except FileNotFoundError:
            return {}
        start = len(self._base) + 1
        return {path[start:]: int(info["size"]) for path, info in sorted(found.items()) if path != base}

    def size(self, path: str) -> int | None:
        try:
            info = self._call(lambda: self._fs.info(self._at(path)))
        except FileNotFoundError:
            return None
        return int(info["size"]) if info["type"] == "file" else None

    def holds(self, folder: str) -> bool:
        try:
            if _is_s3(self._fs):
                return self._first_below(folder)
            return bool(self._call(lambda: self._fs.ls(self._at(folder), detail=False)))
        except FileNotFoundError:
            return False

    def names(self) -> list[str]:
        try:
            found = self._call(lambda: self._fs.ls(self._base, detail=False))
        except FileNotFoundError:
            return []
        return sorted(path.rstrip("/").rpartition("/")[2] for path in found if path.rstrip("/") != self._base)

    def read(self, path: str) -> bytes:
        data: bytes = self._call(lambda: self._fs.cat_file(self._at(path)))
        return data

    def open(self, path: str, *, ahead: int = 2**16) -> BinaryIO:
        size = self.size(path)
        if size is None:
            raise FileNotFoundError(self.place(path))
        return cast("BinaryIO", io.BufferedReader(RangeReader(lambda a, b: self.read_range(path, a, b), size), ahead))

    def read_range(self, path: str, start: int, end: int) -> bytes:
        """Bytes ``start`` to ``end`` of a file."""
        data: bytes = self._call(lambda: self._fs.cat_file(self._at(path), start=start, end=end))
        return data

    def create(self, path: str) -> Upload:
        return Upload(self, path)

    def folder(self, path: str) -> Folder:
        return _RemoteFolder(self, path)

    def write(self, path: str, data: bytes) -> FileRecord:
        self.put(path, data)
        return FileRecord(path, len(data), hashlib.sha256(data).hexdigest())

    def put(self, path: str, data: bytes | memoryview) -> None:
        """Make an object of a few bytes."""
        self._call(lambda: self._fs.pipe_file(self._at(path), bytes(data)))

    def parts(self, path: str, handle: int) -> PartsUpload | None:
        """What sends an open file while it grows; None where the store takes files as a whole."""
        return PartsUpload(self._fs, self._at(path), handle, self._call) if _is_s3(self._fs) else None

    def put_file(self, path: str, handle: int) -> None:
        """Make an object of an open file, which needs no name."""
        self._call(lambda: self._fs.put_file(f"/proc/self/fd/{handle}", self._at(path)))

    def put_new(self, path: str, data: bytes) -> None:
        """Make an object that is not there yet.

        Raises:
            FileExistsError: It is there.
        """
        self._call(lambda: self._fs.pipe_file(self._at(path), data, mode="create"))

    def remove(self, paths: list[str]) -> None:
        for start in range(0, len(paths), _DELETED_AT_ONCE):
            part = [self._at(path) for path in paths[start : start + _DELETED_AT_ONCE]]
            if _is_s3(self._fs):
                self._call(partial(delete_objects, self._fs, part))
            else:
                self._call(partial(self._remove_each, part))

    def _remove_each(self, paths: list[str]) -> None:
        for path in paths:
            with contextlib.suppress(FileNotFoundError):
                self._fs.rm_file(path)

    def remove_folder(self, folder: str) -> None:
        self.remove(list(self.sizes(folder)))

    def remove_temporaries(self) -> None:
        """Parts of uploads that were never completed: nobody sees them, but they are paid for."""
        if _is_s3(self._fs):
            self._call(lambda: remove_unfinished_uploads(self._fs, self._base))

    @contextlib.contextmanager
    def giving_up(self) -> Iterator[None]:
        before = self._gives_up.is_set()
        self._gives_up.set()
        try:
            yield
        finally:
            if not before:
                self._gives_up.clear()

    def hash(self, path: str) -> str:
        digest = hashlib.sha256()
        with self.open(path, ahead=_PIECE) as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
        return digest.hexdigest()

    def sync(self) -> None:
        """What a store has taken, it keeps."""

    @contextlib.contextmanager
    def locked(self, *, shared: bool = False) -> Iterator[Callable[[], None]]:
        """An object that its holder renews; others see by their own clocks whether it lives."""
        lease = Lease(self)
        if shared:
            lease.refuse_held()
            yield _held
            return
        lease.take()
        try:
            yield lease.check
        except BaseException:
            with self.giving_up():
                lease.release()
            raise
        lease.release()  # patiently: a lock that is left makes a dataset look unfinished

    def readable(self, paths: list[str]) -> Iterator[tuple[str, bytes]]:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            try:
                for start in range(0, len(paths), 64 * _AT_ONCE):
                    part = paths[start : start + 64 * _AT_ONCE]
                    yield from zip(part, pool.map(self.read, part), strict=True)
            except (Exception, KeyboardInterrupt):  # not a reader that has enough
                with self.giving_up():
                    pool.shutdown(cancel_futures=True)
                raise

    def _at(self, path: str) -> str:
        return f"{self._base}/{path}" if path else self._base

    def _call(self, call: Callable[[], T]) -> T:
        return patiently(str(self), call, self._gives_up)


def _held() -> None:
    """A share cannot be lost."""


class Upload(WriteOnly):
    """An object being written: kept on the disk, so that any of it can be sent again, and hashed as it goes."""

    def __init__(self, storage: ObjectStorage, path: str) -> None:
        self._storage = storage
        self._path = path
        # Without a name, so that a kill leaves nothing; unbuffered: what was written is there for whoever sends it.
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - commit and abort close it
        self._parts = storage.parts(path, self._file.fileno())
        self._hash = hashlib.sha256()

    def write(self, data: bytes | memoryview) -> int:
        view = memoryview(data).cast("B")
        if self._file.closed:  # a writer on top of us that is closed late, after an error, writes its footer
            return len(view)
        self._hash.update(view)
        done = 0
        while done < len(view):
            done += self._file.write(view[done:])
        self._bytes += len(view)
        if self._parts is not None:
            self._parts.announce(self._bytes)
        return len(view)

    def commit(self) -> FileRecord:
        if self._parts is not None:
            self._parts.complete(self._bytes)
        else:
            self._storage.put_file(self._path, self._file.fileno())
        self._file.close()
        return FileRecord(self._path, self._bytes, self._hash.hexdigest())

    def abort(self) -> None:
        if self._parts is not None and not self._file.closed:
            with self._storage.giving_up():
                self._parts.abort()
        self._file.close()


class _RemoteFolder:
    """Objects with a common prefix, sent some at a time; the one that readers open is sent after all others."""

    def __init__(self, storage: ObjectStorage, path: str) -> None:
        self._storage = storage
        self._path = path
        self._records: list[FileRecord] = []
        self._last: tuple[str, bytes] | None = None
        self._pool = ThreadPoolExecutor(_AT_ONCE)

    def write(self, files: Mapping[str, bytes | memoryview]) -> None:
        waiting: list[tuple[str, bytes]] = [] if self._last is None else [self._last]
        for name, data in files.items():
            path, content = f"{self._path}/{name}", bytes(data)
            self._records.append(FileRecord(path, len(content), hashlib.sha256(content).hexdigest()))
            waiting.append((path, content))
            if sum(len(held) for _, held in waiting) > _FOLDER_BYTES:
                self._send(waiting[:-1])
                waiting = waiting[-1:]
        if waiting:
            self._send(waiting[:-1])
            self._last = waiting[-1]

    def _send(self, files: list[tuple[str, bytes]]) -> None:
        for _ in self._pool.map(lambda item: self._storage.put(*item), files):
            pass

    def commit(self) -> tuple[FileRecord, ...]:
        if self._last is not None:
            self._send([self._last])
        self._pool.shutdown()
        return tuple(self._records)

    def abort(self) -> None:
        """Remove nothing: another run may have made the same objects, and count on them.

        A later try replaces them by equal bytes; those that no dataset has are removed when it is finished.
        """
        with self._storage.giving_up():
            self._pool.shutdown(cancel_futures=True)


def _open(url: str) -> tuple[Any, str]:
    """The file system of fsspec, and the path in it."""
    parts = urlsplit(url)
    if "@" in parts.netloc or ":" in parts.netloc:
        raise InputError(f"{parts.scheme}://...: keys do not belong in a URL, which is written down; {_KEYS}")
    if parts.query or parts.fragment:
        raise InputError(f"{url}: a URL of a dataset has no ? and no #")
    try:
        import fsspec
    except ImportError:
        raise InputError(f"{url}: object stores need fsspec: pip install 'synthkit[cluster]'") from None
    try:
        fs, base = fsspec.core.url_to_fs(url, use_listings_cache=False, **_options(parts.scheme))
    except ImportError:
        package = _PACKAGES.get(parts.scheme, "a package of fsspec")
        raise InputError(f"{url}: needs {package}: pip install 'synthkit[cluster]' or {package}") from None
    except ValueError as error:
        raise InputError(f"{url}: cannot be used: {error}; s3://, gs://, file:// and memory:// can") from None
    base = str(base).rstrip("/")
    if not parts.netloc or not base.strip("/"):
        raise InputError(f"{url}: names no {'folder' if parts.scheme == 'memory' else 'bucket'}")
    if not hasattr(fs, "pipe_file") or type(fs).__name__.startswith("HTTP"):
        raise InputError(f"{url}: cannot be written; s3://, gs://, file:// and memory:// can")
    return fs, base


def _options(scheme: str) -> dict[str, Any]:
    """Room for as many requests as are made at a time, where the user's own settings of fsspec say nothing."""
    from fsspec.config import conf

    if scheme not in ("s3", "s3a") or "config_kwargs" in conf.get(scheme, {}):
        return {}
    return {"config_kwargs": {"max_pool_connections": _AT_ONCE}}


_KEYS = "set them in the environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) or in a profile"


def _is_s3(fs: Any) -> bool:
    return type(fs).__name__ == "S3FileSystem"
