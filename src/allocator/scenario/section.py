"""What a plan file may say outside of its decision blocks: names, units, travel, goals, stages, locks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo

from allocator.scenario.decisions import Decision
from allocator.scenario.marks import DecidedBefore, Defines, Distinct, Names, TownColumn

if TYPE_CHECKING:
    from allocator.scenario.files.yamltree import Node
    from allocator.scenario.plan_year import PlanYear

YUAN_PER_UNIT: Mapping[str, float] = {"元": 1.0, "千元": 1e3, "万元": 1e4, "亿元": 1e8}
"""Money units a plan or a column may declare, in yuan."""

DISTRICT = "district"
"""Label of the district centre where a recipient of money or a giver of guidance is named; no town may use it."""

ANY_CATEGORY = "any"
"""Label of teaching hours that belong to no course category; no category may use it."""


@dataclass(frozen=True)
class CostLine:
    """Something that may cost money."""

    spending: str
    """Spending category that is charged."""
    at: Literal["towns", "district", "everywhere"] = "towns"
    """Who is paid: towns, the district centre, or both."""


@dataclass(frozen=True)
class Measure:
    """Something of a block that goals may measure, besides the indicators."""

    name: str
    """``{}`` stands for the id of each item of the list ``each``."""
    each: str | None = None
    """Path of a list that has a measure for each item; none: there is one measure."""
    part: str | None = None
    """Path of a part without which there is none; none: the block is enough."""
    above_first: bool = False
    """Whether the first item of the list has none of its own."""
    of_towns: bool = True
    """Whether every town has one; else only the district can be asked."""
    of_criteria: bool = True
    """Whether the criterion of a standard may ask a town for it."""


@dataclass(frozen=True)
class Outcome:
    """Something of a block that stages may look at."""

    name: str
    unit: str
    """Unit of each, as the model has it."""
    less_is_better: bool = False
    """Whether stages lower it and look at the largest; they raise all others."""
    by_town: bool = True
    """Whether there is one for each town, as limits need it."""
    part: str | None = None
    """Path of a part that the plan must have besides; none: the block is enough."""
    value: str | None = None
    """What the part must be; none: anything."""


def _to_yuan(amount: float, info: ValidationInfo) -> float:
    return amount * float((info.context or {}).get("yuan_per_unit", 1.0))


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+$")]
Spending = Annotated[Id, Names("spending")]
"""Id of a spending category."""
TownId = Annotated[Id, Names("town")]
"""Id of a town."""
IndicatorId = Annotated[Id, Names("indicator")]
"""Id of an indicator."""
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""A finite number that is not negative."""
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Yuan = Annotated[float, Field(ge=0, allow_inf_nan=False), AfterValidator(_to_yuan)]
"""Money, written in the plan's unit and held in yuan; not negative."""


class Section(BaseModel):
    """Base of every part of a scenario file: unknown keys are errors, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    label_axes: ClassVar[Mapping[str, str]] = {}
    """Labels of the block that are read from an axis of another name."""
    own_lines: ClassVar[tuple[str, ...]] = ()
    """Cost lines that the part may have under names of its own; no programme and no kind of projects may use them."""
    measures: ClassVar[tuple[Measure, ...]] = ()
    """What goals may measure."""
    outcomes: ClassVar[tuple[Outcome, ...]] = ()
    """What stages may look at, and limits where there is one for each town."""
    of_whole_plan: ClassVar[bool] = False
    """Whether others build on the part, so that all years of a plan have it or none; any other part may begin in a
    later year, and then goes on to the last."""
    town_columns: ClassVar[tuple[str, ...]] = ()
    """Columns of the towns table that the part reads."""
    decisions: ClassVar[tuple[Decision, ...]] = ()
    """Decisions of the block that can be locked."""
    limiting_columns: ClassVar[tuple[str, ...]] = ()
    """Columns of the towns table that limit the part where they are there; then every town needs a number."""

    @classmethod
    def travels(cls, part: Node) -> bool:  # noqa: ARG003
        """Whether someone travels between towns, as the part of a plan file says it."""
        return False

    @classmethod
    def needs_travel(cls, part: Node) -> bool:  # noqa: ARG003
        """Whether the part makes no sense in a plan that does not say how long people travel."""
        return False

    def cost_lines(self) -> Mapping[str, CostLine]:
        """What the part may spend money on, by the name of the cost line."""
        return {}

    def things(self) -> Mapping[str, Name | None]:
        """What findings call the things of the block, by id."""
        return {}

    def labels(self, plan: PlanYear) -> Mapping[str, Collection[str]]:  # noqa: ARG002
        """Ids of the block's own labels in a plan year, by the name of their axis."""
        return {}

    def programme_ids(self) -> frozenset[str]:
        """Cost lines of the part that are programmes, which towns can run."""
        return frozenset()

    def decided_stocks(self) -> frozenset[str]:
        """Stocks counted by indicators (``Indicator.stock``) that the part decides from year to year."""
        return frozenset()

    def raised(self) -> frozenset[str]:
        """Indicators that the part adds to by whole things (stars, projects, posts), for ``check``."""
        return frozenset()


