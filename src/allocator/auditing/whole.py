"""The independent audit: every rule, the levels and every figure once more, from written tables and scenario alone.

Nothing here knows pulp, a solver or the matrix of a model. Files are compared with their recorded hashes first;
then everything is recomputed, whether files were altered or not, and the worst check of each family is named.
A check is broken where its violation exceeds its tolerance: sum of |coefficient| x half the last written digit
+ 1e-6 x max(1, |bound|).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from allocator.auditing import cleaning, figures, ledgers
from allocator.auditing.goals import goal_rules, goals
from allocator.auditing.ledgers import Side
from allocator.auditing.limits import limit_rules
from allocator.auditing.own import NO_OWN, OWN, AuditedOwn, OwnRule, of_record, own_rules, without_unchecked
from allocator.auditing.rounding import whole_units
from allocator.auditing.rows import asked_for, rows
from allocator.auditing.stages import AuditedYear, stages
from allocator.auditing.stages import step_values as measured_steps
from allocator.blocks.registry import parts_of
from allocator.blocks.shared.checks import HALF_DIGIT, RELATIVE, Checks, forbidden
from allocator.scenario.plan_year import PlanYear, Scenario
from allocator.tables.chain import in_turn
from allocator.tables.declared import TABLES
from allocator.tables.result import RUN_FILE, SCENARIO_FOLDER, Result
from allocator.words.errors import InputError, UsageError
from allocator.words.texts import Language, Text, current_language

EXCLUDED = (
    "rows.price_balance",
    "rows.price_total",
    "rows.price_kind",
    "rows.unit",
    "rows.labels",
    "rows.requirement",
    "goals.unit",
    "towns.could_reach",
    "accounts.unit",
    "stages.before",
    "rounding.level_exact",
    "stages.status",
    "stages.asked",
    "stages.gap",
    "stages.unit",
    "stages: tie_break/hashed_order",
)
"""What cannot, or need not, be recomputed from the tables: prices, units and labels in words, the solver's word."""

COLUMNS = ["family", "checks", "worst_key", "activity", "sense", "bound", "tolerance", "violation", "requirement"]


@dataclass(frozen=True)
class AlteredFile:
    """A file of a result folder that is not as its record says."""

    file: str
    how: Literal["changed", "missing", "extra"]

    def __str__(self) -> str:
        return self.file


@dataclass(frozen=True, eq=False)
class AuditReport:
    """What the audit found: the worst check of each family, and the files that are not as recorded."""

    families: pd.DataFrame
    """One row a family: family, checks, worst_key, activity, sense, bound, tolerance, violation, and for rules the part
    of the scenario that asks for the worst one; broken ones first."""
    altered: tuple[AlteredFile, ...] = ()
    excluded: tuple[str, ...] = EXCLUDED
    hashes_used: bool = False

    @property
    def failed(self) -> tuple[str, ...]:
        """Families with a check beyond its tolerance."""
        broken = self.families["violation"] > self.families["tolerance"]
        return tuple(self.families.loc[broken, "family"])

    @property
    def passed(self) -> bool:
        """No family is broken, and no file that counts is altered."""
        return not self.failed and not any(_counts(each) for each in self.altered)

    def lines(self, language: Language | None = None) -> list[str]:
        """The report as lines: verdict, altered files, worst check of each family, what was left out."""
        spoken = language or current_language()
        failed = self.failed
        counts = {"checks": int(self.families["checks"].sum()), "families": len(self.families), "broken": len(failed)}
        verdict = "audit.passed" if self.passed else "audit.failed"
        texts = [Text(verdict, {**counts, "altered": sum(_counts(each) for each in self.altered)})]
        if not self.hashes_used:
            texts.append(Text("audit.no_hashes"))
        texts += [Text(f"audit.file_{each.how}", {"file": each.file}) for each in self.altered]
        texts.append(Text("audit.tolerance", {"half": HALF_DIGIT, "relative": RELATIVE}))
        texts.append(Text("audit.head"))
        for row in self.families.to_dict("records"):
            numbers = {name: f"{row[name]:.10g}" for name in ("activity", "bound")}
            numbers |= {name: f"{row[name]:.3g}" for name in ("violation", "tolerance")}
            words = {"family": row["family"], "checks": row["checks"], "sense": row["sense"]}
            kind = "audit.broken" if row["family"] in failed else "audit.kept"
            texts.append(Text(kind, {**words, **numbers, "key": row["worst_key"] or "-"}))
            if kind == "audit.broken" and row["requirement"]:
                texts.append(Text("audit.asked_for", {"requirement": row["requirement"]}))
        texts.append(Text("audit.excluded", {"names": ", ".join(self.excluded)}))
        return [text.in_language(spoken) for text in texts]


