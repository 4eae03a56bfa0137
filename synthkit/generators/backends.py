"""Which backend makes a generator's clips."""

from __future__ import annotations

from synthkit.errors import InputError
from synthkit.generators.base import AudioGenerator, Generator, has_backends
from synthkit.ops.cuda.module import device_number, is_cuda, why_not

__all__ = ["is_cuda", "on_backend", "why_not"]


def on_backend(generator: Generator, backend: str) -> Generator:
    """The generator with another backend; examples have the same bits on all of them.

    Args:
        generator: As its recipe made it: on the CPU.
        backend: ``cpu``, or one of the generator's ``backends``: ``reference`` (its NumPy twin), ``cuda``, ``cuda:N``.

    Raises:
        InputError: The generator has no such backend, or there is no such GPU here.
    """
    if backend == "cpu":
        return generator
    if not has_backends(generator):
        raise InputError(
            f"backend: generator {generator.name!r} makes its examples on the CPU only, not by {backend!r}"
        )
    name = "cuda" if is_cuda(backend) else backend
    if name not in generator.backends:
        raise InputError(f"backend: must be {', '.join(generator.backends)}, not {backend!r}")
    if name == "cuda":
        device_number(backend)
    found: AudioGenerator = generator.on(backend)
    return found
