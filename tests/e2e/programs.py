"""Programs of the machine that some tests need: skipped visibly without them, failed in CI."""

from __future__ import annotations

import os
import shutil

import pytest


def program(*names: str) -> str:
    """Path of the first program found under these names; skips the test without one, fails it in CI."""
    for name in names:
        found = shutil.which(name)
        if found is not None:
            return found
    message = f"none of {', '.join(names)} is installed"
    if os.environ.get("ALLOCATOR_REQUIRE_E2E"):
        pytest.fail(message)
    pytest.skip(message)
