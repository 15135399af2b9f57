"""What the funding rules ask for and what there is: the numbers that the checks of money compare."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from allocator.blocks.shared.known import Bools, Floats, Lines, Pool, Units, most_within
from allocator.blocks.shared.said import amounts, number
from allocator.scenario.plan_year import PlanYear
from allocator.words.texts import Text

if TYPE_CHECKING:
    from allocator.blocks.funding.section import Funding


@dataclass(frozen=True, eq=False)
class Money:
    """What the funding rules ask for and what there is, in yuan."""

    plan: PlanYear
    given: Funding
    lines: Lines
    units: Units
    pools: list[Pool]
    """What units need of people and rooms [hours]."""
    amount: Floats
    """[source]."""
    pays: Bools
    """[source, line]."""
    special: Bools
    """[source]: counts as the special fund."""
    town_floor: Floats
    """Special-fund money each town must get by the floor a head."""
    earmarks: Floats
    """[source, town]."""
    last: Floats | None
    """Last year's money of each town, where yearly bounds apply."""

    @property
    def ids(self) -> list[str]:
        """Sources, in published order."""
        return [source.id for source in self.given.sources]

    def paying(self, spending: Collection[str]) -> float:
        """Most money of the sources that may pay for any of some spending categories."""
        sources = zip(self.given.sources, self.amount.tolist(), strict=True)
        return float(sum(amount for source, amount in sources if set(source.pays) & set(spending)))

    def sources(self, chosen: Bools) -> Text:
        """Some sources with what each gives."""
        words = [word for word, is_in in zip(self.ids, chosen, strict=True) if is_in]
        return amounts(self.plan, words, self.amount[chosen].tolist())

    @property
    def spendable(self) -> Floats:
        """Most money of each cost line and recipient [recipient, line]: none where no source may pay."""
        return np.where(self.pays.any(axis=0), self.lines.most, 0.0)

    def of_sources(self, chosen: Bools) -> Floats:
        """Most money of some sources that each recipient can spend."""
        paid = self.paid_by(chosen)
        return np.asarray(np.where(paid, self.lines.most, 0.0).sum(axis=1))

    def paid_by(self, sources: Bools | int) -> Bools:
        """Lines that some source among these may pay."""
        return np.asarray(np.atleast_2d(self.pays[sources]).any(axis=0))

    def pooled(self, chosen: Bools) -> tuple[float, Text]:
        """Most money of some cost lines in the whole district, and why: ceilings, or all hours there are."""
        chosen = chosen & np.asarray(self.pays.any(axis=0))
        best, why = float(self.lines.most[:, chosen].sum()), Text("check.by_ceilings")
        at = {line: n for n, line in enumerate(self.lines.ids)}
        own = [n for n, p in enumerate(self.units.programmes) if p.id in at and chosen[at[p.id]]]
        others = [n for n, line in enumerate(self.lines.ids) if chosen[n] and line not in self.plan.programme_ids]
        costs, room = self.units.per_unit("unit_cost")[own], self.units.most.sum(axis=0)[own]
        for need, supply, *_ in self.pools:
            can = most_within(costs, self.units.per_unit(need)[own], room, supply)
            can += float(self.lines.most[:, others].sum())
            if can < best:
                best, why = can, Text(f"check.by_{need}", {"hours": number(supply)})
        return best, why

    def of_source(self, at: int) -> tuple[float, Text]:
        """Most money of one source, and why."""
        can, why = self.pooled(self.paid_by(at))
        amount = float(self.amount[at])
        return (amount, Text("check.by_amount")) if amount <= can else (can, why)

    @property
    def most(self) -> float:
        """Most money that all sources together can spend."""
        every = np.ones(len(self.lines.ids), dtype=bool)
        return min(sum(self.of_source(at)[0] for at in range(len(self.amount))), self.pooled(every)[0])

    @property
    def special_need(self) -> Floats:
        """Special-fund money each town must get: its floor, or its earmarks where these are more."""
        return np.asarray(np.maximum(self.town_floor, self.earmarks[self.special].sum(axis=0)))

    @property
    def town_need(self) -> Floats:
        """Money each town must get, of all sources."""
        floors = self.special_need + self.earmarks[~self.special].sum(axis=0)
        need = np.maximum(floors, self.lines.least[:-1].sum(axis=1))
        return np.asarray(need if self.last is None else np.maximum(need, self.last * (1.0 - self.down)))

    @property
    def down(self) -> float:
        """How far a town's money may fall below last year's, as a share."""
        return self.given.year_on_year.down if self.given.year_on_year else 1.0

    @property
    def district_floor(self) -> float:
        """Special-fund money that the floor of the district asks for."""
        floor = self.given.per_capita_floor
        return (floor.district or 0.0) * float(self.plan.population.sum()) if floor is not None else 0.0

    @property
    def least(self) -> tuple[float, Text]:
        """Least money that must be spent in all, and by which rule."""
        reasons = [
            (self.district_floor, Text("check.by_district_floor")),
            (float(self.town_need.sum() + self.lines.least[-1].sum()), Text("check.by_towns")),
        ]
        return max(reasons, key=lambda each: each[0])