def audit(result: Result) -> AuditReport:
    """Audit a result in memory; there are no files to compare."""
    return audit_tables(result.scenario, result.tables, of_record(result.run))


def audit_tables(scenario: Scenario, tables: Mapping[str, pd.DataFrame], own: Sequence[OwnRule] = ()) -> AuditReport:
    """Audit tables in their written form (numbers rounded to the written digits) against a scenario.

    ``own``: rules of the user's own, as the run record holds them.
    """
    checks, unchecked = _recomputed(scenario, tables, own)
    return AuditReport(by_family(checks), excluded=(*EXCLUDED, *unchecked))


def audit_folder(folder: str | Path, scenario: Scenario | None = None, use_hashes: bool = True) -> AuditReport:
    """Audit a written result, against the scenario in it or another one.

    Raises:
        UsageError: the folder is no result folder.
    """
    where = Path(folder)
    if not (where / RUN_FILE).is_file():
        raise UsageError(Text("result.no_result", {"folder": str(where)}))
    altered = altered_files(where) if use_hashes else ()
    read = {name: cleaning.read_texts(where / f"{name}.csv") for name in TABLES}
    tables = {name: table for name, table in read.items() if table is not None}
    try:
        given = scenario if scenario is not None else Scenario.load(where / SCENARIO_FOLDER)
    except (InputError, UsageError, OSError):
        checks = [forbidden("scenario", np.array([SCENARIO_FOLDER], dtype=object)), *cleaning.cleaned(tables)[1]]
        return AuditReport(by_family(checks), altered, hashes_used=use_hashes)
    checks, unchecked = _recomputed(given, tables, _own_rules_in(where))
    return AuditReport(by_family(checks), altered, (*EXCLUDED, *unchecked), use_hashes)


