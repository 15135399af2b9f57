"""The factor method (因素法) and the baseline of the tie-break: a published formula, no optimisation.

    funding[town, programme, source] = amount[source] * town_share[town] * programme_share[programme | source]

town_share is the weighted mean of the town's shares of the factors (residents, stations, ...); or, where the
baseline is last year's plan, the town's share of last year's money (of the year before the plan, in years that are
decided together). programme_share is stated by the scenario,
else even, and spread anew over the programmes whose spending category the source may pay for. The other
decisions follow: units by unit cost, teaching at home evenly over the teacher's categories, volunteering at home
by need, as many volunteers trained as leave, guidance by stations, last year's pairs or none, no money carried on.
The result need not be feasible.

Source: 因素法 as used for special funds (sum of weight x share).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from allocator.blocks.delivery.section import Delivery
from allocator.blocks.funding.section import Funding
from allocator.blocks.guidance.section import Guidance
from allocator.blocks.mentoring.past import last_year_pairs
from allocator.blocks.volunteering.section import Volunteering, stock_of
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import TieBreakStage

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Baseline:
    """Decisions by formula; towns, programmes and sources in id order."""

    kind: str
    """``last_year`` or ``factor_method``."""
    town_share: Floats
    funding: Floats
    """Yuan [town, programme, source]."""
    units: Floats
    """Units [town, programme]."""
    volunteering: Floats
    """Hours at home [town]."""
    trained: Floats
    """Volunteers trained [town]."""
    guidance: Floats
    """Hours of the district centre [town]."""
    station_guidance: Floats
    """Hours of the town school [town]."""
    pairs: tuple[tuple[str, str], ...]
    """Mentor and mentee."""


def factor_shares(plan: PlanYear, stage: TieBreakStage) -> Floats:
    """Factor share of each town, summing to 1: sum over factors of weight x town's share of the factor."""
    shares = np.zeros(len(plan.towns))
    for column, weight in stage.factors.items():
        amounts = plan.per_town(column)
        shares += weight * amounts / amounts.sum()
    return np.asarray(shares / shares.sum())


def baseline(plan: PlanYear, stage: TieBreakStage) -> Baseline:
    """The decisions the tie-break measures its distance from."""
    kind, shares = "factor_method", factor_shares(plan, stage)
    before = plan.last_year_money() if plan.before is None else plan.money_before_plan()
    use_last_year = stage.baseline == "last_year_else_factor_method"
    if use_last_year and before is not None and before.sum() > 0:
        kind, shares = "last_year", before / before.sum()
    delivery = plan.section(Delivery)
    programmes = delivery.programmes if delivery else ()
    funding = _funding(plan, stage, shares, programmes)
    costs = np.array([p.unit_cost for p in programmes])
    money = funding.sum(axis=2)
    units = np.divide(money, costs, out=np.zeros_like(money), where=costs > 0)
    hours = np.array([p.volunteer_hours for p in programmes])
    stations = plan.per_town("stations") if "stations" in plan.towns else np.zeros(len(plan.towns))
    guidance = plan.section(Guidance)
    of_district = guidance.district_hours if guidance else 0.0
    of_school = guidance.station_min_hours if guidance else 0.0
    pairs = (last_year_pairs(plan) if use_last_year else None) or ()
    return Baseline(
        kind,
        shares,
        funding,
        units,
        units @ hours if len(programmes) else np.zeros(len(plan.towns)),
        _leaving(plan),
        of_district * stations / max(1.0, stations.sum()),
        of_school * stations,
        tuple(pairs),
    )


def _leaving(plan: PlanYear) -> Floats:
    """Volunteers that leave in the year, of those before it [town]; none where the stock is not decided."""
    stock = stock_of(plan)
    if stock is None:
        return np.zeros(len(plan.towns))
    volunteering = plan.required(Volunteering)
    heads = plan.tables[volunteering.volunteers].set_index("town")["heads"].reindex(plan.towns.index, fill_value=0.0)
    return np.asarray((1.0 - stock.retention) * heads.to_numpy(dtype=float))


def _funding(plan: PlanYear, stage: TieBreakStage, shares: Floats, programmes: Any) -> Floats:
    funding = plan.section(Funding)
    sources = funding.sources if funding else ()
    given = stage.programme_shares
    wished = np.array([1.0 if given is None else given.get(p.id, 0.0) for p in programmes])
    cells = np.zeros((len(plan.towns), len(programmes), len(sources)))
    for s, source in enumerate(sources):
        allowed = wished * np.array([p.spending in source.pays and p.unit_cost > 0 for p in programmes])
        if allowed.sum() > 0:
            cells[:, :, s] = source.amount * np.outer(shares, allowed / allowed.sum())
    return cells
