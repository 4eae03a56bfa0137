"""Places and files that the system does not let be read: named in one line, no trace."""

import errno

import pytest

from synthkit.dataset import load
from synthkit.errors import InputError, WorkError
from synthkit.recipe.load import load_recipe
from synthkit.run import build, verify
from synthkit.run.part import Part, build_part
from synthkit.shards.manifest import read_manifest
from synthkit.storage.local import LocalStorage

SETS = ["design.size=6", 'splits={"train": 6}', "params.duration=0.01"]


def recipe():
    return load_recipe("syntone_small", SETS)


def denied(wanted, real):
    """As a user meets it who may not; whoever runs the tests may be allowed everything."""

    def method(self, path="", **options):
        if path == wanted:
            raise PermissionError(errno.EACCES, "Permission denied", str(self.local / path))
        return real(self, path, **options)

    return method


@pytest.mark.parametrize("run", [build, lambda *args: build_part(*args, Part(0, 2))])
def test_a_name_that_is_too_long(run, tmp_path):
    place = tmp_path / ("x" * 300)
    with pytest.raises(InputError, match=r"xxx: cannot be (used|read): File name too long"):
        run(recipe(), place)
    with pytest.raises(InputError, match=r"xxx: cannot be (used|read): File name too long"):
        load(place)
    with pytest.raises(InputError, match=r"xxx: cannot be (used|read): File name too long"):
        verify(place)


def test_a_directory_that_may_not_be_entered(tmp_path, monkeypatch):
    def names(self):
        raise PermissionError(errno.EACCES, "Permission denied", str(self.local))

    monkeypatch.setattr(LocalStorage, "names", names)
    with pytest.raises(InputError, match=r"d: cannot be used: Permission denied"):
        build(recipe(), tmp_path / "d")
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("name", ["manifest.json", "SHA256SUMS"])
def test_a_file_of_a_dataset_that_may_not_be_read(name, tmp_path, monkeypatch):
    build(recipe(), tmp_path / "d", workers=1)
    for method in ("hash", "read"):
        monkeypatch.setattr(LocalStorage, method, denied(name, getattr(LocalStorage, method)))
    found = verify(tmp_path / "d").problems
    assert len(found) == 1
    assert f"{name}: cannot be read: Permission denied" in found[0]
    if name == "manifest.json":
        with pytest.raises(WorkError, match=r"manifest\.json: cannot be read: Permission denied"):
            read_manifest(tmp_path / "d")
