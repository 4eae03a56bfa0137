"""Batches of clips straight from the kernels, for a torch DataLoader; nothing touches a disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.distributed as dist
from torch.utils.data import IterableDataset, get_worker_info

from synthkit.dataset.generated import Generated
from synthkit.dataset.stored import PCM16_FULL_SCALE
from synthkit.errors import InputError
from synthkit.generators.backends import is_cuda, why_not
from synthkit.generators.registry import generator_class
from synthkit.recipe import Recipe
from synthkit.recipe.load import load_recipe
from synthkit.seeds import Permutation, derive_key

__all__ = ["Stream", "stream"]


def stream(
    recipe: str | Recipe,
    split: str = "train",
    batch_size: int = 64,
    device: str | torch.device = "cpu",
    backend: str | None = None,
    *,
    shuffle: bool = False,
    seed: int = 0,
    drop_last: bool = False,
    sets: Sequence[str | tuple[str, Any]] = (),
    rank: int | None = None,
    num_ranks: int | None = None,
) -> Stream:
    """Batches of a recipe's clips, made as they are asked for: the same examples as those of the stored dataset.

    Give it to ``DataLoader(stream(...), batch_size=None, num_workers=2)``, or iterate over it. Workers and ranks take
    different batches; together they take each example once an epoch. Ranks need no other sharding: do not let
    accelerate prepare the loader, which would deal the batches out once more.

    Args:
        recipe: A recipe, its name, or the path of its file.
        split: Name of a split.
        batch_size: Clips in a batch.
        device: Where the tensors go; ``cpu`` where DataLoader workers make the batches.
        backend: What makes the clips: ``cpu``, or another that the recipe's generator knows. By default the device's
            own kernels, where it is a GPU and the generator and this build of synthkit have some: then clips are made
            in the GPU's memory on torch's current stream, and no step of the loop copies samples or waits for the GPU.
        shuffle: Whether the order is drawn anew for each epoch (`Stream.set_epoch`), from the seed.
        seed: Of the order.
        drop_last: Whether a last batch that is not full is left out.
        sets: Changes of the recipe, as with ``synthkit generate --set``.
        rank: Which of the processes that train together this is; by default as torch.distributed says.
        num_ranks: How many there are.

    Raises:
        InputError: What the recipe or an argument has wrong.
    """
    if isinstance(recipe, str):
        recipe = load_recipe(recipe, sets)
    elif sets:
        raise InputError("sets: change a recipe by its name or file, or build another Recipe")
    if batch_size < 1:
        raise InputError(f"batch_size: must be >= 1, not {batch_size}")
    target = torch.device(device)
    if target.type == "cuda" and not torch.cuda.is_available():
        raise InputError(f"device: {target} was asked for, but torch sees no GPU here")
    ranks = (rank, num_ranks)
    if (rank is None) != (num_ranks is None):
        raise InputError("rank, num_ranks: give both or none")
    if rank is not None and num_ranks is not None and not 0 <= rank < num_ranks:
        raise InputError(f"rank: must be 0 to {num_ranks - 1}, not {rank}")
    clips = _clips(recipe, split, target, backend)
    return Stream(clips, batch_size, target, seed if shuffle else None, drop_last, ranks)


def _clips(recipe: Recipe, split: str, device: torch.device, backend: str | None) -> Generated:
    if backend is not None or device.type != "cuda" or why_not():
        return Generated(recipe, split, backend=backend or "cpu")
    number = torch.cuda.current_device() if device.index is None else device.index
    if "cuda" not in getattr(generator_class(recipe.generator), "backends", ()):
        return Generated(recipe, split)
    return Generated(recipe, split, backend=f"cuda:{number}")


class Stream(IterableDataset[dict[str, Any]]):
    """See `stream`. Batches are those of `synthkit.dataset.collate`, with tensors in place of arrays."""

    def __init__(
        self,
        clips: Generated,
        batch_size: int,
        device: torch.device,
        seed: int | None,
        drop_last: bool,
        ranks: tuple[int | None, int | None],
    ) -> None:
        super().__init__()
        self.clips = clips
        self._batch_size, self._device, self._seed, self._drop_last = batch_size, device, seed, drop_last
        self._ranks = ranks
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next pass, before workers are started."""
        self._epoch = epoch

    def __len__(self) -> int:
        """Batches of all ranks and workers together."""
        n = len(self.clips)
        return n // self._batch_size if self._drop_last else -(-n // self._batch_size)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        first, step = self._share()
        order = self._order()
        for number in range(first, len(self), step):
            start = number * self._batch_size
            index = np.arange(start, min(start + self._batch_size, len(self.clips)))
            chosen = index if order is None else order(index)
            if self._device.type == "cuda" and is_cuda(self.clips.backend):
                yield self._tensors(made_there(self.clips, chosen, self._device))
            else:
                yield self._tensors(self.clips.collated(chosen))

    def _share(self) -> tuple[int, int]:
        """The first batch of this worker of this rank, and the distance to the next."""
        rank, ranks = self._ranks
        if rank is None or ranks is None:
            on = dist.is_available() and dist.is_initialized()
            rank, ranks = (dist.get_rank(), dist.get_world_size()) if on else (0, 1)
        worker = get_worker_info()
        if worker is None:
            return rank, ranks
        if self._device.type == "cuda" or is_cuda(self.clips.backend):
            raise InputError(
                "device: workers of a DataLoader cannot make batches on a GPU; iterate over the stream itself, or "
                "num_workers=0: nothing of it waits for the GPU"
            )
        return rank + ranks * worker.id, ranks * worker.num_workers

    def _order(self) -> Permutation | None:
        if self._seed is None:
            return None
        return Permutation(derive_key(self._seed, self.clips.recipe.name, f"stream-{self._epoch}"), len(self.clips))

    def _tensors(self, batch: dict[str, Any]) -> dict[str, Any]:
        def moved(value: Any) -> Any:
            if not isinstance(value, np.ndarray):
                return value
            tensor = torch.from_numpy(value)
            # A copy out of memory that may be paged out would be waited for.
            tensor = tensor.pin_memory() if self._device.type == "cuda" else tensor
            return tensor.to(self._device, non_blocking=True)

        return {name: moved(value) for name, value in batch.items()}


def made_there(clips: Generated, index: npt.NDArray[np.int64], device: torch.device) -> dict[str, Any]:
    """A batch whose clips are made in a GPU's memory, by the kernels of the backend that ``clips`` were opened with."""
    wide = clips.layout.dtype != np.int16
    samples = torch.empty(
        (len(index), clips.layout.num_samples), dtype=torch.float32 if wide else torch.int16, device=device
    )
    rows, annotations = clips.made_into(index, samples)
    return clips.batch(rows, samples if wide else samples / float(PCM16_FULL_SCALE), annotations)
