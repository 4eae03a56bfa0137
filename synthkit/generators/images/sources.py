"""Sources of images by name."""

from __future__ import annotations

from synthkit.errors import InputError
from synthkit.generators.images.base import ImageSource
from synthkit.generators.images.cifar import Cifar
from synthkit.generators.images.digits import Digits
from synthkit.generators.images.folder import Folder
from synthkit.generators.images.mnist import Mnist
from synthkit.generators.images.saved import Saved

__all__ = ["KINDS", "open_source"]

KINDS = ("digits", "mnist", "cifar10", "cifar100", "folder", "datasets")

_NEEDED = {
    "mnist": "the folder of MNIST's four idx files (train-images-idx3-ubyte and so on, as they are or as .gz)",
    "folder": "a folder with a sub-folder of .png files for each class",
    "datasets": "a folder that Dataset.save_to_disk wrote",
}


def open_source(kind: str, path: str = "", *, image_column: str = "image", label_column: str = "label") -> ImageSource:
    """A source of images.

    Args:
        kind: One of `KINDS`.
        path: Folder of its files; ``digits`` have none.
        image_column: Column of images of a saved dataset.
        label_column: Column of classes of a saved dataset.

    Raises:
        InputError: The path is missing or too much, or what is there is not what it must be.
    """
    if kind == "digits":
        if path:
            raise InputError("digits come with the package: leave the path out, or choose another source_kind")
        return Digits()
    if not path and kind in _NEEDED:
        raise InputError(f"must name {_NEEDED[kind]}: --set params.path=FOLDER")
    match kind:
        case "mnist":
            return Mnist(path)
        case "cifar10" | "cifar100":
            return Cifar(kind, path)
        case "folder":
            return Folder(path)
        case "datasets":
            return Saved(path, image_column, label_column)
    raise InputError(f"source_kind: {kind!r} is none of: {', '.join(KINDS)}")
