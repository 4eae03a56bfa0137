"""An object store that fails: what passes is waited for, what does not is told without a secret."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from synthkit.errors import InputError, WorkError
from synthkit.storage import open_root
from synthkit.storage.faults import patience, patiently
from synthkit.storage.lease import LOCK, lease_seconds

BIG = bytes(range(256)) * (40 * 4096)  # 40 MiB: three parts


@pytest.mark.parametrize(
    "faults", [{"every": 3}, {"every": 2, "statuses": [503]}, {"drop": 4}, {"every": 4, "drop": 7}, {"lose_answer": 3}]
)
def test_failures_that_pass_are_waited_for(store, faults, monkeypatch):
    monkeypatch.setattr("synthkit.storage.faults._FIRST_WAIT", 0.02)
    root = open_root(store.url)
    store.faults(**faults)
    sink = root.create("big")
    sink.write(BIG)
    sink.commit()
    for number in range(12):
        root.write(f"small/{number}", b"x" * number)
    assert root.sizes("small") == {f"small/{n}": n for n in range(12)}
    assert root.hash("big") == sink._hash.hexdigest()
    root.remove(["small/3"])
    assert root.size("small/3") is None
    assert store.seen()["failed"] > 0
    store.faults()
    assert store.read("sets/one/big") == BIG


def test_a_store_that_is_away_for_a_while(store):
    root = open_root(store.url)
    root.write("a", b"before")
    store.faults(down=True)
    threading.Timer(3, store.faults).start()
    started = time.monotonic()
    assert root.read("a") == b"before"
    assert time.monotonic() - started > 2


def test_a_store_that_stays_away_is_told(store, monkeypatch):
    monkeypatch.setenv("SYNTHKIT_STORAGE_PATIENCE", "1")
    root = open_root(store.url)
    root.write("a", b"before")
    store.faults(down=True)
    with pytest.raises(WorkError) as error:
        root.read("a")
    assert f"{store.url}: the object store did not answer for 1 s" in str(error.value)
    assert "run the same command to go on" in str(error.value)


@pytest.mark.parametrize("code", ["InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "ExpiredToken"])
def test_wrong_credentials_are_told_without_them(store, code):
    root = open_root(store.url)
    store.faults(code=code)
    calls = [root.make, root.sizes, lambda: root.write("a", b""), lambda: root.read("a"), lambda: root.remove(["a"])]
    for call in calls:
        with pytest.raises(InputError) as error:
            call()
        text = str(error.value)
        # A HEAD request has no answer but its status.
        assert f"access denied ({code})" in text or (call is not calls[0] and "access denied (403)" in text)
        assert "AKIA" not in text
        assert "secret" not in text.replace("AWS_SECRET_ACCESS_KEY", "")


def test_a_wrong_clock_is_told(store):
    root = open_root(store.url)
    store.faults(code="RequestTimeTooSkewed")
    with pytest.raises(InputError, match="the clock of this machine is wrong"):
        root.make()


def test_no_credentials_at_all(store, tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"HOME": str(tmp_path), "AWS_ENDPOINT_URL": store.endpoint, "AWS_EC2_METADATA_DISABLED": "true"}
    command = [sys.executable, "-m", "synthkit", "verify", store.url]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 2
    assert "no usable credentials are set" in done.stderr
    assert "Traceback" not in done.stderr


def test_there_is_no_such_bucket(store):
    with pytest.raises(InputError, match="there is no bucket named nobody-has-this-bucket; make it first"):
        open_root("s3://nobody-has-this-bucket/a").make()


def test_errors_of_ours_are_not_waited_for():
    calls = []

    def call():
        calls.append(1)
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        patiently("there", call)
    assert len(calls) == 1


@pytest.mark.parametrize("text", ["soon", "-1", "inf", "nan"])
def test_odd_settings_are_refused(text, monkeypatch):
    monkeypatch.setenv("SYNTHKIT_STORAGE_PATIENCE", text)
    monkeypatch.setenv("SYNTHKIT_LEASE_SECONDS", text)
    with pytest.raises(InputError, match="SYNTHKIT_STORAGE_PATIENCE"):
        patience()
    with pytest.raises(InputError, match="SYNTHKIT_LEASE_SECONDS"):
        lease_seconds()


def test_parts_that_were_left_over_are_removed(store):
    root = open_root(store.url)
    for key in ("sets/one/data/x", "sets/one/y", "sets/other/z", "sets/one-more/z"):
        store.client.create_multipart_upload(Bucket=store.bucket, Key=key)
    root.remove_temporaries()
    assert sorted(upload["Key"] for upload in store.uploads()) == ["sets/one-more/z", "sets/other/z"]


def test_an_upload_that_fails_is_cleaned_up(store, monkeypatch):
    monkeypatch.setenv("SYNTHKIT_STORAGE_PATIENCE", "0")
    root = open_root(store.url)
    sink = root.create("big")
    sink.write(BIG)
    store.faults(code="AccessDenied")
    with pytest.raises(InputError):
        sink.commit()
    sink.abort()
    store.faults()
    root.remove_temporaries()  # its own try to clean up was denied, too
    assert store.uploads() == []
    assert root.size("big") is None


def _call_for(seconds, call):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        call()
        time.sleep(0.05)


class TestLocks:
    def test_two_writers(self, store):
        first, second = open_root(store.url), open_root(store.url)
        with (
            first.locked() as held,
            pytest.raises(WorkError, match="another run is writing here"),
            second.locked(),
        ):
            pass
        held()
        with second.locked():
            pass
        assert store.names() == []

    def test_jobs_of_an_array_do_not_lock_each_other_out(self, store):
        root = open_root(store.url)
        with root.locked(shared=True), open_root(store.url).locked(shared=True):
            pass
        with root.locked(), pytest.raises(WorkError, match="another run"), open_root(store.url).locked(shared=True):
            pass

    def test_the_dead_are_taken_over(self, store):
        """Whatever time the dead machine thought that it was."""
        store.write(f"sets/one/{LOCK}", json.dumps({"holder": "dead", "count": 7}).encode())
        root = open_root(store.url)
        started = time.monotonic()
        with root.locked():
            assert time.monotonic() - started >= lease_seconds()

    def test_a_damaged_lock_is_taken_over(self, store):
        store.write(f"sets/one/{LOCK}", b"not json")
        with open_root(store.url).locked():
            pass

    def test_who_was_cut_off_for_too_long_is_told(self, store):
        root = open_root(store.url)
        with root.locked() as held:
            store.write(f"sets/one/{LOCK}", json.dumps({"holder": "another", "count": 0}).encode())
            with pytest.raises(WorkError, match="another run has taken over"):
                _call_for(20, held)
        assert json.loads(store.read(f"sets/one/{LOCK}"))["holder"] == "another"  # not ours to remove

    def test_it_is_held_while_the_store_is_away(self, store):
        root = open_root(store.url)
        with root.locked() as held:
            store.faults(down=True)
            time.sleep(lease_seconds())
            store.faults()
            time.sleep(lease_seconds() / 2)
            held()

    def test_the_wall_clock_plays_no_part(self, store, monkeypatch):
        """A clock that jumps by a year takes no lock away, and gives none."""
        root = open_root(store.url)
        with root.locked() as held:
            real = time.time
            monkeypatch.setattr(time, "time", lambda: real() + 365 * 86400)
            with pytest.raises(WorkError, match="another run is writing here"), open_root(store.url).locked():
                pass
            held()

    def test_an_answer_that_was_lost_is_our_own_lock(self, store):
        store.faults(lose_answer=1)
        root = open_root(store.url)
        threading.Timer(1, store.faults).start()
        with root.locked() as held:
            held()
