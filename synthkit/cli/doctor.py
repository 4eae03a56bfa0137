"""``synthkit doctor``: what this machine has."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
from dataclasses import asdict, dataclass

from synthkit import __version__
from synthkit.cli.output import console, print_json

__all__ = ["Finding", "findings", "run"]

_EXTRAS = {
    "train": (("torch", "torchaudio", "accelerate", "sklearn", "matplotlib", "tensorboard"), "training and probes"),
    "text": (("transformers", "peft", "datasets", "captum"), "language models and attribution"),
    "llm": (("openai",), "rationales from a language model"),
    "speech": (("TTS", "six", "torchcodec"), "neural voices for SynSpeech"),
    "loudness": (("pyloudnorm",), "speech of equal loudness (BS.1770)"),
    "cluster": (("distributed", "fsspec", "s3fs"), "Dask executors and object storage"),
    "plot": (("matplotlib",), "pictures"),
    "images": (("PIL",), "folders of PNG files as sequences"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for."""

    name: str
    found: bool
    detail: str
    enables: str


def run(*, as_json: bool) -> None:
    """Print all findings."""
    found = findings()
    if as_json:
        print_json({"version": __version__, "findings": [asdict(item) for item in found]})
        return
    from rich.table import Table

    table = Table("", "what", "here", "what it is for", title=f"synthkit {__version__}")
    for item in found:
        table.add_row("ok" if item.found else "--", item.name, item.detail, item.enables)
    console().print(table)


def findings() -> list[Finding]:
    """Look for everything, without importing anything heavy."""
    return [_python(), _cpu(), _cuda(), _program("espeak-ng", "SynSpeech"), _program("ffmpeg", "compressed audio"),
            *(_extra(name) for name in _EXTRAS)]  # fmt: skip


def _python() -> Finding:
    return Finding("python", True, f"{platform.python_version()} on {platform.machine()}", "everything")


def _cpu() -> Finding:
    from synthkit import _core

    cores = len(os.sched_getaffinity(0))
    detail = f"{_core.cpu.path()} (of {', '.join(_core.cpu.paths())}), {cores} cores"
    return Finding("native kernels", True, detail, "synthesis; all paths give the same bits")


def _cuda() -> Finding:
    gpu = _output(["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"])
    built = importlib.util.find_spec("synthkit._cuda") is not None
    here = gpu.splitlines()[0] if gpu else "no NVIDIA GPU"
    return Finding(
        "CUDA", bool(gpu) and built, f"{here}; kernels {'built' if built else 'not built'}", "kernels on a GPU"
    )


def _program(name: str, enables: str) -> Finding:
    path = shutil.which(name)
    if path is None:
        return Finding(name, False, f"missing: apt-get install {name}", enables)
    lines = _output([path, "--version" if name == "espeak-ng" else "-version"]).splitlines()
    said = lines[0].partition("  Data at")[0].partition(" Copyright")[0] if lines else path
    return Finding(name, True, said, enables)


def _extra(name: str) -> Finding:
    modules, enables = _EXTRAS[name]
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if not missing:
        return Finding(f"extra {name}", True, "installed", enables)
    return Finding(f"extra {name}", False, f"no {', '.join(missing)}: pip install 'synthkit[{name}]'", enables)


def _output(command: list[str]) -> str:
    """What a program prints, empty where it cannot be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
