"""Makes the modules that tests share (``plans``, ``worlds``, ``shipped``) importable from below; solved results."""

from __future__ import annotations

import pytest

import shipped
from allocator.tables.result import Result


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share what is made once for their module go to one worker, which then makes it once."""
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("xdist_group") is None:
            known = item._fixtureinfo.name2fixturedefs
            if any(each.scope == "module" for name in item.fixturenames for each in known.get(name, ())):
                item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(scope="session")
def tiny_result() -> Result:
    """The plan of three towns; about a second."""
    return shipped.result("tiny/2016")


@pytest.fixture(scope="session")
def panyu_result() -> Result:
    """Panyu 2016; tests that use it share the xdist group ``panyu``, so that only one worker solves it."""
    return shipped.result("panyu/2016")
