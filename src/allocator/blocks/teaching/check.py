"""Teachers: hours that floors need against hours that can reach them, and the least shares of exchange."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from allocator.blocks.shared.known import Known, Teachers, taught_categories
from allocator.blocks.shared.locked import Range, chosen
from allocator.blocks.shared.said import below, by_town, each_exceeds, exceeds, finding, named
from allocator.blocks.teaching.section import Teaching
from allocator.scenario.section import Lock
from allocator.words.errors import Finding
from allocator.words.texts import Text


def findings(known: Known, given: Teaching) -> list[Finding]:
    """Everything that arithmetic can say about teacher hours; where hours may be bought, floors are looked at there."""
    staff = known.supply.teachers
    if staff is None:
        return []
    own = () if known.supply.offers is not None else _hours(known, staff)
    return [*own, *_exchange(known, given, staff)]


def _hours(known: Known, staff: Teachers) -> Iterator[Finding]:
    """Teacher hours that floors need, by category, in a town and in the district."""
    plan, counted, reach = known.plan, known.units, staff.most.T @ staff.able
    whole, path = np.zeros(len(staff.ids)), counted.floor_path("teacher_hours")
    total, said = 0.0, False
    for code, category in enumerate(taught_categories(plan)):
        need = counted.teacher_hours(category)
        values = {
            "category": named(plan, category),
            "need": need,
            "most": reach[:, code],
            "short": need - reach[:, code],
        }
        broken = each_exceeds(need, reach[:, code])
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


def _exchange(known: Known, given: Teaching, staff: Teachers) -> Iterator[Finding]:
    """Least shares of exchange against the hours that can be taught away from home; hours of posted teachers are in
    neither, so that floors say nothing where teachers may be posted."""
    plan, counted, offered = known.plan, known.units, known.supply.offers
    if "posting" in plan.sections:
        return
    need = float((counted.least @ counted.per_unit("teacher_hours")).sum()) if counted.programmes else 0.0
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


def lock_range(known: Known, given: Teaching, lock: Lock) -> Range:  # noqa: ARG001
    """Hours of the teachers who can teach it, each in the best of the towns."""
    plan, staff = known.plan, known.supply.teachers
    assert staff is not None
    category = lock.where.get("category")
    codes = range(len(taught_categories(plan))) if category is None else [taught_categories(plan).index(category)]
    who = np.array([lock.where.get("teacher") in (None, word) for word in staff.ids], dtype=bool)
    homes = np.isin(staff.home, chosen(plan, lock, "from_town"))
    able = (staff.able[:, list(codes)] > 0).any(axis=1) & who & homes
    most = staff.most[:, chosen(plan, lock, "to_town")].max(axis=1, initial=0.0)
    return Range(0.0, float(most[able].sum()), Text("check.why_teaching"))
