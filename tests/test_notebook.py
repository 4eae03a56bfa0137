"""The gallery notebook runs from top to bottom, and is kept without outputs."""

import importlib.util
import json
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "docs" / "gallery.ipynb"


@pytest.fixture
def execute():
    """docs/notebook.py, which runs a notebook."""
    spec = importlib.util.spec_from_file_location("notebook", ROOT / "docs" / "notebook.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.execute


def test_it_runs_from_top_to_bottom(execute, tmp_path):
    target = tmp_path / "gallery.ipynb"
    execute(NOTEBOOK, target)
    cells = [cell for cell in nbformat.read(target, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    # Nothing is said on stderr: a warning in a gallery is a defect.
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    printed = "".join(output.get("text", "") for output in outputs)
    fingerprint = json.loads((ROOT / "tests/golden/fingerprints.json").read_text())["syntone_small"]["fingerprint"]
    assert fingerprint in printed
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 7


def test_it_is_kept_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_it_names_no_path_of_a_machine():
    assert re.findall(r"/(?:home|work|root|tmp)/", NOTEBOOK.read_text()) == []


def test_a_cell_that_fails_is_told(execute, tmp_path):
    from nbclient.exceptions import CellExecutionError

    path = tmp_path / "wrong.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")]), path)
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        execute(path, tmp_path / "out.ipynb")
    assert not (tmp_path / "out.ipynb").exists()