class Row(BaseModel):
    """Base of every row of a table: unknown columns are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Name(Section):
    """What people call a thing, in both languages."""

    zh: str
    en: str


class Origin(Section):
    """Where an assumption comes from."""

    kind: Literal["real", "derived", "illustrative"]
    """real: from a named document; derived: computed from real figures; illustrative: 示例数据（虚构）."""
    rule: str
    """The document, or the rule that produced the number."""


class Allowance(Section):
    """Money paid for each unit of a decision that is no programme: a pair, an hour of guidance or of travel."""

    unit_cost: Yuan
    """Yuan a pair, or yuan an hour."""
    spending: Spending
    """Spending category that is charged."""

    def line(self, at: Literal["towns", "district", "everywhere"] = "towns") -> CostLine:
        """The cost line of the allowance."""
        return CostLine(self.spending, at)


class Gain(Section):
    """What one of something (a star, a project, a post) adds to an indicator where it stands."""

    indicator: IndicatorId
    per_unit: Amount
    """Gain for each, in the unit of the indicator's numerator."""
    origin: Origin


class Units(Section):
    """Units in which the plan's YAML files are written."""

    money: Literal["元", "千元", "万元", "亿元"] = "元"
    lesson_minutes: Annotated[float, Field(gt=0)] | None = None
    """Length of a 课时 in minutes, for plans that count lessons; hours are 60 minutes and need none."""


class Population(Section):
    """Which population figure per-head rules use."""

    column: Annotated[str, TownColumn(divides=True)]
    """Column of the towns table."""
    vintage: str
    """Which count it is, e.g. ``end_2019_estimate``; figures of different vintages must not be mixed."""
    other_vintages: Mapping[Annotated[str, Names("town_column")], str] = Field(default_factory=dict)
    """Vintage of other population columns of the towns table, where it differs."""


class WithoutRoad(Section):
    """Travel time where no road is given: straight-line distance x detour / speed."""

    speed_kmh: Annotated[float, Field(gt=0)]
    detour: Annotated[float, Field(ge=1)] = 1.0
    """Road length over straight-line length."""


class ReachMinutes(Section):
    """Longest one-way travel time within which towns work together [minutes]."""

    teaching: Amount | None = None
    volunteering: Amount | None = None
    mentoring: Amount | None = None


class TravelSection(Section):
    """Roads between towns and how far each kind of exchange may go."""

    roads: str | None = None
    """Table of road links (from_town, to_town, minutes); links count in both directions."""
    without_road: WithoutRoad | None = None
    """Used for towns that no road link reaches; without it such towns are an error."""
    reach_minutes: ReachMinutes = ReachMinutes()


class Indicator(Section):
    """One measured side of a town's development."""

    id: Id
    name: Name | None = None
    weight: Share
    """Weight in the level; the weights of a plan sum to 1."""
    target: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """Value that counts as fully attained, in the indicator's unit."""
    denominator: Annotated[str, TownColumn(divides=True)] | None = None
    """Column of the towns table the counted effect is divided by; none for a quality index."""
    per: Annotated[float, Field(gt=0)] = 1.0
    """The denominator counts in this many: 1000 makes the value "per 1,000"."""
    ceiling: Amount | None = None
    """Largest value that can be credited (1 for shares)."""
    retention: Share = 1.0
    """Share of this year's value that next year starts from."""
    stock: Literal["volunteers"] | None = None
    """The value is a stock the plan already counts (volunteer heads / denominator); it has no effects."""


