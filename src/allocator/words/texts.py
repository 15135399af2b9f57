"""Every text a user sees, in Chinese and English, from one catalogue.

The catalogue is the folder ``locales``: one JSON file an area, each entry
``"key": {"zh": "...", "en": "..."}`` with ``{name}`` fields. A key is written
``area.key``; the area is the file's stem. Each decision block has its own part of
it in ``blocks/<block>/words.json``, where keys are written with their area.
"""

from __future__ import annotations

import json
import locale
import os
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

_chosen: ContextVar[Language | None] = ContextVar("language", default=None)


def use_language(language: Language | None) -> None:
    """Set the language of the texts of this thread; None goes back to the environment's."""
    _chosen.set(language)


def current_language() -> Language:
    """The language set by use_language, else ``ALLOCATOR_LANG``, else the system's locale, else English."""
    chosen = _chosen.get()
    if chosen is not None:
        return chosen
    told = os.environ.get("ALLOCATOR_LANG") or locale.getlocale()[0] or ""
    return "zh" if told.lower().startswith(("zh", "chinese")) else "en"


@cache
def catalogue() -> Mapping[str, Mapping[Language, str]]:
    """All entries: ``area.key`` to the text in each language."""
    entries: dict[str, Mapping[Language, str]] = {}
    for page in files("allocator.words").joinpath("locales").iterdir():
        if page.name.endswith(".json"):
            area = page.name.removesuffix(".json")
            content = json.loads(page.read_text(encoding="utf-8"))
            entries |= {f"{area}.{key}": both for key, both in content.items()}
    for block in files("allocator").joinpath("blocks").iterdir():
        page = block.joinpath("words.json")
        if page.is_file():
            entries |= json.loads(page.read_text(encoding="utf-8"))
    return entries


@dataclass(frozen=True)
class Text:
    """A catalogue entry with its field values; ``str()`` gives it in the current language."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)

    def in_language(self, language: Language) -> str:
        """The text in one language.

        Raises:
            KeyError: the catalogue has no such key, or a field of the text has no value.
        """
        values = {
            name: value.in_language(language) if isinstance(value, Text) else value
            for name, value in self.values.items()
        }
        return catalogue()[self.key][language].format(**values)

    def __str__(self) -> str:
        return self.in_language(current_language())


def say(key: str, values: Mapping[str, object] | None = None) -> str:
    """The text of a key in the current language."""
    return str(Text(key, values or {}))
