"""The command line of `synthkit convert`: what it prints, and what it refuses."""

import json

import pytest

import synthkit as package


def test_what_it_prints(synthkit, clips, tmp_path):
    fingerprint = package.load(clips).fingerprint
    done = synthkit("convert", clips, "--to", "wav", "-o", "out", "--shard-size", 10)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("60 examples, ")
    assert " in out, wav, " in lines[0]
    assert lines[1:] == [f"fingerprint {fingerprint}"]
    assert done.stderr == ""
    assert len(list((tmp_path / "out/data").iterdir())) == 7
    again = synthkit("convert", clips, "--to", "wav", "-o", "out", "--shard-size", 10)
    assert again.stdout.splitlines()[0].endswith("wav: was complete, nothing to do")


def test_json(command, texts):
    done = command("convert", texts, "--to", "tsv", "-o", "out", "--json")
    said = json.loads(done.stdout)
    assert {name: said[name] for name in ("num_examples", "format", "out")} == {
        "num_examples": 80,
        "format": "tsv",
        "out": "out",
    }
    assert said["fingerprint"] == package.load(texts).fingerprint
    assert said["bytes"] > 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--to", "wav"], "--to wav: needs -o OUT"),
        (["--to", "wavv", "-o", "x"], "--to wavv: there is no such form; did you mean 'wav'?"),
        (["--to", "wav", "-o", "x", "--repo", "me/x"], "--repo: does not go with --to wav"),
        (["--to", "wav", "-o", "x", "--private"], "--private: does not go with --to wav"),
        (["--to", "lhotse", "-o", "x", "--workers", "2"], "--workers: does not go with --to lhotse"),
        (["--to", "hub"], "--to hub: needs --repo USER/NAME"),
        (["--to", "hub", "--repo", "me/x", "-o", "x"], "--out: does not go with --to hub"),
        (["--to", "hub", "--repo", "me/x", "--shard-size", "3"], "--shard-size: does not go with --to hub"),
        (["--to", "tsv", "-o", "x"], "--to tsv: no format of audio"),
        (["--to", "wav", "-o", "clips"], "clips: is the dataset itself"),
        (["--to", "wav", "-o", "x", "--shard-size", "0"], "--shard-size: must be >= 1, not 0"),
    ],
)
def test_what_it_refuses(command, clips, tmp_path, options, said):
    done = command("convert", "clips", *options, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"synthkit: {said}")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "x").exists()


def test_help(command):
    said = command("convert", "--help").stdout
    for word in ("--to", "--out", "--shard-size", "--workers", "--repo", "--private", "--revision", "--commit-message"):
        assert word in said
    assert "HF_TOKEN" in said


def test_formats_are_listed(command):
    listed = json.loads(command("list", "formats", "--json").stdout)
    assert listed["webdataset"] == (
        "audio: WebDataset tar: <id>.wav beside <id>.json with the factors. "
        "text: WebDataset tar: <id>.json with all columns."
    )
