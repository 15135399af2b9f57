"""Demonstration towns (社区教育示范镇街): a town is recognised by a standard, once, if it meets all of its criteria.

A criterion asks that a measure of the town (an indicator, its level, money a head, or what a block counts) reaches a
number in the year of the recognition; a recognition is never lost, whatever the measure does later. Cultivation is
paid in the same year. A standard that stands `after` another is given only to towns that hold the other by then; what
was recognised before the plan counts as it is.

Data
    mature(town)                              yes or no   level before the plan's first year >= eligible.min_level
    already[town, standard]                   0 or 1      recognised before the plan      table: demonstration.before
    asked_of_town[standard, criterion]        in the measure's unit                       table: demonstration.criteria
    cultivation_cost[standard]                yuan        unit_cost                       scenario: demonstration
    most_a_year, least_towns                  towns       scenario: demonstration
Variables
    demonstrated[town, standard, year]        0 or 1      the town holds the standard
    recognition[town, standard, year]         0 to 1      it is recognised in this year; 0 for towns that are not mature
                                              and for what is recognised already
    any_standard[town, year]                  0 to 1      it holds some standard; only where there are several
Rows
    recognised_since[town, standard, year]    demonstrated == recognition + demonstrated of the year before (in the
                                              first year: + already)
    standard_met[town, standard, criterion, year]   100 * measure / asked_of_town >= 100 * recognition
    standard_order[town, standard, year]      recognition <= demonstrated of the standard that it stands after
    some_standard[town, year]                 any_standard <= sum of demonstrated over the standards that stand after
                                              none (+ 1 where only another one was held before the plan)
    recognitions_a_year[year]                 sum over town and standard of recognition <= most_a_year
    demonstration_least[year]                 sum over town of any_standard >= least_towns, in the last year decided
Ledgers
    cost    use      cultivation_cost * recognition, line `demonstration` of the town
    count   supply   demonstrated as demonstration_<standard>; any_standard as demonstration_towns
Source
    Plan text: 对条件较为成熟的镇街加大培育力度，指导创建省级和全国社区教育示范镇（街），争取50%以上镇街达到
    省级或全国示范镇街建设标准. Each criterion is a row of its own with its own number: tight, without a large constant.
"""

from __future__ import annotations

import numpy as np

from allocator.blocks.demonstration.records import Records, criteria, records
from allocator.blocks.demonstration.section import ANY, LINE, Demonstration
from allocator.blocks.shared.amounts import amounts
from allocator.blocks.shared.entries import charge, count
from allocator.blocks.shared.measures import sizes
from allocator.model import Codes, Floats, Model, Terms, constant_label
from allocator.scenario.plan_year import PlanYear

PERCENT = 100.0


def build(model: Model, plan: PlanYear, given: Demonstration) -> None:
    """Declare who holds which standard since when, what it costs, and how many do."""
    found = records(plan, given)
    year = model.axes["year"].code(str(plan.year))
    codes = model.axes["standard"].codes(found.standards)
    town, standard = (at.ravel() for at in np.indices(found.may.shape))
    labels = {"town": town, "standard": codes[standard], "year": constant_label(year, len(town))}
    demonstrated = model.variables("demonstrated", labels, "towns", upper=1.0, integer=True, settle=True)
    recognition = model.variables("recognition", labels, "towns", upper=found.may.ravel().astype(float))
    before, already = _before(model, plan, found, demonstrated)
    model.define("recognised_since", labels, [demonstrated, -recognition, -before], "==", already, unit="towns")
    costs = np.array([each.unit_cost for each in given.standards])
    if LINE in given.cost_lines():
        charge(model, "demonstration", LINE, recognition * costs[standard])
    for at, each in enumerate(given.standards):
        count(model, "demonstration", each.counted, demonstrated.where(standard == at))
    some = _any(model, given, found, demonstrated)
    count(model, "demonstration", ANY, some)
    _order(model, given, recognition, demonstrated)
    _numbers(model, plan, given, recognition, some)
    model.when_built(lambda: _criteria(model, plan, given))


def _criteria(model: Model, plan: PlanYear, given: Demonstration) -> None:
    """Declare the criteria; every other block has said by now what it brings and pays in the year."""
    found, table = records(plan, given), criteria(plan, given)
    recognition = model.year("recognition", model.axes["year"].code(str(plan.year)))
    for measure, rows in table.groupby("measure", sort=True):
        amount, size = amounts(model, plan, str(measure)), sizes(plan, str(measure))
        for row in rows.to_dict("records"):
            may = found.may[:, found.standards.index(row["standard"])] & (size > 0)
            if may.any():
                _criterion(
                    model, (row["standard"], row["criterion"]), (may, size * row["at_least"]), amount, recognition
                )