def _own_rules_in(folder: Path) -> Sequence[OwnRule]:
    """Rules of the user's own in the run record; none where the record cannot be read."""
    try:
        return of_record(json.loads((folder / RUN_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, AttributeError):
        return ()


def altered_files(folder: Path) -> tuple[AlteredFile, ...]:
    """Files whose hash is not the recorded one, recorded files that are missing, and files without a record."""
    recorded = _recorded_hashes(folder)
    if recorded is None:
        return (AlteredFile(RUN_FILE, "changed"),)
    found = {file.relative_to(folder).as_posix(): file for file in sorted(folder.rglob("*")) if file.is_file()}
    found.pop(RUN_FILE, None)
    made = []
    for name, digest in sorted(recorded.items()):
        if name not in found:
            made.append(AlteredFile(name, "missing"))
        elif hashlib.sha256(found[name].read_bytes()).hexdigest() != digest:
            made.append(AlteredFile(name, "changed"))
    return (*made, *(AlteredFile(name, "extra") for name in sorted(set(found) - set(recorded))))


def _recorded_hashes(folder: Path) -> Mapping[str, str] | None:
    """File to its SHA-256 as the run record says; none where the record cannot be read."""
    try:
        record = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
        hashes = record["sha256"]
        return {str(name): str(digest) for name, digest in hashes.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _counts(altered: AlteredFile) -> bool:
    """Whether an altered file fails the audit; files laid beside the tables (a report, a workbook) do not."""
    return altered.how != "extra" or altered.file.startswith(f"{SCENARIO_FOLDER}/")


def step_values(scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> dict[tuple[str, str], tuple[float, bool]]:
    """What the plan in some tables reaches in every step of the stages of all years together.

    Returns (stage, step) to the value, recomputed from the decisions, and whether more of it is better.
    """
    clean, _ = cleaning.cleaned(tables)
    years, _, _ = _years(scenario, clean, ())
    steps = measured_steps(clean["stages"], years)
    parted = ((held.key.partition("/"), held) for held in steps)
    return {(stage, step): (held.activity, held.maximised) for (stage, _, step), held in parted}


def _recomputed(
    scenario: Scenario, tables: Mapping[str, pd.DataFrame], own: Sequence[OwnRule]
) -> tuple[list[Checks], list[str]]:
    """All checks of all years; and the own rules that no table can check."""
    clean, checks = cleaning.cleaned(tables)
    years, made, unchecked = _years(scenario, clean, own)
    with np.errstate(all="ignore"):
        return checks + made + _stages(clean["stages"], years), unchecked


def _years(
    scenario: Scenario, clean: Mapping[str, pd.DataFrame], own: Sequence[OwnRule]
) -> tuple[list[AuditedYear], list[Checks], list[str]]:
    """Every plan year, starting with what the tables of the year before say, and its checks; own rules not checked."""
    by_year, checks = cleaning.of_years(clean, scenario.years)
    years: list[AuditedYear] = []
    unchecked: list[str] = []
    for plan, _ in in_turn(scenario.plan_years, lambda _plan: clean):
        with np.errstate(all="ignore"):
            mine = own_rules(own, [*((year.plan, year.tables) for year in years), (plan, by_year[plan.year])])
            made, levels = checks_of_year(by_year[plan.year], plan, mine)
        unchecked += [f"{OWN}/{name} ({plan.year})" for name in mine.unchecked]
        if years:
            levels = Side(levels.amounts, levels.weights + _carried_error(plan, years[-1].levels))
        years.append(AuditedYear(plan, by_year[plan.year], levels))
        checks += [_in_year(part, plan.year) for part in made] if len(scenario.plan_years) > 1 else made
    return years, checks, unchecked


def _carried_error(plan: PlanYear, before: Side) -> pd.Series[float]:
    """What rounding in the tables of earlier years adds to the weight of this year's levels: the values a year starts
    with are written values, and their decisions were rounded too."""
    of_values = sum(100.0 * i.weight / i.target * i.retention for i in plan.indicators)
    return before.weights + of_values


def _stages(table: pd.DataFrame, years: list[AuditedYear]) -> list[Checks]:
    """Stages of years that were decided together stand in the last of them; year by year, each has its own."""
    if set(table["year"]) <= {years[-1].plan.year}:
        return stages(table, years)
    alone = [(year, stages(table[table["year"] == year.plan.year], [year])) for year in years]
    return [_in_year(part, year.plan.year) for year, made in alone for part in made]


def checks_of_year(
    tables: Mapping[str, pd.DataFrame], plan: PlanYear, own: AuditedOwn = NO_OWN
) -> tuple[list[Checks], Side]:
    """Every rule and figure of one plan year but its stages, from tables without the year column; and its levels."""
    given = {**plan.sections, **({"locks": plan.common.locks} if plan.common.locks else {})}
    audits = {block: part for block, part in sorted(parts_of("audit").items()) if block in given}
    rules = [check for block, part in audits.items() for check in part.audit_block(tables, plan, given[block])]
    postings = [each for block, part in audits.items() for each in part.postings(tables, plan, given[block])]
    entries = ledgers.book(postings, plan)
    rules += [*ledgers.closed(entries), *goal_rules(tables, plan), *limit_rules(tables, plan), *own.checks]
    rules = asked_for(tables["rows"], rules)
    made = [
        *rules,
        *rows(without_unchecked(tables["rows"], own), rules),
        *ledgers.accounts(tables["accounts"], entries),
    ]
    made += ledgers.counts(tables["counts"], entries, plan)
    made += cleaning.without_block(tables, set(given))
    made += figures.money_by_town(tables, plan)
    made += whole_units(tables, plan)
    shares, levels = figures.attained(tables, plan, ledgers.values(entries))
    if "attainment" in plan.sections:
        made += [*shares, *figures.towns(tables, plan, levels), *figures.balance(tables, plan)]
    return [*made, *goals(tables, plan)], levels


def _in_year(checks: Checks, year: int) -> Checks:
    key = np.array([f"{year}: {each}" for each in checks.key], dtype=object)
    return replace(checks, key=key)


def by_family(checks: list[Checks]) -> pd.DataFrame:
    """The worst check of each family (largest violation in tolerances), broken families first."""
    worst: dict[str, tuple[float, list[object]]] = {}
    counts: dict[str, int] = {}
    for part in checks:
        counts[part.family] = counts.get(part.family, 0) + len(part)
        if not len(part):
            continue
        violation = part.violation
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(violation == 0, 0.0, violation / part.tolerance)
        at = int(np.argmax(np.where(ratio == 0, -1.0, ratio)))
        row: list[object] = [part.key[at], part.activity[at], part.sense, part.bound[at], part.tolerance[at]]
        if part.family not in worst or ratio[at] > worst[part.family][0]:
            requirement = "" if part.requirement is None else part.requirement[at]
            worst[part.family] = (float(ratio[at]), [*row, violation[at], requirement])
    ranked = sorted(worst, key=lambda family: (worst[family][0] <= 1.0, family))
    return pd.DataFrame([[family, counts[family], *worst[family][1]] for family in ranked], columns=COLUMNS)
