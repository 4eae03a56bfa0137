"""`scripts/check-wheel` and `scripts/check-isa` find what must not be shipped, in what is made up here."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "scripts"
INFO = "synthkit-1.0.dist-info"
ON_X86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="instructions of x86-64")


def run(*command):
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=120)


def compiled(folder, *, strip=True, options=(), name="_core.cpython-311-x86_64-linux-gnu.so"):
    """A little module that needs libc and libstdc++."""
    code = 'std::string f() { return std::string(99, *getenv("A")); }'
    (folder / "m.cpp").write_text(f"#include <cstdlib>\n#include <string>\n{code}\n")
    done = run("g++", "-shared", "-fPIC", *(["-s"] if strip else []), folder / "m.cpp", "-o", folder / name, *options)
    assert done.returncode == 0, done.stderr
    return (folder / name).read_bytes()


def sbom(**changes):
    whole = {"name": "synthkit", "version": "1.0", "licenses": [{"license": {"id": "Apache-2.0"}}]}
    parts = [{"name": "pybind11", "version": "3.0", "licenses": [{"license": {"id": "BSD-3-Clause"}}]}]
    return json.dumps({"bomFormat": "CycloneDX", "metadata": {"component": whole}, "components": parts, **changes})


def files(folder, **options):
    """A wheel's files that are all right."""
    return {
        "synthkit/_core.cpython-311-x86_64-linux-gnu.so": compiled(folder, **options),
        "synthkit/py.typed": "",
        "synthkit/recipes/syntone.py": "",
        "synthkit/recipes/experiments/syntone_benchmark.py": "",
        f"{INFO}/licenses/LICENSE": "",
        f"{INFO}/licenses/LICENSES/pybind11.txt": "",
        f"{INFO}/sboms/synthkit.cdx.json": sbom(),
        f"{INFO}/entry_points.txt": "",
    }


def look(folder, content, *more, platform="linux_x86_64"):
    wheel = folder / f"synthkit-1.0-cp311-cp311-{platform}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return run(sys.executable, SCRIPTS / "check-wheel", wheel, *more)


def test_a_good_wheel(tmp_path):
    done = look(tmp_path, files(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("0 problems\n")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"synthkit/_cuda.cpython-311.so": b"\x7fELF"}, "readelf cannot read"),
        ({"synthkit/core.h": ""}, "synthkit/core.h does not belong here"),
        ({"tests/test_x.py": ""}, "tests/test_x.py does not belong here"),
        ({"synthkit/tests/x.py": ""}, "synthkit/tests/x.py does not belong here"),
        ({"synthkit/py.typed": None}, "synthkit/py.typed is missing"),
        ({f"{INFO}/licenses/LICENSES/pybind11.txt": None}, "licenses/LICENSES/pybind11.txt is missing"),
        ({f"{INFO}/sboms/synthkit.cdx.json": None}, "sboms/synthkit.cdx.json is missing"),
        ({f"{INFO}/sboms/synthkit.cdx.json": sbom(components=[])}, "pybind11, whose headers are compiled in"),
        ({f"{INFO}/sboms/synthkit.cdx.json": sbom().replace("1.0", "0.9")}, "not of synthkit 1.0"),
        (
            {f"{INFO}/sboms/synthkit.cdx.json": sbom().replace("BSD-3-Clause", "GPL-3.0-only")},
            "pybind11: licence GPL-3.0-only",
        ),
        ({"synthkit/big.json": bytes(5_000_000)}, "not below 5,000,000"),
    ],
)
def test_a_bad_wheel(tmp_path, changes, message):
    content = {name: data for name, data in {**files(tmp_path), **changes}.items() if data is not None}
    done = look(tmp_path, content)
    assert done.returncode == 1
    assert message in done.stderr


