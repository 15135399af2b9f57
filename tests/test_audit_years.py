"""The audit of several years: every year starts with what the tables of the year before say, or its family is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import test_pair_terms as pairs
from allocator.auditing.whole import audit_folder, audit_tables
from allocator.tables.result import Result
from allocator.tables.written import table_bytes
from sampling import sampled
from test_audit_folder import rehash
from test_modes import chained
from worlds import TOTAL, effect, solved

Tables = dict[str, pd.DataFrame]
Tampering = tuple[str, Callable[[pd.DataFrame], pd.DataFrame]]
"""A table and what becomes of it."""

COUNTED = {"id": "volunteers", "weight": 0.2, "target": 0.02, "denominator": "resident_pop", "stock": "volunteers"}


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """m mentors n from 2016 to 2018; money is carried into 2017 and 2018, volunteers are trained and counted."""
    given: dict[str, Any] = chained(
        towns={"m": {"resident_pop": 1000, "later": 1100}, "n": {"resident_pop": 500, "later": 640}},
        base={"m": {"participation": 0.3}, "n": {"participation": 0.1}},
        years={2016: {}, 2017: {"population": {"column": "later", "vintage": "later"}}, 2018: {}},
        roads={("m", "n"): 20},
        mentoring={
            "slow": {"towns": ["n"]},
            "mature": {"upper_third": False, "preset": ["m"]},
            "transfer": {"participation": 0.4},
            "nearness_minutes": 30,
        },
        goals=[{"id": "half", "measure": "participation", "strength": "soft", "at_least": {2017: 0.5}}],
        stages=[{"id": "balance", "over": "every"}, TOTAL, {"id": "stability", "unit_change": {"money": 1000}}],
    )
    people = given["tables"]["volunteers"]
    given["tables"] = {"volunteers": [{**row, "town": town} for row, town in zip(people, "mn", strict=True)]}
    participation = {"id": "participation", "weight": 0.8, "target": 1, "denominator": "resident_pop", "retention": 0.5}
    given["attainment"] = {"indicators": [participation, COUNTED], "effects": [effect()]}
    result = solved(tmp_path_factory.mktemp("years"), **given)
    assert len(result.pairs) == 3
    assert (result.tables["carry_over"]["carried_out_yuan"].iloc[:2] > 100).all()
    return result


def in_year(year: int, table: str, column: str, by: float, **where: str) -> Tampering:
    """A number of one row of a year moved."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        chosen = frame["year"] == year
        for label, wanted in where.items():
            chosen &= frame[label] == wanted
        assert chosen.sum() == 1
        changed = frame.copy()
        changed[column] = changed[column].astype(float)
        changed.loc[chosen, column] += by
        return changed

    return table, change


def without(year: int, table: str) -> Tampering:
    """A table without the rows of a year."""
    return table, lambda frame: frame[frame["year"] != year].reset_index(drop=True)


