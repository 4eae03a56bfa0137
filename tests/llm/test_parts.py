"""Jobs of an array that ask a language model: one pays, the others read; and datasets in a store."""

import threading
from decimal import Decimal

import pytest

from synthkit.errors import InputError, WorkError
from synthkit.llm.budget import Budget
from synthkit.run import build, verify
from synthkit.run.asking import AskOptions
from synthkit.run.cluster import dask_executor
from synthkit.run.part import Part, build_part, finish_build

TOKENS = AskOptions(Budget(Decimal(10_000_000), "tokens"))


def run_jobs(recipe, out, of, asking=TOKENS):
    """All jobs at once; returns what each made, or why it failed."""
    results = [None] * of

    def job(number):
        try:
            results[number] = build_part(recipe, out, Part(number, of), workers=1, asking=asking)
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=job, args=(number,), daemon=True) for number in range(of)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert not any(thread.is_alive() for thread in threads)
    return results


def test_one_job_asks_and_the_others_wait(serve, oracle, explained, tmp_path):
    server = serve(oracle(40))
    recipe = explained(server, 40, output__shard_size=5)
    results = run_jobs(recipe, tmp_path / "d", 3)
    assert not [result for result in results if isinstance(result, Exception)], results
    assert set(server.paid.values()) == {1}
    done = finish_build(tmp_path / "d")
    count = server.calls
    whole = build(recipe, tmp_path / "whole", workers=1)
    assert done.fingerprint == whole.fingerprint
    assert server.calls == 2 * count  # a build of its own asks for itself
    assert verify(tmp_path / "d", regenerate=3).ok


def test_the_budget_is_that_of_all_jobs(serve, oracle, explained, tmp_path):
    server = serve(oracle(40))
    recipe = explained(server, 40, output__shard_size=5)
    small = AskOptions(Budget(Decimal(4000), "tokens"))
    results = run_jobs(recipe, tmp_path / "d", 3, small)
    assert all(isinstance(result, WorkError) and "stopped at the budget" in str(result) for result in results), results
    paid = sum(int(str(result).partition("paid so far: ")[2].split()[0].replace(",", "")) for result in results[:1])
    assert 0 < paid <= 4000
    assert set(server.paid.values()) == {1}
    results = run_jobs(recipe, tmp_path / "d", 3)
    assert set(server.paid.values()) == {1}
    assert finish_build(tmp_path / "d").num_examples == results[0].made + results[1].made + results[2].made


def test_workers_of_dask_read_the_answers(serve, oracle, explained, tmp_path):
    server = serve(oracle(30))
    recipe = explained(server, 30, output__shard_size=5)
    with dask_executor(workers=2) as executor:
        made = build(recipe, tmp_path / "d", executor, asking=TOKENS)
    assert set(server.paid.values()) == {1}
    assert made.fingerprint == build(recipe, tmp_path / "whole", workers=1).fingerprint


def test_into_a_store(serve, oracle, explained, store, tmp_path):
    server = serve(oracle(30))
    recipe = explained(server, 30, output__shard_size=10)
    with pytest.raises(InputError, match="must be on a disk while it is written: give --log FILE"):
        build(recipe, store.url, workers=1)
    log = tmp_path / "log.sqlite"
    made = build(recipe, store.url, workers=2, asking=AskOptions(log=log))
    assert verify(store.url, regenerate=3).ok
    assert made.fingerprint == build(recipe, tmp_path / "whole", workers=1).fingerprint
    count = server.calls
    with pytest.raises(InputError, match="each would pay for all questions"):
        build_part(recipe, f"{store.url}-2", Part(0, 2), asking=AskOptions(log=log))
    for number in range(2):
        build_part(recipe, f"{store.url}-2", Part(number, 2), workers=1, asking=AskOptions(replay=True, log=log))
    assert finish_build(f"{store.url}-2").fingerprint == made.fingerprint
    assert server.calls == count
    assert not [name for name in store.names() if name.endswith(".sqlite")]
