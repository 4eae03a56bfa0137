"""Datasets of explained texts, asked of a real HTTP service that misbehaves on order."""

import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest
from server import Oracle, key_of

from synthkit.dataset import load
from synthkit.errors import InputError, WorkError
from synthkit.llm.budget import Budget
from synthkit.llm.log import RequestLog, open_replies
from synthkit.llm.loop import run_coroutine
from synthkit.run import build, verify
from synthkit.run.asking import AskOptions

QUESTIONS = int(os.environ.get("SYNTHKIT_SOAK_QUESTIONS", "400"))
FAULTS = ("429", 500, 503, "cut", "no json", "no completion", "invalid", "wrong schema", "truncated", "fenced")


def always(name):
    return lambda number, body: name


def once(name):
    """A fault at the first call of each request."""
    seen = set()

    def fault(number, body):
        fresh = key_of(body) not in seen
        seen.add(key_of(body))
        return name if fresh else None

    return fault


def tokens(amount):
    return AskOptions(budget=Budget(Decimal(amount), "tokens"))


def test_asked_once_and_replayed_without_a_network(serve, explained, oracle, tmp_path):
    server = serve(oracle())
    recipe = explained(server)
    made = build(recipe, tmp_path / "a")
    assert server.calls == len(server.paid) == 32  # 40 inferences, four fifths of them for training
    again = build(recipe, tmp_path / "a")
    assert (again.fingerprint, again.made) == (made.fingerprint, 0)
    for log in (tmp_path / "a", tmp_path / "a" / "requests.parquet", tmp_path / "a" / "requests.sqlite"):
        nowhere = explained(None, params__service__base_url="http://127.0.0.1:9/v1")
        workers = 2 if log.is_dir() else 1
        options = AskOptions(replay=True, log=log)
        again = build(nowhere, tmp_path / f"of-{log.name}", workers=workers, asking=options)
        assert again.fingerprint == made.fingerprint
    assert server.calls == 32
    report = verify(tmp_path / "a", regenerate=10)
    assert (report.ok, report.regenerated) == (True, 10), report.problems


def test_answers_of_a_dataset_that_was_removed_are_not_remembered(serve, explained, oracle, tmp_path):
    """What is made anew where it was, in the same process, is made from the answers that are there now."""
    server = serve(oracle())
    build(explained(server), tmp_path / "a", workers=1)
    shutil.rmtree(tmp_path / "a")
    server.fault = always("fenced")
    build(explained(server), tmp_path / "a", workers=1)
    assert {e.annotations["mended"] for e in load(tmp_path / "a", "train")} == {1}


def in_a_notebook(call):
    """Calls while an event loop runs in this thread, as the one of a notebook's kernel does."""

    async def cell():
        return call()

    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(cell())
    finally:
        loop.close()


def test_in_a_notebook_whose_event_loop_runs(serve, explained, oracle, tmp_path):
    server = serve(oracle())
    made = in_a_notebook(lambda: build(explained(server), tmp_path / "a"))
    assert server.calls == 32
    assert build(explained(server), tmp_path / "b").fingerprint == made.fingerprint


def test_interrupted_in_a_notebook_it_puts_away_what_it_has():
    put_away = []

    async def work():
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            put_away.append("all")

    with pytest.raises(KeyboardInterrupt):
        in_a_notebook(lambda: run_coroutine(work()))
    assert put_away == ["all"]


@pytest.mark.parametrize("fault", ["429", 500, 503, "cut", "no json", "no completion"])
def test_calls_that_come_to_nothing_are_made_again(serve, explained, oracle, tmp_path, fault):
    server = serve(oracle(), once(fault))
    build(explained(server), tmp_path / "a")
    assert server.calls == 64
    assert set(server.paid.values()) == {1}
    assert len(server.paid) == 32
    with RequestLog(tmp_path / "a" / "requests.sqlite") as log:
        assert (log.doubtful("gpt-3.5-turbo").total > 0) == (fault not in ("429", 503))


def test_timeouts_are_made_again(serve, explained, oracle, tmp_path):
    server = serve(oracle(), once("timeout"))
    build(explained(server, items=10, params__service__timeout=3.0), tmp_path / "a")
    assert set(server.paid.values()) == {1}
    with RequestLog(tmp_path / "a" / "requests.sqlite") as log:
        assert log.doubtful("gpt-3.5-turbo").total > 0  # they may have been paid


