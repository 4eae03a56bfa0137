"""A store that goes away, or refuses, while a run ends or its lock is renewed."""

import json
import os
import threading

import pytest

from synthkit.errors import WorkError
from synthkit.storage import open_root, uploads
from synthkit.storage.faults import patiently
from synthkit.storage.lease import LOCK, Lease, lease_seconds
from synthkit.storage.uploads import PartsUpload

ANOTHER = json.dumps({"holder": "another", "count": 0}).encode()
LONG = 60  # seconds: longer than any of this takes, and the end of a thread that hangs


class Unsteady:
    """A file system whose calls fail while ``error`` is set, but for those of the thread that is spared."""

    def __init__(self, fs):
        self._fs = fs
        self.error = self.spared = None
        self.failed = []
        self.fails = threading.Event()

    def __getattr__(self, name):
        found = getattr(self._fs, name)

        def call(*args, **options):
            if self.error is not None and threading.current_thread() is not self.spared:
                self.failed.append(threading.current_thread())
                self.fails.set()
                raise self.error
            return found(*args, **options)

        return call if callable(found) else found


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A place in memory that can be made unsteady, of a run that would wait for long."""
    monkeypatch.setenv("SYNTHKIT_STORAGE_PATIENCE", "1e6")
    place = open_root(f"memory://away-{os.getpid()}/{tmp_path.name}")
    place._opened = Unsteady(place._opened)
    yield place
    place._opened.error = None  # ends whoever still waits


def ends(call):
    """Whether a call comes back; what it raises is handed on."""
    raised = []

    def run():
        try:
            call()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(LONG)
    if raised:
        raise raised[0]
    return not thread.is_alive()


def test_who_gives_up_tries_once(root):
    with root.giving_up():
        root.write("a", b"1")
        root._fs.error = ConnectionResetError()
        with pytest.raises(WorkError, match="the object store did not answer"):
            root.read("a")
    assert len(root._fs.failed) == 1


def test_giving_up_ends(root):
    with root.giving_up(), root.giving_up():
        pass
    left = [ConnectionResetError(), ConnectionResetError()]

    def call():
        if left:
            raise left.pop()
        return "there"

    assert root._call(call) == "there"


def test_who_waits_is_told(monkeypatch):
    monkeypatch.setenv("SYNTHKIT_STORAGE_PATIENCE", "1e6")
    giving_up = threading.Event()
    tries = []

    def call():
        tries.append(1)
        giving_up.set()
        raise ConnectionResetError

    with pytest.raises(WorkError):
        patiently("there", call, giving_up)
    assert len(tries) == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_a_run_that_fails_does_not_wait_to_give_its_lock_back(root, error):
    def run():
        with root.locked():
            root._fs.error = ConnectionResetError()
            raise error

    with pytest.raises(error):
        ends(run)
    assert len(root._fs.failed) == 1


def test_nor_for_a_renewal_that_waits(root, monkeypatch):
    monkeypatch.setenv("SYNTHKIT_LEASE_SECONDS", "0.06")

    def run():
        with root.locked():
            root._fs.error = ConnectionResetError()
            root._fs.fails.wait(LONG)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ends(run)


def test_nor_for_parts_that_are_tried_again(root, monkeypatch):
    called = []
    tried = threading.Event()

    class S3:
        def call_s3(self, method, **_):
            called.append(method)
            return {"UploadId": "1"}

    def away(*_, **__):
        tried.set()
        raise ConnectionResetError

    monkeypatch.setattr(uploads, "client_of", lambda fs: fs)
    monkeypatch.setattr(uploads, "call", away)
    monkeypatch.setattr(root, "parts", lambda path, handle: PartsUpload(S3(), f"b/{path}", handle, root._call))
    sink = root.create("big")
    sink.write(bytes(uploads._PART))
    tried.wait(LONG)
    assert ends(sink.abort)
    assert called == ["create_multipart_upload", "abort_multipart_upload"]


def test_nor_for_clips_that_are_tried_again(root):
    folder = root.folder("data/s")
    root._fs.error = ConnectionResetError()

    def write():
        with pytest.raises(WorkError):
            folder.write({"1": b"a", "2": b"b"})

    writing = threading.Thread(target=write, daemon=True)
    writing.start()
    root._fs.fails.wait(LONG)
    assert ends(folder.abort)
    writing.join(LONG)
    assert not writing.is_alive()


def test_nor_for_reads_that_are_tried_again(root):
    """One file is not there; others wait for the store."""
    root._fs.error = ConnectionResetError()
    missing = threading.Event()
    real = root.read

    def read(path):
        if path == "missing":
            missing.wait(LONG)
            raise FileNotFoundError(path)
        missing.set()
        return real(path)

    root.read = read
    with pytest.raises(FileNotFoundError):
        ends(lambda: list(root.readable(["missing", "a", "b"])))


@pytest.mark.parametrize("error", [PermissionError("expired"), OSError(24, "too many open files")])
def test_the_lock_is_renewed_after_whatever_went_wrong(root, monkeypatch, error):
    monkeypatch.setenv("SYNTHKIT_LEASE_SECONDS", "0.6")
    with root.locked():
        root._fs.error, root._fs.spared = error, threading.current_thread()
        root._fs.fails.wait(LONG)
        root._fs.error = None
        before = root.read(LOCK)
        assert ends(lambda: _until_renewed(root, before))


def _until_renewed(root, before):
    while root.read(LOCK) == before:
        threading.Event().wait(0.005)


def test_a_lock_that_was_not_renewed_for_too_long_is_looked_at(root):
    lease = Lease(root)
    lease.take()
    lease._renewed -= 2 * lease_seconds()
    lease.check()  # nobody has taken it
    root.put(LOCK, ANOTHER)
    with pytest.raises(WorkError, match="another run has taken over"):
        lease.check()
    lease.release()
    assert root.read(LOCK) == ANOTHER


def test_it_is_given_back_where_the_store_refuses(root):
    """The run is over: the next one waits a little longer."""
    with root.locked():
        root._fs.error = PermissionError("expired")
