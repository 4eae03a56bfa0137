"""Uploads in parts to S3: several parts at a time, each sent again by itself where it fails."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

__all__ = ["remove_unfinished_uploads", "upload_in_parts"]

Patiently = Callable[[Callable[[], Any]], Any]

_PART = 16 * 2**20
_LARGEST_NUMBER = 10_000  # of parts that S3 takes
_AT_ONCE = 4


def upload_in_parts(fs: Any, base: str, file: Path, patiently: Patiently) -> None:
    """Make an object of a file; it is there when the last part is.

    Args:
        fs: The ``s3fs.S3FileSystem``.
        base: ``bucket/key``.
        file: The file.
        patiently: Calls, and again where what went wrong may pass.
    """
    bucket, _, key = base.partition("/")
    where = {"Bucket": bucket, "Key": key}
    size = file.stat().st_size
    if size <= _PART:
        data = file.read_bytes()
        patiently(lambda: fs.call_s3("put_object", **where, Body=data))
        return
    upload = patiently(lambda: fs.call_s3("create_multipart_upload", **where))["UploadId"]
    try:
        parts = _send_parts(fs, {**where, "UploadId": upload}, file, size, patiently)
        patiently(lambda: _complete(fs, where, upload, parts, size))
    except BaseException:
        with contextlib.suppress(Exception):  # what failed before is what counts
            fs.call_s3("abort_multipart_upload", **where, UploadId=upload)
        raise


def _send_parts(fs: Any, where: dict[str, str], file: Path, size: int, patiently: Patiently) -> list[dict[str, Any]]:
    length = max(_PART, -(-size // _LARGEST_NUMBER))

    def send(number: int) -> dict[str, Any]:
        with file.open("rb") as opened:
            opened.seek((number - 1) * length)
            data = opened.read(length)
        answer = patiently(lambda: fs.call_s3("upload_part", **where, PartNumber=number, Body=data))
        return {"PartNumber": number, "ETag": answer["ETag"]}

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(send, range(1, -(-size // length) + 1)))


def _complete(fs: Any, where: dict[str, str], upload: str, parts: list[dict[str, Any]], size: int) -> None:
    """Put the parts together; where the answer to an earlier try was lost, the object is there already."""
    try:
        fs.call_s3("complete_multipart_upload", **where, UploadId=upload, MultipartUpload={"Parts": parts})
    except FileNotFoundError:
        if fs.call_s3("head_object", **where)["ContentLength"] != size:
            raise


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
