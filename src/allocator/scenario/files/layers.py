"""Plan folders as layers of YAML: plan.yaml, a year file over it, variants over that, and changes on top."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from allocator.scenario.files.wording import meant
from allocator.scenario.files.yamltree import Node, has_ids, item_names, made, parsed_value, read_tree, walk
from allocator.words.errors import Finding, InputError, Place
from allocator.words.texts import Text

__all__ = ["Plan", "merged", "parsed_value", "read_plan", "with_changes"]

PLAN_FILE = "plan.yaml"
VARIANTS = "variants"
SAVED = "saved.json"
"""Stands in a folder that a resolved scenario was written to: its label, and which of the plan's years it holds."""
CHANGES = "--set"
"""Stands for the file in the place of a value that was changed by path."""

_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Plan:
    """The merged tree of each plan year that is asked for, and what is wrong with the files so far."""

    folder: Path
    stem: str
    """Year or variant that names the scenario, e.g. ``2016-less``; empty for the whole of a plan of several years."""
    trees: Mapping[int, Node]
    """Year to its merged tree, years ascending."""
    findings: tuple[Finding, ...]
    label: str | None = None
    """Label of a scenario that was saved before; none for a plan as people write it."""
    below: tuple[Path, ...] = ()
    """Folders of the plans that this one extends, the nearest first; their tables stand where it has none."""


def merged(base: Node, over: Node) -> Node:
    """A layer laid over another.

    Maps merge, lists whose items all have an id merge by id, every other value replaces; a value set to
    null stays in the tree as null and is left out by whoever reads it. A map or list of which the upper layer gives
    every part stands where that layer gives it, any other where the lower one does.
    """
    content: dict[str, Node] | tuple[Node, ...]
    if isinstance(base.content, Mapping) and isinstance(over.content, Mapping):
        content = dict(base.content)
        for key, child in over.content.items():
            content[key] = merged(content[key], child) if key in content else child
        parts = {key: child.place for key, child in content.items()}
        is_upper = parts == {key: child.place for key, child in over.content.items()}
    elif has_ids(base.items) and has_ids(over.items):
        content = _merged_items(base.items, over.items)
        is_upper = {item.place for item in content} == {item.place for item in over.items}
    else:
        return over
    return Node(content, over.place, over.key) if is_upper else Node(content, base.place, base.key)


def _merged_items(base: tuple[Node, ...], over: tuple[Node, ...]) -> tuple[Node, ...]:
    """Items by id: known ones merge in the order the upper layer gives them, new ones stand before the next known."""
    known = dict(zip(item_names(base), base, strict=True))
    laid = dict(zip(item_names(over), over, strict=True))
    order = iter([name for name in laid if name in known])
    names = [next(order) if name in laid else name for name in known]
    after: str | None = None
    for name in reversed(laid):
        if name in known:
            after = name
        else:
            names.insert(len(names) if after is None else names.index(after), name)
            after = name
    both = {name: merged(known[name], laid[name]) for name in known if name in laid}
    return tuple(both.get(name) or known.get(name) or laid[name] for name in names)