class Goal(Section):
    """A sentence of the plan text with a number, measured on every result and asked for by strength."""

    id: Id
    name: Name | None = None
    measure: str
    """An indicator, ``level``, ``money`` (yuan, all sources), ``money_per_head``, ``special_fund_per_head``,
    ``paired_slow_towns`` (share of the slow towns that have a mentor) or ``category_share`` (share of a course
    category in the teaching hours of all categories)."""
    category: Annotated[Id, Names("category")] | None = None
    """Course category of a ``category_share``."""
    scope: Literal["district", "every_town", "count_of_towns"] = "district"
    towns: Annotated[int, Field(ge=1)] | None = None
    """How many towns must reach the target, with ``count_of_towns``."""
    strength: Literal["rule", "hard", "soft", "measured"]
    """rule: always kept; hard: sought by the stage ``basics``; soft: by ``aspirations``; measured: only reported."""
    importance: Amount = 1.0
    """Weight of the goal's shortfall, in shares of its target, among goals of its strength."""
    at_least: Mapping[int, float]
    """Target by year; the last one counts for later years."""
    path: Literal["milestones", "linear_from_base"] = "milestones"
    """What is asked in years without a target: nothing, or the line from the base (year before the plan)."""
    base: Amount | None = None
    """Value in the year before the plan, where the tables do not say it or say another."""
    requirement: str = ""
    """Number of the requirement in the list of plan sentences, e.g. A50."""
    text: str = ""
    """The sentence of the plan text."""


RATIOS = ("gini", "mean_deviation", "range")
"""Criteria of the balance stage that are relative to the mean."""


class BalanceStage(Section):
    """How evenly the outcomes lie."""

    id: Literal["balance"]
    criterion: Literal["maximin", "leximin", "inequality_aversion", "gini", "mean_deviation", "range", "none"] = (
        "leximin"
    )
    """gini, mean_deviation and range are lowered relative to the mean, weighted by population."""
    aversion: Amount | None = None
    """With ``inequality_aversion``: from 0, the mean, towards ever more weight on the worst-off."""
    of: str = "level"
    ranks: tuple[Annotated[int, Field(ge=1)], ...] | None = None
    """With ``leximin``: how many of the worst-off towns are raised together, step by step (1, 2, 4, 8, 16); none: 1, 2,
    3 and so on to all. Fewer steps for large plans. They rise; one beyond the number of outcomes means all of them."""
    over: Literal["final_then_mean", "every"] = "final_then_mean"
    """Over several years: outcomes of the final year, then each town's mean over the years; or every town and year
    alike (up to 100 outcomes)."""
    give: Amount = 0.0
    """Level points that later stages may spend."""


class InequalityLimit(Section):
    """How unequal the outcomes may be at most: a rule, kept by every stage."""

    id: Id
    measure: Literal["gini", "mean_deviation", "range", "cv"]
    of: str = "level"
    at_most: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """The measure relative to the mean, e.g. 0.3."""
    weighted_by: Annotated[str, TownColumn(divides=True)] | None = None
    """Column of the towns table; none: the plan's population column."""
    years: Literal["final", "every"] = "final"
    """Whether it is kept in the last year that is decided, or in each."""
    requirement: str = ""
    """Number of the requirement in the list of plan sentences."""
    reason: str = ""
    text: str = ""
    """The sentence of the plan text."""


class TotalStage(Section):
    """The weighted mean, or sum, of the outcomes; lowered where less is better (minutes, costs)."""

    id: Literal["favour", "total"]
    """favour: what is favoured among whole things, e.g. the sum of ``stars.benefit``, in a plan that has a total of
    something else as well."""
    of: str = "level"
    weighted_by: Annotated[str, TownColumn(weighs=True)] | None = None
    """Column of the towns table; none: the outcome's own weights (people at a place), else all alike."""
    aggregate: Literal["mean", "sum"] = "mean"
    """Whether the weighted mean of the outcomes is sought, or their weighted sum."""


class UnitChange(Section):
    """How much of each kind counts as one change."""

    money: Annotated[Yuan, Field(gt=0)]
    pair: Annotated[float, Field(gt=0)] = 1.0
    posting: Annotated[float, Field(gt=0)] = 1.0


class StabilityStage(Section):
    """Least change from last year's plan; skipped, and said so, without one."""

    id: Literal["stability"]
    unit_change: UnitChange


