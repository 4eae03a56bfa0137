"""The pool of processes: how it ends when the work fails, and when the process that began it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from synthkit.errors import WorkError
from synthkit.run.executors import process_pool

_SECONDS = 180


def _script(text: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(text)]


def _gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for yet has ended too."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + _SECONDS
    while not _gone(pid):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        time.sleep(0.05)


def test_it_is_prepared_before_its_first_task(tmp_path):
    here = os.getcwd()
    with process_pool(2, os.chdir, tmp_path) as pool:
        assert {future.result() for future in [pool.submit(os.getcwd) for _ in range(8)]} == {str(tmp_path)}
    assert os.getcwd() == here


def test_a_command_that_fails_ends_without_a_traceback():
    """The interpreter ends while the pool's thread closes its pipe, which takes a second here."""
    ended = subprocess.run(
        _script(
            """
            import os, sys, time
            from concurrent.futures import process
            from synthkit.run.executors import process_pool

            def close_slowly(pipe):
                pipe._writer.close()
                time.sleep(0.5)
                pipe._closed = True
                pipe._reader.close()

            process._ThreadWakeup.close = close_slowly
            try:
                with process_pool(2) as pool:
                    pool.submit(os.getpid).result()
                    raise ValueError("the work failed")
            except ValueError as error:
                sys.exit(str(error))
            """
        ),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    assert ended.returncode == 1
    assert ended.stderr == "the work failed\n"


def test_one_that_fails_leaves_the_processes_of_others_alone():
    """Another thread starts a pool in the meantime, and works on."""
    begun, failed = threading.Event(), threading.Event()
    mine: list[int] = []
    results: list[bool] = []

    def other() -> None:
        with process_pool(1) as pool:
            first = pool.submit(os.getpid).result(_SECONDS)
            begun.set()
            failed.wait(_SECONDS)
            results.append(pool.submit(os.getpid).result(_SECONDS) == first)

    def fail() -> None:
        with process_pool(1) as pool:
            mine.append(pool.submit(os.getpid).result(_SECONDS))
            thread.start()
            assert begun.wait(_SECONDS)
            raise WorkError("the work failed")

    thread = threading.Thread(target=other)
    with pytest.raises(WorkError, match="the work failed"):
        fail()
    failed.set()
    thread.join(_SECONDS)
    assert results == [True]
    _wait_until_gone(mine[0])


def test_its_workers_end_with_a_parent_that_is_killed():
    parent = subprocess.Popen(
        _script(
            """
            import os, time
            from synthkit.run.executors import process_pool

            with process_pool(2, time.sleep, 0.01) as pool:
                print(pool.submit(os.getpid).result(), flush=True)
                pool.submit(time.sleep, 600).result()
            """
        ),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    assert not _gone(worker)
    parent.send_signal(signal.SIGKILL)
    parent.wait(_SECONDS)
    parent.stdout.close()
    _wait_until_gone(worker)


def test_ctrl_c_reaches_no_worker_that_is_being_born():
    """Sent to the whole group, as a terminal does it, all the time that the worker imports: the parent's business."""
    done = subprocess.run(
        _script(
            """
            import os, signal, time
            from synthkit.run.executors import process_pool

            signal.signal(signal.SIGINT, lambda *_: None)
            with process_pool(1) as pool:
                born = pool.submit(os.getpid)
                while not born.done():
                    os.killpg(0, signal.SIGINT)
                    time.sleep(0.01)
                os.killpg(0, signal.SIGINT)
                assert pool.submit(os.getpid).result() == born.result()
            """
        ),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        start_new_session=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