@dataclass
class _Folder:
    """Reads the files of one plan folder, each once, and collects what is wrong."""

    folder: Path
    findings: list[Finding] = field(default_factory=list)
    trees: dict[Path, Node] = field(default_factory=dict)
    above: tuple[Path, ...] = ()
    """Folders of the plans that extend this one, the first of them the one that is read."""

    def shown(self, file: Path) -> str:
        first = (*self.above, self.folder)[0]
        return Path(os.path.relpath(file, first)).as_posix() if file.is_absolute() else file.as_posix()

    @cached_property
    def below(self) -> _Folder | None:
        """The plan folder that this one extends; none where it stands alone, or the folder is no plan."""
        given = self.tree(self.folder / PLAN_FILE).entries.get("extends")
        if given is None or given.content is None:
            return None
        folder = (self.folder / str(given.content)).resolve()
        if not (folder / PLAN_FILE).is_file():
            self.note("E111", given.place, Text("load.extends_no_plan"), str(given.content))
            return None
        if folder in (*self.above, self.folder):
            circle = " > ".join(each.name for each in (*self.above, self.folder, folder))
            self.note("E111", given.place, Text("load.extends_cycle"), circle)
            return None
        return _Folder(folder, self.findings, self.trees, (*self.above, self.folder))

    @property
    def folders_below(self) -> tuple[Path, ...]:
        """Folders of all plans below, the nearest first."""
        return () if self.below is None else (self.below.folder, *self.below.folders_below)

    def shared(self, year: int | None = None) -> Node:
        """What all years share: plan.yaml over the plan below, whose own year (if one is asked for) stands below it."""
        own = self.tree(self.folder / PLAN_FILE)
        if self.below is None:
            return own
        file = self.below.folder / f"{year}.yaml"
        found = self.below.year_tree(file) if file.is_file() else None
        lower = self.below.shared(year) if found is None else found[1]
        bare = {key: child for key, child in own.entries.items() if key != "extends"}
        return merged(lower, Node(bare, own.place))

    def tree(self, file: Path) -> Node:
        if file not in self.trees:
            name = self.shown(file)
            try:
                text = file.read_bytes().decode("utf-8-sig")
            except UnicodeDecodeError as error:
                self.findings.append(Finding("E101", Place(name, 1, 1), "", Text("load.not_utf8"), str(error.reason)))
                text = ""
            self.trees[file], findings = read_tree(text, name)
            self.findings += findings
        return self.trees[file]

    def chain(self, file: Path, open_files: tuple[Path, ...] = ()) -> list[Path]:
        """The files a file extends, lowest first, and the file itself."""
        tree = self.tree(file)
        if "extends" not in tree.entries:
            return [file]
        chain: list[Path] = []
        for parent in tree.entries["extends"].items or (tree.entries["extends"],):
            found = self.parent(file, str(parent.content))
            if found is None:
                hint = meant(str(parent.content), self.names() - {file.stem})
                self.note("E111", parent.place, Text("load.extends_unknown"), str(parent.content), hint)
            elif found in (*open_files, file):
                circle = " > ".join(each.stem for each in (*open_files, file, found))
                self.note("E111", parent.place, Text("load.extends_cycle"), circle)
            else:
                chain += [each for each in self.chain(found, (*open_files, file)) if each not in chain]
        return [*chain, file]

    def note(self, code: str, place: Place, message: Text, found: str, hint: Text | None = None) -> None:
        finding = Finding(code, place, "extends", message, found, hint=hint)
        if finding not in self.findings:
            self.findings.append(finding)

    def parent(self, file: Path, name: str) -> Path | None:
        name = name.removesuffix(".yaml")
        for place in (self.folder, self.folder / VARIANTS, file.parent):
            candidate = place / f"{name}.yaml"
            if candidate.is_file() and candidate.name != PLAN_FILE:
                return candidate
        return None

    def names(self) -> set[str]:
        files = [*self.folder.glob("*.yaml"), *(self.folder / VARIANTS).glob("*.yaml")]
        return {file.stem for file in files if file.name != PLAN_FILE}

    def year_tree(self, file: Path) -> tuple[int, Node] | None:
        """Year and merged tree of a year file or a variant; none if it leads to no year."""
        chain = self.chain(file)
        years = [each for each in chain if self.is_year(each)]
        if not years:
            if "extends" not in self.tree(file).entries:
                hint = Text("load.extends_missing_hint")
                self.findings.append(
                    Finding("E111", Place(self.shown(file), 1, 1), "extends", Text("load.extends_missing"), hint=hint)
                )
            return None
        tree = self.shared(int(years[-1].stem))
        for layer in chain:
            own = self.tree(layer)
            assert isinstance(own.content, Mapping)
            bare = {key: child for key, child in own.content.items() if key != "extends"}
            tree = merged(tree, Node(bare, own.place))
        year = int(years[-1].stem)
        return year, self.checked_year(tree, year, years[-1])

    def is_year(self, file: Path) -> bool:
        return file.parent == self.folder and _YEAR.fullmatch(file.stem) is not None

    def checked_year(self, tree: Node, year: int, file: Path) -> Node:
        """The tree with the year of its file; another year inside is an error."""
        assert isinstance(tree.content, Mapping)
        start = Place(self.shown(file), 1, 1)
        given = tree.entries.get("year")
        if given is None or given.content != year:
            place = start if given is None else given.place
            message = Text("load.year_not_file", {"year": year, "file": file.name})
            found = None if given is None else str(given.content)
            self.findings.append(Finding("E114", place, "year", message, found))
        listed = tree.entries.get("years")
        if listed is not None and listed.items and year not in [item.content for item in listed.items]:
            message = Text("load.year_not_listed", {"year": year})
            self.findings.append(Finding("E113", listed.place, "years", message, str(year)))
        return Node({**tree.content, "year": Node(year, given.place if given else start)}, tree.place)

    def every_year(self, only: Sequence[int] | None) -> dict[int, Node]:
        """The trees of all years that plan.yaml lists (or only some); missing and stray year files are errors."""
        listed = self.shared().entries.get("years")
        given = [(item.content, item) for item in listed.items] if listed is not None else []
        years = {year: item for year, item in given if isinstance(year, int) and (only is None or year in only)}
        trees: dict[int, Node] = {}
        for year, item in years.items():
            file = self.folder / f"{year}.yaml"
            if not file.is_file():
                message = Text("load.year_file_missing", {"file": file.name})
                self.findings.append(Finding("E112", item.place, "years", message))
                continue
            found = self.year_tree(file)
            if found is not None:
                trees[found[0]] = found[1]
        for stray in sorted(file for file in self.folder.glob("*.y*ml") if _YEAR.fullmatch(file.stem)):
            if listed is not None and (stray.suffix != ".yaml" or int(stray.stem) not in years):
                message = Text("load.year_file_stray", {"years": ", ".join(str(year) for year in years)})
                self.findings.append(Finding("E113", Place(stray.name, 1, 1), "", message))
        return dict(sorted(trees.items()))


