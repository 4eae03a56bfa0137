"""All augmentations by name, and the checks of lists of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from synthkit.augment.base import Augmentation
from synthkit.augment.level import Gain, Noise
from synthkit.augment.masks import FrequencyMask, TimeMask
from synthkit.augment.reverb import Reverb
from synthkit.augment.stretch import PitchShift, TimeStretch
from synthkit.augment.time import TimeShift
from synthkit.errors import InputError

__all__ = ["AUGMENTATIONS", "check_keeps", "read_augmentations"]

AUGMENTATIONS: Mapping[str, type[Augmentation]] = MappingProxyType(
    {
        kind.model_fields["name"].default: kind
        for kind in (Gain, Noise, TimeShift, TimeStretch, PitchShift, Reverb, TimeMask, FrequencyMask)
    }
)


def read_augmentations(items: Sequence[Mapping[str, Any]], domain: str, where: str) -> tuple[Augmentation, ...]:
    """Augmentations of plain tables, each with ``name`` and settings.

    Args:
        items: The tables.
        domain: ``waveform`` or ``mel``: what they must be for.
        where: Path of the list, for messages.

    Raises:
        InputError: No such augmentation, one for the other domain, or settings that do not fit.
    """
    found = []
    for i, item in enumerate(items):
        name = item.get("name")
        if not isinstance(name, str) or name not in AUGMENTATIONS:
            raise InputError(
                f"{where}.{i}.name: no augmentation is named {name!r}; there are: {', '.join(AUGMENTATIONS)}"
            )
        kind = AUGMENTATIONS[name]
        if kind.domain != domain:
            raise InputError(f"{where}.{i}: {name} is for {kind.domain} clips; put it under views.{kind.domain}")
        try:
            found.append(kind.model_validate(dict(item)))
        except ValidationError as error:
            said = [f"{where}.{i}.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False)]
            raise InputError("\n".join(said)) from None
    return tuple(found)


def check_keeps(augmentations: Sequence[Augmentation], keep: Sequence[str], where: str) -> None:
    """Refuse augmentations that may change what is to be kept.

    Args:
        augmentations: In order.
        keep: Names of factors.
        where: Path of the list, for messages.

    Raises:
        InputError: All that change a factor of ``keep``.
    """
    wrong = [
        f"{where}.{i}: {augmentation.name} changes {factor}, which the views must keep (views.keep)"
        for i, augmentation in enumerate(augmentations)
        for factor in keep
        if factor in augmentation.changes
    ]
    if wrong:
        raise InputError("\n".join(wrong))
