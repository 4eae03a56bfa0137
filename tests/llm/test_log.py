"""The request log: nothing lost, nothing changed by reading, damage told."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from synthkit.errors import InputError, WorkError
from synthkit.llm.log import RequestLog, export_table, open_replies, tidy_log
from synthkit.llm.request import Reply, Usage, chat_request
from synthkit.llm.sole import clear_lock, sole_asker

SOON = (0, 0.01)  # seconds, where readers do not let go


def asked(number, model="m"):
    return chat_request(model, [("user", f"question {number}")], {"max_tokens": 10})


def answered(request, text="yes"):
    return Reply(request.key, text, "stop", "m-1", Usage(7, 3), "chat", "{}")


def test_written_and_read(tmp_path):
    one, two, three = asked(1), asked(2), asked(3)
    with RequestLog(tmp_path / "x" / "log.sqlite") as log:
        log.write([one, two, three], [two.key], [answered(one, "Ünïcode \x00\n")])
        assert log.get(one.key).text == "Ünïcode \x00\n"
        assert log.get(two.key) is None
        assert set(log.get_many([one.key, two.key, "nothing"])) == {one.key}
        assert log.spent("m") == Usage(7, 3)
        assert log.spent("other") == Usage()
        assert log.doubtful("m") == three.bound  # two came to nothing, one has its answer
        log.write([three], [], [])
        assert log.doubtful("m").prompt == 2 * three.bound.prompt
    assert sorted(os.listdir(tmp_path / "x")) == ["log.sqlite"]


def test_the_first_answer_stays(tmp_path):
    request = asked(1)
    with RequestLog(tmp_path / "log.sqlite") as log:
        log.write([request], [], [answered(request, "first")])
        log.write([request], [], [answered(request, "second")])
        assert log.get(request.key).text == "first"


def test_reading_changes_nothing(tmp_path):
    path, request = tmp_path / "requests.sqlite", asked(1)
    with RequestLog(path) as log:
        log.write([request], [], [answered(request)])
    before = path.read_bytes()
    path.chmod(0o444)
    for place in (path, tmp_path):
        assert open_replies(place).get(request.key).text == "yes"
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["requests.sqlite"]


def test_exported(tmp_path):
    requests = [asked(n) for n in range(30)]
    with RequestLog(tmp_path / "log.sqlite") as log:
        log.write(requests, [], [answered(r, f"a{n}") for n, r in enumerate(requests)])
        keys = [r.key for r in requests[:20]]
        table = export_table([*keys, keys[0]], log, log.bodies(keys))
    assert table["key"].to_pylist() == sorted(keys)
    pq.write_table(table, tmp_path / "requests.parquet")
    found = open_replies(tmp_path)
    assert found.get(requests[3].key) == answered(requests[3], "a3")
    assert found.get(requests[25].key) is None


def test_a_killed_writer_loses_nothing(tmp_path):
    """What was written when a process was killed is there for the next, and for one that only reads."""
    path = tmp_path / "requests.sqlite"
    script = (
        "import sys, time, pathlib\n"
        "from synthkit.llm.log import RequestLog\n"
        "from synthkit.llm.request import Reply, Usage, chat_request\n"
        f"log = RequestLog(pathlib.Path({str(path)!r}))\n"
        "for n in range(100):\n"
        "    r = chat_request('m', [('user', f'question {n}')], {'max_tokens': 10})\n"
        "    log.write([r], [], [Reply(r.key, 'yes', 'stop', 'm-1', Usage(7, 3), 'chat', '{}')])\n"
        "print('done', flush=True)\n"
        "time.sleep(300)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "done\n"
        process.send_signal(signal.SIGKILL)
    assert len(open_replies(path).get_many([asked(n).key for n in range(100)])) == 100


def test_a_log_is_read_while_another_run_writes_it(tmp_path, monkeypatch):
    monkeypatch.setattr("synthkit.llm.log._WAITS", SOON)
    path, first, later = tmp_path / "requests.sqlite", asked(0), [asked(n) for n in range(1, 300)]
    with RequestLog(path) as log:
        log.write([first], [], [answered(first)])
    early = open_replies(path)
    assert early.get(first.key).text == "yes"
    writer = RequestLog(path)
    writer.write(later, [], [answered(request) for request in later])
    during = open_replies(path)
    keys = [first.key, *(request.key for request in later)]
    assert len(early.get_many(keys)) == len(during.get_many(keys)) == len(keys)
    writer.close()
    assert len(early.get_many(keys)) == len(during.get_many(keys)) == len(keys)
    assert len(open_replies(path).get_many(keys)) == len(keys)
    shutil.copyfile(path, tmp_path / "copy.sqlite")  # the file alone, though readers have it open
    assert len(open_replies(tmp_path / "copy.sqlite").get_many(keys)) == len(keys)


def test_a_log_that_was_read_when_its_writer_ended_is_one_file_later(tmp_path, monkeypatch):
    """The same bytes for whoever hashes it, before and after it is read."""
    monkeypatch.setattr("synthkit.llm.log._WAITS", (0,))
    path, request = tmp_path / "requests.sqlite", asked(1)
    with RequestLog(path) as log:
        log.write([request], [], [answered(request)])
        reader = open_replies(path)
        assert reader.get(request.key).text == "yes"
    reader.close()
    tidy_log(path)
    before = path.read_bytes()
    assert [found.name for found in tmp_path.iterdir()] == ["requests.sqlite"]
    assert open_replies(path).get(request.key).text == "yes"
    tidy_log(path)
    assert path.read_bytes() == before


def test_a_disk_without_locks_is_read(tmp_path, monkeypatch):
    path, request = tmp_path / "requests.sqlite", asked(1)
    with RequestLog(path) as log:
        log.write([request], [], [answered(request)])
    real = sqlite3.connect

    def connect(address, **options):
        if "immutable" not in address:
            raise sqlite3.OperationalError("disk I/O error")
        return real(address, **options)

    monkeypatch.setattr(sqlite3, "connect", connect)
    assert open_replies(path).get(request.key).text == "yes"


def test_the_lock_of_a_killed_build_is_removed(tmp_path):
    log = tmp_path / "requests.sqlite"
    lock = tmp_path / "requests.sqlite.lock"
    lock.touch()
    clear_lock(log)
    assert not lock.exists()
    with sole_asker(log):
        clear_lock(log)
        assert lock.exists()
    assert not lock.exists()


def test_a_new_log_is_read_while_its_first_run_writes_it(tmp_path, monkeypatch):
    monkeypatch.setattr("synthkit.llm.log._WAITS", SOON)
    path, request = tmp_path / "requests.sqlite", asked(1)
    with RequestLog(path) as log:
        log.write([request], [], [answered(request)])
        assert open_replies(path).get(request.key).text == "yes"
    assert open_replies(path).get(request.key).text == "yes"


def test_a_log_whose_writer_was_killed_in_a_rollback_is_read(tmp_path):
    path, request = tmp_path / "requests.sqlite", asked(1)
    with RequestLog(path) as log:
        log.write([request], [], [answered(request)])
    (tmp_path / "killed").mkdir()
    with sqlite3.connect(path, isolation_level=None) as db:
        db.execute("PRAGMA cache_size=1")  # so that half of what follows is in the file
        db.execute("BEGIN")
        db.execute("UPDATE replies SET text = 'half'")
        db.executemany("INSERT INTO meta VALUES(?, ?)", [(str(n), "x" * 3000) for n in range(50)])
        for name in ("requests.sqlite", "requests.sqlite-journal"):
            shutil.copyfile(tmp_path / name, tmp_path / "killed" / name)
        db.execute("ROLLBACK")
    db.close()
    assert open_replies(tmp_path / "killed").get(request.key).text == "yes"


def test_what_lies_beside_a_log_and_cannot_be_read_is_told(tmp_path):
    path = tmp_path / "requests.sqlite"
    RequestLog(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode=WAL")
    db.close()
    (tmp_path / "requests.sqlite-wal").touch()
    (tmp_path / "requests.sqlite-shm").symlink_to("nowhere")  # as little to be opened as where nothing may be made
    with pytest.raises(InputError, match=r"cannot be opened: .*answers are in requests\.sqlite-wal beside it: .*copy"):
        open_replies(path)


def test_one_run_asks_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr("synthkit.llm.log._WAITS", SOON)
    path = tmp_path / "x" / "requests.sqlite"
    with sole_asker(path), RequestLog(path):
        link = tmp_path / "link.sqlite"
        link.symlink_to(path)
        for name in (path, link):
            with pytest.raises(WorkError, match=r"another build asks with this log; wait .*or give another --log"):
                sole_asker(name).__enter__()
        with open_replies(path) as replies:
            assert replies.get("nothing") is None
    assert os.listdir(path.parent) == ["requests.sqlite"]
    (tmp_path / "x" / "requests.sqlite.lock").touch()  # what a killed run leaves
    with sole_asker(path):
        pass
    assert os.listdir(path.parent) == ["requests.sqlite"]


def test_what_is_no_log(tmp_path):
    path = tmp_path / "requests.sqlite"
    with pytest.raises(InputError, match="no such request log"):
        open_replies(path)
    with pytest.raises(InputError, match="holds no request log"):
        open_replies(tmp_path)
    path.write_text("hello, this is no database at all" * 100)
    for opened in (lambda: open_replies(path), lambda: RequestLog(path)):
        with pytest.raises(InputError, match="is no request log"):
            opened()
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE t(a)")
    other.close()
    with pytest.raises(InputError, match="is no request log"):
        open_replies(path)
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(WorkError, match="not readable as an exported request log"):
        open_replies(tmp_path / "x.parquet")


def test_a_log_of_another_version(tmp_path):
    path = tmp_path / "log.sqlite"
    RequestLog(path).close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE meta SET value = '99'")
    db.close()
    with pytest.raises(WorkError, match="another version"):
        RequestLog(path)
