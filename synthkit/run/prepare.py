"""Everything that is checked before a byte is written."""

from __future__ import annotations

from dataclasses import dataclass

from synthkit.errors import InputError
from synthkit.generators import AudioGenerator
from synthkit.generators.resolve import bind, resolve
from synthkit.plan import Plan, make_plan
from synthkit.recipe import Recipe
from synthkit.run.tasks import ShardTask, shard_tasks

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A checked recipe and what follows from it."""

    recipe: Recipe
    generator: AudioGenerator
    plan: Plan

    def tasks(self, out: str) -> list[ShardTask]:
        """The shards to make, in order."""
        return shard_tasks(self.recipe, self.plan.sizes, self.generator.layout, out)


def prepare(recipe: Recipe) -> Prepared:
    """Resolve and check a recipe; nothing is written.

    Raises:
        InputError: All that is wrong with it, each problem with its path.
    """
    resolved = resolve(recipe)
    generator = bind(resolved)
    if resolved.output.format == "flac" and generator.layout.sample_format != "pcm16":
        raise InputError(
            f"recipe {resolved.name}: output.format: flac holds 16-bit samples; params.sample_format is "
            f"{generator.layout.sample_format!r} (use parquet or wav, or pcm16)"
        )
    if resolved.output.format == "flac" and generator.layout.sample_rate > 655350:
        raise InputError(f"recipe {resolved.name}: output.format: flac ends at a sample rate of 655350 Hz")
    return Prepared(resolved, generator, make_plan(resolved))
