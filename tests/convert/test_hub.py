"""A dataset on a hub: what arrives, what is refused, and that no token is ever said."""

import hashlib
import json
import shutil

import datasets
import pytest

import synthkit
from synthkit.convert import hub as hub_module
from synthkit.convert import hub_errors, hub_files
from synthkit.convert.convert import convert
from synthkit.run import verify

RIGHT, READER, WRONG = "hf_rightRIGHTright", "hf_readerREADERreader", "hf_wrongWRONGwrong"
PUBLISH = ("--to", "hub", "--repo", "me/tiny")


# huggingface_hub's own way to call the network.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


def publishing(run, environment):
    """Publishes a directory by a command; what it says holds no token."""

    def publish(directory, *more, check=True, **env):
        done = run("convert", directory, *PUBLISH, *more, check=check, env={**environment, **env})
        for token in (RIGHT, READER, WRONG):
            assert token not in done.stdout + done.stderr
        return done

    return publish


@pytest.fixture
def here(hub, monkeypatch, tmp_path):
    """The hub for this process, whose huggingface_hub was imported with other settings."""
    from huggingface_hub import constants

    at_its_file = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", at_its_file)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub_errors, "_WAITS", (0.0, 0.0))
    return hub


@pytest.fixture
def publish_apart(synthkit, environment):
    """In a process of its own: with the settings that huggingface_hub reads at its import, and the real waits."""
    return publishing(synthkit, environment)


@pytest.fixture
def publish(command, environment, here):
    return publishing(command, environment)


def files(root):
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def written(root, received):
    """The received files as a directory."""
    for path, content in received.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def test_what_arrives_is_the_directory(publish_apart, hub, clips, tmp_path):
    done = publish_apart(clips)
    received = dict(hub.files("me/tiny"))
    del received[".gitattributes"]
    assert received == files(clips)
    fingerprint = json.loads(received["manifest.json"])["fingerprint"]
    size = sum(map(len, received.values()))
    assert done.stdout.splitlines()[-1] == f"fingerprint {fingerprint}"
    assert f"at {hub.url}/datasets/me/tiny" in done.stdout
    assert done.stdout.startswith(f"{len(received)} files, {size / 1000:.3g} kB")
    assert done.stderr == ""
    (commit,) = hub.commits
    assert commit[:3] == ("me/tiny", "main", f"tiny 1.0.0, {fingerprint}")
    assert hub.private["me/tiny"] is False
    again = written(tmp_path / "again", received)
    assert verify(again, regenerate=3).ok


@pytest.mark.parametrize("format", ["parquet", "webdataset"])
def test_what_arrives_loads_with_datasets(publish, hub, clips, format, tmp_path, hugging_face):
    root = clips
    if format != "parquet":
        root = tmp_path / "other"
        convert(clips, root, format)
    publish(root)
    loaded = hugging_face(written(tmp_path / "again", hub.files("me/tiny")))
    assert {split: len(rows) for split, rows in loaded.items()} == {"train": 48, "validation": 6, "test": 6}
    column = "audio" if format == "parquet" else "wav"
    rows = loaded["test"].cast_column(column, datasets.Audio(decode=False))
    ours = synthkit.load(clips, split="test")
    for row, example in zip(rows, ours, strict=True):
        known = row if format == "parquet" else row["json"]
        assert known["id"] == example.id
        assert known["frequency"] == example.factors["frequency"]
        assert hashlib.sha256(row[column]["bytes"][44:]).digest() == hashlib.sha256(raw(example)).digest()


def raw(example):
    return (example.audio * 32768).astype("<i2").tobytes()


def test_json_private_branch_and_message(publish, hub, clips):
    done = publish(clips, "--private", "--revision", "v1", "--commit-message", "First of all", "--json")
    said = json.loads(done.stdout)
    assert said["url"] == f"{hub.url}/datasets/me/tiny/tree/v1"
    assert said["num_examples"] == 60
    assert said["files"] == len(hub.files("me/tiny", "v1")) - 1
    assert said["left_out"] == []
    assert hub.private["me/tiny"] is True
    assert hub.commits[0][1:3] == ("v1", "First of all")
    assert list(hub.files("me/tiny")) == [".gitattributes"]


def test_the_same_again_does_nothing(publish, hub, clips):
    publish(clips)
    done = publish(clips)
    assert len(hub.commits) == 1
    assert ": were there" in done.stdout.splitlines()[0]


def test_another_dataset_there_is_not_overwritten(publish, hub, clips, texts):
    publish(clips)
    before = dict(hub.files("me/tiny"))
    done = publish(texts, check=False)
    assert done.returncode == 2
    assert "me/tiny: holds " in done.stderr
    assert "nothing was sent" in done.stderr
    assert hub.files("me/tiny") == before


@pytest.mark.parametrize("path", ["README.md", "train.py", "manifest.json"])
def test_other_content_there_is_not_overwritten(publish, hub, clips, path):
    hub.repos["me/tiny"] = {"main": {".gitattributes": b"", path: b"mine"}}
    done = publish(clips, check=False)
    assert done.returncode == 2
    assert "me/tiny: holds " in done.stderr
    assert hub.files("me/tiny")[path] == b"mine"
    assert hub.commits == []