def test_kernels_for_gpus_are_asked_for(tmp_path):
    content = files(tmp_path)
    content["synthkit/_cuda.cpython-311.so"] = compiled(tmp_path)
    assert "compiled modules: synthkit/_core, synthkit/_cuda, not synthkit/_core" in look(tmp_path, content).stderr
    assert look(tmp_path, content, "--cuda").returncode == 0
    assert "not synthkit/_core, synthkit/_cuda" in look(tmp_path, files(tmp_path), "--cuda").stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strip": False}, "not stripped: .symtab"),
        ({"options": ["-Wl,-rpath,/home/x"]}, "RUNPATH"),
        ({"options": ["-static-libstdc++"]}, "holds libstdc++ itself"),
        ({"options": ["-Wl,--no-as-needed", "-lz"]}, "needs libz.so.1"),
    ],
)
def test_a_badly_linked_module(tmp_path, options, message):
    if "-lz" in options.get("options", []):
        # Any library that is not the system's own.
        assert (
            run(
                "gcc", "-shared", "-fPIC", "-Wl,-soname,libz.so.1", "-x", "c", "/dev/null", "-o", tmp_path / "libz.so"
            ).returncode
            == 0
        )
        options = {"options": [*options["options"], f"-L{tmp_path}"]}
    done = look(tmp_path, files(tmp_path, **options))
    assert done.returncode == 1
    assert message in done.stderr


def test_a_later_glibc_than_the_wheel_says(tmp_path):
    content = files(tmp_path)
    assert look(tmp_path, content, platform="manylinux_2_99_x86_64").returncode == 0
    assert "the wheel says manylinux_2_1_x86_64" in look(tmp_path, content, platform="manylinux_2_1_x86_64").stderr


def distribution(folder, names):
    path = folder / "synthkit-1.0.tar.gz"
    (folder / "file").write_text("x")
    with tarfile.open(path, "w:gz") as archive:
        for name in names:
            archive.add(folder / "file", f"synthkit-1.0/{name}")
    return path


GOOD = [
    "CMakeLists.txt",
    "LICENSE",
    "LICENSES/x",
    "PKG-INFO",
    "csrc/a.cpp",
    "pyproject.toml",
    "recipes/a.py",
    "synthkit/a.py",
]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (GOOD[1:], "CMakeLists.txt is missing"),
        ([*GOOD, "build/dev/x.txt"], "build/dev/x.txt does not belong here"),
        ([*GOOD, ".venv/bin/python"], ".venv/bin/python does not belong here"),
        ([*GOOD, "synthkit/a.so"], "synthkit/a.so does not belong here"),
        ([*GOOD, "demo/syntone/README.md"], "demo/syntone/README.md does not belong here"),
        ([*GOOD, ".secrets"], ".secrets does not belong here"),
    ],
)
def test_a_bad_source_distribution(tmp_path, names, message):
    done = look(tmp_path, files(tmp_path), "--sdist", distribution(tmp_path, names))
    assert done.returncode == 1
    assert message in done.stderr


def test_a_good_source_distribution(tmp_path):
    done = look(tmp_path, files(tmp_path), "--sdist", distribution(tmp_path, [*GOOD, ".ci/run", "tests/test_x.py"]))
    assert done.returncode == 0, done.stderr


FAST = {"f_avx2.cpp": 'asm("vaddps %ymm0,%ymm1,%ymm2");', "f_avx512.cpp": 'asm("vaddps %zmm0,%zmm1,%zmm2");'}


def disassembled(folder, sources):
    """What check-isa says of a module of these sources: name -> body of a function, or a whole file."""
    objects = []
    for name, text in sources.items():
        whole = text if "{" in text else f"void {name.partition('.')[0]}() {{ {text} }}"
        (folder / name).write_text(whole)
        flags = ["-mavx512f"] if "avx512" in name else ["-mavx2"] if "avx2" in name else []
        done = run("g++", "-O2", "-fPIC", *flags, "-c", folder / name, "-o", folder / f"{name}.o")
        assert done.returncode == 0, done.stderr
        objects.append(folder / f"{name}.o")
    module, map = folder / "m.so", folder / "m.map"
    done = run("g++", "-shared", "-s", *objects, "-o", module, f"-Wl,-Map={map}")
    assert done.returncode == 0, done.stderr
    return run(sys.executable, SCRIPTS / "check-isa", module, map)