def read_plan(path: Path) -> Plan:
    """The layers of a plan folder, a year file or a variant file, merged.

    Raises:
        InputError: there is no such plan, or no year of it can be made out.
    """
    folder = _plan_folder(path)
    files = _Folder(folder)
    whole = path.is_dir() or path.name == PLAN_FILE
    saved: dict[str, Any] = {}
    if whole and (folder / SAVED).is_file():
        saved = json.loads((folder / SAVED).read_text(encoding="utf-8"))
    if whole:
        trees = files.every_year(saved.get("years"))
    else:
        found = files.year_tree(folder / path.resolve().relative_to(folder))
        trees = {found[0]: found[1]} if found is not None else {}
    if not trees and not files.findings:
        place = Place(PLAN_FILE, 1, 1)
        files.findings.append(Finding("E107", place, "years", Text("load.no_years"), hint=Text("load.no_years_hint")))
    if not trees:
        raise InputError(files.findings)
    stem = path.stem if not whole else str(next(iter(trees))) if len(trees) == 1 else ""
    return Plan(folder, stem, trees, tuple(files.findings), saved.get("label"), files.folders_below)


def _plan_folder(path: Path) -> Path:
    """The nearest folder with a plan.yaml, from the path upwards.

    Raises:
        InputError: the path does not exist, or no such folder does.
    """
    if not path.exists():
        around = [each.name for each in path.parent.glob("*")] if path.parent.is_dir() else []
        message = Text("load.no_such_path")
        raise InputError([Finding("E100", Place(str(path)), "", message, hint=meant(path.name, around))])
    start = path.resolve()
    for folder in (start,) if start.is_dir() else start.parents[:3]:
        if (folder / PLAN_FILE).is_file():
            return folder
    hint = Text("load.not_a_plan_hint")
    raise InputError([Finding("E100", Place(str(path)), "", Text("load.not_a_plan"), hint=hint)])


def with_changes(tree: Node, changes: Mapping[str, Any]) -> tuple[Node, list[Finding]]:
    """A tree with values replaced by path; None removes. Ids and positions that do not exist are findings."""
    findings: list[Finding] = []
    for path, value in changes.items():
        node = made(value, Place(CHANGES))
        unknown = _year_change(path) or _not_finite(path, node) or _unknown_step(tree, path.split("."), path)
        if unknown is not None:
            findings.append(unknown)
        else:
            tree = _replaced(tree, path.split("."), node)
    return tree, findings


def _year_change(path: str) -> Finding | None:
    return Finding("E115", Place(CHANGES), path, Text("load.year_fixed")) if path == "year" else None


def _not_finite(path: str, node: Node) -> Finding | None:
    for below, each in walk(node, path):
        if isinstance(each.content, float) and not math.isfinite(each.content):
            return Finding("E105", node.place, below, Text("load.finite"), str(each.content))
    return None


def _unknown_step(tree: Node, steps: list[str], path: str) -> Finding | None:
    """What is wrong with a path where it leads into a list; keys are judged later, with the whole plan."""
    node = tree
    for at, step in enumerate(steps):
        if isinstance(node.content, tuple):
            names = item_names(node.content)
            if step not in names:
                key = "load.no_such_id" if has_ids(node.content) else "load.no_such_position"
                listed = Text(key, {"path": ".".join(steps[:at])})
                return Finding("E115", Place(CHANGES), path, listed, step, hint=meant(step, names))
            node = node.content[names.index(step)]
        elif isinstance(node.content, Mapping):
            if step not in node.entries:
                return None
            node = node.entries[step]
        else:
            message = Text("load.path_too_long", {"path": ".".join(steps[:at])})
            return Finding("E115", Place(CHANGES), path, message, step)
    return None


def _replaced(node: Node, steps: list[str], value: Node) -> Node:
    if not steps:
        return Node(value.content, value.place, node.key or value.place)
    step, rest = steps[0], steps[1:]
    if isinstance(node.content, tuple):
        at = item_names(node.content).index(step)
        kept, after = node.content[:at], node.content[at + 1 :]
        if not rest and value.content is None:
            return Node((*kept, *after), node.place, node.key)
        return Node((*kept, _replaced(node.content[at], rest, value), *after), node.place, node.key)
    content = dict(node.content) if isinstance(node.content, Mapping) else {}
    below = content.get(step)
    if below is None or (below.content is None and rest):
        below = Node({} if rest else None, value.place, value.place)
    content[step] = _replaced(below, rest, value)
    return Node(content, node.place, node.key)