def test_errors_behind_which_answers_may_be_lost_are_within_the_budget(serve, explained, oracle, tmp_path):
    server = serve(oracle(), always(502))
    with pytest.raises(WorkError, match=r"budget of 3,000 tokens.*calls without an answer may have cost up to [0-9,]+"):
        build(explained(server), tmp_path / "a", asking=tokens(3000))
    assert 0 < server.calls < 9


def test_a_slow_first_byte_is_waited_for(serve, explained, oracle, tmp_path):
    server = serve(oracle(), always("slow"))
    build(explained(server), tmp_path / "a")
    assert server.calls == 32


@pytest.mark.parametrize("fault", ["invalid", "wrong schema", "truncated"])
def test_bad_answers_are_asked_again_with_what_was_wrong(serve, explained, oracle, tmp_path, fault):
    said = []

    def wrong(number, body):
        said.append(body["messages"])
        return fault if len(body["messages"]) == 2 else None

    server = serve(oracle(), wrong)
    build(explained(server), tmp_path / "a")
    data = load(tmp_path / "a", "train")
    assert {example.annotations["turns"] for example in data} == {2}
    assert {example.annotations["status"] for example in data} == {"accepted"}
    assert server.calls == 64
    second = next(messages for messages in said if len(messages) == 4)
    assert [m["role"] for m in second] == ["system", "user", "assistant", "user"]
    assert "cannot be used" in second[3]["content"]


def test_answers_that_stay_bad_are_kept_with_the_reason(serve, explained, oracle, tmp_path):
    server = serve(oracle(), always("invalid"))
    build(explained(server), tmp_path / "a")
    for example in load(tmp_path / "a", "train"):
        beside = example.annotations
        assert (beside["status"], beside["turns"]) == ("rejected", 3)
        assert "not valid JSON" in beside["rejection"]
        assert beside["rejected_rationale"].startswith("Sure!")
        assert example.rationale is None
    assert server.calls == 96


def test_a_fence_around_the_answer_is_mended(serve, explained, oracle, tmp_path):
    server = serve(oracle(), always("fenced"))
    build(explained(server), tmp_path / "a")
    assert {e.annotations["mended"] for e in load(tmp_path / "a", "train")} == {1}
    assert server.calls == 32


@pytest.mark.parametrize("status", [401, 403, 404, "quota"])
def test_who_is_sent_away_stops_at_once(serve, explained, oracle, tmp_path, status, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "planted-key-0123456789")
    server = serve(oracle(), always(status))
    with pytest.raises(WorkError, match=r"stopped: http://127\.0.*All answers are kept") as told:
        build(explained(server, params__service__in_flight=4), tmp_path / "a")
    assert server.calls <= 4
    assert "planted-key" not in str(told.value)
    assert "Bearer planted-key-0123456789" in server.keys


def test_a_service_that_refuses_the_first_request_refuses_all(serve, explained, oracle, tmp_path):
    server = serve(oracle(), always(400))
    with pytest.raises(WorkError, match="HTTP 400"):
        build(explained(server, params__service__in_flight=1), tmp_path / "a")
    assert server.calls == 1


def test_nobody_there_is_told_soon(explained, tmp_path):
    recipe = explained(None, params__service__base_url="http://127.0.0.1:9/v1", params__service__retries=20)
    with pytest.raises(WorkError, match=r"stopped: no connection to http://127\.0\.0\.1:9/v1: "):
        build(recipe, tmp_path / "a")
    with RequestLog(tmp_path / "a" / "requests.sqlite") as log:
        assert log.doubtful("gpt-3.5-turbo").total == 0  # nothing went out


def test_a_request_that_is_refused_is_kept_with_the_reason(serve, explained, oracle, tmp_path):
    server = serve(oracle(), lambda number, body: 400 if number % 8 == 0 else None)
    build(explained(server, params__service__in_flight=2), tmp_path / "a")
    refused = [e for e in load(tmp_path / "a", "train") if e.annotations["status"] == "rejected"]
    assert len(refused) == 4
    assert all("refused by the service: HTTP 400" in e.annotations["rejection"] for e in refused)


