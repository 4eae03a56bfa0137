"""The command line as its users meet it: what each command prints, its exit codes, its errors."""

import json
import os
import re
import subprocess
import sys
import time
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

import synthkit as package
from synthkit.cli import doctor
from synthkit.ops.cuda.module import why_not
from synthkit.recipe.load import recipe_names

TINY = ("--set", "params.duration=0.01", "--set", "design.size=40")
FINGERPRINT = re.compile(r"sha256:[0-9a-f]{64}")


@pytest.fixture
def made(command, tmp_path):
    command("generate", "syntone_small", "--out", "d", *TINY)
    return tmp_path / "d"


def test_the_function_is_there_however_often_it_is_called(capsys):
    """Importing what it needs must put no module in its place."""
    import synthkit.cli

    for _ in range(2):
        assert synthkit.cli.main(["--version"]) == 0
    assert capsys.readouterr().out == 2 * f"synthkit {package.__version__}\n"


def test_help_and_version(command):
    for flag in ("--help", "-h"):
        said = command(flag).stdout
        for name in ("generate", "plan", "verify", "convert", "list", "show", "score", "doctor", "schema"):
            assert f" {name} " in said
    assert command("--version").stdout == f"synthkit {package.__version__}\n"
    for flag in (
        "--out",
        "--workers",
        "--seed",
        "--set",
        "--limit",
        "--format",
        "--shard-size",
        "--overwrite",
        "--json",
    ):
        assert flag in command("generate", "--help").stdout


def test_the_installed_command(tmp_path):
    command = os.path.join(os.path.dirname(sys.executable), "synthkit")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert done.stdout == f"synthkit {package.__version__}\n"


def test_what_the_system_refuses_is_told_in_one_line(command, made):
    name = "x" * 300
    done = command("report", "d", "-o", f"{name}.html", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "File name too long" in done.stderr


def test_a_full_disk_behind_the_output_is_told_in_one_line(tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "synthkit", "schema"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=120
        )
    assert (done.returncode, done.stderr) == (1, "synthkit: No space left on device\n")


def test_generate_prints_the_fingerprint_last(synthkit, tmp_path):
    done = synthkit("generate", "syntone_small", "--out", "d", *TINY)
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"40 examples, [\d.]+ kB in d, \d+\.\d s", lines[0])
    assert re.fullmatch(r"fingerprint sha256:[0-9a-f]{64}", lines[-1])
    assert len(lines) == 2
    assert done.stderr == ""  # no progress bar where there is no terminal
    manifest = json.loads((tmp_path / "d/manifest.json").read_bytes())
    assert lines[-1] == f"fingerprint {manifest['fingerprint']}"


def test_generate_json(command, tmp_path):
    done = command("generate", "syntone_small", "--out", "d", *TINY, "--json")
    found = json.loads(done.stdout)
    assert set(found) == {"fingerprint", "num_examples", "seconds", "bytes", "out"}
    assert FINGERPRINT.fullmatch(found["fingerprint"])
    assert found["num_examples"] == 40
    assert found["out"] == "d"
    assert found["seconds"] > 0
    assert found["bytes"] == sum(path.stat().st_size for path in (tmp_path / "d/data").iterdir())
    again = json.loads(command("generate", "syntone_small", "--out", "d", *TINY, "--json").stdout)
    assert {**again, "seconds": 0} == {**found, "seconds": 0}


def test_generate_again_does_nothing(command, made):
    done = command("generate", "syntone_small", "--out", "d", *TINY)
    assert "was complete, nothing to do" in done.stdout


def test_flags_are_changes_of_the_recipe(command, tmp_path):
    command(
        "generate", "syntone_small", "--out", "d", *TINY, "--seed", 5, "--limit", 20, "--format", "wav",
        "--shard-size", 8, "--workers", 1,
    )  # fmt: skip
    recipe = json.loads((tmp_path / "d/recipe.json").read_bytes())
    assert recipe["seed"] == 5
    assert recipe["design"] == {"kind": "grid", "limit": 20, "repeats": 1, "shuffle": True, "size": 40}
    assert recipe["output"] == {"format": "wav", "shard_size": 8}
    assert sorted(path.name for path in (tmp_path / "d/data").iterdir()) == [
        "test-00000-of-00001",
        "train-00000-of-00002",
        "train-00001-of-00002",
        "validation-00000-of-00001",
    ]


