"""Layers: what merges, what replaces, what removes; changes by path; files that extend each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.plan.reading import load
from allocator.scenario.files.layers import CHANGES, merged, parsed_value, read_plan, with_changes
from allocator.scenario.files.yamltree import Node, made, plain, read_tree, scalar_text, walk
from allocator.scenario.plan_year import Scenario
from allocator.words.errors import Finding, InputError, Place
from plans import PLAN, place_of, write_plan

HERE = Place("a.yaml", 1, 1)
THERE = Place("b.yaml", 2, 2)

scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["x", "y", "", "2016"])
keys = st.sampled_from(["a", "b", "c"])
lists_by_id = st.dictionaries(keys, st.dictionaries(keys, scalars), min_size=1).map(
    lambda items: [{"id": name, **rest} for name, rest in items.items()]
)
values = st.recursive(
    scalars | lists_by_id, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
)
maps = st.dictionaries(keys, values, max_size=3)


def laid(base: Any, over: Any) -> Any:
    return plain(merged(made(base, HERE), made(over, THERE)))


def yaml(value: Any) -> str:
    """A file with one key ``top``; JSON is YAML."""
    return f"top: {json.dumps(value)}\n"


def without_nulls(value: Any) -> Any:
    return plain(made(value, HERE))


@given(maps)
def test_a_layer_over_itself_or_over_nothing_changes_nothing(layer: dict[str, Any]) -> None:
    assert laid(layer, layer) == laid(layer, {}) == laid({}, layer) == without_nulls(layer)


@given(maps, maps)
def test_keys_of_both_layers_survive_except_those_set_to_null(base: dict[str, Any], over: dict[str, Any]) -> None:
    result = laid(base, over)
    removed = {key for key, value in over.items() if value is None}
    assert set(result) == (set(without_nulls(base)) | set(over)) - removed
    for key, value in over.items():
        if not isinstance(value, dict | list) and value is not None:
            assert result[key] == value


@given(maps, maps)
def test_every_value_stands_in_the_layer_it_came_from(base: dict[str, Any], over: dict[str, Any]) -> None:
    upper = {path for path, node in walk(made(over, THERE)) if not node.entries and not node.items}
    for path, node in walk(merged(made(base, HERE), made(over, THERE))):
        if not isinstance(node.content, dict | tuple) and node.place == THERE:
            assert path in upper


@given(lists_by_id, lists_by_id)
def test_lists_with_ids_merge_by_id(base: list[dict[str, Any]], over: list[dict[str, Any]]) -> None:
    result = {item["id"]: item for item in laid(base, over)}
    assert set(result) == {item["id"] for item in base} | {item["id"] for item in over}
    lower = {item["id"]: item for item in base}
    for item in over:
        assert result[item["id"]] == laid(lower.get(item["id"], {}), item)


def test_other_lists_replace() -> None:
    assert laid({"a": [1, 2]}, {"a": [3]}) == {"a": [3]}
    assert laid({"a": [{"id": "x"}]}, {"a": []}) == {"a": []}
    assert laid({"a": [{"id": "x"}]}, {"a": [{"id": "y"}, {"n": 1}]}) == {"a": [{"id": "y"}, {"n": 1}]}


@pytest.mark.parametrize(
    ("base", "over", "upper"),
    [
        ({"g": {"at": {"2020": 0.2}}}, {"g": {"at": {"2020": 68}}}, {"", "g", "g.at", "g.at.2020"}),
        ({"g": {"at": {"2020": 0.2}, "of": "x"}}, {"g": {"at": {"2020": 68}}}, {"g.at", "g.at.2020"}),
        ({"g": {"2018": 0.1, "2020": 0.2}}, {"g": {"2020": 68}}, {"g.2020"}),
        ([{"id": "x", "n": 1}], [{"id": "x", "n": 2}], {"", "x", "x.id", "x.n"}),
        ([{"id": "x"}, {"id": "y"}], [{"id": "x"}, {"id": "z"}], {"x", "x.id", "z", "z.id"}),
    ],
)
def test_a_part_stands_in_the_upper_layer_where_that_gives_all_of_it(base: Any, over: Any, upper: set[str]) -> None:
    # Layers have a place of their own for every value, as files do.
    lower, higher = (read_tree(text, name)[0] for text, name in ((yaml(base), "a.yaml"), (yaml(over), "b.yaml")))
    tree = merged(lower.entries["top"], higher.entries["top"])
    assert {path for path, node in walk(tree) if node.place.file == "b.yaml"} == upper


def test_order_of_items_follows_the_upper_layer_and_new_ones_stand_before_the_next_known() -> None:
    base = [{"id": "balance"}, {"id": "tie_break"}]
    ids = [item["id"] for item in laid(base, [{"id": "total"}, {"id": "tie_break"}])]
    assert ids == ["balance", "total", "tie_break"]
    ids = [item["id"] for item in laid([{"id": "a"}, {"id": "b"}, {"id": "c"}], [{"id": "c"}, {"id": "a"}])]
    assert ids == ["c", "b", "a"]
    assert [item["id"] for item in laid(base, [{"id": "total"}])] == ["balance", "tie_break", "total"]


@given(st.text(max_size=12) | scalars | st.floats(allow_nan=False, allow_infinity=False))
def test_scalar_text_reads_back(value: Any) -> None:
    assert parsed_value(scalar_text(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.4", 0.4), ("4e6", 4e6), ("[a, b]", ["a", "b"]), ("null", None), ("", None), ("no", "no"), ("a: [", "a: [")],
)
def test_values_of_the_command_line_are_yaml(text: str, value: Any) -> None:
    assert parsed_value(text) == value


def only(text: str) -> Finding:
    findings = read_tree(text, "plan.yaml")[1]
    assert len(findings) == 1
    return findings[0]


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: 1\nb: [1\nc: 2\n", "E101", 3, 2),
        ("a: 1\n\tb: 2\n", "E101", 2, 1),
        ("a: 1\nb: {x: 1, x: 2}\n", "E102", 2, 11),
        ("a: 1\n'2016': 1\n2016: 2\n", "E102", 3, 1),
        ("a:\n  - {id: x, n: 1}\n  - {id: x, n: 2}\n", "E110", 3, 10),
        ("a: .nan\n", "E105", 1, 4),
        ("a: -.inf\n", "E105", 1, 4),
        ("a: !secret 3\n", "E101", 1, 4),
        ("? [a, b]\n: 1\n", "E101", 1, 3),
        ("a: &x [*x]\n", "E101", 1, 4),
        ("- 1\n", "E106", 1, 1),
        ("a: 1\n---\nb: 2\n", "E101", 2, 1),
        ("a: *x\n", "E101", 1, 4),
    ],
)
def test_structure_errors_have_line_and_column(text: str, code: str, line: int, column: int) -> None:
    finding = only(text)
    assert (finding.code, finding.place) == (code, Place("plan.yaml", line, column))


def test_duplicate_says_where_the_first_stands() -> None:
    assert "1" in only("a: 1\na: 2\n").message.in_language("zh")
    assert only("s:\n  - {id: x}\n  - {id: x}\n").path == "s.x"


def test_yaml_1_2_surprises_stay_away() -> None:
    tree, findings = read_tree("a: no\nb: 12:30\nc: 2016-01-01\nd: 0123\n", "x")
    assert not findings
    assert plain(tree) == {"a": "no", "b": "12:30", "c": "2016-01-01", "d": 123}


def errors(folder: Path, name: str = "") -> list[Finding]:
    with pytest.raises(InputError) as caught:
        load(folder / name if name else folder)
    return list(caught.value.findings)


def test_variants_extend_years_and_variants(tmp_path: Path) -> None:
    files = {
        "variants/less.yaml": "extends: 2016\nfunding: {sources: [{id: government, amount: 800000}]}\n",
        "variants/least.yaml": "extends: less\nmentoring: null\nstages: [{id: balance, give: 1}]\n",
    }
    write_plan(tmp_path, files)
    scenario = load(tmp_path / "variants" / "least.yaml")
    assert scenario.label == "small-least"
    sources: Any = scenario.first.sections["funding"]
    assert [source.amount for source in sources.sources] == [800000, 100000]
    assert "mentoring" not in scenario.first.sections
    assert scenario.first.places["funding.sources.government.amount"] == Place("variants/less.yaml", 2, 46)
    assert scenario.first.places["funding.sources.social.amount"].file == "plan.yaml"


def test_extends_cycle_and_unknown(tmp_path: Path) -> None:
    files = {
        "variants/a.yaml": "extends: b\n",
        "variants/b.yaml": "extends: a\n",
        "variants/c.yaml": "extends: 2017\n",
        "variants/d.yaml": "name: {zh: 丁, en: d}\n",
    }
    write_plan(tmp_path, files)
    cycle = errors(tmp_path, "variants/a.yaml")
    assert [(f.code, str(f.place), f.found) for f in cycle] == [("E111", "variants/b.yaml:1:10", "a > b > a")]
    unknown = errors(tmp_path, "variants/c.yaml")
    assert [(f.code, str(f.place)) for f in unknown] == [("E111", "variants/c.yaml:1:10")]
    assert unknown[0].hint is not None and unknown[0].hint.values["word"] == "2016"
    assert [(f.code, f.path) for f in errors(tmp_path, "variants/d.yaml")] == [("E111", "extends")]


def test_a_plan_extends_another_with_its_years_and_tables(tmp_path: Path) -> None:
    write_plan(tmp_path / "small")
    wider = tmp_path / "wider"
    wider.mkdir()
    (wider / "plan.yaml").write_text(
        "extends: ../small\nplan: wider\nfunding: {sources: [{id: social, amount: 120000}]}\n", encoding="utf-8"
    )
    (wider / "2016.yaml").write_text("year: 2016\npublish: {unit: 百元}\n", encoding="utf-8")
    scenario, below = load(wider), load(tmp_path / "small")
    assert (scenario.label, scenario.first.common.plan, scenario.years) == ("wider-2016", "wider", (2016,))
    sources: Any = scenario.first.sections["funding"]
    given: Any = below.first.sections["funding"]
    own = {source.id: source.amount for source in given.sources} | {"social": 120000}
    assert {source.id: source.amount for source in sources.sources} == own
    assert scenario.first.places["funding.sources.government.id"].file == "../small/plan.yaml"
    assert scenario.first.base.equals(below.first.base)
    saved = load_saved(scenario, tmp_path / "saved")
    assert saved.label == scenario.label
    assert "extends" not in (tmp_path / "saved" / "plan.yaml").read_text(encoding="utf-8")
    assert [source.amount for source in saved.first.sections["funding"].sources] == [  # type: ignore[attr-defined]
        source.amount for source in sources.sources
    ]


def load_saved(scenario: Scenario, folder: Path) -> Scenario:
    scenario.save(folder)
    return load(folder)


def test_plans_that_extend_no_plan_or_each_other(tmp_path: Path) -> None:
    write_plan(tmp_path / "small")
    for name, other in (("a", "b"), ("b", "a"), ("c", "smal"), ("d", "small")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "plan.yaml").write_text(f"extends: ../{other}\nplan: {name}\n", encoding="utf-8")
    assert [(f.code, f.found) for f in errors(tmp_path / "a")] == [("E111", "a > b > a")]
    assert [(f.code, str(f.place), f.found) for f in errors(tmp_path / "c")] == [
        ("E111", "plan.yaml:1:10", "../smal"),
    ]
    assert [f.code for f in errors(tmp_path / "d")] == ["E112"]


def test_missing_and_stray_years(tmp_path: Path) -> None:
    plan = PLAN.replace("years: [2016]", "years: [2016, 2017]")
    write_plan(tmp_path, {"plan.yaml": plan, "2019.yaml": "year: 2019\n"})
    line, column = place_of(plan, "2017")
    assert [(f.code, str(f.place)) for f in errors(tmp_path)] == [
        ("E113", "2019.yaml:1:1"),
        ("E112", f"plan.yaml:{line}:{column}"),
    ]
    assert load(tmp_path / "2016.yaml").years == (2016,)


def test_year_must_be_the_file_name(tmp_path: Path) -> None:
    write_plan(tmp_path, {"2016.yaml": "year: 2017\n"})
    assert [(f.code, str(f.place), f.found) for f in errors(tmp_path)] == [("E114", "2016.yaml:1:7", "2017")]
    write_plan(tmp_path, {"2016.yaml": "locks: []\n"})
    assert [(f.code, str(f.place), f.path) for f in errors(tmp_path)] == [("E114", "2016.yaml:1:1", "year")]


def test_not_a_plan(tmp_path: Path) -> None:
    assert errors(tmp_path)[0].code == "E100"
    write_plan(tmp_path / "panyu")
    finding = errors(tmp_path, "panyuu")[0]
    assert finding.code == "E100" and finding.hint is not None and finding.hint.values["word"] == "panyu"


def small_tree(tmp_path: Path) -> Node:
    return read_plan(write_plan(tmp_path)).trees[2016]


def test_changes_by_path(tmp_path: Path) -> None:
    changes = {
        "funding.sources.government.amount": 5,
        "attainment.effects.0.per_unit": 3,
        "funding.year_on_year.down": 0.1,
        "mentoring.transfer.standard_stations": 0.1,
        "guidance": None,
        "funding.sources.social": None,
    }
    tree, findings = with_changes(small_tree(tmp_path), changes)
    value = plain(tree)
    assert not findings
    assert [source["id"] for source in value["funding"]["sources"]] == ["government"]
    assert value["funding"]["sources"][0]["amount"] == 5
    assert value["attainment"]["effects"][0]["per_unit"] == 3
    assert value["funding"]["year_on_year"] == {"down": 0.1}
    assert "guidance" not in value


@pytest.mark.parametrize(
    ("path", "found", "word"),
    [
        ("funding.sources.goverment.amount", "goverment", "government"),
        ("attainment.effects.7.per_unit", "7", None),
        ("units.money.yuan", "yuan", None),
        ("year", None, None),
    ],
)
def test_changes_that_lead_nowhere(tmp_path: Path, path: str, found: str | None, word: str | None) -> None:
    _, findings = with_changes(small_tree(tmp_path), {path: 1})
    assert [(f.code, f.place, f.path, f.found) for f in findings] == [("E115", Place(CHANGES), path, found)]
    hint = findings[0].hint
    assert (hint.values.get("word") if hint is not None else None) == word


def test_changes_are_checked_like_files(tmp_path: Path) -> None:
    scenario = load(write_plan(tmp_path))
    with pytest.raises(InputError) as caught:
        scenario.with_({"mentoring.min_gab": 3, "teaching.home_share": 2, "goals.participation_40.importance": -1})
    assert [(f.code, f.path, str(f.place)) for f in caught.value.findings] == [
        ("E103", "mentoring.min_gab", CHANGES),
        ("E104", "goals.participation_40.importance", CHANGES),
        ("E104", "teaching.home_share", CHANGES),
    ]
    assert caught.value.findings[0].hint is not None
    assert caught.value.findings[0].hint.values["word"] == "min_gap"
    with pytest.raises(InputError, match="1"):
        scenario.with_({"funding.sources.government.amount": float("inf")})
