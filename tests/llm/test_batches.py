"""The batch endpoint: handed in, waited for, collected; failures alone are handed in again."""

import signal
import subprocess
import sys
import time

import pytest

from synthkit.dataset import load
from synthkit.errors import InputError, WorkError
from synthkit.llm.log import RequestLog
from synthkit.run import build
from synthkit.run.asking import AskOptions

BATCH = {"params__service__mode": "batch", "params__service__batch_poll": 0.02}


def test_a_batch_gives_what_calls_give(serve, explained, oracle, tmp_path):
    server = serve(oracle())
    server.batch_polls = 3
    made = build(explained(server, **BATCH), tmp_path / "a")
    assert len(server.batches) == 1
    assert len(server.paid) == 32
    assert build(explained(server), tmp_path / "b").fingerprint == made.fingerprint
    replayed = build(explained(None), tmp_path / "c", asking=AskOptions(replay=True, log=tmp_path / "a"))
    assert replayed.fingerprint == made.fingerprint


@pytest.mark.parametrize("fault", ["expired", "missing", 500, 429])
def test_failures_alone_are_handed_in_again(serve, explained, oracle, tmp_path, fault):
    server = serve(oracle())
    server.batch_fault = lambda number, body: fault if number % 4 == 0 and number <= 32 else None
    build(explained(server, **BATCH), tmp_path / "a")
    sizes = [len(server.files[batch["input_file_id"]]) for batch in server.batches.values()]
    assert sizes == [32, 8]
    assert set(server.paid.values()) == {1}


def test_bad_answers_go_into_the_next_batch(serve, explained, oracle, tmp_path):
    good = oracle()
    server = serve(lambda body: good(body) if len(body["messages"]) > 2 else "what?")
    build(explained(server, **BATCH), tmp_path / "a")
    assert {e.annotations["turns"] for e in load(tmp_path / "a", "train")} == {2}
    assert len(server.batches) == 2


def test_small_batches(serve, explained, oracle, tmp_path):
    server = serve(oracle())
    build(explained(server, params__service__batch_size=10, **BATCH), tmp_path / "a")
    assert len(server.batches) == 4
    assert set(server.paid.values()) == {1}


def test_a_request_that_is_refused_is_kept(serve, explained, oracle, tmp_path):
    server = serve(oracle())
    server.batch_fault = lambda number, body: 400 if number == 5 else None
    build(explained(server, **BATCH), tmp_path / "a")
    rejected = [e for e in load(tmp_path / "a", "train") if e.annotations["status"] == "rejected"]
    assert len(rejected) == 1
    assert "refused by the service: HTTP 400" in rejected[0].annotations["rejection"]


def test_batches_that_bring_nothing_end_it(serve, explained, oracle, tmp_path):
    server = serve(oracle())
    server.batch_fault = lambda number, body: "expired"
    with pytest.raises(WorkError, match=r"32 question\(s\) have no answer yet"):
        build(explained(server, **BATCH), tmp_path / "a")
    assert len(server.batches) == 2
    server.batch_fault = lambda number, body: None
    build(explained(server, **BATCH), tmp_path / "a")
    assert set(server.paid.values()) == {1}


@pytest.mark.parametrize("place", ["/v1/files", "/v1/batches"])
def test_a_batch_that_is_not_taken_is_handed_in_again(serve, explained, oracle, tmp_path, place):
    server = serve(oracle())
    failed = []

    def fault(method, path):
        if (method, path) == ("POST", place) and not failed:
            failed.append(path)
            return 500
        return None

    server.path_fault = fault
    build(explained(server, **BATCH), tmp_path / "a")
    assert failed == [place]
    assert set(server.paid.values()) == {1}
    with RequestLog(tmp_path / "a" / "requests.sqlite") as log:
        assert log.doubtful("gpt-3.5-turbo").total == 0
        rows = list(log._db.execute("SELECT sent, void FROM requests"))
    assert set(rows) == {(2, 1)}


@pytest.mark.parametrize("status", [408, 502])
def test_a_batch_that_was_taken_without_a_word_is_found(serve, explained, oracle, tmp_path, status):
    server = serve(oracle())
    server.lost_batch = status
    build(explained(server, items=10, **BATCH), tmp_path / "a", workers=1)
    assert len(server.batches) == 1
    assert set(server.paid.values()) == {1}