def test_a_request_log_stays_at_home(publish, hub, clips, tmp_path):
    """It is listed, as answers that were paid stay; a strange file is not listed and stays, too."""
    (clips / "requests.sqlite").write_bytes(b"answers")
    (clips / ".env").write_text("KEY=secret")
    with (clips / "SHA256SUMS").open("a") as sums:
        sums.write(f"{hashlib.sha256(b'answers').hexdigest()}  requests.sqlite\n")
    done = publish(clips)
    received = hub.files("me/tiny")
    assert "left out: requests.sqlite" in done.stdout
    assert {"requests.sqlite", ".env"} & set(received) == set()
    assert b"requests.sqlite" not in received["SHA256SUMS"]
    del received[".gitattributes"]
    assert verify(written(tmp_path / "again", received)).ok


@pytest.mark.parametrize(
    ("token", "status", "said"),
    [
        (WRONG, 401, "me/tiny: the hub does not know the token"),
        (READER, 403, "me/tiny: the token may not write there"),
    ],
)
def test_a_token_that_is_refused(publish, hub, clips, token, status, said):
    done = publish(clips, check=False, HF_TOKEN=token)
    assert done.returncode == 2
    assert said in done.stderr
    assert f"({status})" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert hub.repos == {}


def test_no_token(publish_apart, hub, clips):
    done = publish_apart(clips, check=False, HF_TOKEN="")
    assert done.returncode == 2
    assert "no token is set; put one in HF_TOKEN" in done.stderr
    assert hub.seen == []


def test_no_hub(publish_apart, clips, hub):
    """Nobody listens there."""
    done = publish_apart(clips, check=False, HF_ENDPOINT="http://127.0.0.1:9")
    assert done.returncode == 1
    assert "me/tiny: the hub cannot be reached" in done.stderr
    assert "run the same command to go on" in done.stderr


@pytest.mark.parametrize("step", ["create", "preupload", "batch", "lfs", "commit", "tree"])
def test_a_failure_that_passes(publish, hub, clips, step):
    hub.failures[step] = [500]
    publish(clips)
    assert hub.failures[step] == []
    received = dict(hub.files("me/tiny"))
    del received[".gitattributes"]
    assert received == files(clips)


def test_a_failure_that_stays(publish, hub, clips):
    hub.failures["commit"] = [500] * 20
    done = publish(clips, check=False)
    assert done.returncode == 1
    assert "me/tiny: the hub failed (500)" in done.stderr
    assert hub.commits == []


def test_what_the_hub_says_is_told_without_the_token(publish, hub, clips):
    """This one repeats what it was asked with."""
    hub.failures["create"] = [422]
    done = publish(clips, check=False)
    assert done.returncode == 2
    assert "me/tiny: the hub refuses it (422)" in done.stderr
    assert "no, Bearer ***" in done.stderr


def test_a_damaged_dataset_is_not_published(publish, hub, clips):
    shard = next(iter(sorted((clips / "data").iterdir())))
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    done = publish(clips, check=False)
    assert done.returncode == 1
    assert f"data/{shard.name}" in done.stderr
    assert "nothing was published" in done.stderr
    shard.unlink()
    assert publish(clips, check=False).returncode == 1
    assert hub.repos == {}


def test_an_unfinished_dataset_is_not_published(publish, hub, clips):
    (clips / ".synthkit").mkdir()
    done = publish(clips, check=False)
    assert done.returncode == 2
    assert "is not finished" in done.stderr
    shutil.rmtree(clips / ".synthkit")
    (clips / "SHA256SUMS").unlink()
    assert "holds no finished synthkit dataset" in publish(clips, check=False).stderr
    assert hub.seen == []


@pytest.mark.parametrize("repo", ["tiny", "me/", "/tiny", "a/b/c", "me/ti ny", "../tiny"])
def test_names_that_are_no_repository(command, clips, environment, repo):
    done = command("convert", clips, "--to", "hub", f"--repo={repo}", check=False, env=environment)
    assert done.returncode == 2
    assert "must be USER/NAME" in done.stderr


@pytest.fixture
def in_process(here, monkeypatch):
    """The hub for calls from Python."""
    monkeypatch.setenv("HF_TOKEN", RIGHT)
    return here


def test_many_files_in_several_commits(in_process, clips, tmp_path, monkeypatch):
    monkeypatch.setattr(hub_files, "_MOST_FILES", 25)
    convert(clips, tmp_path / "wav", "wav")
    done = hub_module.publish(tmp_path / "wav", "me/tiny", message="All")
    assert [commit[2] for commit in in_process.commits] == ["All (1 of 3)", "All (2 of 3)", "All (3 of 3)"]
    assert {"SHA256SUMS", "manifest.json", "README.md"} <= set(in_process.commits[-1][3])
    received = dict(in_process.files("me/tiny"))
    del received[".gitattributes"]
    assert received == files(tmp_path / "wav")
    assert done.files == len(received)


def test_going_on_after_the_first_of_several_commits(in_process, clips, tmp_path, monkeypatch):
    monkeypatch.setattr(hub_files, "_MOST_FILES", 3)
    in_process.most_commits = 1
    with pytest.raises(synthkit.errors.WorkError, match="the hub failed"):
        hub_module.publish(clips, "me/tiny")
    assert len(in_process.commits) == 1
    in_process.most_commits = None
    assert hub_module.publish(clips, "me/tiny").made
    received = dict(in_process.files("me/tiny"))
    del received[".gitattributes"]
    assert received == files(clips)


def test_from_an_object_store(in_process, clips, tmp_path):
    import fsspec

    place = f"memory://{tmp_path.name}/clips"
    store = fsspec.filesystem("memory")
    for path, content in files(clips).items():
        store.pipe_file(f"/{tmp_path.name}/clips/{path}", content)
    hub_module.publish(place, "me/tiny")
    received = dict(in_process.files("me/tiny"))
    del received[".gitattributes"]
    assert received == files(clips)
