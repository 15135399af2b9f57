"""A resolved scenario written as a plan folder of its own."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from allocator.scenario.files.layers import PLAN_FILE, SAVED
from allocator.scenario.files.yamltree import Node, plain
from allocator.words.errors import UsageError
from allocator.words.texts import Text


def write_scenario(folder: Path, label: str, trees: Mapping[int, Node], contents: Mapping[str, bytes]) -> None:
    """Write plan.yaml with what all years share, a file for each year with the rest, and the tables byte for byte.

    A small file beside them says which years are meant, because the plan may have more, and the label.

    Raises:
        UsageError: the folder holds something else than a scenario written before.
    """
    _cleared(folder)
    years = {year: plain(tree) for year, tree in trees.items()}
    first = next(iter(years.values()))
    shared = {
        key: value
        for key, value in first.items()
        if key != "year" and all(key in tree and tree[key] == value for tree in years.values())
    }
    tables = folder / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    (folder / PLAN_FILE).write_text(yaml_text(shared), encoding="utf-8")
    for year, tree in years.items():
        rest = {key: value for key, value in tree.items() if key not in shared}
        (folder / f"{year}.yaml").write_text(yaml_text({"year": year} | rest), encoding="utf-8")
    for table, content in contents.items():
        (tables / f"{table}.csv").write_bytes(content)
    about = {"label": label, "years": list(years)}
    (folder / SAVED).write_text(json.dumps(about, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _cleared(folder: Path) -> None:
    """Make room where an earlier saved scenario stands; anything else stays untouched."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / SAVED).is_file():
        raise UsageError(Text("load.save_not_empty", {"folder": folder}))
    for file in [*folder.glob("*.yaml"), *(folder / "tables").glob("*.csv")]:
        file.unlink()


def yaml_text(value: Any) -> str:
    """Plain values as YAML in the order given."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 110
    yaml.sort_base_mapping_type_on_output = False
    text = io.StringIO()
    yaml.dump(_with_number_keys(value), text)
    return text.getvalue()


def _with_number_keys(value: Any) -> Any:
    """Keys that are whole numbers (years) as numbers, so that they are written without quotes."""
    if isinstance(value, Mapping):
        return {_key(key): _with_number_keys(child) for key, child in value.items()}
    return [_with_number_keys(item) for item in value] if isinstance(value, list) else value


def _key(key: str) -> str | int:
    return int(key) if key.isascii() and key.isdigit() and str(int(key)) == key else key
