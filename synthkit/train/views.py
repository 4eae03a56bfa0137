"""Two views of clips, for models that learn from pairs."""

from __future__ import annotations

from torch import Tensor

from synthkit.augment import Augmentation, check_keeps, read_augmentations
from synthkit.train.batches import MakeViews
from synthkit.train.experiment import Experiment
from synthkit.train.features import FeatureExtractor

__all__ = ["make_views"]


def make_views(experiment: Experiment, extractor: FeatureExtractor, sample_rate: int) -> MakeViews | None:
    """What makes both views of stored clips and their partners; None where nothing is augmented.

    Args:
        experiment: Its ``views``.
        extractor: What makes features; spectra are augmented after normalisation.
        sample_rate: Of the clips, Hz.

    Raises:
        InputError: Augmentations that are wrong, or that change what is to be kept.
    """
    v = experiment.views
    waveform = read_augmentations(v.waveform, "waveform", "views.waveform")
    mel = read_augmentations(v.mel, "mel", "views.mel")
    check_keeps(waveform, v.keep, "views.waveform")
    check_keeps(mel, v.keep, "views.mel")
    if not (waveform or mel):
        return None

    def view(stored: Tensor) -> Tensor:
        features = extractor.of_stored(_all(waveform, stored, sample_rate))
        return _all(mel, features, sample_rate)

    return lambda clips, partners: (view(clips), view(partners))


def _all(augmentations: tuple[Augmentation, ...], x: Tensor, sample_rate: int) -> Tensor:
    for augmentation in augmentations:
        x = augmentation(x, sample_rate)
    return x
