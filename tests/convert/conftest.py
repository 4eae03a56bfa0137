"""A hub on loopback, and datasets to convert."""

import base64
import hashlib
import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest

from synthkit.recipe.load import from_data, load_recipe
from synthkit.run import build

RIGHT, READER, WRONG = "hf_rightRIGHTright", "hf_readerREADERreader", "hf_wrongWRONGwrong"
LARGE = (".parquet", ".tar", ".wav", ".flac")


class Hub:
    """What the calls of huggingface_hub ask for: repositories of datasets with branches, small files and large ones."""

    def __init__(self):
        self.repos = {}  # name -> branch -> path -> bytes
        self.private = {}
        self.large = {}  # sha256 -> bytes
        self.commits = []  # (repo, branch, message, paths)
        self.failures = defaultdict(list)  # step -> statuses to answer with first
        self.most_commits = None  # after which all others fail
        self.seen = []  # (method, path) of each request
        self.lock = threading.Lock()
        self.url = ""

    def files(self, repo, branch="main"):
        return self.repos[repo][branch]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.answer()

    do_HEAD = do_POST = do_PUT = do_GET

    def answer(self):
        body = self.body()
        path = unquote(urlsplit(self.path).path)
        hub = self.hub
        with hub.lock:
            hub.seen.append((self.command, path))
            step = self.step(path)
            if hub.failures[step]:
                self.reply(hub.failures[step].pop(0), {"error": f"no, {self.headers.get('Authorization')}"})
            elif step == "commit" and len(hub.commits) == hub.most_commits:
                self.reply(500, {"error": "full"})
            elif step == "lfs":
                self.put(path, body)
            elif step == "resolve":
                self.resolve(path)
            elif self.allowed(path):
                getattr(self, step)(path, body)

    def step(self, path):
        if path == "/api/repos/create":
            return "create"
        if path == "/api/validate-yaml":
            return "validate"
        if path.startswith("/lfs/"):
            return "lfs"
        if path.endswith(".git/info/lfs/objects/batch"):
            return "batch"
        if "/resolve/" in path:
            return "resolve"
        return path.split("/")[5] if len(path.split("/")) > 5 else "info"

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            whole = b""
            while size := int(self.rfile.readline(), 16):
                whole += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return whole
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def reply(self, status, data=b"", **headers):
        content = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def allowed(self, path):
        token = self.headers.get("Authorization", "")
        if token == f"Bearer {RIGHT}":
            return True
        if token == f"Bearer {READER}":
            if self.command == "GET":
                return True
            self.reply(403, {"error": f"no rights for {READER}"})
            return False
        self.reply(401, {"error": f"bad token in {token}"})
        return False

    def create(self, path, body):
        asked = json.loads(body)
        repo = f"{asked['organization']}/{asked['name']}"
        assert asked["type"] == "dataset"
        if repo in self.hub.repos:
            self.reply(409, {"error": "there", "url": f"{self.hub.url}/datasets/{repo}"})
            return
        self.hub.repos[repo] = {"main": {".gitattributes": b"*.parquet filter=lfs\n"}}
        self.hub.private[repo] = asked.get("visibility") == "private" or asked.get("private", False)
        self.reply(200, {"url": f"{self.hub.url}/datasets/{repo}"})

    def info(self, path, body):
        repo = "/".join(path.split("/")[3:5])
        if repo in self.hub.repos:
            self.reply(200, {"id": repo, "sha": "c" * 40, "private": False, "siblings": []})
        else:
            self.reply(404, {}, X_Error_Code="RepoNotFound")

    revision = info

    def validate(self, path, body):
        self.reply(200, {"errors": [], "warnings": []})

    def place(self, path):
        parts = path.split("/")
        return f"{parts[3]}/{parts[4]}", parts[6]

    def branch(self, path, body):
        repo, name = self.place(path)
        there = name in self.hub.repos[repo]
        self.hub.repos[repo].setdefault(name, dict(self.hub.repos[repo]["main"]))
        self.reply(409 if there else 200, {})

    def tree(self, path, body):
        repo, branch = self.place(path)
        found = self.hub.files(repo, branch)
        items = [{"type": "file", "path": p, "size": len(c), "oid": oid(c)} for p, c in found.items()]
        self.reply(200, items)

    def preupload(self, path, body):
        repo, branch = self.place(path)
        known = self.hub.files(repo, branch)
        files = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(LARGE) else "regular",
                "shouldIgnore": False,
                "oid": remote(file["path"], known),
            }
            for file in json.loads(body)["files"]
        ]
        self.reply(200, {"files": files})

    def batch(self, path, body):
        objects = []
        for item in json.loads(body)["objects"]:
            actions = {"upload": {"href": f"{self.hub.url}/lfs/{item['oid']}"}}
            objects.append(item if item["oid"] in self.hub.large else {**item, "actions": actions})
        self.reply(200, {"transfer": "basic", "objects": objects})

    def put(self, path, body):
        name = path.rpartition("/")[2]
        assert hashlib.sha256(body).hexdigest() == name
        self.hub.large[name] = body
        self.reply(200, {})

    def commit(self, path, body):
        repo, branch = self.place(path)
        lines = [json.loads(line) for line in body.splitlines() if line]
        paths = []
        for line in lines[1:]:
            value = line["value"]
            known = line["key"] == "lfsFile"
            content = self.hub.large[value["oid"]] if known else base64.b64decode(value["content"])
            self.hub.files(repo, branch)[value["path"]] = content
            paths.append(value["path"])
        self.hub.commits.append((repo, branch, lines[0]["value"]["summary"], paths))
        self.reply(
            200,
            {"success": True, "commitOid": "c" * 40, "commitUrl": f"{self.hub.url}/datasets/{repo}/commit/{'c' * 40}"},
        )

    def resolve(self, path):
        owner, name, _, branch, rest = path.removeprefix("/datasets/").split("/", 4)
        content = self.hub.files(f"{owner}/{name}", branch).get(rest)
        if content is None:
            self.reply(404, {}, X_Error_Code="EntryNotFound")
            return
        self.reply(200, content, ETag=f'"{oid(content)}"', X_Repo_Commit="c" * 40)