def test_a_batch_that_may_have_been_taken_is_looked_for_again(serve, explained, oracle, tmp_path):
    server = serve(oracle())
    server.lost_batch = 504
    server.path_fault = lambda method, path: 504 if (method, path) == ("GET", "/v1/batches") else None
    recipe = explained(server, items=10, params__service__retries=1, **BATCH)
    with pytest.raises(WorkError, match=r"HTTP 504.* may have taken the batch.* run the same command to go on"):
        build(recipe, tmp_path / "a", workers=1)
    server.path_fault = lambda method, path: None
    build(recipe, tmp_path / "a", workers=1)
    assert len(server.batches) == 1
    assert set(server.paid.values()) == {1}


@pytest.mark.parametrize("status", [405, 501])
def test_a_service_that_lists_no_batches_is_asked_again(serve, explained, oracle, tmp_path, status):
    """What it may have taken counts as paid; to wait for a list that never comes would end every run."""
    server = serve(oracle())
    server.lost_batch = 504
    server.path_fault = lambda method, path: status if (method, path) == ("GET", "/v1/batches") else None
    with pytest.raises(WorkError):
        build(explained(server, items=10, params__service__retries=1, **BATCH), tmp_path / "a", workers=1)
    assert len(server.batches) > 1
    server.lost_batch = 0
    build(explained(server, items=10, params__service__retries=1, **BATCH), tmp_path / "a", workers=1)
    with RequestLog(tmp_path / "a" / "requests.sqlite") as log:
        assert log.doubtful("gpt-3.5-turbo").total > 0


def killed(recipe, folder, server, moment):
    """Run a build in a process of its own and kill it at a moment."""
    (folder / "r.json").write_text(recipe.pretty_json())
    command = [sys.executable, "-m", "synthkit", "generate", str(folder / "r.json"), "--out", str(folder / "a")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 120
        while not moment(server) and time.monotonic() < end:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)


def test_killed_while_it_waits(serve, explained, oracle, tmp_path):
    server = serve(oracle())
    server.batch_polls = 10**9
    recipe = explained(server, **BATCH)
    killed(recipe, tmp_path, server, lambda s: any(b["polls"] > 2 for b in s.batches.values()))
    server.batch_polls = 1
    build(recipe, tmp_path / "a")
    assert len(server.batches) == 1
    assert set(server.paid.values()) == {1}


def test_killed_before_it_knew_the_name_of_the_batch(serve, explained, oracle, tmp_path):
    server = serve(oracle())
    recipe = explained(server, **BATCH)
    build(recipe, tmp_path / "a")
    # What a kill right after the service took the batch leaves: our name for it, and none of its answers.
    with RequestLog(tmp_path / "a" / "requests.sqlite") as log:
        (id,) = [row[0] for row in log._db.execute("SELECT id FROM batches")]
        log.name_batch(id, server.batches[id]["metadata"]["synthkit"])
        log._db.execute("UPDATE batches SET open = 1")
        log._db.execute("DELETE FROM replies")
    build(recipe, tmp_path / "a", overwrite=True)
    assert len(server.batches) == 1
    assert set(server.paid.values()) == {1}


def test_another_key_goes_on_without_the_old_batch(serve, explained, oracle, tmp_path, monkeypatch):
    """The new key does not see it: its requests are made again, and what it may have cost is counted."""
    server = serve(oracle())
    server.batch_polls = 10**9
    recipe = explained(server, **BATCH)
    monkeypatch.setenv("OPENAI_API_KEY", "old-key-000000")
    killed(recipe, tmp_path, server, lambda s: any(b["polls"] for b in s.batches.values()))
    server.batch_polls = 1
    with pytest.raises(InputError, match="has batches whose answers are not there yet"):
        build(explained(server), tmp_path / "a")
    monkeypatch.setenv("OPENAI_API_KEY", "new-key-000000")
    build(recipe, tmp_path / "a")
    assert len(server.batches) == 2
    with RequestLog(tmp_path / "a" / "requests.sqlite") as log:
        assert log.doubtful("gpt-3.5-turbo").total > 0
        assert log.open_batches() == {}


def test_the_budget_limits_a_batch(serve, explained, oracle, tmp_path):
    from decimal import Decimal

    from synthkit.llm.budget import Budget

    server = serve(oracle())
    options = AskOptions(budget=Budget(Decimal(4000), "tokens"))
    with pytest.raises(WorkError, match="stopped at the budget"):
        build(explained(server, **BATCH), tmp_path / "a", asking=options)
    assert 0 < server.tokens <= 4000
    build(explained(server, **BATCH), tmp_path / "a")
    assert set(server.paid.values()) == {1}
