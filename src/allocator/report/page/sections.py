"""The sections of the page: those of one year, and those that look at all years of a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from allocator.report.figures.figures import figure
from allocator.report.figures.maps import level_map
from allocator.report.page import content, content_coverage, content_years, record
from allocator.report.page.content_batches import batch_grids
from allocator.report.page.content_whole import SECTIONS, whole_grids
from allocator.report.page.parts import Part, YearParts, chart, part
from allocator.report.words.facts import year_summary
from allocator.report.words.labels import Names, names_of
from allocator.report.words.years import is_several, names_of_all, unchanged_stages, year_views
from allocator.tables.result import Result
from allocator.words.texts import say

Maker = Callable[[Result, Names, str], Part | None]
"""From a result of one year, its names and a suffix for ids to a section; none where the plan has nothing to say."""


@dataclass(frozen=True)
class Sections:
    """All sections in the order of the page; the years stand between those of the whole plan."""

    first: tuple[Part, ...]
    years: tuple[YearParts, ...]
    last: tuple[Part, ...]

    @property
    def every(self) -> list[Part]:
        """All sections, also those of the years."""
        return [*self.first, *(each for year in self.years for each in year.parts), *self.last]


def sections(result: Result) -> Sections:
    """The sections of a result: of one year as they are, of several the overview and each year by itself."""
    if is_several(result):
        return _of_years(result)
    names = names_of(result.scenario.first)
    makers: tuple[Maker, ...] = (_levels, _pairs, *WHOLE, _coverage, _money, _delivery, _balance, _goals)
    makers += (_stages, _rules, _assumptions)
    made = [each for each in (make(result, names, "") for make in makers) if each is not None]
    return Sections((*made, _run(result)), (), ())


def _of_years(result: Result) -> Sections:
    names = names_of_all(result)
    money_and_pairs = (_money_of_years, _pairs_of_years)
    over = (_levels_of_years, _goals_of_years, *money_and_pairs, _batches, _volunteers, _balance_of_years)
    first = [each for each in (make(result, names) for make in over) if each is not None]
    views = year_views(result)
    years = tuple(_year(view, at == len(views) - 1) for at, view in enumerate(views))
    last = [_stages(result, names, ""), _assumptions(views[-1], names, ""), _run(result)]
    return Sections(tuple(first), years, tuple(each for each in last if each is not None))


def _year(view: Result, is_last: bool) -> YearParts:
    """The sections of one year, opened for the last year."""
    year, names = view.scenario.first.year, names_of(view.scenario.first)
    makers: tuple[Maker, ...] = (_levels, _pairs, *WHOLE, _coverage, _money, _delivery, _balance, _rules)
    made = (make(view, names, f"-{year}") for make in makers)
    return YearParts(year, year_summary(view, names), tuple(each for each in made if each is not None), is_last)


def _levels(result: Result, names: Names, suffix: str) -> Part | None:
    if content.empty(result.tables["towns"]):
        return None
    before = chart(f"map-before{suffix}", level_map(result, "before"))
    maps = (before, chart(f"map-after{suffix}", level_map(result, "after")))
    makers = [content.towns_grid, content.attainment_grid, *([] if suffix else [content.indicators_grid])]
    drawn = chart(f"levels{suffix}", figure(result, "levels"))
    return part("levels", (maps, (drawn,)), [make(result, names) for make in makers], suffix=suffix)


def _pairs(result: Result, names: Names, suffix: str) -> Part | None:
    if "mentoring" not in result.scenario.first.sections:
        return None
    maps = () if content.empty(result.tables["towns"]) else ((chart(f"pairs{suffix}", figure(result, "pairs")),),)
    drawn = (chart(f"pair-network{suffix}", figure(result, "pair_network")),)
    charts = (*maps, *(() if content.empty(result.tables["pairs"]) else (drawn,)))
    grids = [content.pairs_grid(result, names)]
    notes: tuple[str, ...] = ()
    if content.empty(result.tables["unpaired"]):
        notes = (say("report.no_unpaired"),)
    else:
        grids.append(content.unpaired_grid(result, names))
    grids += [content.mentors_grid(result, names), content.mentees_grid(result, names)]
    return part("pairs", charts, grids, notes, suffix)


def _whole(section: str) -> Maker:
    """The section of a block of whole things."""

    def make(result: Result, names: Names, suffix: str) -> Part | None:
        if section not in result.scenario.first.sections:
            return None
        grids = whole_grids(result, names, section)
        return part(section, (), grids, () if grids else (say("report.nothing_decided"),), suffix)

    return make


WHOLE: tuple[Maker, ...] = tuple(_whole(section) for section in SECTIONS)


def _coverage(result: Result, names: Names, suffix: str) -> Part | None:
    if content.empty(result.tables["bases"]):
        return None
    grids = [content_coverage.bases_grid(result, names)]
    if content.empty(result.tables["coverage"]):
        return part("coverage", (), grids, suffix=suffix)
    grids.insert(0, content_coverage.coverage_grid(result, names))
    notes: tuple[str, ...] = ()
    if content.empty(result.tables["uncovered"]):
        notes = (say("report.no_uncovered"),)
    else:
        grids.append(content_coverage.uncovered_grid(result, names))
    if not content.empty(result.tables["assignments"]):
        grids.append(content_coverage.assignments_grid(result, names))
    drawn = chart(f"coverage{suffix}", figure(result, "coverage"))
    return part("coverage", ((drawn,),), grids, notes, suffix)


def _money(result: Result, names: Names, suffix: str) -> Part | None:
    if content.empty(result.tables["funding"]):
        return None
    makers = [content.money_by_town_grid, content.money_by_source_grid, content.money_by_spending_grid]
    if not content.empty(result.tables["carry_over"]):
        makers[1] = content_years.carry_over_grid
    drawn = chart(f"funding{suffix}", figure(result, "funding"))
    return part("money", ((drawn,),), [make(result, names) for make in makers], suffix=suffix)


def _delivery(result: Result, names: Names, suffix: str) -> Part | None:
    if content.empty(result.tables["delivery"]):
        return None
    people = content.people_grid(result)
    grids = [content.delivery_grid(result, names), *([people] if people.rows else [])]
    if not content.empty(result.tables["volunteer_stock"]):
        grids.append(content.stock_by_town_grid(result, names))
    return part("delivery", (), grids, suffix=suffix)


def _balance(result: Result, names: Names, suffix: str) -> Part | None:
    if content.empty(result.tables["balance"]):
        return None
    return part("balance", (), [content.balance_grid(result, names)], suffix=suffix)


def _goals(result: Result, names: Names, suffix: str) -> Part | None:
    if content.empty(result.tables["goals"]):
        return None
    name = "goals_enforced" if result.run.get("goals_enforced") else "goals"
    return part(name, (), [content.goals_grid(result, names)], suffix=suffix)


def _stages(result: Result, names: Names, suffix: str) -> Part | None:
    table = result.tables["stages"]
    if content.empty(table):
        return None
    note = content_years.changes_note(unchanged_stages(table))
    return part("stages", (), [record.stages_grid(result, names)], (note,) if note else (), suffix)


def _rules(result: Result, names: Names, suffix: str) -> Part | None:
    grids = [record.rules_grid(result, names)]
    if result.scenario.first.common.locks:
        grids.append(record.locks_grid(result, names))
    return part("rules", (), grids, suffix=suffix)


def _assumptions(result: Result, names: Names, suffix: str) -> Part | None:
    grids = [record.effects_grid(result, names), record.origins_grid(result, names)]
    kept = [each for each in grids if each.rows]
    return part("assumptions", (), kept, suffix=suffix) if kept else None


def _run(result: Result) -> Part:
    return part("run", (), [record.run_grid(result), record.hashes_grid(result)])


def _levels_of_years(result: Result, names: Names) -> Part | None:
    grids = [content_years.years_grid(result, names)]
    if content.empty(result.tables["towns"]):
        return part("levels_years", (), grids)
    grids += [content_years.levels_years_grid(result, names), content.indicators_grid(result, names)]
    return part("levels_years", ((chart("levels", figure(result, "levels_over_years")),),), grids)


def _goals_of_years(result: Result, names: Names) -> Part | None:
    if content.empty(result.tables["goals"]):
        return None
    grids = [content_years.goals_years_grid(result, names), content_years.sentences_grid(result, names)]
    drawn = chart("goals", figure(result, "goals"))
    return part("goals_years", ((drawn,),), [each for each in grids if each.rows])


def _money_of_years(result: Result, names: Names) -> Part | None:
    if content.empty(result.tables["funding"]):
        return None
    drawn = chart("money", figure(result, "money_over_years"))
    return part("money_years", ((drawn,),), [content_years.carry_over_grid(result, names)])


def _pairs_of_years(result: Result, names: Names) -> Part | None:
    if all("mentoring" not in plan.sections for plan in result.scenario.plan_years):
        return None
    grids = [content_years.agreements_grid(result, names), content_years.unpaired_years_grid(result, names)]
    charts = [] if content.empty(result.tables["pairs"]) else [(chart("pairs", figure(result, "pair_timeline")),)]
    notes = (say("report.no_unpaired"),) if content.empty(result.tables["unpaired"]) else ()
    return part("pairs_years", charts, [each for each in grids if each.rows], notes)


def _batches(result: Result, names: Names) -> Part | None:
    grids = batch_grids(result, names)
    return part("batches_years", (), grids) if grids else None


def _volunteers(result: Result, _: Names) -> Part | None:
    if content.empty(result.tables["volunteer_stock"]):
        return None
    return part("volunteers_years", (), [content_years.stock_grid(result)])


def _balance_of_years(result: Result, names: Names) -> Part | None:
    if content.empty(result.tables["balance"]):
        return None
    return part("balance_years", (), [content_years.balance_years_grid(result, names)])