@ON_X86
def test_a_module_with_fast_paths(tmp_path):
    done = disassembled(tmp_path, {**FAST, "g.cpp": 'asm("addps %xmm0,%xmm1; bsf %eax,%ecx; xgetbv; pause");'})
    assert done.returncode == 0, done.stderr
    assert "(1 of avx2, 1 of avx512): 0 problems" in done.stdout


@ON_X86
@pytest.mark.parametrize(
    "instruction",
    ["vaddps %ymm0,%ymm1,%ymm2", "vaddsd %xmm0,%xmm1,%xmm2", "pshufb %xmm0,%xmm1", "popcnt %eax,%ecx",
     "haddps %xmm0,%xmm1", "roundss $1,%xmm0,%xmm1", "pmulld %xmm0,%xmm1", "mulx %eax,%ecx,%edx",
     "lock cmpxchg16b (%rsi)", "pminud %xmm0,%xmm1", "pinsrd $1,%eax,%xmm1", "shlx %eax,%ecx,%edx",
     "ptest %xmm0,%xmm1", "lzcnt %eax,%ecx", "addsubps %xmm0,%xmm1", "crc32b %al,%ecx", "kmovw %k1,%eax"],
)  # fmt: skip
def test_an_instruction_that_not_every_processor_has(tmp_path, instruction):
    done = disassembled(tmp_path, {**FAST, "g.cpp": f'asm("{instruction}");'})
    assert done.returncode == 1
    assert "g.cpp.o" in done.stderr


@ON_X86
@pytest.mark.parametrize(
    "instruction",
    ["pinsrw $1,%eax,%xmm1", "pextrw $1,%xmm0,%eax", "pmaxub %xmm0,%xmm1", "pminsw %xmm0,%xmm1",
     "pcmpeqd %xmm0,%xmm1", "cvttps2dq %xmm0,%xmm1", "movntdq %xmm0,(%rsi)", "shufps $1,%xmm0,%xmm1",
     "packuswb %xmm0,%xmm1", "paddq %xmm0,%xmm1", "pmuludq %xmm0,%xmm1", "andnps %xmm0,%xmm1",
     "prefetcht0 (%rsi)", "cmpxchg %eax,(%rsi)", "verr %ax"],
)  # fmt: skip
def test_an_instruction_that_every_processor_has(tmp_path, instruction):
    done = disassembled(tmp_path, {**FAST, "g.cpp": f'asm("{instruction}");'})
    assert done.returncode == 0, done.stderr


@ON_X86
def test_avx512_among_avx2(tmp_path):
    done = disassembled(tmp_path, {**FAST, "g_avx2.cpp": 'asm("vaddps %zmm0,%zmm1,%zmm2");'})
    assert done.returncode == 1
    assert "g_avx2.cpp.o" in done.stderr
    assert "AVX-512" in done.stderr


@ON_X86
def test_an_inline_function_that_others_could_call(tmp_path):
    """The linker keeps the first of equal inline functions, here the one that was compiled for AVX2."""
    inline = "inline __attribute__((noinline)) float add(float* a) { return a[0] + a[1]; }"
    sources = {
        "a_avx2.cpp": f"{inline} float fast(float* a) {{ return add(a); }}",
        "b.cpp": f"{inline} float slow(float* a) {{ return add(a); }}",
    }
    done = disassembled(tmp_path, {**sources, **FAST})
    assert done.returncode == 1
    assert "anybody may call it" in done.stderr


@ON_X86
@pytest.mark.parametrize("missing", ["f_avx2.cpp", "f_avx512.cpp"])
def test_no_fast_path_at_all(tmp_path, missing):
    sources = {name: text for name, text in FAST.items() if name != missing}
    done = disassembled(tmp_path, {**sources, "g.cpp": 'asm("mov %rax,%rcx");'})
    assert done.returncode == 1
    assert f"no code for {missing[2:-4]}" in done.stderr


def test_a_map_of_another_kind(tmp_path):
    (tmp_path / "m.map").write_text("nothing")
    done = run(sys.executable, SCRIPTS / "check-isa", shutil.which("true"), tmp_path / "m.map")
    assert "is no map of GNU ld" in done.stderr
    assert done.returncode == 1
