"""Executors on other machines: Dask and MPI. Workers write for themselves; small records travel."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from synthkit.errors import InputError, WorkError

__all__ = ["EXECUTORS", "dask_executor", "mpi_executor", "open_executor"]

EXECUTORS = ("process", "dask", "mpi")
_SECONDS_TO_CONNECT = 30
_SECONDS_FOR_WORKERS = 30


@contextmanager
def open_executor(name: str, scheduler: str | None = None, workers: int | None = None) -> Iterator[Executor | None]:
    """An executor by name; None for the one that a build takes by itself.

    Args:
        name: ``process``, ``dask`` or ``mpi``.
        scheduler: Address of a Dask scheduler, as ``tcp://host:8786``; None for workers on this machine.
        workers: How many of these; None for one a core.

    Raises:
        InputError: No such executor, a package is missing, or options that do not go together.
        WorkError: No scheduler answers.
    """
    if name not in EXECUTORS:
        raise InputError(f"--executor {name}: must be {', '.join(EXECUTORS[:-1])} or {EXECUTORS[-1]}")
    if scheduler is not None and name != "dask":
        raise InputError("--scheduler: goes with --executor dask")
    if scheduler is not None and workers is not None:
        raise InputError("--workers: a scheduler that is there has its own workers")
    if name == "process":
        yield None
    elif name == "dask":
        with dask_executor(scheduler, workers) as executor:
            yield executor
    else:
        with mpi_executor() as executor:
            yield executor


@contextmanager
def dask_executor(scheduler: str | None = None, workers: int | None = None) -> Iterator[Executor]:
    """Workers of Dask.

    Args:
        scheduler: Its address; None starts workers on this machine, with one thread each, for as long as the context.
        workers: How many; None for one a core.

    Raises:
        InputError: dask.distributed is not installed, or a worker has another synthkit.
        WorkError: No scheduler answers, or it has no workers.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise InputError("--executor dask: needs dask.distributed: pip install 'synthkit[cluster]'") from None
    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise WorkError(
                f"--scheduler {scheduler}: no Dask scheduler answers there ({error}); start one and "
                "run the same command to go on"
            ) from None
        with client:
            _check_workers(client, scheduler)
            yield client.get_executor(pure=False)  # equal calls are not one call: each writes
        return
    count = workers or len(os.sched_getaffinity(0))
    with (
        # Any port will do for its page: several builds may run on this machine.
        LocalCluster(n_workers=count, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client.get_executor(pure=False)


def _check_workers(client: Any, scheduler: str) -> None:
    """Examples are the same bits everywhere, but of one version of synthkit."""
    here = version("synthkit")
    try:
        client.wait_for_workers(1, timeout=_SECONDS_FOR_WORKERS)  # a queue may be about to start them
        found = client.run(_version)
    except TimeoutError:
        raise WorkError(f"--scheduler {scheduler}: has no workers; start some with `dask worker {scheduler}`") from None
    except ModuleNotFoundError:
        raise InputError(f"--scheduler {scheduler}: its workers have no synthkit {here} installed") from None
    except Exception as error:  # of whatever the cluster was doing when it went away
        raise WorkError(
            f"--scheduler {scheduler}: it and its workers do not answer any more ({type(error).__name__}); start them "
            "and run the same command to go on"
        ) from None
    other = sorted({f"{worker} has {there}" for worker, there in found.items() if there != here})
    if other:
        raise InputError(f"--scheduler {scheduler}: workers with another synthkit than {here} here: {', '.join(other)}")


def _version() -> str:
    return version("synthkit")


@contextmanager
def mpi_executor() -> Iterator[Executor]:
    """Workers of MPI: all ranks but the first of ``mpiexec -n N python -m mpi4py.futures -m synthkit generate ...``.

    Raises:
        InputError: mpi4py is not installed, or finds no MPI.
    """
    try:
        from mpi4py.futures import MPIPoolExecutor
    except (ImportError, RuntimeError) as error:
        raise InputError(f"--executor mpi: needs mpi4py and an MPI library ({error}): pip install mpi4py") from None
    with MPIPoolExecutor() as pool:
        yield pool
