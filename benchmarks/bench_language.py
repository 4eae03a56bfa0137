"""Language models: ids from disk, batches by length, the loop itself, and the memory of a look inside.

The texts are those of `listops_explained` (21 to 49 tokens), the model of the loop a BERT of 4 layers, 256 wide;
batches of 32, one thread. The look inside is at a model of BERT-base's shape (12 layers, 12 heads, 768 wide) with
random weights, at texts of 512 tokens, in a process of its own whose peak of memory is read from the system.

Predicted before the first run: a batch of ids from memory-mapped shards takes 0.1 ms, tokenising its 32 texts again
2 ms: 20 x. Sorted pools leave 2 % of padding, batches at random 25 %. The loop adds seeding, a check of the loss and
the learning rate: 1.02 of a bare step. The look inside keeps all cross-covariances of 13 layers (430 MB), the probes'
sums (130 MB each for three positions) and the attention of one batch (256 MB at most): 1.3 GB, for 8 texts as for 24.

Measured: a batch from disk 0.10 ms, 26 x faster than tokenising it again; padding 0.7 % against 34 % at random; the
loop 1.00; the look inside 1.18 GiB beyond the model, 1.04 times what 8 texts take. Ids are made at 24,000 texts/s.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator

from benchmarks.table import Row, alternating
from synthkit.seeds import Permutation
from synthkit.train.language.buckets import Buckets, Collator, padding_share
from synthkit.train.language.network import Ready, make_language_model
from synthkit.train.language.record import LanguageExperiment
from synthkit.train.language.texts import Texts, open_texts
from synthkit.train.language.token_store import Tokenized, tokenized
from synthkit.train.load import from_data
from synthkit.train.loop import fit

__all__ = ["run"]

_BATCH = 32
_GIB = 2**30
_CPU = torch.device("cpu")


def run(*, smoke: bool) -> tuple[str, list[Row]]:
    """Time the data side and the loop, and weigh a look inside; returns the table's title and rows."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            rows = [*_data_rows(Path(folder), smoke), *_memory_rows(Path(folder), smoke)]
    finally:
        torch.set_num_threads(threads)
    return "language models: data side, loop and look inside, one thread", rows


def _experiment(steps: int, **config: int) -> LanguageExperiment:
    data = {
        "kind": "language",
        "name": "bench",
        "data": {"recipe": "listops_explained"},
        "model": {"path": "tiny:bert", "weights": "scratch", "config": config},
        "training": {
            "steps": steps,
            "batch_size": _BATCH,
            "learning_rate": 1e-4,
            "checkpoint_every": 1_000_000,
            "log_every": 1_000_000,
        },
    }
    found = from_data(data, "benchmark")
    if not isinstance(found, LanguageExperiment):
        raise TypeError(f"read as {type(found).__name__}")
    return found


