"""Checkpoints: plain tensors in safetensors files and numbers in JSON; nothing is ever unpickled."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.optim import Optimizer

from synthkit.errors import WorkError
from synthkit.storage.files import hash_file

__all__ = [
    "Checkpoint",
    "latest_checkpoint",
    "optimizer_tensors",
    "restore_optimizer",
    "save_checkpoint",
    "save_weights",
]

_STATE = "state.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that a training needs to go on.

    Attributes:
        step: Steps done.
        tensors: Group (``model``, ``ema``, ``optimizer``) -> name -> tensor.
        numbers: Plain values: early stopping, scale of mixed precision.
        training: Of which training it is (`RunFolder.identity`).
    """

    step: int
    tensors: Mapping[str, Mapping[str, Tensor]]
    numbers: Mapping[str, Any] = field(default_factory=dict)
    training: str = ""


def save_weights(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write the weights to be used, whole or not at all.

    Raises:
        WorkError: They cannot be written.
    """
    temporary = path.with_name(f".tmp-{path.name}")
    try:
        save_file({name: value.detach().cpu().contiguous() for name, value in tensors.items()}, temporary)
        temporary.replace(path)
    except (OSError, SafetensorError) as error:
        temporary.unlink(missing_ok=True)
        raise WorkError(f"{path}: {_why(error)}") from error


def save_checkpoint(folder: Path, checkpoint: Checkpoint, keep: int) -> None:
    """Write a checkpoint whole or not at all, then remove all but the last ones.

    Raises:
        WorkError: It cannot be written.
    """
    final = folder / f"step-{checkpoint.step:08d}"
    temporary = folder / f".tmp-{os.getpid()}-{final.name}"
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        hashes = {}
        for group, tensors in checkpoint.tensors.items():
            path = temporary / f"{group}.safetensors"
            save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, path)
            hashes[path.name] = _sync_and_hash(path)
        state = {"format": _FORMAT, "step": checkpoint.step, "numbers": checkpoint.numbers, "sha256": hashes}
        state["training"] = checkpoint.training
        (temporary / _STATE).write_text(json.dumps(state, indent=2, sort_keys=True) + "\n")
        _sync_and_hash(temporary / _STATE)
        shutil.rmtree(final, ignore_errors=True)
        temporary.replace(final)
    except (OSError, SafetensorError) as error:  # the latter where a file of tensors does not fit on the disk
        shutil.rmtree(temporary, ignore_errors=True)
        raise WorkError(f"{final}: {_why(error)}") from error
    for old in _found(folder)[keep:]:
        shutil.rmtree(old, ignore_errors=True)


def latest_checkpoint(folder: Path, warn: Callable[[str], None]) -> Checkpoint | None:
    """The last checkpoint that is whole; None where there is none.

    Args:
        folder: Where checkpoints are.
        warn: Told of each that is damaged and therefore passed over.
    """
    for path in _found(folder):
        try:
            return _read(path)
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            warn(f"{path}: damaged ({error}); going on from the checkpoint before it")
    return None


def _found(folder: Path) -> list[Path]:
    """Checkpoints, the last first."""
    return sorted(folder.glob("step-*"), reverse=True) if folder.is_dir() else []


def _read(path: Path) -> Checkpoint:
    state = json.loads((path / _STATE).read_text())
    tensors = {}
    for name, sha256 in state["sha256"].items():
        if hash_file(path / name) != sha256:
            raise ValueError(f"{name} does not match its sha256")
        tensors[name.removesuffix(".safetensors")] = load_file(path / name)
    return Checkpoint(state["step"], tensors, state["numbers"], state.get("training", ""))


def _why(error: OSError | SafetensorError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _sync_and_hash(path: Path) -> str:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    return hash_file(path)


def optimizer_tensors(optimizers: Mapping[str, Optimizer]) -> dict[str, Tensor]:
    """State of all optimisers, ``<turn>/<parameter>/<name>`` -> tensor."""
    return {
        f"{turn}/{number}/{name}": value
        for turn, optimizer in optimizers.items()
        for number, state in optimizer.state_dict()["state"].items()
        for name, value in state.items()
    }


def restore_optimizer(optimizers: Mapping[str, Optimizer], tensors: Mapping[str, Tensor]) -> None:
    """The other way round."""
    for turn, optimizer in optimizers.items():
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            owner, number, name = key.split("/")
            if owner == turn:
                state.setdefault(int(number), {})[name] = value
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
