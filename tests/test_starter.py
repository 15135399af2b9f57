"""The starter plan: written whole or not at all, the same in both languages, sound and solvable as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from allocator.plan.check import check
from allocator.plan.reading import load
from allocator.scenario.files.yamltree import plain, read_tree
from allocator.verbs.solving import solve
from allocator.verbs.starter import write_starter
from allocator.words.errors import UsageError
from allocator.words.texts import LANGUAGES, Language, use_language


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_starter_loads_checks_without_findings_and_solves(language: Language, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    made = write_starter(folder, language)
    assert sorted(made) == sorted(file for file in folder.rglob("*") if file.is_file())
    scenario = load(folder)
    assert scenario.warnings == ()
    assert check(scenario) == []
    result = solve(scenario)
    assert result.status == "optimal"
    assert result.missed_hard_goals == 0
    assert len(result.pairs) == 2


def test_the_variant_loads_and_may_have_a_plan(tmp_path: Path) -> None:
    write_starter(tmp_path / "mine", "en")
    scenario = load(tmp_path / "mine" / "variants" / "2026-less.yaml")
    assert {finding.severity for finding in check(scenario)} <= {"warning"}


def test_both_languages_are_the_same_plan(tmp_path: Path) -> None:
    for language in LANGUAGES:
        write_starter(tmp_path / language, language)
    zh, en = files(tmp_path / "zh"), files(tmp_path / "en")
    assert zh.keys() == en.keys()
    for name in zh:
        if name.endswith(".yaml"):
            trees = [plain(read_tree(whole[name].decode(), name)[0]) for whole in (zh, en)]
            assert trees[0] == trees[1]
            assert zh[name] != en[name]
        else:
            assert zh[name] == en[name]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_file_and_every_column_says_that_it_is_invented(language: Language, tmp_path: Path) -> None:
    write_starter(tmp_path / "mine", language)
    for name, content in files(tmp_path / "mine").items():
        if name.endswith(".yaml"):
            assert "示例数据（虚构）" in content.decode() or name.startswith("variants/")
    origins = load(tmp_path / "mine").first.tables["origins"]
    assert set(origins["origin"]) == {"illustrative"}
    assert origins["rule_zh"].str.startswith("示例数据（虚构）").all()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("mine")
    use_language("en")
    try:
        with pytest.raises(UsageError, match="not empty"):
            write_starter(tmp_path, "en")
    finally:
        use_language(None)
    assert files(tmp_path) == {"plan.yaml": b"mine"}


def test_force_replaces_files_of_the_same_name_only(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("mine")
    (tmp_path / "notes.txt").write_text("keep")
    write_starter(tmp_path, "en", force=True)
    assert (tmp_path / "notes.txt").read_text() == "keep"
    assert load(tmp_path).label


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "plan").write_text("mine")
    with pytest.raises(UsageError):
        write_starter(tmp_path / "plan", "zh", force=True)
    assert (tmp_path / "plan").read_text() == "mine"


def test_an_empty_folder_is_used_and_missing_parents_are_made(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write_starter(tmp_path / "empty", "en")
    write_starter(tmp_path / "a" / "b", "en")
    assert files(tmp_path / "empty") == files(tmp_path / "a" / "b")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_nothing_is_left_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        if self.name == "towns.csv":
            raise OSError(28, "No space left on device")
        return len(data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UsageError):
        write_starter(tmp_path / "mine", "en")
    assert list(tmp_path.iterdir()) == []
