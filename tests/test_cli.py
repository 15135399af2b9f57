"""The command line as a user meets it: exit codes, messages, nothing overwritten, one JSON document."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from allocator.cli.run import run
from plans import PLAN, YEAR, write_plan
from worlds import government, world

ROOT = Path(__file__).parent.parent
TINY = str(ROOT / "scenarios" / "tiny")
PANYU = str(ROOT / "scenarios" / "panyu" / "2016.yaml")


def in_process(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ALLOCATOR_LANG": "en"}
    command = [sys.executable, "-c", "from allocator.cli import main; main()", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment, encoding="utf-8", check=False)


def test_solve_writes_once_and_replaces_only_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    assert run(["solve", TINY, "--out", out]) == 0
    before = (tmp_path / "out" / "towns.csv").read_bytes()
    assert run(["solve", TINY, "--out", out]) == 2
    assert "--force" in capsys.readouterr().err
    assert run(["solve", TINY, "--out", out, "--force"]) == 0
    assert (tmp_path / "out" / "towns.csv").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"], "no temporary folder is left behind"


def test_json_is_one_document_with_status_run_and_tables(tmp_path: Path) -> None:
    done = in_process("solve", TINY, "--out", str(tmp_path / "out"), "--json")  # what solvers print counts as well
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1
    assert document["status"] == "optimal"
    assert document["run"]["unique"] is True
    assert {row["town"] for row in document["tables"]["towns"]} == {"east", "middle", "west"}


def test_bad_input_is_reported_all_at_once_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    year = YEAR.replace("at_least: 8000", "at_leats: 8000")
    plan = write_plan(tmp_path / "plan", {"plan.yaml": PLAN + "\nfunny: 1\n", "2016.yaml": year})
    assert run(["solve", str(plan), "--out", str(tmp_path / "out"), "--lang", "en"]) == 3
    said = capsys.readouterr().err
    assert "plan.yaml:" in said
    assert "funny" in said
    assert "2016.yaml:3:" in said
    assert "did you mean at_least" in said
    assert not (tmp_path / "out").exists()


def test_infeasible_has_its_own_code_and_no_tables(tmp_path: Path) -> None:
    cut = ["--set", "funding.sources.government.amount=10"]
    assert run(["solve", TINY, "--out", str(tmp_path / "out"), *cut]) == 4
    assert run(["check", TINY, *cut]) == 4
    assert not (tmp_path / "out").exists()


def test_a_limit_before_any_plan_stops_without_tables(tmp_path: Path) -> None:
    assert run(["solve", PANYU, "--out", str(tmp_path / "out"), "--time-limit", "0.000001"]) == 6
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("mode", ["horizon", "rolling"])
def test_a_folder_of_several_years_is_solved_as_one_plan(
    mode: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, plan = str(tmp_path / "out"), str(tmp_path / "plan")
    world(tmp_path / "plan", funding={"sources": [government(1000)]}, years={2016: {}, 2017: {}, 2018: {}})
    assert run(["solve", plan, "--mode", mode, "--out", out, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["status"], document["run"]["mode"]) == ("optimal", mode)
    assert {row["year"] for row in document["tables"]["towns"]} == {2016, 2017, 2018}
    assert run(["audit", out]) == 0


def test_wrong_words_are_usage_errors(tmp_path: Path) -> None:
    assert run(["solve", TINY, "--solver", "abacus"]) == 2
    assert run(["solve", str(tmp_path / "missing")]) == 2
    assert run(["solve", TINY, "--set", "nonsense", "--out", str(tmp_path / "out")]) == 2
    assert run(["audit", str(tmp_path)]) != 0


def test_audit_accepts_what_solve_wrote_and_names_an_altered_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(["solve", TINY, "--out", str(out)]) == 0
    assert run(["audit", str(out)]) == 0
    capsys.readouterr()
    table = out / "towns.csv"
    table.write_bytes(table.read_bytes() + b"\n")
    assert run(["audit", str(out)]) == 8
    assert "towns.csv" in capsys.readouterr().out
    assert run(["audit", str(out), "--no-hash"]) == 0


def test_report_and_workbook_are_files_beside_the_tables(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(["solve", TINY, "--out", str(out), "--xlsx"]) == 0
    assert (out / "tiny-2016.xlsx").read_bytes()[:2] == b"PK"
    assert run(["report", str(out), "--lang", "zh"]) == 0
    assert "三镇" in (out / "report.html").read_text(encoding="utf-8")
    assert run(["report", str(out)]) == 2, "an existing page is not replaced unasked"
    assert run(["audit", str(out)]) == 0, "further files do not count as altered ones"


def test_show_says_where_each_value_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    variant = ROOT / "scenarios" / "panyu" / "variants" / "2016-less.yaml"
    assert run(["show", str(variant), "--resolved"]) == 0
    lines = capsys.readouterr().out.splitlines()
    amount = next(line for line in lines if "3700000" in line)
    assert "variants/2016-less.yaml:5" in amount
    assert any("plan.yaml:" in line for line in lines)


def test_help_speaks_both_languages() -> None:
    chinese = in_process("--lang", "zh", "solve", "--help").stdout
    english = in_process("--lang=en", "solve", "--help").stdout
    assert "求解" in chinese
    assert "Solve" in english
    assert "求解" not in english


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from allocator.cli import main; main()"]
    words = ["solve", PANYU, "--solver", "cbc", "--out", str(tmp_path / "out")]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    running = subprocess.Popen([*command, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    while not any(tmp_path.iterdir()):  # CBC's own files: a solve has begun
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=120)
    assert running.returncode == 130
    assert list(tmp_path.iterdir()) == []


def test_importing_and_helping_stay_light() -> None:
    script = "import sys, allocator.cli, allocator.cli.run; print(sorted(set(sys.modules) & {%s}))"
    heavy = ", ".join(f"'{name}'" for name in ("pandas", "numpy", "pulp", "highspy", "plotly", "networkx", "pydantic"))
    done = subprocess.run([sys.executable, "-c", script % heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
