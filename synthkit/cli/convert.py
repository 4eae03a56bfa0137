"""``synthkit convert``."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping

from synthkit.cli.output import print_json
from synthkit.cli.progress import progress_bar
from synthkit.convert.convert import Converted, convert
from synthkit.convert.targets import HUB, LHOTSE, check_target
from synthkit.errors import InputError
from synthkit.shards.wording import format_bytes

__all__ = ["run"]


def run(
    directory: str,
    to: str,
    *,
    out: str | None,
    shard_size: int | None,
    workers: int | None,
    repo: str | None,
    private: bool,
    revision: str | None,
    message: str | None,
    as_json: bool,
) -> None:
    """Write a dataset in another form, and print its fingerprint last."""
    given = {"--repo": repo, "--private": private or None, "--revision": revision, "--commit-message": message}
    only_shards = {"--shard-size": shard_size}
    if to == HUB:
        _refuse(to, {"--out": out, **only_shards, "--workers": workers})
        _publish(directory, repo, private=private, revision=revision, message=message, as_json=as_json)
        return
    check_target(to)
    _refuse(to, given)
    if out is None:
        raise InputError(f"--to {to}: needs -o OUT, the directory or URL to make")
    started = time.perf_counter()
    with progress_bar("convert") as on_progress:
        if to == LHOTSE:
            from synthkit.convert.lhotse import convert_to_lhotse

            _refuse(to, {**only_shards, "--workers": workers})
            done = convert_to_lhotse(directory, out, on_progress=on_progress)
        else:
            done = convert(directory, out, to, shard_size=shard_size, workers=workers, on_progress=on_progress)
    _say(done, time.perf_counter() - started, as_json=as_json)


def _refuse(to: str, options: Mapping[str, object]) -> None:
    """Options that say nothing about this target."""
    for name, value in options.items():
        if value is not None:
            raise InputError(f"{name}: does not go with --to {to}; {_TARGETS}")


_TARGETS = f"--repo, --private, --revision and --commit-message are of {HUB}, --out of all others"


def _say(done: Converted, seconds: float, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "fingerprint": done.fingerprint,
                "num_examples": done.num_examples,
                "bytes": done.bytes,
                "format": done.format,
                "seconds": round(seconds, 3),
                "out": done.out,
            }
        )
        return
    said = f"{done.num_examples:,} examples, {format_bytes(done.bytes)} in {done.out}, {done.format}"
    if not done.made:
        print(f"{said}: was complete, nothing to do")
    else:
        there = done.num_examples - done.made
        resumed = f" ({there:,} were there from an earlier run)" if there else ""
        print(f"{said}{resumed}, {seconds:.1f} s")
    print(f"fingerprint {done.fingerprint}")


def _publish(
    directory: str, repo: str | None, *, private: bool, revision: str | None, message: str | None, as_json: bool
) -> None:
    if repo is None:
        raise InputError(f"--to {HUB}: needs --repo USER/NAME")
    from synthkit.convert.hub import publish

    if not sys.stderr.isatty():
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # read when huggingface_hub is imported
    done = publish(directory, repo, private=private, revision=revision, message=message)
    if as_json:
        print_json(
            {
                "fingerprint": done.fingerprint,
                "num_examples": done.num_examples,
                "files": done.files,
                "bytes": done.bytes,
                "url": done.url,
                "left_out": list(done.left_out),
            }
        )
        return
    print(f"{done.files:,} files, {format_bytes(done.bytes)} at {done.url}" + ("" if done.made else ": were there"))
    for path in done.left_out:
        print(f"left out: {path}")
    print(f"fingerprint {done.fingerprint}")
