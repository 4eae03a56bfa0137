"""``synthkit doctor``: what this machine has."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
from dataclasses import asdict, dataclass
from typing import Any

from synthkit import __version__
from synthkit.cli.output import console, print_json

__all__ = ["Finding", "findings", "run"]

_EXTRAS = {
    "train": (("torch", "torchaudio", "accelerate", "sklearn", "matplotlib", "tensorboard"), "training and probes"),
    "text": (("transformers", "peft", "datasets", "captum"), "language models and attribution"),
    "llm": (("openai",), "rationales from a language model"),
    "speech": (("TTS", "six", "torchcodec"), "neural voices for SynSpeech"),
    "loudness": (("pyloudnorm",), "speech of equal loudness (BS.1770)"),
    "cluster": (("distributed", "fsspec", "s3fs", "gcsfs"), "Dask executors and object storage"),
    "hub": (("huggingface_hub",), "publishing to the Hugging Face hub"),
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
    """Whether kernels run on a GPU here: they are made to."""
    from synthkit.errors import SynthkitError
    from synthkit.ops.cuda.module import UnavailableError, module, why_not

    enables = "kernels on a GPU: device='cuda', --backend cuda"
    try:
        cuda = module()
    except UnavailableError:
        seen = _output(["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]).splitlines()
        here = f"{seen[0]}" if seen else "no NVIDIA GPU"
        return Finding("CUDA", False, f"{here}; kernels not built: build where nvcc is on the PATH", enables)
    version = _cuda_version(cuda.device.versions()["runtime"])
    reason = why_not()
    if reason:
        return Finding("CUDA", False, f"{reason}; kernels built with CUDA {version}", enables)
    gpu = cuda.device.describe(0)
    name = f"{gpu['name']} (compute capability {gpu['capability'][0]}.{gpu['capability'][1]})"
    try:
        works = _same_bits()
    except SynthkitError as error:
        return Finding("CUDA", False, f"{name}, but its kernels fail: {error}", enables)
    told = "gives the CPU's bits" if works else "GIVES OTHER BITS THAN THE CPU; please report it"
    driver = _cuda_version(cuda.device.versions()["driver"])
    return Finding("CUDA", works, f"{name}, driver for CUDA {driver}, kernels built with {version}; {told}", enables)


def _cuda_version(number: int) -> str:
    return f"{number // 1000}.{number % 1000 // 10}"


def _same_bits() -> bool:
    """Whether a few tones are the same on the GPU and on the CPU."""
    from synthkit.ops import tone

    arguments: dict[str, Any] = {"sample_rate": 16000, "num_samples": 300, "noise": tone.Noise(20.0, 1)}
    cpu = tone.render(tone.WAVEFORMS, 523.25, 0.3, **arguments)
    gpu = tone.render(tone.WAVEFORMS, 523.25, 0.3, **arguments, device="cuda")
    return bool(cpu.tobytes() == gpu.numpy().tobytes())


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
