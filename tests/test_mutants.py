"""Whether the tests find faults: each mutant of ``mutants`` is put into a copy of the code, and its tests must fail.

Outside a default run: ``pytest -m mutation``. Each mutant runs its tests in a process of its own over the altered copy,
with the copy before everything else on the path.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from py_compile import PycInvalidationMode

import pytest

import allocator
from mutants import MUTANTS, Mutant

pytestmark = pytest.mark.mutation

ROOT = Path(__file__).parent.parent
FOUND = re.compile(r"^(FAILED|ERROR) \S+::", re.MULTILINE)
"""What pytest says of a test that fails; of a file that cannot be read it names no test."""


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, compiled so that only the file with the fault is compiled anew."""
    home = tmp_path_factory.mktemp("mutated")
    source = Path(allocator.__file__).parent
    package = shutil.copytree(source, home / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(package, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return home


def run(tests: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run tests over the code in a folder, up to the first that fails."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-n",
        "0",
        "-m",
        "",
        "-p",
        "no:cacheprovider",
        *tests.split(),
    ]
    environment = {**os.environ, "PYTHONPATH": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@contextmanager
def put_in(mutant: Mutant, home: Path) -> Iterator[None]:
    """The fault in the copy, for as long as the context lasts."""
    files = {file: file.read_text(encoding="utf-8") for file in home.rglob("*.py") if mutant.where in file.as_posix()}
    found = [file for file, text in files.items() for _ in range(text.count(mutant.old))]
    assert len(found) == 1, f"{mutant.name}: found {len(found)} times"
    (file,) = found
    file.write_text(files[file].replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(files[file], encoding="utf-8")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_fault_is_found(mutant: Mutant, copy: Path) -> None:
    with put_in(mutant, copy):
        done = run(mutant.tests, copy)
    assert done.returncode != 0, f"{mutant.tests} do not find {mutant.name}"
    assert FOUND.search(done.stdout), done.stdout + done.stderr


@pytest.mark.timeout(1800)
def test_without_a_fault_the_same_tests_pass(copy: Path) -> None:
    done = run(" ".join(sorted({test for mutant in MUTANTS for test in mutant.tests.split()})), copy)
    assert done.returncode == 0, done.stdout


def test_every_mutant_is_another_fault() -> None:
    twice = [name for name, times in Counter((each.where, each.old, each.new) for each in MUTANTS).items() if times > 1]
    assert twice == []
    assert len(MUTANTS) >= 60
