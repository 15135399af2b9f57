"""Every notebook runs from its first cell to its last, and asks the package for public names only."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import allocator

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 200_000
"""Bytes of a committed notebook, outputs included."""


def cells(file: Path) -> list[ast.Module]:
    notebook = nbformat.read(file, as_version=4)
    return [ast.parse(cell.source) for cell in notebook.cells if cell.cell_type == "code"]


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.slow
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebook_runs(file: Path) -> None:
    notebook = nbformat.read(file, as_version=4)
    nbformat.validate(notebook)
    runner = nbclient.NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(FOLDER)}})
    ran = runner.execute()
    outputs = [output for cell in ran.cells if cell.cell_type == "code" for output in cell.outputs]
    errors = [output for output in outputs if output.output_type == "error"]
    assert not errors
    assert outputs


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebook_imports_public_names_only(file: Path) -> None:
    taken = set()
    for cell in cells(file):
        for node in ast.walk(cell):
            if isinstance(node, ast.Import):
                assert not [alias.name for alias in node.names if alias.name.startswith("allocator.")]
            elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "allocator":
                assert node.module == "allocator"
                taken |= {alias.name for alias in node.names}
    assert taken
    assert taken <= set(allocator.__all__)


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebook_ends_with_an_assertion_and_is_small(file: Path) -> None:
    assert any(isinstance(node, ast.Assert) for node in ast.walk(cells(file)[-1]))
    assert file.stat().st_size < LARGEST