def test_a_limit_keeps_the_proportions(command, tmp_path):
    command("generate", "syntone", "--limit", 600, "--set", "params.duration=0.01", "--out", "d")
    manifest = json.loads((tmp_path / "d/manifest.json").read_bytes())
    assert manifest["splits"] == {"train": 480, "validation": 60, "test": 60}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["syntoneee"], "no recipe is named 'syntoneee'; did you mean 'syntone'?"),
        (["nothere.toml"], "nothere.toml: no such file"),
        (["syntone_small", "--set", "nope.nope=3"], "--set nope: no such field"),
        (["syntone_small", "--set", "seed"], "must look like KEY=VALUE"),
        (["syntone_small", "--workers", "0"], "workers: must be >= 1, not 0"),
        (["syntone_small", "--workers", "-3"], "workers: must be >= 1, not -3"),
        (["syntone_small", "--workers", "two"], "Invalid value for '--workers'"),
        (["syntone_small", "--shard-size", "0"], "output.shard_size: must be >= 1, not 0"),
        (["syntone_small", "--limit", "0"], "design.limit: must be >= 1, not 0"),
        (["syntone_small", "--seed", "-1"], "seed: must be >= 0, not -1"),
        (
            ["syntone_small", "--format", "mp9"],
            "output.format: must be 'parquet', 'wav', 'flac', 'jsonl', 'tsv' or 'webdataset'",
        ),
        (
            ["syntone_small", "--format", "tsv"],
            "output.format: must be 'parquet', 'wav', 'flac' or 'webdataset' for audio, not 'tsv'",
        ),
        (["syntone_small", "--set", "factors.frequency.stop=8000"], "factors.frequency.stop: 8000 Hz is at or above"),
        (["syntone_small", "--set", "factors.amplitude.stop=1.5"], "factors.amplitude.stop: must be <= 1, not 1.5"),
        (["syntone_small", "--set", "factors.amplitude.stop=1.0"], "would clip"),
        (["syntone_small", "--set", "factors.frequency.num=0"], "factors.frequency.num: must be >= 1, not 0"),
        (["syntone_small", "--set", "factors.frequency.start=NaN"], "factors.frequency.start"),
        (["syntone_small", "--set", "name=../../evil"], "name: '../../evil' does not match"),
        (["syntone_small", "--set", "splits.test=0.0"], "splits.test: must be a share"),
        (["syntone_small", "--nonsense"], "--nonsense"),
        ([], "Missing argument 'RECIPE'"),
    ],
)
def test_bad_input_is_one_message_and_exit_2(command, tmp_path, args, message):
    done = command("generate", *args, "--out", "d", check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""
    assert not (tmp_path / "d").exists()


def test_a_missing_out_is_told(synthkit):
    done = synthkit("generate", "syntone_small", check=False)
    assert (done.returncode, "--out" in done.stderr) == (2, True)


def test_a_foreign_directory_is_left_alone(command, tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d/mine.txt").write_text("x")
    done = command("generate", "syntone_small", "--out", "d", "--overwrite", check=False)
    assert done.returncode == 2
    assert "d: holds something else (mine.txt); choose an empty or a new directory" in done.stderr
    assert os.listdir(tmp_path / "d") == ["mine.txt"]


def test_another_recipe_needs_overwrite(command, made):
    other = ("generate", "syntone_small", "--out", "d", *TINY, "--seed", 9)
    refused = command(*other, check=False)
    assert refused.returncode == 2
    assert "holds a dataset of another recipe (seed differs); use --overwrite" in refused.stderr
    assert command(*other, "--overwrite").stdout.splitlines()[-1].startswith("fingerprint sha256:")


def test_debug_shows_the_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "synthkit", "--debug", "generate", "nope", "--out", "d"],
        capture_output=True, text=True, cwd=tmp_path, timeout=120,
    )  # fmt: skip
    assert "Traceback" in done.stderr
    assert done.returncode != 0


def test_plan(command, tmp_path):
    said = command("plan", "syntone").stdout
    assert "syntone: 32,000 examples, 1.02 GB of audio; each 16,000 samples at 16,000 Hz, pcm16" in said
    assert "splits: train 25,600, validation 3,200, test 3,200" in said
    for part in ("waveform", "sine, triangle, sawtooth, square", "linspace 200 to 2594, 400 levels", "train-00000000"):
        assert part in said
    assert list(tmp_path.iterdir()) == []


def test_plan_json_agrees_with_what_is_made(command, tmp_path):
    plan = json.loads(command("plan", "syntone_small", *TINY, "--json").stdout)
    command("generate", "syntone_small", *TINY, "--out", "d")
    data = package.load(tmp_path / "d")
    assert plan["num_examples"] == len(data)
    assert plan["splits"] == {"train": 32, "validation": 4, "test": 4}
    assert plan["bytes"] == 40 * 160 * 2
    for planned, example in zip(plan["examples"], data, strict=False):
        assert planned == {"id": example.id, **example.factors}


