"""`scripts/check-sass` finds what must not be in the kernels, in output of cuobjdump that is made up here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "check-sass"
KERNEL = "_ZN8synthkit4cuda19render_tones_kernelILb0ELb0ELb0ELNS_10ToneFormatE{}EEEvNS0_10RenderTaskE"
USAGE = """
Fatbin elf code:
arch = sm_90
Resource usage:
 Function {kernel}:
  REG:48 STACK:{stack} SHARED:0 LOCAL:{local} CONSTANT[0]:600 TEXTURE:0 SURFACE:0 SAMPLER:0
"""
CODE = """
arch = sm_90
		Function : {kernel}
        /*0000*/                   LDC R1, c[0x0][0x28] ;                  /* 0x00000a00ff017b82 */
        /*0010*/              @!P0 {op} R2, R3, R4, R5 ;                   /* 0x00000a00ff017b82 */
        /*10010*/                  STG.E.EF.{wide} desc[UR4][R2.64], R4 ;  /* 0x00000a00ff017b82 */
"""
CUOBJDUMP = """#!{python}
import sys
kind, path = sys.argv[1:]
print(open(path).read().split("=====")[kind == "-sass"])
"""


PREPARE = "_ZN8synthkit4cuda13prepare_tonesEPKNS_4ToneEPKilNS_9ToneBatchE"


def check(tmp_path, *, format=0, op="FMUL", wide=None, stack=0, local=0, name="tone_float32.cu.o", kernel=None):
    tool = tmp_path / "bin" / "cuobjdump"
    tool.parent.mkdir()
    tool.write_text(CUOBJDUMP.format(python=sys.executable))
    tool.chmod(0o755)
    kernel = kernel or KERNEL.format(format)
    width = wide or (128 if format == 0 else 64)
    usage = USAGE.format(kernel=kernel, stack=stack, local=local)
    (tmp_path / name).write_text(usage + "=====" + CODE.format(kernel=kernel, op=op, wide=width))
    env = {**os.environ, "PATH": f"{tool.parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        [sys.executable, SCRIPT, tmp_path], capture_output=True, text=True, env=env, check=False, timeout=120
    )


@pytest.mark.parametrize("format", [0, 1, 2])
def test_good_code(tmp_path, format):
    done = check(tmp_path, format=format)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "check-sass: 1 kernels (1 for sm_90), 1 of them render tones: 0 problems\n"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"op": "FFMA"}, "1 fused multiply-adds"),
        ({"op": "DFMA.RZ"}, "1 fused multiply-adds"),
        ({"wide": 64}, "no stores of 16 bytes"),
        ({"format": 1, "wide": 32}, "no stores of 8 bytes"),
        ({"stack": 16}, "registers spill to memory"),
        ({"local": 8}, "registers spill to memory"),
        ({"name": "sort.cu.o"}, "holds no kernels that render tones"),
    ],
)
def test_bad_code(tmp_path, changes, message):
    done = check(tmp_path, **changes)
    assert done.returncode == 1
    assert message in done.stderr
    assert "1 problems" in done.stdout


@pytest.mark.parametrize(
    ("op", "problems"), [("DFMA", 0), ("FFMA", 1), ("FFMA R2, RZ, R11, R65 ; //", 0), ("FFMA R2, R9, RZ, R65 ; //", 1)]
)
def test_what_prepares_rows_may_divide(tmp_path, op, problems):
    done = check(tmp_path, op=op, name="tone_rows.cu.o", kernel=PREPARE)
    assert done.returncode == (problems > 0)
    assert ("fused multiply-adds in single precision" in done.stderr) == (problems > 0)


def test_nothing_to_look_at(tmp_path):
    env = {**os.environ, "PATH": "/nowhere"}
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path], capture_output=True, text=True, env=env, check=False, timeout=120
    )
    assert done.returncode == 1
    assert "holds no kernels" in done.stderr
