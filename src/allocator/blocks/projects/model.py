"""Projects (项目库): which projects of the library start, in which year; a knapsack with windows and prerequisites.

A project starts at most once, within its window, and not if it began before the plan. It then runs to the end of the
plan; one of a kind that is not `yearly` is done within the year in which it starts. It is paid once in the year it
starts and yearly as long as it runs, by its town or the district centre, on the cost line of its kind.

Data
    once_cost, yearly_cost                yuan      projects table: once_yuan, yearly_yuan
    project_benefit                       points    projects table: benefit
    project_gains                                   project_effects table; in every town: for each 1,000 of the
                                                    indicator's denominator
    most_in_town, most_of_kind            projects  scenario: projects.kinds (most_in_town, at_most)
    ran_on[project]                       0 or 1    the project began before the plan and goes on
    had_begun[project]                    0 or 1    the project began before the plan
Variables
    project_start[project, year]          0 or 1    only in the window first_year..last_year; not if had_begun
    project_running[project, year]        0 to 1    only projects that have begun or may have by then
Rows
    project_runs[project, year]           project_running == project_start + project_running of the year before
                                          (in the first year: + ran_on); if not `yearly`: == project_start
    project_once[project, year]           sum of project_start of this and all years before <= 1
    project_needs[project, needed, year]  project_start <= project_start of the needed project in this and all years
                                          before + had_begun
    project_excludes[project, excluded, year]   project_start of both in this and all years before <= 1
                                                (0 if one of them had begun)
    projects_in_town[town, project_kind, year]  sum of project_running <= most_in_town; not the district centre
    projects_at_most[project_kind, year]        sum of project_running <= most_of_kind
Ledgers
    cost    use      once_cost * project_start + yearly_cost * project_running, line of the kind, of the project's town
    value   supply   project_gains * project_running / denominator
    count   supply   project_running by kind (`<kind>`), project_start by kind (`new_<kind>`)
Outcomes
    projects.benefit[project, year]       points of the running projects
    projects.benefit_by_town[town, year]  points of the running projects of each town, without the district centre
Source
    Project selection as a knapsack with precedence (Lorie and Savage 1955; Johnson and Niemi 1983). Plan text:
    建设6-8个具有番禺特色的本土课程; 争取建设10个以上的活动品牌; 坚持每年有一批课题项目立项.
"""

from __future__ import annotations

import numpy as np

from allocator.blocks.projects.library import Library, gains, library, links
from allocator.blocks.projects.section import NEW, Projects
from allocator.blocks.shared.entries import charge, count
from allocator.model import Codes, Model, Outcome, Terms, constant_label, joined
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import DISTRICT


def build(model: Model, plan: PlanYear, given: Projects) -> None:
    """Declare which projects start and run, the rules between them, and what they cost and bring."""
    found = library(plan, given)
    codes, year = model.axes["project"].codes(found.ids), model.axes["year"].code(str(plan.year))
    startable = np.flatnonzero(found.may_start(plan.year))
    labels = {"project": codes[startable], "year": constant_label(year, len(startable))}
    start = model.variables("project_start", labels, "projects", upper=1.0, integer=True, settle=True)
    running = _running(model, plan, found, codes, start)
    _between_projects(model, plan, given, (found, codes, start))
    starts, runs = (_by_position(codes, part) for part in (start, running))
    _limits(model, found, runs)
    _counts_and_costs(model, found, starts, runs)
    _value(model, plan, given, found, runs)
    _outcomes(model, plan, found, codes, runs)


def _by_position(codes: Codes, terms: Terms) -> Terms:
    """Terms of projects, labelled with their position in the library (whose codes rise)."""
    return terms.labelled({"project": np.searchsorted(codes, terms["project"]), "year": terms["year"]})


def _until_now(model: Model, codes: Codes, year: int) -> Terms:
    """Columns of starts in this and all years before, of projects of this year's library, labelled with this year."""
    every = model.family("project_start")
    every = every.where(np.isin(every["project"], codes))
    return every.labelled({"project": every["project"], "year": constant_label(year, len(every))})


def _running(model: Model, plan: PlanYear, found: Library, codes: Codes, start: Terms) -> Terms:
    """Declare which projects run, and tie that to their starts."""
    year = model.axes["year"].code(str(plan.year))
    nothing = np.zeros(0, dtype=np.intp)
    before = Terms({"project": nothing, "year": nothing}, nothing, np.zeros(0))
    if plan.before is not None and "project_running" in model.columns:
        before = model.year("project_running", model.axes["year"].code(str(plan.before.year)))
        before = before.where(np.isin(before["project"], codes[found.goes_on]))
    known = np.isin(codes, before["project"])
    runs_on = found.runs_on & ~known
    may = np.isin(codes, start["project"]) | known | runs_on
    labels = {"project": codes[may], "year": constant_label(year, int(may.sum()))}
    running = model.variables("project_running", labels, "projects", upper=1.0)
    kept = before.labelled({"project": before["project"], "year": constant_label(year, len(before))})
    parts = [running, -start, -kept]
    model.define("project_runs", labels, parts, "==", runs_on[may].astype(float), unit="projects")
    return running


