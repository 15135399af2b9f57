"""JSON schema of plan files, for editors: an overlay, since files are layered and none is complete."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from allocator.plan.definition import Definition

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EXTENDS: Mapping[str, Any] = {
    "title": "Extends",
    "description": "Year file or variant this file is laid over, e.g. 2016; one, or several in order. In plan.yaml: "
    "the folder of a plan, e.g. ../panyu, whose years and tables stand below this plan's.",
    "anyOf": [
        {"type": ["string", "integer"]},
        {"type": "array", "items": {"type": ["string", "integer"]}},
    ],
}


def scenario_schema() -> dict[str, Any]:
    """The schema of plan.yaml, year files and variants: every key known, none required, optional ones may be null."""
    made = Definition.model_json_schema(mode="validation")
    schema = _overlay(made)
    schema["properties"] = {"extends": dict(EXTENDS), **schema["properties"]}
    schema["title"] = "edu-allocator plan file"
    schema["description"] = "plan.yaml, a year file over it, or a variant over that. Maps merge, lists with ids by id."
    return {"$schema": DIALECT, **schema}


def schema_text() -> str:
    """The schema as the committed file holds it."""
    return json.dumps(scenario_schema(), ensure_ascii=False, indent=2) + "\n"


def _overlay(part: Any) -> Any:
    """A part of the schema without what only complete files must keep."""
    if isinstance(part, list):
        return [_overlay(each) for each in part]
    if not isinstance(part, dict):
        return part
    required = set(part.get("required", ()))
    made = {key: _overlay(each) for key, each in part.items() if key != "required"}
    if isinstance(part.get("properties"), dict):
        made["properties"] = {
            name: _overlay(each) if name in required else _or_null(_overlay(each))
            for name, each in part["properties"].items()
        }
    return made


def _or_null(part: dict[str, Any]) -> dict[str, Any]:
    """A property that ``null`` removes."""
    kinds = [*part.get("anyOf", ()), part]
    if any(kind.get("type") == "null" for kind in kinds):
        return part
    about: dict[str, Any] = {key: part[key] for key in ("title", "description", "default") if key in part}
    rest = {key: each for key, each in part.items() if key not in about}
    options = rest["anyOf"] if set(rest) == {"anyOf"} else [rest]
    return {**about, "anyOf": [*options, {"type": "null"}]}