def test_when_all_attempts_fail_the_others_are_kept(serve, explained, oracle, tmp_path):
    bad = {"n": True}
    server = serve(oracle(), lambda number, body: 500 if bad["n"] and int(key_of(body)[0], 16) < 4 else None)
    recipe = explained(server, params__service__retries=1)
    with pytest.raises(WorkError, match=r"question\(s\) have no answer yet.*run the same command.*\n  train-0"):
        build(recipe, tmp_path / "a")
    bad["n"] = False
    build(recipe, tmp_path / "a")
    assert set(server.paid.values()) == {1}


def test_under_random_faults_all_rows_are_paid_once(serve, explained, oracle, tmp_path):
    """30 % of the calls go wrong in one way or another. `make soak` asks more questions."""
    draws = random.Random(5)

    def fault(number, body):
        return draws.choice(FAULTS) if draws.random() < 0.3 else None

    items = QUESTIONS * 5 // 4  # four fifths of them are for training
    server = serve(oracle(items), fault)
    recipe = explained(server, items=items, params__service__in_flight=64, params__service__retries=20)
    made = build(recipe, tmp_path / "a")
    train = load(tmp_path / "a", "train")
    assert len(train) == QUESTIONS
    assert set(server.paid.values()) == {1}
    turns = sum(e.annotations["turns"] for e in train)
    assert len(server.paid) == turns
    accepted = [e.annotations["status"] == "accepted" for e in train]
    assert sum(accepted) > 0.97 * QUESTIONS  # three bad answers in a row are rare
    options = AskOptions(replay=True, log=tmp_path / "a")
    assert build(recipe, tmp_path / "b", asking=options).fingerprint == made.fingerprint


def test_killed_at_random_moments(serve, explained, oracle, tmp_path):
    """Three times while it asks, once about when all is asked."""
    server = serve(oracle(200))
    server.delay = 0.01
    recipe = explained(server, items=200, params__service__in_flight=8)
    (tmp_path / "recipe.json").write_text(recipe.pretty_json())
    out = tmp_path / "a"
    command = [sys.executable, "-m", "synthkit", "generate", str(tmp_path / "recipe.json"), "--out", str(out)]
    draws = random.Random(3)
    calls = sorted(draws.sample(range(5, 120), 3))
    kills = 0
    for wanted, pause in ((calls[0], 0), (calls[1], 0), (calls[2], 0), (160, draws.uniform(0, 0.3))):
        with subprocess.Popen([*command, "--workers", "1"], stderr=subprocess.DEVNULL) as process:
            wait_for_calls(server, wanted, process)
            time.sleep(pause)
            kills += process.poll() is None
            process.kill()
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    assert kills > 0
    time.sleep(0.1)
    # A call that is in flight when its caller is killed may be made, and paid, without anybody hearing of it.
    assert sum(server.paid.values()) - len(server.paid) <= 8 * kills
    assert len(server.paid) == 160
    with RequestLog(out / "requests.sqlite", read_only=True) as log:
        assert log.spent("gpt-3.5-turbo").total <= server.tokens
    fresh = build(recipe, tmp_path / "b", asking=AskOptions(replay=True, log=out))
    assert fresh.fingerprint == json.loads((out / "manifest.json").read_text())["fingerprint"]


def wait_for_calls(server, wanted, process):
    end = time.monotonic() + 120
    while server.calls < wanted and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.mark.parametrize("in_flight", [1, 16])
def test_the_budget_ends_it_exactly_and_more_goes_on(serve, explained, oracle, tmp_path, in_flight):
    server = serve(oracle())
    recipe = explained(server, params__service__in_flight=in_flight)
    with pytest.raises(WorkError, match=r"stopped at the budget of 3,000 tokens, paid so far: [0-9,]+ tokens\. All"):
        build(recipe, tmp_path / "a", asking=tokens(3000))
    spent, calls = server.tokens, server.calls
    assert 0 < calls < 32
    assert spent <= 3000
    with RequestLog(tmp_path / "a" / "requests.sqlite") as log:
        assert log.spent("gpt-3.5-turbo").total == spent
    with pytest.raises(WorkError, match="stopped at the budget"):  # what was paid counts
        build(recipe, tmp_path / "a", asking=tokens(3000))
    assert server.tokens <= 3000
    build(recipe, tmp_path / "a", asking=tokens(600_000))
    assert set(server.paid.values()) == {1}
    assert len(server.paid) == 32


