"""The request log: every request and every answer in an SQLite file, each written before it is used."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from synthkit.errors import InputError, WorkError
from synthkit.llm.request import Reply, Request, Usage
from synthkit.storage import Storage

__all__ = ["LOG", "Replies", "RequestLog", "open_replies", "tidy_log"]

LOG = "requests.sqlite"
_FORMAT = 1
_EXPORTED = "requests.parquet"
_SUFFIXES = (".sqlite", ".parquet")
_CHUNK = 500
_WAL = b"\x02\x02"  # in bytes 18 and 19 of a file that may have others beside it
_WAITS = (0, 0.1, 0.4, 1.5)  # seconds, for a reader to let go
_TABLES = """
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS requests(
  key TEXT PRIMARY KEY, model TEXT NOT NULL, body TEXT NOT NULL,
  sent INTEGER NOT NULL DEFAULT 0, void INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS replies(
  key TEXT PRIMARY KEY, text TEXT NOT NULL, finish TEXT NOT NULL, model TEXT NOT NULL,
  prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, via TEXT NOT NULL,
  response TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batches(id TEXT PRIMARY KEY, open INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS batch_requests(batch TEXT NOT NULL, key TEXT NOT NULL) STRICT;
"""
_COLUMNS = "key, text, finish, model, prompt_tokens, completion_tokens, via, response"


class Replies(Protocol):
    """Answers by the key of their request."""

    def get(self, key: str) -> Reply | None:
        """The answer; None where there is none."""

    def get_many(self, keys: Sequence[str]) -> dict[str, Reply]:
        """Key -> answer, of those that there are."""

    def close(self) -> None:
        """Let go of the log; until then whoever writes it cannot put it into one file."""


class RequestLog:
    """A log that is written; one thread at a time.

    ``sent`` counts how often a request went out, ``void`` how often the service said that it made nothing of it: a
    request that was sent more often than that and has no answer may have been paid.

    Args:
        path: The file; made where there is none.
        read_only: Change nothing of it. What others write meanwhile is seen.

    Raises:
        InputError: The file is something else.
        WorkError: It is damaged, or of another version.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        with self._told():
            if read_only:
                self._open_to_read()
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_TABLES)
            self._db.execute("INSERT OR IGNORE INTO meta VALUES('format', ?)", (str(_FORMAT),))
            self._check()

    def _check(self) -> None:
        found = self._db.execute("SELECT value FROM meta WHERE name = 'format'").fetchone()
        if found is None or found[0] != str(_FORMAT):
            raise WorkError(f"{self.path}: a request log of another version of synthkit")

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            text = str(error)
            if "not a database" in text or "no such table" in text or "file is encrypted" in text:
                raise InputError(f"{self.path}: is no request log of synthkit") from None
            if "readonly" in text or "unable to open" in text:
                raise InputError(f"{self.path}: cannot be opened: {text}{_advice(self.path)}") from None
            raise WorkError(f"{self.path}: {text}") from None

    def _open_to_read(self) -> None:
        still = not _is_being_written(self.path) and not os.access(self.path.resolve().parent, os.W_OK)
        try:
            self._connect_to_read(still=still)
        except sqlite3.OperationalError as error:
            no_locks = any(word in str(error).lower() for word in ("disk i/o error", "locking protocol"))
            if still or not no_locks or _is_being_written(self.path):
                raise
            self._connect_to_read(still=True)

    def _connect_to_read(self, *, still: bool) -> None:
        """Read alone; ``still`` without sqlite's locks, which some disks lack, where nobody can be writing."""
        address = f"{self.path.resolve().as_uri()}?mode=ro{'&immutable=1' if still else ''}"
        self._db = sqlite3.connect(address, timeout=60, uri=True, check_same_thread=False)
        self._check()

    def get(self, key: str) -> Reply | None:
        with self._told():
            row = self._db.execute(f"SELECT {_COLUMNS} FROM replies WHERE key = ?", (key,)).fetchone()
        return None if row is None else _reply(row)

    def get_many(self, keys: Sequence[str]) -> dict[str, Reply]:
        return {row[0]: _reply(row) for row in self._rows(f"SELECT {_COLUMNS} FROM replies", keys)}

    def write(self, sent: Sequence[Request], void: Sequence[str], replies: Sequence[Reply]) -> None:
        """Write down what happened, all of it or nothing: requests that go out, such that came to nothing, answers."""
        with self._told(), self._transaction():
            self._db.executemany(
                "INSERT INTO requests(key, model, body, sent) VALUES(?, ?, ?, 1) "
                "ON CONFLICT(key) DO UPDATE SET sent = sent + 1",
                [(request.key, request.model, request.body) for request in sent],
            )
            self._ended(void, replies)

    def bodies(self, keys: Sequence[str]) -> dict[str, str]:
        """Key -> body of requests."""
        return dict(self._rows("SELECT key, body FROM requests", keys))

    def spent(self, model: str) -> Usage:
        """Tokens of all answers to requests of a model."""
        with self._told():
            row = self._db.execute(
                "SELECT COALESCE(SUM(prompt_tokens), 0), COALESCE(SUM(completion_tokens), 0) FROM replies "
                "WHERE key IN (SELECT key FROM requests WHERE model = ?)",
                (model,),
            ).fetchone()
        return Usage(*row)

    def doubtful(self, model: str) -> Usage:
        """The most tokens that requests of a model took which were sent and never answered."""
        whole = Usage()
        with self._told():
            for body, times in self._db.execute(
                "SELECT body, sent - void - (key IN (SELECT key FROM replies)) FROM requests "
                "WHERE model = ? AND sent > void + (key IN (SELECT key FROM replies)) "
                "AND key NOT IN (SELECT key FROM batch_requests JOIN batches ON batch = id WHERE open)",
                (model,),
            ):
                bound = Request(body).bound
                whole += Usage(bound.prompt * times, bound.completion * times)
        return whole

    def begin_batch(self, id: str, keys: Iterable[str]) -> None:
        """A batch is about to be handed in, under a name of ours."""
        with self._told(), self._transaction():
            # The name follows from the requests: a batch that came to nothing may have had it before.
            self._db.execute("DELETE FROM batch_requests WHERE batch = ?", (id,))
            self._db.execute("INSERT OR REPLACE INTO batches(id, open) VALUES(?, 1)", (id,))
            self._db.executemany("INSERT INTO batch_requests VALUES(?, ?)", [(id, key) for key in keys])

    def name_batch(self, ours: str, id: str) -> None:
        """A batch has got its name from the service."""
        with self._told(), self._transaction():
            self._db.execute("UPDATE batches SET id = ? WHERE id = ?", (id, ours))
            self._db.execute("UPDATE batch_requests SET batch = ? WHERE batch = ?", (id, ours))

    def end_batch(self, id: str, void: Sequence[str], replies: Sequence[Reply]) -> None:
        """All of a batch is known: its answers, and the requests that came to nothing."""
        with self._told(), self._transaction():
            self._db.execute("UPDATE batches SET open = 0 WHERE id = ?", (id,))
            self._ended(void, replies)

    def open_batches(self) -> dict[str, list[str]]:
        """Batches that were handed in and have not ended: id -> keys of their requests."""
        found: dict[str, list[str]] = {}
        with self._told():
            for id, key in self._db.execute(
                "SELECT batch, key FROM batch_requests JOIN batches ON batch = id WHERE open ORDER BY batch, key"
            ):
                found.setdefault(id, []).append(key)
        return found

    def _rows(self, select: str, keys: Sequence[str]) -> Iterator[Any]:
        """Rows of some keys."""
        with self._told():
            for start in range(0, len(keys), _CHUNK):
                wanted = json.dumps(keys[start : start + _CHUNK])
                yield from self._db.execute(f"{select} WHERE key IN (SELECT value FROM json_each(?))", (wanted,))

    def _ended(self, void: Sequence[str], replies: Sequence[Reply]) -> None:
        """Requests that came to nothing, and answers; within a transaction."""
        self._db.executemany("UPDATE requests SET void = void + 1 WHERE key = ?", [(key,) for key in void])
        self._db.executemany(
            f"INSERT OR IGNORE INTO replies({_COLUMNS}) VALUES(?, ?, ?, ?, ?, ?, ?, ?)", map(_row, replies)
        )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Close it; one file is left. Where somebody else has it open, that file has all answers at least."""
        with self._told():
            if not self._is_one_file():
                with contextlib.suppress(sqlite3.OperationalError):
                    self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.close()

    def _is_one_file(self) -> bool:
        for wait in _WAITS:
            time.sleep(wait)
            with contextlib.suppress(sqlite3.OperationalError):
                self._db.execute("PRAGMA journal_mode=DELETE")
                return True
        return False

    def __enter__(self) -> RequestLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _beside(path: Path, end: str) -> Path:
    """A file in which sqlite keeps what is not in the log's own yet."""
    path = path.resolve()
    return path.with_name(f"{path.name}-{end}")


def _is_being_written(path: Path) -> bool:
    """Whether somebody writes, or was killed when he did."""
    return _beside(path, "wal").exists() or _beside(path, "journal").exists()


def _has_leftovers(path: Path) -> bool:
    """Whether a killed run has left answers beside a log."""
    wal = _beside(path, "wal")
    return _beside(path, "journal").exists() or (wal.exists() and wal.stat().st_size > 0)


def tidy_log(path: Path) -> None:
    """Bring a log into one file, where its writer could not as somebody was reading it, and nobody does any more."""
    with contextlib.suppress(InputError, WorkError), path.open("rb") as file:
        if _has_leftovers(path) or file.read(20)[18:] == _WAL:
            RequestLog(path).close()


def _advice(path: Path) -> str:
    wal = _beside(path, "wal")
    if not wal.exists():
        return ""
    return (
        f"; newer answers are in {wal.name} beside it: wait for the build that asks, or, where none does, copy both "
        "files into a directory that can be written and take the log there"
    )


class _ParquetReplies:
    """Answers out of an exported log; all of them in memory."""

    def __init__(self, path: Path | str, content: bytes | None = None) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            source = path if content is None else pa.py_buffer(content)
            rows = pq.read_table(source, columns=_COLUMNS.split(", ")).to_pylist()
        except (OSError, pa.ArrowException) as error:
            raise WorkError(f"{path}: not readable as an exported request log: {error}") from None
        self._found = {row["key"]: _reply(tuple(row.values())) for row in rows}

    def get(self, key: str) -> Reply | None:
        return self._found.get(key)

    def get_many(self, keys: Sequence[str]) -> dict[str, Reply]:
        return {key: self._found[key] for key in keys if key in self._found}

    def close(self) -> None:
        pass


def open_replies(path: Path | Storage) -> Replies:
    """The answers of a log, to be read alone.

    Args:
        path: A log, its export as parquet, or a dataset's directory that holds one of them, on a disk or in a store.

    Raises:
        InputError: There is none.
        WorkError: It is damaged.
    """
    if isinstance(path, Storage):
        if path.local is None:
            return _stored_replies(path)
        path = path.local
    found = path
    if path.is_dir():
        there = [path / f"requests{suffix}" for suffix in _SUFFIXES if (path / f"requests{suffix}").is_file()]
        if not there:
            raise InputError(f"{path}: holds no request log (requests.sqlite or requests.parquet)")
        found = there[0]
    if not found.is_file():
        raise InputError(f"{path}: no such request log")
    if found.suffix == ".parquet":
        return _ParquetReplies(found)
    if _has_leftovers(found):
        with contextlib.suppress(InputError):  # what cannot be written can still be read, where its writer lives
            RequestLog(found).close()  # a killed run has left answers beside the file
    return RequestLog(found, read_only=True)


def _stored_replies(root: Storage) -> Replies:
    """A store holds the exported answers alone."""
    try:
        return _ParquetReplies(root.place(_EXPORTED), root.read(_EXPORTED))
    except FileNotFoundError:
        raise InputError(f"{root}: holds no request log ({_EXPORTED})") from None


def _reply(row: tuple[Any, ...]) -> Reply:
    key, text, finish, model, prompt, completion, via, response = row
    return Reply(key, text, finish, model, Usage(prompt, completion), via, response)


def _row(reply: Reply) -> tuple[Any, ...]:
    usage = reply.usage
    return (
        reply.key,
        reply.text,
        reply.finish,
        reply.model,
        usage.prompt,
        usage.completion,
        reply.via,
        reply.response,
    )


def export_table(keys: Sequence[str], replies: Replies, bodies: Mapping[str, str]) -> Any:
    """An Arrow table of requests and answers, sorted by key."""
    import pyarrow as pa

    found = replies.get_many(sorted(set(keys)))
    rows = [dict(zip(_COLUMNS.split(", "), _row(found[key]), strict=True)) for key in sorted(found)]
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in _COLUMNS.split(", ")}
    columns["request"] = [bodies[key] for key in sorted(found)]
    numbers = ("prompt_tokens", "completion_tokens")
    return pa.table({n: pa.array(values, pa.int64() if n in numbers else pa.string()) for n, values in columns.items()})