def _between_projects(model: Model, plan: PlanYear, given: Projects, what: tuple[Library, Codes, Terms]) -> None:
    """Each once; prerequisites; exclusions. Only rows in which something may start this year."""
    found, codes, start = what
    year = model.axes["year"].code(str(plan.year))
    until_now, may = _until_now(model, codes, year), np.isin(codes, start["project"])
    own = until_now.where(np.isin(until_now["project"], start["project"]))
    model.constrain("project_once", start.labels, [own], "<=", 1.0, unit="projects", requirement="projects.table")
    project, needed = links(plan, given.needs, "needs", found)
    kept = may[project]
    project, needed = project[kept], needed[kept]
    rows = {"project": codes[project], "needed": codes[needed], "year": constant_label(year, len(project))}
    terms = [_spread(start, rows, "project"), -_spread(until_now, rows, "needed")]
    had_begun = found.has_begun[needed].astype(float)
    model.constrain("project_needs", rows, terms, "<=", had_begun, unit="projects", requirement="projects.needs")
    project, excluded = links(plan, given.excludes, "other", found)
    kept = may[project] | may[excluded]
    project, excluded = project[kept], excluded[kept]
    rows = {"project": codes[project], "excluded": codes[excluded], "year": constant_label(year, len(project))}
    terms = [_spread(until_now, rows, "project"), _spread(until_now, rows, "excluded")]
    left = (~(found.has_begun[project] | found.has_begun[excluded])).astype(float)
    model.constrain("project_excludes", rows, terms, "<=", left, unit="projects", requirement="projects.excludes")


def _spread(terms: Terms, rows: dict[str, Codes], dim: str) -> Terms:
    """Terms of projects put into every row that names the project under a label."""
    row, term = np.nonzero(rows[dim][:, None] == terms["project"][None, :])
    return terms.where(term).labelled({label: codes[row] for label, codes in rows.items()})


def _limits(model: Model, found: Library, runs: Terms) -> None:
    """Most projects of a kind in a town, and in the district."""
    kinds = model.axes["project_kind"].codes(kind.id for kind in found.kinds)
    labels = {"town": found.town[runs["project"]], "project_kind": kinds[found.kind[runs["project"]]]}
    of_kinds = runs.labelled({**labels, "year": runs["year"]})
    centre = model.axes["town"].code(DISTRICT)
    for code, kind in zip(kinds, found.kinds, strict=True):
        own = of_kinds.where(of_kinds["project_kind"] == code)
        in_towns = own.where(own["town"] != centre)
        if kind.most_in_town is not None and len(in_towns):
            towns = np.unique(in_towns["town"])
            rows = {"town": towns, "project_kind": constant_label(int(code), len(towns))}
            rows["year"] = constant_label(int(own["year"][0]), len(towns))
            most, path = float(kind.most_in_town), f"projects.kinds.{kind.id}.most_in_town"
            made = model.constrain("projects_in_town", rows, [in_towns], "<=", most, unit="projects", requirement=path)
            model.row_parameter(path, made, 1.0)
        if kind.at_most is not None and len(own):
            rows = {"project_kind": np.array([code]), "year": own["year"][:1]}
            most, path = float(kind.at_most), f"projects.kinds.{kind.id}.at_most"
            made = model.constrain("projects_at_most", rows, [own], "<=", most, unit="projects", requirement=path)
            model.row_parameter(path, made, 1.0)


def _counts_and_costs(model: Model, found: Library, starts: Terms, runs: Terms) -> None:
    """How many projects of each kind start and run where, and what they cost there."""
    for at, kind in enumerate(found.kinds):
        new, old = (part.where(found.kind[part["project"]] == at) for part in (starts, runs))
        there, begin = _in_towns(old, found.town), _in_towns(new, found.town)
        count(model, "projects", kind.id, there)
        count(model, "projects", NEW + kind.id, begin)
        parts = [begin * found.once[new["project"]], there * found.yearly[old["project"]]]
        charge(model, "projects", kind.id, joined(parts, ("town", "year")))


def _in_towns(units: Terms, town: Codes) -> Terms:
    """Terms of projects under the labels of their towns."""
    return units.labelled({"town": town[units["project"]], "year": units["year"]})


def _value(model: Model, plan: PlanYear, given: Projects, found: Library, runs: Terms) -> None:
    """What running projects add to the indicators."""
    if given.effects is None:
        return
    brought = gains(plan, given, found)
    gain, term = np.nonzero(brought.project[:, None] == runs["project"][None, :])
    worth = runs.where(term) * brought.value[gain]
    labels = {"town": brought.town[gain], "indicator": brought.indicator[gain], "year": worth["year"]}
    model.ledgers["value"].supply("projects", worth.labelled(labels))


def _outcomes(model: Model, plan: PlanYear, found: Library, codes: Codes, runs: Terms) -> None:
    """Points of the running projects, by project and by town."""
    year, points = model.axes["year"].code(str(plan.year)), runs * found.benefit[runs["project"]]
    of_project = points.labelled({"outcome": points["project"]})
    labels = {"project": codes, "year": constant_label(year, len(codes))}
    model.outcome(Outcome("projects.benefit", "points", labels, of_project, np.zeros(len(codes))))
    town, towns = found.town[points["project"]], np.arange(len(plan.towns))
    in_towns = points.labelled({"outcome": town}).where(town < len(towns))
    labels = {"town": towns, "year": constant_label(year, len(towns))}
    model.outcome(Outcome("projects.benefit_by_town", "points", labels, in_towns, np.zeros(len(towns))))
