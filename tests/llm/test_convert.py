"""A dataset of rationales in another format: nobody is asked, and its answers go along."""

import synthkit
from synthkit.convert.convert import convert
from synthkit.run import build, verify
from synthkit.run.asking import AskOptions


def files(root):
    found = {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}
    found.pop("requests.sqlite", None)
    return found


def test_rationales_in_another_format(serve, explained, oracle, tmp_path):
    server = serve(oracle())
    recipe = explained(server)
    made = build(recipe, tmp_path / "source")
    calls = server.calls
    for format in ("webdataset", "jsonl", "tsv"):
        done = convert(tmp_path / "source", tmp_path / format, format)
        assert done.fingerprint == made.fingerprint
        report = verify(tmp_path / format, regenerate=1000)
        assert report.ok, report.problems
        assert report.regenerated == 40
        assert not (tmp_path / format / "requests.sqlite").exists()
        other = recipe.model_copy(update={"output": recipe.output.model_copy(update={"format": format})})
        build(other, tmp_path / f"built-{format}", asking=AskOptions(replay=True, log=tmp_path / "source"))
        built, converted = files(tmp_path / f"built-{format}"), files(tmp_path / format)
        assert set(built) == set(converted) >= {"requests.parquet", "prompt.toml"}
        assert [path for path in built if built[path] != converted[path]] == []
    assert server.calls == calls
    assert "## Rationales" in (tmp_path / "webdataset/README.md").read_text()
    assert synthkit.load(tmp_path / "webdataset")[0].annotations == synthkit.load(tmp_path / "source")[0].annotations
