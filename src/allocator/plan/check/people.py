"""People and rooms: hours that floors need against hours that can reach them, and guidance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from allocator.plan.check.bounds import Units, supervision_relief, units
from allocator.plan.check.said import below, by_town, exceeds, finding, named
from allocator.plan.check.supply import (
    Bools,
    Floats,
    Teachers,
    bought,
    school_rooms,
    station_hours,
    taught_categories,
    teachers,
    venue_rooms,
    volunteer_hours,
    volunteer_reach,
)
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY
from allocator.words.errors import Finding


def people_findings(plan: PlanYear) -> list[Finding]:
    """Everything that arithmetic can say about hours."""
    counted = units(plan)
    found = [*_venues(plan, counted), *_volunteers(plan, counted), *_supervision(plan, counted)]
    staff = teachers(plan)
    if staff is not None:
        own = () if "purchase" in plan.sections else _teachers(plan, counted, staff)
        found += [*own, *_exchange(plan, counted, staff)]
    return [*found, *_guidance(plan)]


def _exceeds(need: Floats, most: Floats) -> Bools:
    return np.array([exceeds(a, b) for a, b in zip(need, most, strict=True)], dtype=bool)


def _floor_path(counted: Units, need: str) -> str:
    """The floor of a programme that needs something."""
    amounts = counted.per_unit(need)
    with_floor = [
        p.id
        for p, amount, least in zip(counted.programmes, amounts, counted.least.T, strict=True)
        if amount > 0 and least.any()
    ]
    return f"delivery.programmes.{with_floor[0]}.floor" if with_floor else "delivery.programmes"


def _venues(plan: PlanYear, counted: Units) -> Iterator[Finding]:
    rooms = venue_rooms(plan)
    if rooms is None or not counted.programmes:
        return
    need = counted.least @ counted.per_unit("venue_hours")
    values = {"need": need, "most": rooms, "short": need - rooms}
    yield from by_town(plan, "F205", _floor_path(counted, "venue_hours"), _exceeds(need, rooms), values)


def _volunteers(plan: PlanYear, counted: Units) -> Iterator[Finding]:
    own, reach = volunteer_hours(plan), volunteer_reach(plan)
    if own is None or reach is None or not counted.programmes:
        return
    need = counted.least @ counted.per_unit("volunteer_hours")
    path = _floor_path(counted, "volunteer_hours")
    values = {"need": need, "most": reach, "short": need - reach}
    yield from by_town(plan, "F203", path, _exceeds(need, reach), values)
    if exceeds(need.sum(), own.sum()):
        whole = {"need": need.sum(), "most": own.sum(), "short": need.sum() - own.sum()}
        yield finding(plan, "F204", path, whole)


def _supervision(plan: PlanYear, counted: Units) -> Iterator[Finding]:
    """Volunteer hours against the teacher hours that must stand beside them."""
    given: Any = plan.sections.get("volunteering")
    if given is None or given.supervision_ratio is None or not counted.programmes:
        return
    ratio, path = given.supervision_ratio, "volunteering.supervision_ratio"
    taught, helped = counted.per_unit("teacher_hours"), counted.per_unit("volunteer_hours")
    if helped.any() and not taught.any():
        yield finding(plan, "W213", path, {"ratio": ratio})
    needed = counted.least @ np.maximum(helped - ratio * taught, 0.0)
    relief = supervision_relief(counted.programmes, counted.most, ratio)
    values = {"ratio": ratio, "need": needed, "most": relief}
    yield from by_town(plan, "F206", path, _exceeds(needed, relief), values)


def _teachers(plan: PlanYear, counted: Units, staff: Teachers) -> Iterator[Finding]:
    """Teacher hours that floors need, by category, in a town and in the district."""
    hours, reach = counted.per_unit("teacher_hours"), staff.most.T @ staff.able
    whole, path = np.zeros(len(staff.ids)), _floor_path(counted, "teacher_hours")
    total, said = 0.0, False
    for code, category in enumerate(taught_categories(plan)):
        own = np.array([(p.category or ANY_CATEGORY) == category for p in counted.programmes], dtype=bool)
        need = counted.least @ (hours * own) if len(own) else np.zeros(len(plan.towns))
        values = {
            "category": named(plan, category),
            "need": need,
            "most": reach[:, code],
            "short": need - reach[:, code],
        }
        broken = _exceeds(need, reach[:, code])
        yield from by_town(plan, "F201", path, broken, values)
        most = float(staff.hours @ staff.able[:, code])
        said |= bool(broken.any()) or exceeds(need.sum(), most)
        if exceeds(need.sum(), most) and not broken.any():
            district = {**values, "need": need.sum(), "most": most, "short": need.sum() - most}
            yield finding(plan, "F202", path, district)
        if need.any():
            whole = np.maximum(whole, staff.able[:, code])
            total += float(need.sum())
    if not said and exceeds(total, float(staff.hours @ whole)):
        most = float(staff.hours @ whole)
        yield finding(plan, "F209", path, {"need": total, "most": most, "short": total - most})


def _exchange(plan: PlanYear, counted: Units, staff: Teachers) -> Iterator[Finding]:
    """Least shares of exchange against the hours that can be taught away from home; hours of posted teachers are in
    neither, so that floors say nothing where teachers may be posted."""
    if "posting" in plan.sections:
        return
    given: Any = plan.sections["teaching"]
    need = float((counted.least @ counted.per_unit("teacher_hours")).sum()) if counted.programmes else 0.0
    offered = bought(plan)
    need = max(0.0, need - offered.whole()) if offered is not None else need
    away = np.where(staff.away, staff.most, 0.0).max(axis=1, initial=0.0)
    share = given.exchange_min_share or 0.0
    if exceeds(share * need, float(away.sum())):
        values = {
            "share": share,
            "total": need,
            "need": share * need,
            "most": float(away.sum()),
            "possible": below(away.sum() / need),
        }
        yield finding(plan, "F207", "teaching.exchange_min_share", values)
    backbone = float(away[staff.backbone].sum())
    wished = (given.backbone_min_share or 0.0) * share * need
    if exceeds(wished, backbone):
        values = {
            "share": given.backbone_min_share,
            "total": share * need,
            "need": wished,
            "most": backbone,
            "possible": f"{np.floor(backbone / (share * need) * 1e4) / 1e4:g}",
        }
        yield finding(plan, "F208", "teaching.backbone_min_share", values)


def _guidance(plan: PlanYear) -> Iterator[Finding]:
    """Least hours of town schools and stations against what the district centre and town schools have."""
    given: Any = plan.sections.get("guidance")
    if given is None:
        return
    towns = len(plan.towns)
    need = given.town_min_hours * towns
    if exceeds(need, given.district_hours):
        values = {
            "towns": towns,
            "hours": given.town_min_hours,
            "need": need,
            "most": given.district_hours,
            "short": need - given.district_hours,
            "possible": f"{np.floor(given.district_hours / towns * 100) / 100:g}",
        }
        yield finding(plan, "F301", "guidance.town_min_hours", values)
    if "school_hours" in plan.towns:
        rooms, stations = school_rooms(plan), station_hours(plan)
        values = {
            "stations": plan.per_town("stations"),
            "hours": given.station_min_hours,
            "need": stations,
            "most": rooms,
            "short": stations - rooms,
        }
        yield from by_town(plan, "F302", "guidance.station_min_hours", _exceeds(stations, rooms), values)
