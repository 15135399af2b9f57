"""``allocator init``: a small plan of invented towns, commented, that checks and solves as it is."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from allocator.words.errors import UsageError
from allocator.words.texts import Language, Text

TABLES = "tables"


def write_starter(folder: str | Path, language: Language, force: bool = False) -> list[Path]:
    """Write the starter plan into a folder, whole or not at all; comments are in one language, names in both.

    With ``force`` files of the same name are replaced and others are left alone.

    Returns:
        The files written, in order.

    Raises:
        UsageError: the folder is a file, is not empty while ``force`` is off, or cannot be written.
    """
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise UsageError(Text("starter.not_a_folder", {"folder": target}))
    if target.is_dir() and any(target.iterdir()) and not force:
        raise UsageError(Text("starter.not_empty", {"folder": target}))
    content = dict(_templates(language))
    try:
        _write(target, content)
    except OSError as error:
        raise UsageError(Text("starter.unwritable", {"folder": target, "reason": error.strerror})) from error
    return [target / name for name in sorted(content)]


def _write(target: Path, content: Mapping[str, bytes]) -> None:
    """Write beside the folder first, then move; into a folder that has files already, file by file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".starter-") as beside:
        made = Path(beside) / "plan"
        for name, whole in content.items():
            file = made / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(whole)
        if target.is_dir() and any(target.iterdir()):
            shutil.copytree(made, target, dirs_exist_ok=True, copy_function=shutil.copyfile)
            return
        if target.is_dir():
            target.rmdir()
        made.rename(target)


def _templates(language: Language) -> Iterator[tuple[str, bytes]]:
    """Path inside the plan and content of every file."""
    root = files("allocator.verbs").joinpath("starter_plan")
    yield from _below(root.joinpath(language), "")
    yield from _below(root.joinpath(TABLES), f"{TABLES}/")


def _below(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _below(entry, f"{path}{entry.name}/")
        else:
            yield f"{path}{entry.name}", entry.read_bytes()
