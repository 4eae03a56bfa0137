"""`synthkit.stream` feeding a training on the GPU: what the data cost of a step.

A small convolutional VAE is trained on one batch over and over, and on the stream; blocks of 50 steps of the one and
the other take turns, and the GPU is waited for at the ends of blocks only. First the stream's batches are compared with
those of the CPU, byte for byte. Then two looks at whether making a batch waits for the GPU: torch's own watch over its
calls that synchronise (it knows nothing of calls that are not torch's), and a long task that is queued first: if it is
still running when twenty batches have been made, nothing has waited for anything.

Predicted for an H200: a step of 3 to 10 ms; 64 clips of a second at 16 kHz take the GPU 0.05 ms and the host 0.5 ms,
which it spends while the GPU is at the step before: 1 % of a step. The stream alone is bound by the host: 1,500 batches
a second, 100,000 times real time.
"""

from __future__ import annotations

import itertools
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from benchmarks.gpu.machine import Gpu
from benchmarks.gpu.report import Measured, Report

__all__ = ["run"]

_RECIPE = "syntone"
_RATE = 16_000
_BATCH = 64
_AHEAD = 20
_SLEEP = 400_000_000  # cycles: 0.2 s


def run(gpu: Gpu, *, smoke: bool) -> Report:
    """Check the batches, train, time."""
    batch_size, blocks, steps, width = (4, 1, 2, 2) if smoke else (_BATCH, 6, 50, 128)
    report = Report(f"stream of {_RECIPE}, batches of {batch_size}")
    try:
        import torch

        from synthkit.dataset import stream
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("synthkit"):
            raise
        report.notes.append(f"left out: needs {error.name}, which is not installed")
        return report

    # 640 samples where it is only to run: the network halves its input six times.
    sets = ["params.sample_rate=8000", "params.duration=0.08"] if smoke else []
    # The emulator's memory is not torch's: there the kernels write into memory of the host.
    device, backend = ("cpu", "cuda") if gpu.emulated else ("cuda", None)

    def batches(where: str, by: str | None) -> Any:
        return stream(_RECIPE, "train", batch_size, where, by, shuffle=True, drop_last=True, sets=sets)

    _check(report, batches(device, backend), batches("cpu", "cpu"))
    endless = _endless(batches(device, backend))
    constant = next(endless)["audio"].clone()
    step = _training(torch, constant, width)
    report.rows += _training_rows(gpu, step, constant, endless, blocks, steps)
    seconds = constant.shape[1] / (8000 if smoke else _RATE)
    report.rows.append(_alone(gpu, endless, 4 * steps, batch_size * seconds))
    if gpu.emulated:
        report.notes.append("left out: whether a batch waits for the GPU, which the emulator cannot show")
    else:
        report.rows.append(_watched(torch, _endless(batches(device, backend))))
        report.rows.append(_ahead(gpu, torch, endless, _SLEEP // 100 if smoke else _SLEEP))
    return report


def _check(report: Report, there: Any, here: Any) -> None:
    for number, (found, wanted) in enumerate(itertools.islice(zip(there, here, strict=True), 3)):
        for name in ("audio", "factor_indices"):
            report.check(f"batch {number}: {name}", found[name].cpu().numpy(), wanted[name].numpy())


def _endless(batches: Any) -> Iterator[dict[str, Any]]:
    for epoch in itertools.count():
        batches.set_epoch(epoch)
        yield from batches


def _training(torch: Any, example: Any, width: int) -> Callable[[Any], None]:
    """One step of a VAE on clips [n, samples], samples a multiple of 64."""
    nn = torch.nn
    n, samples = example.shape
    channels, length, latent = (1, width, 2 * width, 4 * width), samples // 64, 16
    torch.manual_seed(0)
    encoder: list[Any] = []
    decoder: list[Any] = []
    for low, high in itertools.pairwise(channels):
        encoder += [nn.Conv1d(low, high, 9, stride=4, padding=4), nn.GELU()]
        decoder = [nn.GELU(), nn.ConvTranspose1d(high, low, 8, stride=4, padding=2), *decoder]
    flat = channels[-1] * length
    encode = nn.Sequential(*encoder, nn.Flatten(), nn.Linear(flat, 2 * latent)).to(example.device)
    decode = nn.Sequential(nn.Linear(latent, flat), nn.Unflatten(1, (channels[-1], length)), *decoder).to(
        example.device
    )
    weights = [*encode.parameters(), *decode.parameters()]
    optimizer = torch.optim.Adam(weights, lr=1e-4, fused=example.device.type == "cuda")

    def step(clips: Any) -> None:
        mean, log_variance = encode(clips[:, None]).chunk(2, dim=1)
        drawn = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        loss = ((decode(drawn)[:, 0] - clips) ** 2).sum() / n
        loss = loss + 0.5 * (mean**2 + torch.exp(log_variance) - 1 - log_variance).sum() / n
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return step


def _block(gpu: Gpu, step: Callable[[Any], None], clips: Iterator[Any], steps: int) -> float:
    """Seconds a step; the GPU is waited for once, at the end."""
    started = time.perf_counter()
    for _ in range(steps):
        step(next(clips))
    gpu.drain()
    return (time.perf_counter() - started) / steps


def _training_rows(
    gpu: Gpu, step: Callable[[Any], None], constant: Any, endless: Iterator[dict[str, Any]], blocks: int, steps: int
) -> list[Measured]:
    repeated, streamed = itertools.repeat(constant), (batch["audio"] for batch in endless)
    for clips in (repeated, streamed):
        _block(gpu, step, clips, steps)
    pairs = [(_block(gpu, step, repeated, steps), _block(gpu, step, streamed, steps)) for _ in range(blocks)]
    fixed, fed = (median(column) for column in zip(*pairs, strict=True))
    return [
        Measured("a step on one batch", 1e3 * fixed, "ms", "itself", 1.0, "3 to 10 ms"),
        Measured("a step on the stream", 1e3 * fed, "ms", "a step on one batch", fed / fixed, "1.01"),
        Measured(
            "what the data take of a step",
            1e3 * (fed - fixed),
            "ms",
            f"a step on one batch, {1e3 * fixed:.2f} ms",
            median(other / one for one, other in pairs) - 1,
            "0.01",
            "<= 0.02",
        ),
    ]


def _alone(gpu: Gpu, endless: Iterator[dict[str, Any]], count: int, seconds_of_sound: float) -> Measured:
    gpu.drain()
    started = time.perf_counter()
    for _ in range(count):
        next(endless)
    gpu.drain()
    rate = count / (time.perf_counter() - started)
    return Measured("the stream alone", rate, "batches/s", "real time", rate * seconds_of_sound, "100,000")


def _watched(torch: Any, clips: Iterator[dict[str, Any]]) -> Measured:
    seen = 0
    with _no_synchronisation(torch):
        try:
            for _ in range(_AHEAD):
                next(clips)
        except RuntimeError as error:
            seen = 1
            print(f"torch saw the stream wait: {error}")
    return Measured(f"torch's watch over {_AHEAD} batches", seen, "calls that wait", "none", seen, "0", "<= 0")


def _ahead(gpu: Gpu, torch: Any, endless: Iterator[dict[str, Any]], cycles: int) -> Measured:
    made = 0
    # The first time around, the pinned memory that so many batches need is made; then it is looked at.
    for _ in range(2):
        gpu.drain()
        torch.cuda._sleep(cycles)
        slept = torch.cuda.Event()
        slept.record()
        made = 0
        for _ in range(_AHEAD):
            next(endless)
            made += not slept.query()
        gpu.drain()
    name = "batches made while the GPU was busy with something else"
    return Measured(name, made, "batches", f"{_AHEAD} asked for", made / _AHEAD, "1", ">= 1")


@contextmanager
def _no_synchronisation(torch: Any) -> Iterator[None]:
    """Calls of torch that wait for the GPU become errors; those of other libraries are not seen."""
    before = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that it does not see all
        torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode(before)