def test_plan_of_a_billion_examples(command):
    """In memory and time that do not depend on the size."""
    command("plan", "syntone_plus", "--json")  # imports what it needs
    before = time.process_time()
    plan = json.loads(command("plan", "syntone_plus", "--set", "design.size=1000000000", "--json").stdout)
    huge = time.process_time() - before
    assert plan["num_examples"] == 10**9
    command("plan", "syntone_plus", "--json")
    assert huge < 3 * (time.process_time() - before - huge) + 0.5


@pytest.mark.parametrize("design", ["random", "latin_hypercube"])
def test_plan_of_a_huge_design_of_each_kind(command, design):
    sets = ("--set", f'design={{"kind": "{design}", "size": 1000000000}}')
    assert json.loads(command("plan", "syntone_plus", *sets, "--json").stdout)["num_examples"] == 10**9


def test_plan_of_a_huge_grid(command):
    plan = json.loads(command("plan", "syntone", "--set", "factors.frequency.num=12500000", "--json").stdout)
    assert plan["num_examples"] == 10**9


def test_verify(command, made):
    done = command("verify", "d", "--regenerate", 5)
    assert done.stdout.splitlines() == [
        "7 files: all hashes match SHA256SUMS",
        "40 examples: the fingerprint from content is the manifest's",
        "5 examples made again from recipe.json: identical",
        f"fingerprint {json.loads((made / 'manifest.json').read_bytes())['fingerprint']}",
    ]
    report = json.loads(command("verify", "d", "--json").stdout)
    assert report["ok"] is True
    assert report["problems"] == []


def test_verify_names_what_differs(synthkit, made):
    path = made / "data/test-00000-of-00001.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    done = synthkit("verify", "d", check=False)
    assert done.returncode == 1
    assert "d: 1 problem" in done.stderr
    assert "data/test-00000-of-00001.parquet: its sha256 is not the one in SHA256SUMS" in done.stderr
    report = json.loads(synthkit("verify", "d", "--json", check=False).stdout)
    assert report["ok"] is False
    assert len(report["problems"]) == 1


def test_verify_of_no_dataset(command, tmp_path):
    done = command("verify", "nowhere", check=False)
    assert (done.returncode, "nowhere: holds no finished synthkit dataset" in done.stderr) == (2, True)
    assert command("verify", "nowhere", "--regenerate", "-2", check=False).returncode == 2


def test_list(command):
    said = command("list").stdout
    for name in recipe_names():
        assert f"\n{name} " in said
    assert set(json.loads(command("list", "recipes", "--json").stdout)) == set(recipe_names())
    assert "tone" in json.loads(command("list", "generators", "--json").stdout)
    assert set(json.loads(command("list", "formats", "--json").stdout)) == {
        "parquet",
        "wav",
        "flac",
        "jsonl",
        "tsv",
        "webdataset",
    }
    designs = {"grid", "random", "latin_hypercube", "correlated", "held_out"}
    assert set(json.loads(command("list", "designs", "--json").stdout)) == designs
    assert "layer:K" in json.loads(command("list", "policies", "--json").stdout)
    done = command("list", "recipe", check=False)
    assert (done.returncode, "did you mean 'recipes'?" in done.stderr) == (2, True)


def test_show(command, made):
    said = command("show", "d", "--examples", 2).stdout
    assert "syntone_small: 40 examples" in said
    assert FINGERPRINT.search(said)
    for part in ("waveform", "sawtooth, sine, square, triangle", "200 to 2600", "train-00000000:", "peak", "rms"):
        assert part in said
    assert said.count("first samples") == 2
    assert "4 examples" in command("show", "d", "--split", "test").stdout
    wrong = command("show", "d", "--split", "dev", check=False)
    assert (wrong.returncode, "no split is named 'dev'" in wrong.stderr) == (2, True)


def test_doctor(command):
    found = json.loads(command("doctor", "--json").stdout)
    names = {item["name"]: item for item in found["findings"]}
    assert set(names) >= {"python", "native kernels", "CUDA", "espeak-ng", "ffmpeg", "extra train", "extra llm"}
    assert names["native kernels"]["found"] is True
    for item in names.values():
        assert item["detail"]
        assert item["enables"]
    said = command("doctor").stdout
    for name in names:
        assert name in said


def test_doctor_knows_the_extras_that_users_install():
    declared = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert set(doctor._EXTRAS) == set(declared) - {"docs", "dev"}