OF_N = {"town": "n"}
GOV = {"source": "gov"}
TAMPERED = [
    # what a year says it started with
    ("attainment_base", in_year(2017, "attainment", "base", 0.01, town="n", indicator="participation")),
    ("attainment_base", in_year(2017, "attainment", "base", 0.01, town="n", indicator="volunteers")),
    ("towns.level_before", in_year(2018, "towns", "level_before", 0.1, **OF_N)),
    ("funding_by_town.last_year_yuan", in_year(2017, "funding_by_town", "last_year_yuan", 5, **OF_N)),
    ("carry_over.carried_in_yuan", in_year(2017, "carry_over", "carried_in_yuan", -5, **GOV)),
    ("volunteer_stock.heads_before", in_year(2017, "volunteer_stock", "heads_before", 1, **OF_N)),
    # what a year leaves is what the next one must have started with
    ("attainment_base", in_year(2016, "attainment", "value", 0.01, town="n", indicator="participation")),
    ("carry_over.carried_in_yuan", in_year(2016, "carry_over", "carried_out_yuan", -5, **GOV)),
    ("volunteer_stock.heads_before", in_year(2016, "volunteer_stock", "heads", -0.5, **OF_N)),
    ("funding_by_town.last_year_yuan", in_year(2016, "funding_by_town", "amount_yuan", 5, **OF_N)),
    # money: more carried than is left, or than the year's own; figures of the account
    ("budget", in_year(2016, "carry_over", "carried_out_yuan", 5, **GOV)),
    ("carry_age", in_year(2016, "carry_over", "carried_out_yuan", 1000, **GOV)),
    ("carry_age", in_year(2016, "carry_over", "carried_out_yuan", -1000, **GOV)),
    ("carry_over.amount_yuan", in_year(2017, "carry_over", "amount_yuan", 5, **GOV)),
    ("carry_over.spent_yuan", in_year(2017, "carry_over", "spent_yuan", 5, **GOV)),
    ("carry_over.forfeited_yuan", in_year(2017, "carry_over", "forfeited_yuan", 5, **GOV)),
    ("carry_over.execution", in_year(2017, "carry_over", "execution", 0.01, **GOV)),
    ("execution", without(2017, "funding")),
    ("growth", without(2017, "funding")),
    ("year_on_year", without(2017, "funding")),
    # pairs: broken in their term, another beginning, another renewal, another end
    ("pair_terms", without(2017, "pairs")),
    ("pair_terms", in_year(2017, "pairs", "start_year", 1, mentor="m")),
    ("pair_terms", in_year(2016, "pairs", "start_year", -1, mentor="m")),
    ("pair_terms", in_year(2018, "pairs", "renewals", 1, mentor="m")),
    ("pairs_end_year", in_year(2018, "pairs", "end_year", 1, mentor="m")),
    ("pairs_uplift", in_year(2018, "pairs", "uplift", 0.1, mentor="m")),
    # volunteers: more trained than may be, other figures
    ("recruits", in_year(2017, "volunteer_stock", "trained", 5, **OF_N)),
    ("recruits", in_year(2017, "volunteer_stock", "trained", -9, **OF_N)),
    ("training_places", in_year(2017, "volunteer_stock", "trained", 5, **OF_N)),
    *((f"volunteer_stock.{name}", in_year(2018, "volunteer_stock", name, 1, **OF_N)) for name in
      ("heads_before", "retained", "heads", "active", "hours")),
    ("volunteer_supply", in_year(2017, "volunteer_stock", "heads", -9, **OF_N)),
    # what the stages hold, over all years
    ("stages.held_at", in_year(2018, "stages", "held_at", 1, step="worst_4")),
    ("stages", in_year(2018, "stages", "held_at", 1, step="worst_1")),
    ("stages.published", in_year(2018, "stages", "published", 1, step="final_mean")),
    ("stages.published", in_year(2018, "stages", "published", 1, step="change")),
    ("rows.bound", in_year(2017, "rows", "bound", 5, rule="execution")),
]  # fmt: skip


def test_the_plan_itself_is_accepted(years: Result) -> None:
    report = audit_tables(years.scenario, years.tables)
    assert report.failed == ()
    keys = set(report.families["worst_key"])
    assert any(key.startswith("2018: ") for key in keys)


@pytest.mark.parametrize(("family", "tampered"), sampled(TAMPERED, 2, lambda case: f"{TAMPERED.index(case)}-{case[0]}"))
def test_whatever_is_tampered_with_names_its_family(years: Result, family: str, tampered: Tampering) -> None:
    name, change = tampered
    tables: Tables = dict(years.tables)
    tables[name] = change(tables[name])
    assert family in audit_tables(years.scenario, tables).failed


def test_a_written_plan_of_several_years_is_audited_from_its_folder(years: Result, tmp_path: Path) -> None:
    folder = years.save(tmp_path / "result")
    assert audit_folder(folder).passed
    name, change = in_year(2016, "attainment", "value", 0.01, town="n", indicator="participation")
    (folder / f"{name}.csv").write_bytes(table_bytes(change(years.tables[name])))
    rehash(folder)
    report = audit_folder(folder)
    assert report.altered == ()
    assert {"attainment_base", "attainment_value"} <= set(report.failed)
    worst = report.families.set_index("family")["worst_key"]
    assert worst["attainment_base"] == "2017: n/participation"
    assert worst["attainment_value"] == "2016: n/participation"


@pytest.mark.parametrize("blank", [float("nan"), float("inf"), ""])
@pytest.mark.parametrize("column", ["start_year", "renewals"])
def test_a_pair_without_its_numbers_is_named(tmp_path: Path, column: str, blank: object) -> None:
    result = solved(tmp_path, **pairs.plan(3, past=[("m", "n", 2015, 0)]))
    table = result.pairs.astype({column: object})
    table.loc[table.index[0], column] = blank
    assert "table.pairs" in audit_tables(result.scenario, {**result.tables, "pairs": table}).failed
