"""Makes the modules that tests share (``plans``, ``worlds``) importable from the folders below; solved results."""

from __future__ import annotations

from pathlib import Path

import pytest

from allocator.load import load
from allocator.result import Result
from allocator.solve import solve

SCENARIOS = Path(__file__).parent.parent / "scenarios"


@pytest.fixture(scope="session")
def tiny_result() -> Result:
    """The plan of three towns; about a second."""
    return solve(load(SCENARIOS / "tiny" / "2016.yaml"))


@pytest.fixture(scope="session")
def panyu_result() -> Result:
    """Panyu 2016; some ten seconds, so tests that use it share the xdist group ``panyu``."""
    return solve(load(SCENARIOS / "panyu" / "2016.yaml"))