def _criterion(
    model: Model,
    name: tuple[str, str],
    asked: tuple[np.ndarray, Floats],
    amount: tuple[Terms, Floats],
    recognition: Terms,
) -> None:
    """One row for each town that may be recognised; asked: those towns, and the amount that each must reach."""
    towns, codes = (
        np.flatnonzero(asked[0]),
        [model.axes[d].code(i) for d, i in zip(("standard", "criterion"), name, strict=True)],
    )
    measure, constant = amount
    factor = np.zeros(len(constant))
    factor[towns] = PERCENT / asked[1][towns]

    def labelled(town: Codes) -> dict[str, Codes]:
        own = {dim: constant_label(code, len(town)) for dim, code in zip(("standard", "criterion"), codes, strict=True)}
        return {"town": town, **own, "year": constant_label(int(recognition["year"][0]), len(town))}

    measure = (measure * factor[measure["town"]]).where(np.isin(measure["town"], towns))
    mine = recognition.where((recognition["standard"] == codes[0]) & np.isin(recognition["town"], towns))
    model.define(
        "standard_met",
        labelled(towns),
        [measure.labelled(labelled(measure["town"])), (mine * -PERCENT).labelled(labelled(mine["town"]))],
        ">=",
        -constant[towns] * factor[towns],
        unit="percent of criterion",
    )


def _before(model: Model, plan: PlanYear, found: Records, demonstrated: Terms) -> tuple[Terms, Floats]:
    """Columns of the year before under this year's labels; and what was held before the plan, where there are none."""
    already = found.held.ravel().astype(float)
    nothing = demonstrated.where(np.zeros(len(demonstrated), dtype=bool))
    if plan.before is None or "demonstration" not in plan.before.sections:
        return nothing, already
    before = model.year("demonstrated", model.axes["year"].code(str(plan.before.year)))
    before = before.where(np.isin(before["standard"], demonstrated["standard"]))
    known = np.isin(demonstrated["standard"], before["standard"])
    year = constant_label(int(demonstrated["year"][0]), len(before))
    return before.labelled({**before.labels, "year": year}), np.where(known, 0.0, already)


def _any(model: Model, given: Demonstration, found: Records, demonstrated: Terms) -> Terms:
    """Towns that hold some standard. Whoever is recognised by a standard after another holds that one as well."""
    if len(given.standards) == 1:
        return demonstrated.labelled({dim: demonstrated[dim] for dim in ("town", "year")})
    towns = np.arange(len(found.held))
    labels = {"town": towns, "year": constant_label(int(demonstrated["year"][0]), len(towns))}
    some = model.variables("any_standard", labels, "towns", upper=1.0)
    first = np.array([each.after is None for each in given.standards])
    roots = model.axes["standard"].codes([each.id for each in given.standards if each.after is None])
    held = demonstrated.where(np.isin(demonstrated["standard"], roots))
    held = held.labelled({dim: held[dim] for dim in labels})
    other = found.held[:, ~first].any(axis=1) & ~found.held[:, first].any(axis=1)
    model.define("some_standard", labels, [some, -held], "<=", other.astype(float), unit="towns")
    return some


def _order(model: Model, given: Demonstration, recognition: Terms, demonstrated: Terms) -> None:
    """A standard after another needs the other."""
    axis = model.axes["standard"]
    for each in given.standards:
        if each.after is None:
            continue
        mine = recognition.where(recognition["standard"] == axis.code(each.id))
        other = demonstrated.where(demonstrated["standard"] == axis.code(each.after))
        labels = dict(mine.labels)
        model.define(
            "standard_order",
            labels,
            [mine, -other.labelled(labels)],
            "<=",
            0.0,
            unit="towns",
        )


def _numbers(model: Model, plan: PlanYear, given: Demonstration, recognition: Terms, some: Terms) -> None:
    """How many may be recognised in the year, and how many must hold a standard in the end."""
    year = {"year": recognition["year"][:1]}
    if given.most_a_year is not None:
        every = recognition.labelled({"year": recognition["year"]})
        path = "demonstration.most_a_year"
        most = float(given.most_a_year)
        rows = model.constrain("recognitions_a_year", year, [every], "<=", most, unit="towns", requirement=path)
        model.row_parameter(path, rows, 1.0)
    if given.least_towns is not None and plan.is_last:
        held = some.labelled({"year": some["year"]})
        path = "demonstration.least_towns"
        least = float(given.least_towns)
        rows = model.constrain("demonstration_least", year, [held], ">=", least, unit="towns", requirement=path)
        model.row_parameter(path, rows, 1.0)
