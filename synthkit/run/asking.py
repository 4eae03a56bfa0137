"""Asks a language model all that a dataset needs, before its shards are made: paid answers are in the log first."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthkit.errors import InputError, WorkError
from synthkit.generators.base import Asking, has_questions
from synthkit.llm.asking import AskProgress, AskReport, ask_all, failed_questions
from synthkit.llm.budget import Budget, Ledger
from synthkit.llm.dialogue import Dialogue, settle
from synthkit.llm.log import LOG, RequestLog, export_table, open_replies, tidy_log
from synthkit.llm.options import prices_of
from synthkit.llm.request import Usage
from synthkit.llm.sole import sole_asker
from synthkit.run.prepare import Prepared
from synthkit.shards.manifest import STATE
from synthkit.storage import Storage

__all__ = [
    "ASKED",
    "PROMPT",
    "AskOptions",
    "Estimate",
    "answers_for_workers",
    "check_asking",
    "collect",
    "estimate",
    "export_log",
    "refuse_asking_apart",
]

ASKED = "requests.parquet"
PROMPT = "prompt.toml"
_SHOWN_MISSING = 3
_BYTES_PER_TOKEN = 4  # of English, for an estimate


@dataclass(frozen=True, slots=True)
class AskOptions:
    """How a build asks.

    Attributes:
        budget: What may be spent in all; None for no limit.
        replay: Take all answers from the log, and ask nothing.
        log: The request log; None for the one in the dataset's directory.
        on_estimate: Told what is to come before the first call.
        on_ask: Told after each question.
    """

    budget: Budget | None = None
    replay: bool = False
    log: Path | None = None
    on_estimate: Callable[[Estimate], None] | None = None
    on_ask: Callable[[AskProgress, int], None] | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is to come.

    Attributes:
        questions: Questions that are asked.
        answered: Those that the log answers already.
        model: The model.
        tokens: About how many prompt tokens the rest takes, each question once, at four bytes a token; and the most
            completion tokens.
        cost: What these cost, in words; empty where the prices are not known.
    """

    questions: int
    answered: int
    model: str
    tokens: Usage
    cost: str

    def __str__(self) -> str:
        left = self.questions - self.answered
        text = f"{self.questions:,} questions to {self.model}, {self.answered:,} of them answered in the log; "
        text += (
            f"the others: about {self.tokens.prompt:,} prompt tokens, at most {self.tokens.completion:,} completion "
        )
        text += f"tokens, {self.cost}" if self.cost else "tokens (no prices are known)"
        return text if left else f"{self.questions:,} questions to {self.model}, all answered in the log"


def _log_path(root: Storage, options: AskOptions) -> Path:
    """Where the log of a dataset is: on a disk, whether the dataset is or not."""
    if options.log is not None:
        return options.log
    if root.local is None:
        raise InputError(
            f"{root}: the request log of a language model must be on a disk while it is written: give --log FILE"
        )
    return root.local / LOG


def check_asking(prepared: Prepared, root: Storage, options: AskOptions) -> None:
    """Refuse what cannot work, before anything is written or paid.

    Raises:
        InputError: Prices are missing or wrong, or an option means nothing here.
    """
    if not has_questions(prepared.generator):
        for name, given in (("--budget", options.budget), ("--replay", options.replay), ("--log", options.log)):
            if given:
                raise InputError(f"{name}: recipe {prepared.recipe.name} asks no language model")
        return
    generator = prepared.generator
    if not (options.replay and root.local is None):
        _log_path(root, options)
    if options.budget is not None and not options.replay:
        Ledger(options.budget, prices_of(generator.service))
    if options.log is not None and not options.replay and (options.log.is_dir() or options.log.suffix == ".parquet"):
        raise InputError(f"--log {options.log}: can only be read (--replay); a log that is written is an .sqlite file")


def refuse_asking_apart(prepared: Prepared, root: Storage, options: AskOptions) -> None:
    """Refuse jobs that would each ask everything: they have no log in common.

    Raises:
        InputError: They would.
    """
    if has_questions(prepared.generator) and root.local is None and not options.replay:
        raise InputError(
            "--shards: jobs that write into an object store have no request log in common, and each would pay for "
            "all questions; ask first on one machine, then give each job that log with --log FILE --replay"
        )


def estimate(prepared: Prepared, log: Path | None = None) -> Estimate | None:
    """What a dataset would ask; None where it asks nothing.

    Args:
        prepared: The dataset.
        log: A request log that may answer some of it.
    """
    if not has_questions(prepared.generator):
        return None
    generator = prepared.generator
    questions = answered = prompt = completion = 0
    known = log if log is not None and log.exists() else None
    with contextlib.nullcontext() if known is None else contextlib.closing(open_replies(known)) as replies:
        for part in _parts(prepared, generator):
            questions += len(part)
            left = part if replies is None else settle(part, replies)
            answered += len(part) - len(left)
            for dialogue in left:
                if dialogue.request is not None:
                    bound = dialogue.request.bound
                    prompt += bound.prompt // _BYTES_PER_TOKEN
                    completion += bound.completion
    usage = Usage(prompt, completion)
    prices = prices_of(generator.service)
    batch = generator.service.mode == "batch"
    cost = "" if prices is None else f"at most {prices.cost(usage, batch=batch):,.2f} {prices.currency}"
    return Estimate(questions, answered, generator.model.name, usage, cost)


