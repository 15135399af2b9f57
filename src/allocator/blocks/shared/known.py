"""What arithmetic knows of a plan year across the blocks before any solve: every block's ``check`` is given it.

``plan/check`` computes it once a year. Everything here is a bound that no plan can leave: what people and rooms can
give at most, the least and most of programmes and of cost lines, the money there is, how far a measure can rise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import ANY_CATEGORY, BalanceStage, Goal, TotalStage
from allocator.words.texts import Text

if TYPE_CHECKING:
    from allocator.blocks.delivery.section import Programme
    from allocator.blocks.purchase.offers import Offers
    from allocator.blocks.shared.money import Money

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

Reachable = Callable[[Goal, Sequence[int]], tuple[float, Text] | None]
"""Most that a goal's measure can reach over some towns (positions), and the arithmetic; none where nothing is known."""


@dataclass(frozen=True, eq=False)
class Teachers:
    """Teachers as arrays, in the order of their table."""

    ids: tuple[str, ...]
    home: npt.NDArray[np.intp]
    hours: Floats
    backbone: Bools
    able: Floats
    """Proficiency [teacher, category]; 0 where a teacher cannot teach it."""
    most: Floats
    """Most hours taught [teacher, town] if the teacher went nowhere else, or was posted there; 0 out of reach."""
    away: Bools
    """[teacher, town]: within reach and not at home."""


class Pool(NamedTuple):
    """Something that units need and of which the district has so much."""

    need: str
    """Field of a programme: its need for a unit."""
    supply: float
    """All there is, in the unit of the need: hours, or yuan."""
    code: str
    """Code of the finding that it keeps money unspent."""
    path: str
    """Part of the plan that the finding is about."""


@dataclass(frozen=True, eq=False)
class Supply:
    """What people and rooms can give at most, in hours a year; none where the plan does not count it."""

    teachers: Teachers | None
    offers: Offers | None
    """What may be bought from organisations."""
    venues: Floats | None
    """Venue hours [town], with the most that organisations bring."""
    volunteers: Floats | None
    """Volunteer hours that each town has [town]."""
    helpers: Floats | None
    """Volunteer hours that can reach each town [town]."""
    schools: Floats
    """Hours of each town school [town], with the most that posts bring; without limit where they are not counted."""
    stations: Floats
    """Hours that the stations of each town must get from their town school [town]."""

    @property
    def school_room(self) -> Floats:
        """Hours of each town school that its stations leave [town]."""
        return np.asarray(self.schools - self.stations)

    @property
    def pools(self) -> list[Pool]:
        """What a unit may need of people and rooms, and all there is of it in the district [hours]."""
        found = []
        if self.volunteers is not None:
            found.append(Pool("volunteer_hours", float(self.volunteers.sum()), "W202", "volunteering"))
        if self.teachers is not None or self.offers is not None:
            own = 0.0 if self.teachers is None else self.teachers.hours.sum()
            more = 0.0 if self.offers is None else self.offers.whole()
            found.append(Pool("teacher_hours", float(own + more), "W203", "teaching"))
        if self.venues is not None:
            found.append(Pool("venue_hours", float(self.venues.sum()), "W204", "delivery.programmes"))
        return found


@dataclass(frozen=True, eq=False)
class Units:
    """Bounds on the units of every programme in every town, [town, programme]."""

    programmes: tuple[Programme, ...]
    least: Floats
    most: Floats
    ceiling: Floats
    """By ``max_units`` alone; ``most`` counts rooms, helpers and teachers too."""
    useful: Bools
    """[programme]: has an effect on an indicator, or the plan measures none."""

    def per_unit(self, need: str) -> Floats:
        """A number of every programme, e.g. ``venue_hours``."""
        return np.array([getattr(p, need) for p in self.programmes], dtype=float)

    @property
    def above_ceiling(self) -> Bools:
        """Where floors ask for more than ``max_units`` allows [town, programme]."""
        return np.asarray(self.least > self.ceiling * (1 + 1e-9) + 1e-3)

    def teacher_hours(self, category: str) -> Floats:
        """Teacher hours of a category that floors ask for [town]."""
        own = np.array([(p.category or ANY_CATEGORY) == category for p in self.programmes], dtype=bool)
        return np.asarray(self.least @ (self.per_unit("teacher_hours") * own))

    def floor_path(self, need: str) -> str:
        """The floor of the first programme that needs something; all programmes where no floor does."""
        with_floor = [
            p.id
            for p, amount, least in zip(self.programmes, self.per_unit(need), self.least.T, strict=True)
            if amount > 0 and least.any()
        ]
        return f"delivery.programmes.{with_floor[0]}.floor" if with_floor else "delivery.programmes"


@dataclass(frozen=True, eq=False)
class Lines:
    """Bounds on the money of every cost line, [recipient, line]; the district centre stands after the towns."""

    ids: tuple[str, ...]
    spending: tuple[str, ...]
    least: Floats
    most: Floats

    def of(self, category: str) -> Bools:
        """Which lines belong to a spending category."""
        return np.array([own == category for own in self.spending], dtype=bool)


@dataclass(frozen=True, eq=False)
class Known:
    """Everything that the checks of a plan year share."""

    plan: PlanYear
    before: Known | None
    """The same of the year before, where it is decided together with this one."""
    supply: Supply
    units: Units
    money: Money | None
    """None without funding."""
    reachable: Reachable

    @property
    def looked_at(self) -> frozenset[str]:
        """Outcomes that stages and limits look at."""
        common = self.plan.common
        looking = [stage for stage in common.stages if isinstance(stage, TotalStage | BalanceStage)]
        staged = {stage.of for stage in looking if isinstance(stage, TotalStage) or stage.criterion != "none"}
        return frozenset(staged | {limit.of for limit in common.limits})


def taught_categories(plan: PlanYear) -> tuple[str, ...]:
    """Course categories, and the one of programmes without a category."""
    return (*sorted(plan.common.categories), ANY_CATEGORY)


def near(plan: PlanYear, kind: str) -> Bools:
    """[town, town]: whether a town lies within reach of another, for a kind of exchange."""
    reached = np.eye(len(plan.towns), dtype=bool)
    if plan.travel is not None and plan.common.travel is not None:
        reached[plan.travel.within(getattr(plan.common.travel.reach_minutes, kind))] = True
    return reached


def supervision_relief(programmes: Sequence[Programme], most: Floats, ratio: float) -> Floats:
    """Most volunteer hours that teaching leaves to programmes which need more than ratio x their own teacher hours."""
    balance = np.array([p.volunteer_hours - ratio * p.teacher_hours for p in programmes])
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(balance < 0, -balance * most, 0.0).sum(axis=1))


def most_within(gains: Floats, needs: Floats, room: Floats, budget: float) -> float:
    """Largest sum of gain x amount with need x amount within a budget and amount <= room.

    Source: fractional knapsack (Dantzig 1957): fill by gain for each unit of need.
    """
    free = needs <= 0
    with np.errstate(invalid="ignore"):
        whole = float(np.where(gains[free] > 0, gains[free] * room[free], 0.0).sum())
    paid = np.flatnonzero(~free & (gains > 0))
    for at in paid[np.argsort(-gains[paid] / needs[paid], kind="stable")].tolist():
        taken = min(float(room[at]), budget / float(needs[at]))
        whole += taken * float(gains[at])
        budget -= taken * float(needs[at])
    return whole