def oid(content):
    """Name of a file in git."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def remote(path, known):
    """What the hub says of a file that it has: of a large one its sha256."""
    if path not in known:
        return None
    return hashlib.sha256(known[path]).hexdigest() if path.endswith(LARGE) else oid(known[path])


@pytest.fixture
def hub():
    state = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": state}))
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join(120)


@pytest.fixture
def environment(hub, tmp_path):
    """What a process needs to talk to the hub of the test, and to no other."""
    return {
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": RIGHT,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",  # the protocol of another server
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_OFFLINE": "0",
    }


def variant(recipe, **output):
    return recipe.model_copy(update={"output": recipe.output.model_copy(update=output)})


@pytest.fixture
def clips(recipe, tmp_path):
    """The tiny dataset in parquet, in shards of 20."""
    build(variant(recipe, shard_size=20), tmp_path / "clips", workers=1)
    return tmp_path / "clips"


@pytest.fixture(scope="session")
def explained_recipe():
    splits = json.dumps({"train": 60, "validation": 12, "test": 8})
    changes = [f"splits={splits}", "design.size=80", "params.explained=0.5", "output.shard_size=25"]
    return load_recipe("listops_explained", changes)


@pytest.fixture
def texts(explained_recipe, tmp_path):
    """80 lists with explanations of some, in parquet."""
    build(explained_recipe, tmp_path / "texts", workers=1)
    return tmp_path / "texts"


@pytest.fixture
def floats(data, tmp_path):
    """The tiny dataset in 32-bit samples."""
    data["params"]["sample_format"] = "float32"
    build(from_data(data, "test"), tmp_path / "floats", workers=1)
    return tmp_path / "floats"