def collect(prepared: Prepared, root: Storage, options: AskOptions, *, shared: bool = False) -> Prepared:
    """Ask what the log does not answer.

    Args:
        prepared: The dataset.
        root: Its directory.
        options: How to ask.
        shared: Other jobs do the same: one asks, the others wait for it.

    Returns:
        The dataset, with all answers.

    Raises:
        InputError: No key or package; a log that is none.
        WorkError: The budget ended it, or questions have no answer; everything that was paid is in the log. Or another
            build asks with this log.
    """
    if not has_questions(prepared.generator):
        return prepared
    generator = prepared.generator
    if options.replay:
        place = root if options.log is None else options.log
        _all_there(prepared, generator, place)
        return prepared.answered(place)
    path = _log_path(root, options)
    with _only_one(root) if shared else contextlib.nullcontext():
        return _asked(prepared, generator, root, path, options)


def _asked(prepared: Prepared, generator: Asking, root: Storage, path: Path, options: AskOptions) -> Prepared:
    found = estimate(prepared, path)
    if found is not None and options.on_estimate is not None:
        options.on_estimate(found)
    total = 0 if found is None else found.questions
    if found is not None and found.answered == found.questions and path.exists():
        tidy_log(path)  # but for that other jobs may be reading the log: it is left alone
        return prepared.answered(path)
    with sole_asker(path), RequestLog(path) as log:
        report = ask_all(
            (dialogue for part in _parts(prepared, generator) for dialogue in settle(part, log)),
            log,
            generator.service,
            model=generator.model.name,
            prices=prices_of(generator.service),
            budget=options.budget,
            on_ask=None if options.on_ask is None else lambda state: _tell(options, state, total),
        )
    _refuse_unfinished(report, root, options)
    return prepared.answered(path)


@contextlib.contextmanager
def _only_one(root: Storage) -> Iterator[None]:
    """Wait until no other job asks; the lock is the kernel's, so that it ends with its holder."""
    if root.local is None:
        yield
        return
    handle = os.open(root.local / STATE / "asking", os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def answers_for_workers(prepared: Prepared, root: Storage, options: AskOptions) -> str:
    """Where workers find the answers; empty where nothing is asked. In a store they are put beside the data."""
    if not has_questions(prepared.generator):
        return ""
    if root.local is None:
        if options.log is not None:
            export_log(prepared, root, options)
        return root.address
    return str((root.local / LOG if options.log is None else options.log).resolve())


def _tell(options: AskOptions, state: AskProgress, total: int) -> None:
    if options.on_ask is not None:
        options.on_ask(state, total)


def _refuse_unfinished(report: AskReport, root: Storage, options: AskOptions) -> None:
    if report.stopped == "budget":
        raise WorkError(
            f"{root}: stopped at the budget of {options.budget}, paid so far: {report.spent}. All answers are kept: "
            "raise --budget and run the same command to go on"
        )
    if report.stopped:
        raise WorkError(
            f"{root}: stopped: {report.stopped}. All answers are kept ({report.spent}): run the same command to go on"
        )
    if report.failures:
        raise failed_questions(report)


def _parts(prepared: Prepared, generator: Asking) -> Iterator[list[Dialogue[Any]]]:
    for rows in prepared.everything():
        part = generator.dialogues(rows)
        if part:
            yield part


def _all_there(prepared: Prepared, generator: Asking, path: Path | Storage) -> None:
    """See that a log answers everything."""
    with contextlib.closing(open_replies(path)) as replies:
        missing = [dialogue.question.id for part in _parts(prepared, generator) for dialogue in settle(part, replies)]
    if missing:
        raise InputError(
            f"{path}: {len(missing):,} question(s) are not answered in this log ({', '.join(missing[:_SHOWN_MISSING])}"
            f"{', ...' if len(missing) > _SHOWN_MISSING else ''}); --replay asks nothing"
        )


def export_log(prepared: Prepared, root: Storage, options: AskOptions) -> list[Any]:
    """Write the requests and answers of this dataset, and its prompt, beside the data; returns the files' records."""
    if not has_questions(prepared.generator):
        return []
    import io

    import pyarrow.parquet as pq

    path = root if options.log is None else options.log
    generator = prepared.generator
    used: dict[str, str] = {}
    with contextlib.closing(open_replies(path)) as replies:
        for part in _parts(prepared, generator):
            for dialogue in part:
                while dialogue.request is not None:
                    request = dialogue.request
                    reply = replies.get(request.key)
                    if reply is None:
                        raise WorkError(f"{path}: the answer to {dialogue.question.id} is gone from the log")
                    used[request.key] = request.body
                    dialogue.tell(reply)
        table = export_table(list(used), replies, used)
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return [root.write(ASKED, sink.getvalue()), root.write(PROMPT, generator.prompt.text.encode())]
