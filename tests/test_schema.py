"""The schema that editors use: current, and an overlay that accepts every shipped file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from allocator.plan.schema import scenario_schema, schema_text
from plans import PLAN, YEAR

jsonschema = pytest.importorskip("jsonschema")

REPOSITORY = Path(__file__).parents[1]
SHIPPED = sorted(file for file in (REPOSITORY / "scenarios").rglob("*.yaml") if "expected" not in file.parts)


def wrong(text: str) -> list[str]:
    value: Any = json.loads(json.dumps(YAML(typ="safe").load(text)))
    return [error.json_path for error in jsonschema.Draft202012Validator(scenario_schema()).iter_errors(value)]


def test_committed_schema_is_current() -> None:
    committed = REPOSITORY / "schema" / "scenario.schema.json"
    assert committed.read_text(encoding="utf-8") == schema_text(), "allocator schema > schema/scenario.schema.json"


def test_schema_is_valid_and_requires_nothing() -> None:
    jsonschema.Draft202012Validator.check_schema(scenario_schema())
    assert '"required"' not in schema_text()
    assert wrong("{}") == []


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.relative_to(REPOSITORY).as_posix())
def test_shipped_files_follow_it(file: Path) -> None:
    assert wrong(file.read_text(encoding="utf-8")) == []


def test_layers_follow_it() -> None:
    assert wrong(PLAN) == wrong(YEAR) == wrong("extends: 2016\nmentoring: null\nteaching: {home_share: null}") == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("funding: {sources: [{id: a, amount: -1}]}", "$.funding"),
        ("fundig: {}", "$"),
        ("units: {money: 美元}", "$.units"),
        ("goals: [{id: a, strength: strong}]", "$.goals"),
    ],
)
def test_it_finds_what_is_wrong(text: str, path: str) -> None:
    assert any(each.startswith(path) for each in wrong(text))


def test_descriptions_come_from_the_code() -> None:
    definitions = scenario_schema()["$defs"]
    assert definitions["FundingSource"]["properties"]["amount"]["description"].startswith("What the source gives")
    assert definitions["Funding"]["description"].startswith("Sources of money")
