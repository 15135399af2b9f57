"""The block of docs/architecture.md: one folder and one line, and plans, checks, audits and pages know it."""

from __future__ import annotations

import filecmp
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
FILE = re.compile(r"^\*\*`([\w/.]+)`\*\*\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROOMS = {"east": 2, "middle": 3, "west": 0}
VENUE_HOURS = {"east": 100, "middle": 400, "west": 0}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with the block of the page in it."""
    source = tmp_path_factory.mktemp("copy") / "src"
    shutil.copytree(ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
    written = {
        name: text for name, text in FILE.findall(PAGE.read_text(encoding="utf-8")) if name.startswith("blocks/")
    }
    folder = source / "allocator" / "blocks" / "library"
    folder.mkdir()
    (folder / "__init__.py").touch()
    for name, text in written.items():
        (source / "allocator" / name).write_text(text, encoding="utf-8")
    registry = folder.parent / "registry.py"
    names = registry.read_text(encoding="utf-8")
    assert names.count('    "team",\n') == 1
    registry.write_text(names.replace('    "team",\n', '    "team",\n    "library",\n'), encoding="utf-8")
    return source


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three towns for two years, with venue hours that classes need, and reading rooms."""
    folder = tmp_path_factory.mktemp("rooms") / "plan"
    shutil.copytree(ROOT / "scenarios" / "tiny", folder, ignore=shutil.ignore_patterns("expected", "variants"))
    text = (folder / "plan.yaml").read_text(encoding="utf-8")
    text = text.replace("years: [2016]", "years: [2016, 2017]").replace(
        "volunteer_hours: 10}", "volunteer_hours: 10, venue_hours: 10}"
    )
    section = dict(FILE.findall(PAGE.read_text(encoding="utf-8")))["plan.yaml"]
    (folder / "plan.yaml").write_text(text + section, encoding="utf-8")
    later = (folder / "2016.yaml").read_text(encoding="utf-8").replace("2016", "2017")
    (folder / "2017.yaml").write_text(later, encoding="utf-8")
    towns = pd.read_csv(folder / "tables" / "towns.csv")
    towns.assign(venue_hours=towns["town"].map(VENUE_HOURS)).to_csv(folder / "tables" / "towns.csv", index=False)
    pd.Series(ROOMS, name="rooms").rename_axis("town").to_csv(folder / "tables" / "reading_rooms.csv")
    return folder


def run(package: Path, *arguments: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "allocator", *arguments]
    environment = {"PYTHONPATH": str(package), "ALLOCATOR_LANG": "zh", "PYTHONUTF8": "1", "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_block_touches_one_file_outside_its_folder(package: Path) -> None:
    own = {file.relative_to(ROOT / "src") for file in (ROOT / "src").rglob("*") if file.suffix in {".py", ".json"}}
    there = {file.relative_to(package) for file in package.rglob("*") if file.suffix in {".py", ".json"}}
    assert {file.parent.name for file in there - own} == {"library"}
    changed = [file for file in own if not filecmp.cmp(ROOT / "src" / file, package / file, shallow=False)]
    assert [file.name for file in changed] == ["registry.py"]


@pytest.mark.parametrize("mode", ["horizon", "rolling"])
def test_rooms_are_lent_worn_out_audited_and_shown(package: Path, plan: Path, tmp_path: Path, mode: str) -> None:
    out = tmp_path / "out"
    run(package, "solve", str(plan), "--mode", mode, "--out", str(out))
    lent, rows = (pd.read_csv(out / f"{name}.csv", encoding="utf-8-sig") for name in ("library", "rows"))
    assert len(lent) and (lent["rooms"] % 1 == 0).all()
    assert (lent["cost_yuan"] == 50 * lent["rooms"]).all()
    limits = rows[rows["rule"] == "rooms_lent"].set_index(["year", "key"])
    assert set(limits["requirement"]) == {"library.rooms"}
    for (year, town), limit in limits["bound"].items():
        before = lent[(lent["from_town"] == town) & (lent["year"] < year)]["rooms"].sum()
        assert limit == ROOMS[town] - 0.5 * before
    venue = rows[rows["rule"] == "venue"].set_index(["year", "key"])["activity"]
    assert (venue <= venue.index.get_level_values("key").map(VENUE_HOURS) + 1e-6).all()
    run(package, "audit", str(out))
    run(package, "report", str(out))
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "哪些镇街把阅览室借给哪些镇街。" in page


def test_the_check_and_the_audit_of_the_block_find_what_is_wrong(package: Path, plan: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    shutil.copytree(plan, empty)
    (empty / "tables" / "reading_rooms.csv").write_text("town,rooms\neast,0\nmiddle,0\nwest,0\n", encoding="utf-8")
    assert "没有任何镇街有阅览室可借" in run(package, "check", str(empty))
    wrong = tmp_path / "wrong"
    run(package, "solve", str(plan / "2016.yaml"), "--out", str(wrong))
    table = pd.read_csv(wrong / "library.csv", encoding="utf-8-sig")
    pd.concat([table, table.iloc[:1].assign(from_town="west", to_town="east", rooms=4.0, cost_yuan=200.0)]).to_csv(
        wrong / "library.csv", index=False, encoding="utf-8-sig"
    )
    said = run(package, "audit", str(wrong), code=8)
    assert "rooms_lent" in said
    assert "library.rooms" in said