def test_no_call_is_made_that_could_go_beyond_the_budget(serve, explained, oracle, tmp_path):
    """It stops where the next call's most is more than what is left, and not before."""
    server = serve(oracle())
    recipe = explained(server, params__service__in_flight=1)
    with pytest.raises(WorkError):
        build(recipe, tmp_path / "a", asking=tokens(3000))
    with RequestLog(tmp_path / "a" / "requests.sqlite") as log:
        spent = log.spent("gpt-3.5-turbo").total
        keys = [row[0] for row in log._db.execute("SELECT key FROM requests")]
        largest = max(len(body) for body in log.bodies(keys).values())
    assert 3000 - spent < largest + 256 + 64
    assert spent > 0


def test_money_by_prices(serve, explained, oracle, tmp_path):
    server = serve(oracle())
    prices = {"prompt": 1000.0, "completion": 2000.0}
    recipe = explained(server, params__service__prices=prices, params__service__in_flight=1)
    with pytest.raises(WorkError, match=r"stopped at the budget of 4 usd, paid so far: [0-9,]+ tokens, [0-9.]+ usd"):
        build(recipe, tmp_path / "a", asking=AskOptions(budget=Budget(Decimal(4), "usd")))
    with pytest.raises(InputError, match="prices of the model are not known"):
        build(explained(server), tmp_path / "b", asking=AskOptions(budget=Budget(Decimal(4), "usd")))
    assert not (tmp_path / "b").exists()


def test_another_key_address_and_price_go_on(serve, explained, oracle, tmp_path, monkeypatch):
    first = serve(oracle(), lambda number, body: 401 if number > 10 else None)
    monkeypatch.setenv("OPENAI_API_KEY", "first-key-0000000000")
    with pytest.raises(WorkError):
        build(explained(first, params__service__in_flight=2), tmp_path / "a")
    second = serve(oracle())
    monkeypatch.setenv("OPENAI_API_KEY", "second-key-000000000")
    build(explained(second, params__service__prices={"prompt": 1.0, "completion": 1.0}), tmp_path / "a")
    assert len(first.paid) + len(second.paid) == 32
    assert not set(first.paid) & set(second.paid)
    with pytest.raises(InputError, match="holds a dataset of another recipe"):
        build(explained(second, params__llm__temperature=0.5), tmp_path / "a")


def test_two_builds_do_not_ask_with_one_log_at_once(serve, explained, oracle, tmp_path):
    server, log, told = serve(oracle()), tmp_path / "log.sqlite", []
    recipe = explained(server, items=10, params__service__in_flight=1)  # else all answers may be there at once

    def while_it_asks(state, total):
        if not told:
            with pytest.raises(WorkError, match="another build asks with this log") as refused:
                build(recipe, tmp_path / "b", workers=1, asking=AskOptions(log=log))
            told.append(refused)

    first = build(recipe, tmp_path / "a", workers=1, asking=AskOptions(log=log, on_ask=while_it_asks))
    assert told
    assert build(recipe, tmp_path / "b", workers=1, asking=AskOptions(log=log)).fingerprint == first.fingerprint
    assert set(server.paid.values()) == {1}
    assert not [name for name in os.listdir(tmp_path) if name.startswith("log.sqlite-") or name.endswith(".lock")]


def test_overwriting_keeps_what_was_paid(serve, explained, oracle, tmp_path):
    server = serve(oracle())
    build(explained(server), tmp_path / "a")
    build(explained(server, kind="information_extraction"), tmp_path / "a", overwrite=True)
    assert server.calls == 64
    made = build(explained(server), tmp_path / "a", overwrite=True)
    assert server.calls == 64
    assert verify(tmp_path / "a").fingerprint == made.fingerprint


def test_replay_that_lacks_answers(serve, explained, oracle, tmp_path):
    server = serve(oracle())
    build(explained(server), tmp_path / "a")
    options = AskOptions(replay=True, log=tmp_path / "a")
    other = explained(None, params__llm__temperature=0.5)
    with pytest.raises(
        InputError, match=r"32 question\(s\) are not answered in this log \(train-0.*--replay asks noth"
    ):
        build(other, tmp_path / "b", asking=options)
    with pytest.raises(InputError, match="holds no request log"):
        build(other, tmp_path / "c", asking=AskOptions(replay=True))


