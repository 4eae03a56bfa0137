"""Fixtures that all tests share."""

import ctypes
import fcntl
import io
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings

from synthkit.cli import main
from synthkit.ops.cuda import module as cuda_module
from synthkit.recipe import Recipe
from synthkit.recipe.load import from_data
from synthkit.run import build

ROOT = Path(__file__).resolve().parent.parent

# The tests run side by side: torch's and BLAS's threads, one a core in each process, would only be in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A machine that is busy is slow: that is no fault of what is tested.
settings.register_profile("slow", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if "CI" not in os.environ:  # hypothesis has a profile of its own there, without deadlines and without chance
    settings.load_profile("slow")

# A shell that starts the tests in the background has Ctrl-C ignored, and what they start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Failures:
    """Says what failed at once: a run that is cut off never comes to its summary."""

    def __init__(self, terminal):
        self._terminal = terminal

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self._terminal.ensure_newline()
            self._terminal.section(f"{report.nodeid} ({report.when})", "_")
            self._terminal.write_line(report.longreprtext)
            self._terminal.flush()


@pytest.hookimpl(trylast=True)  # when there is a terminal
def pytest_configure(config):
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if "CI" in os.environ and terminal is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Failures(terminal))


@pytest.fixture(scope="session")
def _kernels():
    """`synthkit._cuda`: on the GPU that is here; where there is none, on the emulator that `make test-cpp` builds."""
    if not cuda_module.why_not():
        return cuda_module.module()
    built = sorted((ROOT / "build" / "cpp" / "emulated").glob("_cuda.*"))
    if not built:
        pytest.fail("no GPU, and no emulated kernels: `make test-cpp` builds them")
    spec = spec_from_file_location("_cuda", built[-1])
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def cuda(_kernels, monkeypatch):
    """The module of the kernels, in use as ``device="cuda"``."""
    monkeypatch.setitem(cuda_module._found, cuda_module._NAME, _kernels)
    yield _kernels
    if hasattr(_kernels, "emulator"):
        _kernels.emulator.set_devices(1)
        _kernels.emulator.set_memory(2**30)


@pytest.fixture(autouse=True)
def _cuda_where_a_parameter_says_so(request):
    given = getattr(getattr(request.node, "callspec", None), "params", {}).values()
    if any(isinstance(value, str) and value == "cuda" for value in given):
        request.getfixturevalue("cuda")


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """Has something costly made once for all processes of a run: ``once(name, make)`` gives the folder it is in.

    Others wait for the first who comes, and fail where he failed.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name, make):
        folder = shared / name
        folder.mkdir(exist_ok=True)
        done, failed = folder / "done", folder / "failed"
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists() and not failed.exists():
                try:
                    make(folder)
                    done.touch()
                except BaseException as error:
                    failed.write_text(f"{error}")
                    raise
        if failed.exists():
            pytest.fail(failed.read_text())
        return folder

    return made


@pytest.fixture(scope="session")
def golden():
    """Reads a JSON file of tests/golden."""
    return lambda name: json.loads((ROOT / "tests" / "golden" / name).read_text())


@pytest.fixture
def data():
    """A small recipe as plain data, to be changed at will: 3 x 4 x 5 clips of 400 samples."""
    return {
        "name": "tiny",
        "generator": "tone",
        "params": {"sample_rate": 8000, "duration": 0.05},
        "factors": [
            {"type": "categorical", "name": "waveform", "values": ["sine", "square", "sawtooth"]},
            {"type": "linspace", "name": "amplitude", "start": 0.1, "stop": 0.7, "num": 4},
            {"type": "linspace", "name": "frequency", "start": 200.0, "stop": 1000.0, "num": 5},
        ],
        "splits": {"train": 0.8, "validation": 0.1, "test": 0.1},
        "seed": 7,
    }


@pytest.fixture
def recipe(data) -> Recipe:
    return from_data(data, "test")


@pytest.fixture
def install(tmp_path):
    """Installs a package of one module with an entry point; gives what the environment of a process needs for it."""

    def installed(name, module, group, entry):
        site = tmp_path / "site"
        metadata = site / f"{name}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (site / f"{name}.py").write_text(module)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[{group}]\n{name} = {entry}\n")
        return {"PYTHONPATH": os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])}

    return installed


@pytest.fixture
def fake_espeak(tmp_path):
    """Makes an ``espeak-ng`` that is a shell script, ``REAL`` in it the real one; gives a PATH on which it is first."""

    def faked(script):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "espeak-ng"
        program.write_text("#!/bin/sh\n" + script.replace("REAL", shutil.which("espeak-ng")))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return f"{folder}{os.pathsep}{os.environ['PATH']}"

    return faked


@pytest.fixture
def synthkit(tmp_path):
    """Runs the command line in a process of its own, in an empty folder."""

    def run(*args, check=True, env=None, **options):
        done = subprocess.run(
            [sys.executable, "-m", "synthkit", *map(str, args)],
            capture_output=True,
            text=True,
            timeout=300,
            cwd=tmp_path,
            env={**os.environ, **(env or {})},
            **options,
        )
        assert "Traceback" not in done.stderr, done.stderr
        if check:
            assert done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture
def command(tmp_path):
    """Runs the command line as `synthkit` does, but in this process, which has imported everything already.

    For what does not depend on how a process starts or ends; `env` reaches what is read when a command runs.
    """

    def run(*args, check=True, env=None):
        streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2)]
        with (
            chdir(tmp_path),
            mock.patch.dict(os.environ, env or {}),  # puts back what a command itself sets there, too
            redirect_stdout(streams[0]),
            redirect_stderr(streams[1]),
        ):
            code = main([*map(str, args)])
        out, err = (stream.buffer.getvalue().decode() for stream in streams)
        assert "Traceback" not in err, err
        if check:
            assert code == 0, err
        return subprocess.CompletedProcess(args, code, out, err)

    return run


@pytest.fixture
def unpainted(monkeypatch):
    """Pictures are drawn up, but not painted: for tests that do not look at them."""
    from matplotlib.figure import Figure

    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **options: Path(path).write_bytes(b"not painted"))


@pytest.fixture
def painted_once(monkeypatch):
    """Of the pictures of a name that a test draws the first is painted, and its bytes stand for the others."""
    from matplotlib.figure import Figure

    paint, painted = Figure.savefig, {}

    def save(figure, path, **options):
        path = Path(path)
        if path.name not in painted:
            paint(figure, path, **options)
            painted[path.name] = path.read_bytes()
        path.write_bytes(painted[path.name])

    monkeypatch.setattr(Figure, "savefig", save)


@pytest.fixture(scope="session")
def torchcodec():
    """`datasets` opens folders of audio files with torchcodec, which looks for NPP where no pip package puts it."""
    folder = Path(next(iter(find_spec("nvidia").submodule_search_locations))) / "cu13" / "lib"
    for name in ("libnppc.so.13", "libnppicc.so.13"):
        ctypes.CDLL(str(folder / name))
    import torchcodec

    return torchcodec


@pytest.fixture
def hugging_face(tmp_path, monkeypatch, torchcodec):
    """`datasets`, offline and with a cache of its own."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    cache = tmp_path / "cache"

    def load(root, **options):
        return datasets.load_dataset(str(root), cache_dir=str(cache), **options)

    return load