def _data_rows(root: Path, smoke: bool) -> list[Row]:
    count, steps, rounds = (128, 2, 1) if smoke else (16_384, 40, 3)
    shape = {"hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 1024}
    e = _experiment(steps, **({} if smoke else shape))
    texts = open_texts(e.data, None, "train", count)
    ready = make_language_model(e, texts.labels, [], root)
    started = time.perf_counter()
    store = tokenized(e, texts, ready.codec, ready.limit, root / "tokens")
    made = time.perf_counter() - started
    _check(texts, ready, store)
    buckets = Buckets(store, Collator(store, ready.codec, "classification", _CPU), e, "train")
    batches = range(count // _BATCH)
    sorted_padding = padding_share(store.lengths, (buckets.rows(step) for step in batches))
    mixed = Permutation(1, count)(np.arange(count)).reshape(-1, _BATCH)
    mixed_padding = padding_share(store.lengths, iter(mixed))
    said = [[texts[int(row)].input for row in rows] for rows in mixed]
    best = alternating(
        rounds,
        stored=lambda: [buckets.at(step) for step in batches],
        again=lambda: [ready.codec.tokenizer(t, padding=True, return_tensors="pt") for t in said],  # type: ignore[attr-defined]
    )
    bare, looped = _loops(e, ready, buckets, steps, rounds, root)
    each = best["stored"] / len(batches)
    return [
        Row(
            "padding, batches by length",
            f"{sorted_padding:.2%}",
            f"at random {mixed_padding:.1%}",
            sorted_padding,
            "<= 0.1",
        ),
        Row("a batch of ids from disk", f"{each * 1e6:.0f} us", "tokenised again", best["again"] / best["stored"]),
        Row("ids of all texts, once", f"{count / made:,.0f} texts/s", "an epoch of batches", made / best["stored"]),
        Row("training step, our loop", f"{looped * 1e3:.1f} ms", f"bare {bare * 1e3:.1f} ms", looped / bare, "<= 1.1"),
    ]


def _check(texts: Texts, ready: Ready, store: Tokenized) -> None:
    """The stored ids are those that the tokeniser gives."""
    for row in (0, len(store) - 1):
        expected = ready.codec.tokenizer(texts[row].input)["input_ids"]  # type: ignore[attr-defined]
        if store.input(row).tolist() != expected:
            raise SystemExit(f"stored ids of text {row} differ from the tokeniser's")


def _loops(
    e: LanguageExperiment, ready: Ready, buckets: Buckets, steps: int, rounds: int, root: Path
) -> tuple[float, float]:
    """Seconds a step of a bare loop and of ours, in turn, from the same weights; both must learn about as much."""
    start = {name: value.clone() for name, value in ready.model.state().items()}
    best = {"bare": float("inf"), "looped": float("inf")}
    losses: dict[str, float] = {}
    for number in range(rounds):
        for name in best:
            ready.model.load_state(start)
            folder = root / f"{name}-{number}"
            folder.mkdir()
            started = time.perf_counter()
            if name == "bare":
                _bare(ready, buckets, steps)
            else:
                fit(ready.model, buckets, e, Accelerator(cpu=True), folder)
            best[name] = min(best[name], (time.perf_counter() - started) / steps)
            ready.model.eval()
            with torch.no_grad():
                losses[name] = float(ready.model.terms(buckets.at(0)[0], "model", 0)["loss"])
    if not abs(losses["bare"] - losses["looped"]) <= 0.2 * losses["bare"]:  # their random numbers are not the same
        raise SystemExit(f"the loops end at different losses: {losses}")
    return best["bare"], best["looped"]


def _bare(ready: Ready, buckets: Buckets, steps: int) -> None:
    optimizer = torch.optim.AdamW(ready.model.parameters(), 1e-4, weight_decay=0.0)
    ready.model.train()
    for step in range(steps):
        loss = ready.model.terms(buckets.at(step)[0], "model", step)["loss"]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()


def _memory_rows(root: Path, smoke: bool) -> list[Row]:
    few, many = (2, 4) if smoke else (8, 24)
    sizes = [_peak(root, count, smoke) for count in (few, many)]
    return [
        Row(
            f"memory of a look at {many} texts",
            f"{sizes[1] / _GIB:.2f} GiB beyond the model",
            "2 GiB",
            sizes[1] / (2 * _GIB),
            "<= 1",
        ),
        Row(f"memory of {many} texts", f"{sizes[1] / _GIB:.2f} GiB", f"{few} texts", sizes[1] / sizes[0], "<= 1.15"),
    ]


def _peak(root: Path, count: int, smoke: bool) -> int:
    """Bytes that a look inside needs beyond the model, in a process of its own."""
    command = [sys.executable, "-m", __name__, str(root / f"look-{count}"), str(count), str(int(smoke))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"the look inside failed: {done.stderr[-2000:]}")
    return int(done.stdout.split()[-1])


def _look(root: Path, count: int, smoke: bool) -> None:
    """Prints the peak of memory beyond the model."""
    from synthkit.analysis.inspect import inspect_model
    from synthkit.analysis.look import Viewer
    from synthkit.models.language.quiet import quiet

    torch.set_num_threads(1)
    base = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
    e = _experiment(1, **({} if smoke else base))
    length = 60 if smoke else 512
    texts = open_texts(e.data, None, "train", count)
    root.mkdir()
    ready = make_language_model(e, texts.labels, [], root, weights=True)
    ready.model.eval()
    store = _long(tokenized(e, texts, ready.codec, ready.limit, root / "tokens"), length)
    viewers = [Viewer(e, ready, texts, root / "tokens", _CPU, store) for _ in range(2)]
    before = _resident()
    with quiet():
        inspect_model(viewers[0], viewers[1], 16)
    print(max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before, 1))


def _long(store: Tokenized, length: int) -> Tokenized:
    """The same texts, each repeated up to a length."""
    rows = [np.resize(store.input(row)[1:-1], length - 2) for row in range(len(store))]
    framed = [np.concatenate([store.input(k)[:1], ids, store.input(k)[-1:]]) for k, ids in enumerate(rows)]
    starts = np.arange(len(store) + 1, dtype=np.int64) * length
    empty = np.zeros(len(store) + 1, np.int64)
    return Tokenized(np.concatenate(framed), starts, store.targets, empty, store.labels, store.rows)


def _resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    _look(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "1")
