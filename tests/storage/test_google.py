"""Google Cloud Storage: builds, faults and locks, against a service that speaks the part of its API that is used."""

import pytest

from synthkit.errors import InputError, WorkError
from synthkit.recipe.load import load_recipe
from synthkit.run import build, verify
from synthkit.storage import open_root

# Of gcsfs, which hands a part of an upload to aiohttp as it is.
pytestmark = pytest.mark.filterwarnings("ignore:Sending a large body directly:ResourceWarning")

URL = "gs://here/sets/one"
SETS = ["design.size=90", 'splits={"train": 70, "test": 20}', "params.duration=0.05", "output.shard_size=30"]
BIG = bytes(range(256)) * (24 * 4096)  # 24 MiB


def test_a_build(google, tmp_path):
    recipe = load_recipe("syntone_small", SETS)
    made = build(recipe, URL, workers=1)
    local = build(recipe, tmp_path / "d", workers=1)
    assert made.fingerprint == local.fingerprint
    files = {key.removeprefix("sets/one/"): data for (_, key), data in google.objects.items()}
    assert files == {
        p.relative_to(tmp_path / "d").as_posix(): p.read_bytes() for p in (tmp_path / "d").rglob("*") if p.is_file()
    }
    assert verify(URL, regenerate=2).ok
    assert build(recipe, URL, workers=1).made == 0


@pytest.mark.parametrize("status", [500, 503, 429])
def test_failures_that_pass_are_waited_for(google, status):
    google.fault = lambda number, method, path: status if number % 3 == 0 else None
    root = open_root(URL)
    sink = root.create("big")
    sink.write(BIG)
    sink.commit()
    root.write("small", b"1")
    assert root.hash("big") == sink._hash.hexdigest()
    assert root.sizes() == {"big": len(BIG), "small": 1}
    assert google.failed > 0


@pytest.mark.parametrize("status", [401, 403])
def test_wrong_credentials_are_told_without_them(google, status):
    root = open_root(URL)
    google.fault = lambda number, method, path: status
    for call in (root.make, root.sizes, lambda: root.write("a", b""), lambda: root.read("a")):
        with pytest.raises(InputError, match="access denied") as error:
            call()
        assert "ya29" not in str(error.value)


def test_there_is_no_such_bucket(google):
    with pytest.raises(InputError, match="there is no bucket named nobody"):
        open_root("gs://nobody/a").make()


def test_two_writers(google):
    first, second = open_root(URL), open_root(URL)
    with first.locked() as held, pytest.raises(WorkError, match="another run is writing here"), second.locked():
        pass
    held()
    assert google.objects == {}
