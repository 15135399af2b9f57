"""What may be bought where: pure data, used by the model and the checks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from allocator.blocks.purchase.section import Purchase
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY

Codes = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Offers:
    """Offers of qualified organisations as aligned arrays, one for each organisation and course category."""

    provider: tuple[str, ...]
    category: tuple[str, ...]
    price: Floats
    """[offer]: yuan an hour."""
    capacity: Floats
    """[offer]: hours a year in the whole district."""
    quality: Floats
    """[offer]: effective hours of an hour."""
    venue: npt.NDArray[np.bool_]
    """[offer]: whether the organisation brings its rooms."""
    works: npt.NDArray[np.bool_]
    """[offer, town]: whether the organisation works there."""

    def effective(self, category: str) -> Floats:
        """Most effective hours of a category in each town, if each organisation came there alone [town]."""
        own = np.array([each == category for each in self.category], dtype=bool)
        return np.asarray((self.capacity * self.quality * own) @ self.works)

    def whole(self, category: str | None = None) -> float:
        """Most effective hours in the district, of one category or of all."""
        own = np.array([category is None or each == category for each in self.category], dtype=bool)
        return float((self.capacity * self.quality * own * self.works.any(axis=1)).sum())

    @property
    def rooms(self) -> Floats:
        """Most effective hours that organisations teach in rooms of their own, by town."""
        return np.asarray((self.capacity * self.quality * self.venue) @ self.works)

    @property
    def cost(self) -> Floats:
        """Most that can be spent in each town [yuan]."""
        return np.asarray((self.capacity * self.price) @ self.works)


def offers(plan: PlanYear, given: Purchase) -> Offers:
    """Offers of organisations with the least grade that have hours to give (at least those of a contract)."""
    table = plan.tables[given.offers].merge(plan.tables[given.providers], on="provider")
    least = given.least_hours or 0.0
    table = table[(table["grade"] >= given.min_grade) & (table["capacity_hours"] > 0)]
    table = table[table["capacity_hours"] >= least]
    known = {*plan.common.categories, ANY_CATEGORY}
    table = table[table["category"].isin(known)].sort_values(["provider", "category"])
    works = np.ones((len(table), len(plan.towns)), dtype=bool)
    if given.towns is not None:
        towns = plan.tables[given.towns]
        named = set(zip(towns["provider"], towns["town"], strict=True))
        places = [[(provider, town) in named for town in plan.towns.index] for provider in table["provider"]]
        works = np.array(places, dtype=bool).reshape(works.shape)
    return Offers(
        tuple(table["provider"]),
        tuple(table["category"]),
        table["price_yuan"].to_numpy(dtype=float),
        table["capacity_hours"].to_numpy(dtype=float),
        table["quality"].to_numpy(dtype=float),
        table["venue_included"].to_numpy(dtype=bool),
        works,
    )
