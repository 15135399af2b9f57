"""No module is named like a public function, so that a public name is always the function."""

from pathlib import Path

import allocator

SOURCE = Path(allocator.__file__).parent


def test_no_module_is_named_like_a_public_name() -> None:
    modules = {file.stem for file in SOURCE.rglob("*.py")} | {file.parent.name for file in SOURCE.rglob("__init__.py")}
    assert not modules & set(allocator.__all__)
    assert {"solving", "reading", "verbs"} <= modules


def test_every_public_name_is_found() -> None:
    assert all(callable(getattr(allocator, name)) for name in allocator.__all__)
    assert set(allocator.__all__) <= set(dir(allocator))
