"""The catalogue is whole in both languages, and nothing a user reads stands outside it."""

import ast
import re
import string
from collections.abc import Mapping
from pathlib import Path

import pytest

from allocator.tables.declared import TABLES
from allocator.tables.dictionary import dictionary_page
from allocator.words.texts import LANGUAGES, Text, catalogue, current_language, say, use_language

SOURCE = Path(__file__).parent.parent / "src" / "allocator"
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def is_whole(both: Mapping[str, str]) -> bool:
    if set(both) != set(LANGUAGES) or bool(both["zh"].strip()) != bool(both["en"].strip()):
        return False
    names = fields(both["zh"]), fields(both["en"])
    return names[0] == names[1] or names == ({"zh"}, {"en"})


def test_every_text_has_both_languages_and_the_same_fields() -> None:
    assert len(catalogue()) > 300
    assert [key for key, both in catalogue().items() if not is_whole(both)] == []


def literals(tree: ast.Module) -> list[str]:
    """String constants of a module that are not docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {
        id(node.value)
        for owner in ast.walk(tree)
        if isinstance(owner, documented)
        for node in owner.body
        if isinstance(node, ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


UNITS_AND_ALIASES = {"元", "百元", "千元", "0.01 万元", "万元", "亿元", "课时", "小时"}


def test_no_chinese_text_stands_in_the_code() -> None:
    found = [
        (file.name, text)
        for file in sorted(SOURCE.rglob("*.py"))
        if "assets" not in file.parts
        for text in literals(ast.parse(file.read_text(encoding="utf-8")))
        if CHINESE.search(text) and text not in UNITS_AND_ALIASES
    ]
    assert found == []


def test_keys_named_in_the_code_exist() -> None:
    areas = {key.partition(".")[0] for key in catalogue()}
    pattern = re.compile(rf'(?:Text|say)\(\s*"((?:{"|".join(areas)})\.[a-z0-9_.]+)"')
    named = {key for file in SOURCE.rglob("*.py") for key in pattern.findall(file.read_text(encoding="utf-8"))}
    assert len(named) > 50
    assert named - set(catalogue()) == set()


def test_language_is_chosen_by_call_then_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOCATOR_LANG", "zh")
    assert current_language() == "zh"
    use_language("en")
    try:
        assert current_language() == "en"
        assert say("result.pairs") == Text("result.pairs").in_language("en")
    finally:
        use_language(None)


def test_every_result_column_is_explained_and_the_page_is_current() -> None:
    for table, about in TABLES.items():
        for name in (table, *(f"{table}.{column}" for column in about.columns)):
            assert f"dictionary.{name}" in catalogue()
    page = Path(__file__).parent.parent / "docs" / "data-dictionary.md"
    assert page.read_text(encoding="utf-8") == dictionary_page()