class BasicsStage(Section):
    """Hard goals: least importance x shortfall / target; goals that are met stay met."""

    id: Literal["basics"]
    seeks: ClassVar[str] = "hard"
    """Strength of the goals that it seeks."""


class AspirationsStage(Section):
    """Soft goals: least importance x shortfall / target; goals that are met stay met."""

    id: Literal["aspirations"]
    seeks: ClassVar[str] = "soft"
    """Strength of the goals that it seeks."""
    give: Amount = 0.0
    """Shares of a target that later stages may spend; with more than 0 only the sum of the shortfalls is held."""


GoalStage = BasicsStage | AspirationsStage
"""Stages that seek goals: what they reach is kept wherever a solved plan is looked at again."""


class TieBreakStage(Section):
    """The plan closest to a published baseline among all that are best so far."""

    id: Literal["tie_break"]
    baseline: Literal["last_year_else_factor_method", "factor_method"] = "last_year_else_factor_method"
    factors: Mapping[Annotated[str, TownColumn(weighs=True)], Share]
    """Column of the towns table to its weight in a town's factor share; the weights sum to 1."""
    programme_shares: Mapping[Annotated[Id, Names("programme")], Share] | None = None
    """Share of each programme in a town's money under the factor method; none shares evenly."""


Stage = Annotated[
    BasicsStage | BalanceStage | AspirationsStage | TotalStage | StabilityStage | TieBreakStage,
    Field(discriminator="id"),
]


class LastYear(Section):
    """Last year's plan: tables, or the folder of a result."""

    funding_by_town: str | None = None
    """Table (town, amount_yuan)."""
    pairs: str | None = None
    """Table (mentor, mentee, start_year, renewals)."""
    postings: str | None = None
    """Table (teacher, to_town, start_year)."""
    results: str | None = None
    """Folder of a result, relative to the plan folder; stands for all these tables."""


class Lock(Section):
    """A decision or a total that the planner fixes."""

    id: Id
    decision: str
    """Name of the decision, e.g. ``funding`` or ``pairing``."""
    where: Mapping[str, str]
    """Labels of the decision; labels left out are summed over."""
    equals: Amount | None = None
    at_least: Amount | None = None
    at_most: Amount | None = None
    reason: str
    """Why; printed wherever the lock matters."""


class Publish(Section):
    """How the plan is published."""

    unit: Literal["元", "百元", "千元", "0.01 万元", "万元"] | None = None
    """Unit of money: every sum is a whole number of it, all rules kept. None: exact to the digits of the tables."""


class Common(Section):
    """The parts of a plan year that belong to no single decision block."""

    schema_version: Literal[1]
    plan: Id
    name: Name
    years: Annotated[tuple[int, ...], Distinct()]
    year: int
    units: Units = Units()
    publish: Publish = Publish()
    population: Population
    categories: Annotated[tuple[Id, ...], Defines("category"), Distinct()] = ()
    """Course categories."""
    spending: Annotated[tuple[Id, ...], Defines("spending"), Distinct()] = ()
    """Spending categories."""
    names: Mapping[Id, Name] = Field(default_factory=dict)
    """Names of categories, spending categories and other ids that carry none of their own."""
    extra_columns: Mapping[Annotated[str, Names("table")], Annotated[tuple[str, ...], Distinct()]] = Field(
        default_factory=dict
    )
    """Table to further columns it may have, e.g. documented facts that no rule uses."""
    travel: TravelSection | None = None
    goals: tuple[Goal, ...] = ()
    stages: tuple[Stage, ...]
    last_year: Annotated[LastYear, DecidedBefore()] | None = None
    locks: tuple[Lock, ...] = ()
    limits: tuple[InequalityLimit, ...] = ()

    @property
    def compares(self) -> bool:
        """Whether a stage or a limit looks at inequality relative to the mean, which holding towns down could lower."""
        stages = any(isinstance(each, BalanceStage) and each.criterion in RATIOS for each in self.stages)
        return stages or bool(self.limits)

    def enforced(self, goal: Goal) -> Literal["rule", "yes", "no"]:
        """Whether a goal is asked for: as a rule, by a stage of the plan, or only measured."""
        if goal.strength == "rule":
            return "rule"
        seeking = [each for each in self.stages if isinstance(each, GoalStage) and each.seeks == goal.strength]
        return "yes" if seeking else "no"
