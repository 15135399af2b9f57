"""Makes the modules that tests share (``plans``, ``worlds``, ``shipped``) importable from below; solved results."""

from __future__ import annotations

import pytest

import shipped
from allocator.tables.result import Result


@pytest.fixture(scope="session")
def tiny_result() -> Result:
    """The plan of three towns; about a second."""
    return shipped.result("tiny/2016")


@pytest.fixture(scope="session")
def panyu_result() -> Result:
    """Panyu 2016; tests that use it share the xdist group ``panyu``, so that only one worker solves it."""
    return shipped.result("panyu/2016")
