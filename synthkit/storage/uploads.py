"""Uploads in parts to S3: sent while the rest is made, several at a time, each again by itself where it fails."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from synthkit.errors import WorkError
from synthkit.storage.blocking import call, client_of

__all__ = ["PartsUpload", "delete_objects", "remove_unfinished_uploads"]

Patiently = Callable[[Callable[[], Any]], Any]

_PART = 16 * 2**20
_GROWS_EVERY = 1000  # S3 takes 10,000 parts: later ones are larger, to 880 GiB in all
_AT_ONCE = 4


class PartsUpload:
    """An object of S3 that is sent out of a file while that grows; it is there when `complete` comes back.

    Args:
        fs: The ``s3fs.S3FileSystem``.
        base: ``bucket/key``.
        handle: An open file; what was announced of it must be readable and stay as it is.
        patiently: Calls, and again where what went wrong may pass.
    """

    def __init__(self, fs: Any, base: str, handle: int, patiently: Patiently) -> None:
        bucket, _, key = base.partition("/")
        self._fs, self._handle, self._patiently = fs, handle, patiently
        self._where: dict[str, Any] = {"Bucket": bucket, "Key": key}
        self._upload = ""
        self._pool: ThreadPoolExecutor | None = None
        self._parts: list[Future[dict[str, Any]]] = []
        self._sent = 0

    def announce(self, size: int) -> None:
        """So many bytes of the file are there: send what is whole parts of it.

        Raises:
            InputError: An earlier part was refused; nothing of it will pass.
            WorkError: An earlier part could not be sent.
        """
        while size - self._sent >= self._length():
            self._send(self._length())
        for part in self._parts:
            if part.done():
                part.result()

    def complete(self, size: int) -> None:
        """Send the rest of the file, of this size in all, and put the parts together."""
        if not self._parts:
            data = self._read(0, size)
            self._patiently(lambda: self._fs.call_s3("put_object", **self._where, Body=data))
            return
        if size > self._sent:
            self._send(size - self._sent)
        parts = [part.result() for part in self._parts]
        self._patiently(lambda: self._put_together(parts, size))
        self._end()

    def abort(self) -> None:
        """Leave nothing behind."""
        self._end(cancel=True)
        if self._upload:
            with contextlib.suppress(Exception):  # what failed before is what counts; the next build removes it
                self._fs.call_s3("abort_multipart_upload", **self._where, UploadId=self._upload)

    def _length(self) -> int:
        return _PART * (1 + len(self._parts) // _GROWS_EVERY)

    def _send(self, length: int) -> None:
        if self._pool is None:
            began = self._patiently(lambda: self._fs.call_s3("create_multipart_upload", **self._where))
            self._upload = str(began["UploadId"])
            self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._parts.append(self._pool.submit(self._send_now, len(self._parts) + 1, self._sent, length))
        self._sent += length

    def _send_now(self, number: int, start: int, length: int) -> dict[str, Any]:
        data = self._read(start, length)
        options = {**self._where, "UploadId": self._upload, "PartNumber": number}
        client = client_of(self._fs)
        answer = self._patiently(lambda: call(client, "upload_part", **options, Body=data))
        return {"PartNumber": number, "ETag": answer["ETag"]}

    def _read(self, start: int, length: int) -> bytes:
        data = bytearray()
        while len(data) < length:  # one call reads 2 GiB at most
            piece = os.pread(self._handle, length - len(data), start + len(data))
            if not piece:
                raise WorkError("what was written to the temporary folder is not there any more")
            data += piece
        return bytes(data)

    def _put_together(self, parts: list[dict[str, Any]], size: int) -> None:
        """Where the answer to an earlier try was lost, the object is there already."""
        options = {**self._where, "UploadId": self._upload, "MultipartUpload": {"Parts": parts}}
        try:
            self._fs.call_s3("complete_multipart_upload", **options)
        except FileNotFoundError:
            if self._fs.call_s3("head_object", **self._where)["ContentLength"] != size:
                raise

    def _end(self, *, cancel: bool = False) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=cancel)


def delete_objects(fs: Any, paths: list[str]) -> None:
    """Delete objects of one bucket, at most 1000, in one request; those that are not there are no matter.

    Args:
        fs: The ``s3fs.S3FileSystem``.
        paths: ``bucket/key`` of each.

    Raises:
        OSError: The store kept some of them.
    """
    bucket = paths[0].partition("/")[0]
    objects = [{"Key": path.partition("/")[2]} for path in paths]
    answer = fs.call_s3("delete_objects", Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
    kept = answer.get("Errors") or []
    if kept:
        raise OSError(errno.EIO, f"{len(kept)} objects were not deleted: {kept[0].get('Code', '')}")


def remove_unfinished_uploads(fs: Any, base: str) -> int:
    """End all unfinished uploads below a path; returns how many.

    Args:
        fs: The ``s3fs.S3FileSystem``.
        base: ``bucket/folder``.
    """
    bucket, _, folder = base.partition("/")
    ended = 0
    options: dict[str, str] = {}
    while True:
        page = fs.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=f"{folder}/" if folder else "", **options)
        for upload in page.get("Uploads") or []:
            with contextlib.suppress(FileNotFoundError):  # it has just been completed, or ended
                fs.call_s3("abort_multipart_upload", Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
            ended += 1
        if not page.get("IsTruncated"):
            return ended
        options = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
