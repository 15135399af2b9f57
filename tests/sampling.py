"""Long lists of like cases: a steady sample in a default run, all of them under the marker ``slow``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet


def words(case: Any) -> str:
    """The words and numbers of a case."""
    values = case if isinstance(case, tuple) else (case,)
    return "-".join(str(value) for value in values if isinstance(value, str | int | float))


def sampled(cases: Iterable[Any], one_in: int, named: Callable[[Any], str] = words) -> list[ParameterSet]:
    """Cases as parameters; about one in so many, chosen by a hash of its name, is not marked slow."""
    made = []
    for case in cases:
        values = case if isinstance(case, tuple) else (case,)
        name = named(case)
        first = hashlib.sha256(name.encode()).digest()[0]
        made.append(pytest.param(*values, id=name, marks=() if first % one_in == 0 else (pytest.mark.slow,)))
    return made
