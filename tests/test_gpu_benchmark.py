"""The benchmarks of a GPU, small: on the GPU that is here, else on the emulator. They check before they measure."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.gpu import __main__ as program
from benchmarks.gpu import machine, tones
from benchmarks.gpu.report import Measured, Report, WrongAnswerError

pytestmark = pytest.mark.gpu

METRICS = ["information", "information, from the host", "IRS's", "FactorVAE's", "KSG", "KSG"]
STREAM = ["a step on one batch", "a step on the stream", "what the data take of a step", "the stream alone"]


@pytest.fixture
def reports(cuda, monkeypatch, capsys, tmp_path):
    """Runs groups; gives their reports, what was printed, and the exit status."""

    def run(*names):
        found = {}

        def kept(name, group):
            def call(*arguments, **options):
                found[name] = group(*arguments, **options)
                return found[name]

            return call

        monkeypatch.setattr(program, "GROUPS", {name: kept(name, group) for name, group in program.GROUPS.items()})
        status = program.main([*names, "--smoke", "--out", str(tmp_path / "results.json")])
        return found, capsys.readouterr(), status

    return run


def test_all_groups_check_and_measure(reports, tmp_path, cuda):
    found, said, status = reports()
    assert status == 0
    assert list(found) == ["tones", "metrics", "stream", "rivals"]
    names = {name: [row.name for row in report.rows] for name, report in found.items()}
    assert names["tones"] == [f"{case.name}{kind}" for case in tones.CASES for kind in ("", ", whole call")]
    assert found["tones"].checked == [
        f"{case.name}, {what}" for case in tones.CASES for what in ("kernel", "whole call")
    ]
    assert len(names["metrics"]) == len(METRICS)
    assert all(name.startswith(wanted.split(",")[0]) for name, wanted in zip(names["metrics"], METRICS, strict=True))
    assert len(found["metrics"].checked) == 2 * 4 + 2 + 1 + 2
    assert names["stream"][: len(STREAM)] == STREAM
    assert len(found["stream"].checked) == 6
    for report in found.values():
        for row in report.rows:
            assert np.isfinite([row.value, row.ratio]).all()
            assert row.predicted
    assert "answers compared with the CPU's: all equal" in said.out
    # Nothing was measured, so nothing is kept.
    assert "the figures mean nothing" in said.out
    assert "is not written" in said.out
    assert list(tmp_path.iterdir()) == []


def flipped(array):
    array.reshape(-1).view(np.uint8)[5] ^= 1
    return array


def one_bit_of_the_rows(monkeypatch):
    for kind in (machine.EmulatedGpu, machine.TorchGpu):
        rows = kind.rows
        monkeypatch.setattr(kind, "rows", lambda self, *given, rows=rows: flipped(rows(self, *given).copy()))


def one_bit_of_the_information(monkeypatch):
    from synthkit.ops.cuda.joint import Joint

    whole = Joint.information

    def changed(self, *given, **options):
        plug_in, *others = whole(self, *given, **options)
        return flipped(plug_in), *others

    monkeypatch.setattr(Joint, "information", changed)


def one_bit_of_a_neighbours_sum(monkeypatch):
    from synthkit.ops.cuda.knn import Knn

    whole = Knn.mi_continuous
    monkeypatch.setattr(Knn, "mi_continuous", lambda *given, **options: flipped(whole(*given, **options)))


def one_bit_of_a_batch(monkeypatch):
    import torch

    from synthkit.dataset.streaming import Stream

    tensors = Stream._tensors

    def changed(self, batch):
        out = tensors(self, batch)
        if self.clips.backend.startswith("cuda"):
            out["audio"].view(torch.int32)[1, 3] ^= 1
        return out

    monkeypatch.setattr(Stream, "_tensors", changed)


@pytest.mark.parametrize(
    ("group", "broken", "message"),
    [
        ("tones", one_bit_of_the_rows, "tones: sine, naive, kernel: 1 of "),
        ("metrics", one_bit_of_the_information, ": information: 1 of "),
        ("metrics", one_bit_of_a_neighbours_sum, r"1 code(s) x 1 target(s): result 1: 1 of 1 numbers differ"),
        ("stream", one_bit_of_a_batch, "stream: batch 0: audio: 1 of "),
    ],
    ids=["tones", "information", "neighbours", "stream"],
)
def test_a_wrong_bit_ends_the_run(reports, monkeypatch, group, broken, message):
    broken(monkeypatch)
    found, said, status = reports(group)
    assert status == 1
    assert found == {}
    assert said.err.startswith("WRONG ANSWER: ")
    assert message in said.err
    assert "numbers differ" in said.err


def test_what_differs_in_kind():
    report = Report("a")
    with pytest.raises(WrongAnswerError, match=r"b: float32 \[2\] on the GPU, float64 \[2\] on the CPU"):
        report.check("b", np.zeros(2, np.float32), np.zeros(2))
    with pytest.raises(WrongAnswerError, match="b: 1 of 2 numbers differ, the first at"):
        report.check("b", np.array([0.0, 0.0]), np.array([0.0, -0.0]))
    report.check("c", np.array([np.nan]), np.array([np.nan]))
    assert report.checked == ["c"]


def test_what_a_measurement_leaves(tmp_path, capsys):
    kept = Measured("a", 2.0, "ms", "b", 0.5, "0.9", ">= 0.85", {"TB/s": 4.0})
    report = Report("t", [kept, Measured("c", 1.0, "ms", "d", 3.0, "2")], ["e"], ["f"])
    program._write(tmp_path / "new" / "r.json", {"device": "x"}, {"tones": report}, measured=True)
    found = json.loads((tmp_path / "new" / "r.json").read_text())
    assert found["machine"] == {"device": "x"}
    group = found["groups"]["tones"]
    assert (group["title"], group["checked"], group["notes"]) == ("t", ["e"], ["f"])
    one, other = group["rows"]
    assert one == {
        "name": "a", "value": 2.0, "unit": "ms", "against": "b", "ratio": 0.5, "target": ">= 0.85", "met": False,
        "predicted": "0.9", "more": {"TB/s": 4.0},
    }  # fmt: skip
    assert (other["target"], other["met"]) == (None, None)


def test_without_a_gpu(monkeypatch, capsys):
    monkeypatch.setattr("synthkit.ops.cuda.module.why_not", lambda: "no driver")
    assert program.main([]) == 2
    assert "benchmarks.gpu: no driver" in capsys.readouterr().err


def test_a_group_that_is_not_there(capsys):
    with pytest.raises(SystemExit):
        program.main(["tone"])
    assert "no group is named 'tone'; there are: tones, metrics, stream, rivals" in capsys.readouterr().err
