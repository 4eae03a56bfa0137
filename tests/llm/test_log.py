"""The request log: nothing lost, nothing changed by reading, damage told."""

import os
import signal
import sqlite3
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from synthkit.errors import InputError, WorkError
from synthkit.llm.log import RequestLog, export_table, open_replies
from synthkit.llm.request import Reply, Usage, chat_request


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
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "done\n"
        process.send_signal(signal.SIGKILL)
    assert len(open_replies(path).get_many([asked(n).key for n in range(100)])) == 100


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