@pytest.fixture(scope="session")
def few_tones():
    """A recipe of 240 short tones, as plain data."""
    return {
        "name": "few_tones",
        "generator": "tone",
        "params": {"sample_rate": 8000, "duration": 0.25},
        "factors": [
            {"type": "categorical", "name": "waveform", "values": ["sine", "square"]},
            {"type": "linspace", "name": "amplitude", "start": 0.1, "stop": 0.7, "num": 6},
            {"type": "linspace", "name": "frequency", "start": 300.0, "stop": 1000.0, "num": 20},
        ],
        "splits": {"train": 0.6, "validation": 0.2, "test": 0.2},
    }


@pytest.fixture(scope="session")
def recipe_file(few_tones, tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "few_tones.json"
    path.write_text(json.dumps(few_tones))
    return path


@pytest.fixture(scope="session")
def tones(few_tones, tmp_path_factory):
    """A dataset directory of those tones."""
    out = tmp_path_factory.mktemp("tones") / "data"
    build(from_data(few_tones, "few_tones"), out, workers=1)
    return out


def load_beside(path):
    """A module of the tests that is no package."""
    spec = spec_from_file_location(path.stem, path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def _store_module():
    return load_beside(ROOT / "tests" / "storage" / "store.py")


@pytest.fixture(scope="session")
def _store_server(_store_module):
    server = _store_module.StoreServer()
    yield server
    server.close()


@pytest.fixture
def google(monkeypatch):
    """A service like Google Cloud Storage on loopback, set in the environment; see tests/storage/google_server.py."""
    with load_beside(ROOT / "tests" / "storage" / "google_server.py").running() as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        monkeypatch.setenv("NO_GCE_CHECK", "true")  # nobody is asked for credentials
        monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
        monkeypatch.setenv("SYNTHKIT_STORAGE_PATIENCE", "60")
        monkeypatch.setenv("SYNTHKIT_LEASE_SECONDS", "3")
        import gcsfs

        gcsfs.GCSFileSystem.clear_instance_cache()
        yield server
        gcsfs.GCSFileSystem.clear_instance_cache()


@pytest.fixture
def store(_store_module, _store_server, monkeypatch):
    """A bucket of an S3 service on loopback, set in the environment; see tests/storage/store.py."""
    found = _store_module.Store(_store_server)
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    yield found
    found.faults()