def test_doctor_tells_what_is_missing(command):
    found = json.loads(command("doctor", "--json", env={"PATH": "/nowhere"}).stdout)
    (espeak,) = (item for item in found["findings"] if item["name"] == "espeak-ng")
    assert espeak["found"] is False
    assert espeak["detail"] == "missing: apt-get install espeak-ng"


def test_doctor_tells_whether_there_are_kernels_for_gpus(synthkit):
    """In a process of its own: what is built and what is here, whatever the tests put in its place."""
    found = json.loads(synthkit("doctor", "--json").stdout)
    (cuda,) = (item for item in found["findings"] if item["name"] == "CUDA")
    seen = module_here()
    if not seen:
        assert cuda["found"] is False
        assert "kernels not built: build where nvcc is on the PATH" in cuda["detail"]
    elif why_not():
        assert cuda["found"] is False
        assert cuda["detail"].startswith(f"{why_not()}; kernels built with CUDA ")
    else:
        assert cuda["found"] is True
        assert "gives the CPU's bits" in cuda["detail"]


def module_here():
    return find_spec("synthkit._cuda") is not None


@pytest.mark.gpu
class TestDoctorOnAGpu:
    """On the emulator where there is no GPU."""

    def test_all_is_well(self, cuda):
        found = doctor._cuda()
        assert found.found
        assert re.search(
            r"\(compute capability \d+\.\d\), driver for CUDA \d+\.\d, .*; gives the CPU's bits", found.detail
        )

    def test_other_bits_are_told(self, cuda, monkeypatch):
        monkeypatch.setattr(doctor, "_same_bits", lambda: False)
        found = doctor._cuda()
        assert not found.found
        assert "GIVES OTHER BITS THAN THE CPU; please report it" in found.detail

    def test_kernels_that_fail_are_told(self, cuda):
        if not hasattr(cuda, "emulator"):
            pytest.skip("a GPU that failed is of no use to later tests")
        cuda.emulator.fail_next_launch()
        found = doctor._cuda()
        assert not found.found
        assert "emulated (compute capability 7.5), but its kernels fail: preparing tones: prepare_tones" in found.detail

    def test_no_driver(self, cuda):
        if not hasattr(cuda, "emulator"):
            pytest.skip("the driver cannot be taken out")
        cuda.emulator.set_devices(0)
        found = doctor._cuda()
        assert (found.found, found.detail) == (
            False,
            "no NVIDIA driver is installed; kernels built with CUDA 13.0",
        )


def test_a_forced_path_is_shown(synthkit):
    found = json.loads(synthkit("doctor", "--json", env={"SYNTHKIT_CPU_PATH": "baseline"}).stdout)
    (kernels,) = (item for item in found["findings"] if item["name"] == "native kernels")
    assert kernels["detail"].startswith("baseline (of ")


def test_schema(command, made):
    schema = json.loads(command("schema").stdout)
    assert schema["title"] == "Recipe"
    assert set(json.loads((made / "recipe.json").read_bytes())) == set(schema["properties"]) - {"smoke"}
    assert schema["additionalProperties"] is False


def test_a_reader_that_goes_away(made):
    """``synthkit show d | head -1``."""
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m synthkit show {made} | head -1"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.stderr == ""


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "POSIX"])
def test_no_locale_breaks_the_output(synthkit, made, locale):
    done = synthkit("show", "d", env={"LC_ALL": locale, "PYTHONUTF8": "0"})
    assert "train-00000000" in done.stdout


def test_locale_and_time_zone_do_not_reach_the_data(synthkit, tmp_path):
    here = synthkit("generate", "syntone_small", "--out", "a", *TINY).stdout.splitlines()[-1]
    env = {"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "77"}
    there = synthkit("generate", "syntone_small", "--out", "b", *TINY, env=env).stdout.splitlines()[-1]
    assert here == there
    assert (tmp_path / "a/SHA256SUMS").read_bytes() == (tmp_path / "b/SHA256SUMS").read_bytes()


def test_one_fingerprint_on_every_path(synthkit):
    from synthkit import _core

    prints = {
        synthkit("generate", "syntone_plus", "--limit", 30, "--out", path, env={"SYNTHKIT_CPU_PATH": path}).stdout[-72:]
        for path in _core.cpu.paths()
    }
    assert len(prints) == 1


def test_help_is_quick_and_loads_nothing_heavy():
    code = (
        "import sys; from synthkit.cli import main; main(['--help']);"
        "print(sorted({'torch', 'numpy', 'pyarrow', 'pydantic'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stderr == "[]\n"