def test_no_secret_is_written_anywhere(serve, explained, oracle, tmp_path, synthkit, command):
    key = "planted-secret-5f2a9c"
    server = serve(oracle(), lambda number, body: {3: 500, 5: "cut", 7: 400, 11: 401}.get(number))
    (tmp_path / "r.json").write_text(explained(server, params__service__in_flight=1).pretty_json())
    for run in (synthkit, command):
        done = run("generate", "r.json", "--out", "a", env={"OPENAI_API_KEY": key}, check=False)
        assert key not in done.stdout + done.stderr
        done = run("--debug", "plan", "r.json", env={"OPENAI_API_KEY": key}, check=False)
        assert key not in done.stdout + done.stderr
    assert f"Bearer {key}" in server.keys
    assert server.calls > 30
    files = [path for path in Path(tmp_path).rglob("*") if path.is_file()]
    assert any(path.name == "requests.sqlite" for path in files)
    assert [path for path in files if key.encode() in path.read_bytes()] == []


def test_equal_questions_are_asked_once(serve, explained, tmp_path):
    """What occurs twice costs once: here all questions are the same."""
    server = serve(Oracle())
    template = tmp_path / "same.toml"
    from synthkit.llm.prompt import load_prompt

    text = load_prompt("free", ("input", "label", "choices")).text
    template.write_text(text.replace("$input$choices", "What is true of premise and hypothesis? spare no words"))
    build(explained(server, kind="free", params__prompt=str(template)), tmp_path / "a")
    assert server.calls == 1
    found = load(tmp_path / "a", "train")
    assert {e.annotations["duplicates"] for e in found} == {31}


def test_the_command_line(serve, explained, oracle, tmp_path, command):
    server = serve(oracle())
    (tmp_path / "r.json").write_text(explained(server).pretty_json())
    plan = command("plan", "r.json")
    assert "asks: 32 questions to gpt-3.5-turbo, 0 of them answered in the log; the others: about" in plan.stdout
    done = command("generate", "r.json", "--out", "a", "--budget", "900tokens", check=False)
    assert done.returncode == 1
    assert "stopped at the budget of 900 tokens" in done.stderr
    assert "asking: 32 questions to gpt-3.5-turbo" in done.stderr
    made = command("generate", "r.json", "--out", "a")
    replayed = command("generate", "r.json", "--out", "b", "--replay", "--log", "a")
    assert made.stdout.splitlines()[-1] == replayed.stdout.splitlines()[-1]
    assert len(server.paid) == 32
    for wrong in (["--budget", "lots"], ["--budget", "5usd"], ["--log", "a"]):
        done = command("generate", "r.json", "--out", "c", *wrong, check=False)
        assert done.returncode == 2, wrong
    done = command("generate", "nli_grammar", "--out", "d", "--replay", check=False)
    assert (done.returncode, done.stderr) == (2, "synthkit: --replay: recipe nli_grammar asks no language model\n")


def test_the_environment_names_the_service(serve, oracle, explained, tmp_path, command):
    server = serve(oracle())
    command(
        *("generate", "anli_informed_reasoning", "--smoke", "--out", "a"),
        env={"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "x"},
    )
    assert len(server.paid) == 32
    done = command(
        *("generate", "anli_informed_reasoning", "--smoke", "--out", "b"),
        env=dict.fromkeys(("OPENAI_BASE_URL", "OPENAI_API_KEY"), ""),
        check=False,
    )
    assert done.returncode == 2
    assert "the environment has no OPENAI_API_KEY" in done.stderr


def test_many_are_in_flight(serve, explained, oracle, tmp_path):
    server = serve(oracle(100))
    server.gathers, server.delay = 32, 0.1  # time for one too many
    build(explained(server, items=100, params__service__in_flight=32), tmp_path / "a")
    assert server.most_in_flight == 32
    assert len(open_replies(tmp_path / "a").get_many([])) == 0
    assert not [name for name in os.listdir(tmp_path / "a") if name.endswith(("-wal", "-shm"))]
