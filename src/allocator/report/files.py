"""Files are written whole or not at all, and replace nothing unasked."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from allocator.words.errors import UsageError
from allocator.words.texts import Text


def refuse_to_replace_file(file: Path, force: bool) -> None:
    """Stop before any work when a file stands in the way.

    Raises:
        UsageError: the file exists and ``force`` is not given, or a folder has its name.
    """
    if file.is_dir():
        raise UsageError(Text("report.is_folder", {"file": file}))
    if file.exists() and not force:
        raise UsageError(Text("report.exists", {"file": file}))


def write_whole(file: Path, content: bytes) -> Path:
    """Write beside the target first and put it in place in one step."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, building = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(building).chmod(0o644)
        Path(building).replace(file)
    except BaseException:
        Path(building).unlink(missing_ok=True)
        raise
    return file
