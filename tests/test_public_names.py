from __future__ import annotations

import subprocess
import sys

import pytest

import allocator

ORDERS = ["from allocator.load import load", "import allocator.solve, allocator.sweep, allocator.audit", "pass"]


@pytest.mark.parametrize("before", ORDERS)
def test_public_names_are_never_the_modules_of_the_same_name(before: str) -> None:
    names = ", ".join(allocator.__all__)
    code = f"""{before}
import types
for _ in range(2):
    from allocator import {names}
    for each in ({names}):
        assert not isinstance(each, types.ModuleType), each
import allocator
assert allocator.load is load and callable(allocator.solve)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        allocator.nonsense  # noqa: B018


def test_importing_the_package_imports_no_solver_and_no_plots() -> None:
    heavy = {"pulp", "pandas", "plotly", "highspy", "pydantic"}
    code = f"import sys, allocator; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
