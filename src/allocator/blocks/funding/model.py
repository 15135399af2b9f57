"""Funding: which source pays what, where.

A *cost line* is something that costs money in a place: a programme in a town, or an allowance that
another block declares (mentoring, guidance, travel). Funding pays cost lines; the district centre is
a recipient like a town. spending(programme) is the spending category of a line.

Data
    amount[source]                          yuan        scenario: funding.sources
    pays[source, spending]                  yes or no   a cell exists only where the source may pay
    earmarked[source, town]                 yuan        `earmark` of a source
    min_share[source]                       share
    floor[district], floor[town]            yuan/head   scenario: funding.per_capita_floor
    population[town]                        heads
    lo[spending], hi[spending]              share       scenario: funding.category_shares
    last_year[town]                         yuan        table of last_year.funding_by_town
    down, up                                share       scenario: funding.year_on_year
    slowest, fastest                        share       `down` and `up` of funding.growth
    carried_in[source]                      yuan        what the year before the plan left
    least_spent                             share       scenario: funding.carry_over.execution
    gone_out[town, source]                  yuan        table of funding.issued
    take_back                               share       scenario: funding.issued
    matched(matching), with(matching)       sources     `source` and `with` of funding.matching
    rate[matching, side]                    yuan/yuan   `at_least` and `at_most` of funding.matching
Variables
    funding[town, programme, source, year]  yuan        only where pays[source, spending(programme)]
    spent[spending, year]                   yuan        only with category_shares or min_share
    carried[source, year]                   yuan        money that goes on to the next year; only with carry_over
Rows
    earmark[town, source, year]             sum over programme of funding >= earmarked
    spending_sum[spending, year]            sum of funding in the category == spent
    source_share[source, year]              sum of funding from the source >= min_share * sum over spending of spent
    per_capita_floor[town, year]            special-fund money in the town >= floor[town] * population[town]
                                            (row `district`: in the whole district >= floor[district] * population)
    category_share[spending, side, year]    at_least: spent >= lo * sum of spent;  at_most: spent <= hi * sum of spent
    year_on_year[town, side, year]          at_least: (1 - down) * last_year <= sum of funding in the town
                                            at_most:  sum of funding in the town <= (1 + up) * last_year
                                            (in a year that follows another, last_year is the funding of that year)
    growth[side, year]                      the same for the money of all towns together, with slowest and fastest
    issued[town, source, year]              sum over programme of funding >= (1 - take_back) * gone_out
    matching[matching, town, side, year]    at_least: funding from matched >= rate * funding from with
                                            at_most:  funding from matched <= rate * funding from with
                                            (in the town, or in row `district` of all recipients)
    execution[year]                         sum of funding >= least_spent * (amounts and what was carried in)
    carry_age[source, year]                 (bound)   carried <= amount: old money counts as spent first, so that
                                            what is carried twice would have to be the year's own
Ledgers
    money   supply   amount[source], carried_in; in a year that follows another, its carried (of the year's sources)
    money   use      funding, carried                           closed as budget[source, year]; the rest is forfeited
    cost    supply   funding                                    closed as costing[town, programme, year] (==)
Source
    Plan text: 人均不低于2元 (per_capita_floor), 以政府投入为主 (min_share),
    优化经费比例结构 (category_shares), 经费投入增长机制 (year_on_year, growth), 鼓励和引导社会资金投入
    社区教育 (matching). Two-year rule for unspent money:
    Budget Law, article 42, and 国办发〔2014〕70号.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from allocator.blocks.funding.section import Funding, Matching
from allocator.model import BoundRule, Codes, Floats, Ids, Model, ParameterUse, Provision, Sense, Terms, constant_label
from allocator.scenario.plan_year import PlanYear
from allocator.scenario.section import DISTRICT

AT_LEAST, AT_MOST = 0, 1


def build(model: Model, plan: PlanYear, given: Funding) -> None:
    """Declare the money of every source in every cost line and the rules on it."""
    funding = _cells(model, plan, given)
    money = model.ledgers["money"]
    money.use("funding", funding)
    year = model.axes["year"].code(str(plan.year))
    model.ledgers["cost"].supply("funding", funding, year=year)
    for source in given.sources:
        labels = {"source": np.array([model.axes["source"].code(source.id)]), "year": np.array([year])}
        path = f"funding.sources.{source.id}.amount"
        money.provide(Provision("funding", labels, np.array([source.amount]), path, money=True))
        if source.carried_in > 0 and plan.before is None:
            money.provide(Provision("funding", labels, np.array([source.carried_in])))
    came = _came(model, plan, given)
    if came is not None:
        money.supply("funding", came)
    if given.carry_over is not None:
        _carry_over(model, plan, given, (funding, came))
    _earmarks(model, plan, given, funding)
    _issued(model, plan, given, funding)
    _floors(model, plan, given, funding)
    _shares(model, plan, given, funding)
    _against_last_year(model, plan, given, funding)
    for matching in sorted(given.matching, key=lambda each: each.id):
        _matching(model, plan, matching, funding)


def _cells(model: Model, plan: PlanYear, given: Funding) -> Terms:
    """One variable for each cost line and each source that may pay for its spending category."""
    lines = model.ledgers["cost"].side(False, model.axes["year"].code(str(plan.year)))
    spending = model.axes["programme"].groups["spending"]
    keys = np.unique(np.stack([lines["town"], lines["programme"], lines["year"]], axis=1), axis=0)
    may_pay = np.zeros((len(model.axes["source"].ids), len(model.axes["spending"].ids)), dtype=bool)
    for source in given.sources:
        may_pay[model.axes["source"].code(source.id), model.axes["spending"].codes(source.pays)] = True
    line, source_code = np.nonzero(may_pay[:, spending[keys[:, 1]]].T)
    labels = {"town": keys[line, 0], "programme": keys[line, 1], "source": source_code, "year": keys[line, 2]}
    heads = np.append(plan.population, plan.population.sum())
    return model.variables("funding", labels, "yuan", scale=heads[labels["town"]])


def _one(code: int) -> Codes:
    return np.array([code], dtype=np.intp)


def _earmarks(model: Model, plan: PlanYear, given: Funding, funding: Terms) -> None:
    """Money of a source that must reach a town."""
    marks = sorted((mark.town, source.id, mark.at_least) for source in given.sources for mark in source.earmark)
    if marks:
        towns, sources, amounts = zip(*marks, strict=True)
        paths = np.array([f"funding.sources.{source}.earmark" for source in sources], dtype=object)
        bound = np.array(amounts, dtype=float)
        _at_least(model, plan, funding, ("earmark", paths), (towns, sources, bound))


def _issued(model: Model, plan: PlanYear, given: Funding, funding: Terms) -> None:
    """Money that has gone out stays where it is, but for the share that may be taken back."""
    if given.issued is not None:
        table = plan.tables[given.issued.table]
        bound = (1.0 - given.issued.take_back) * table["amount_yuan"].to_numpy(dtype=float)
        _at_least(model, plan, funding, ("issued", "funding.issued"), (table["town"], table["source"], bound))


def _at_least(
    model: Model,
    plan: PlanYear,
    funding: Terms,
    rows: tuple[str, str | Ids],
    least: tuple[Iterable[str], Iterable[str], Floats],
) -> None:
    """Least money of sources in recipients; ``rows``: family, requirement; ``least``: recipients, sources, yuan."""
    (family, requirement), (recipients, sources, bound) = rows, least
    labels = {
        "town": model.axes["recipient"].codes(recipients),
        "source": model.axes["source"].codes(sources),
        "year": constant_label(model.axes["year"].code(str(plan.year)), len(bound)),
    }
    width = len(model.axes["source"].ids)
    mine = np.isin(funding["town"] * width + funding["source"], labels["town"] * width + labels["source"])
    terms = [funding.where(mine)]
    model.constrain(family, labels, terms, ">=", bound, unit="yuan", requirement=requirement)


def _floors(model: Model, plan: PlanYear, given: Funding, funding: Terms) -> None:
    floor = given.per_capita_floor
    if floor is None:
        return
    special = model.axes["source"].codes(source.id for source in given.sources if source.special_fund)
    from_fund = funding.where(np.isin(funding["source"], special))
    year = model.axes["year"].code(str(plan.year))
    heads = plan.population
    if floor.district is not None:
        labels = {"town": _one(model.axes["recipient"].code(DISTRICT)), "year": _one(year)}
        whole = from_fund.labelled(
            {"town": constant_label(labels["town"][0], len(from_fund)), "year": from_fund["year"]}
        )
        rows = model.constrain(
            "per_capita_floor",
            labels,
            [whole],
            ">=",
            floor.district * heads.sum(),
            unit="yuan",
            requirement="funding.per_capita_floor.district",
        )
        model.row_parameter("funding.per_capita_floor.district", rows, heads.sum(), money=True)
    if floor.town is not None:
        labels = {"town": np.arange(len(heads)), "year": constant_label(year, len(heads))}
        rows = model.constrain(
            "per_capita_floor",
            labels,
            [from_fund.where(from_fund["town"] < len(heads))],
            ">=",
            floor.town * heads,
            unit="yuan",
            requirement="funding.per_capita_floor.town",
        )
        model.row_parameter("funding.per_capita_floor.town", rows, heads, money=True)


def _shares(model: Model, plan: PlanYear, given: Funding, funding: Terms) -> None:
    least = [(source.id, source.min_share) for source in given.sources if source.min_share is not None]
    if not given.category_shares and not least:
        return
    spending, year = model.axes["spending"], model.axes["year"].code(str(plan.year))
    labels = {"spending": np.arange(len(spending.ids)), "year": constant_label(year, len(spending.ids))}
    spent = model.variables("spent", labels, "yuan")
    category = model.axes["programme"].groups["spending"][funding["programme"]]
    by_category = funding.labelled({"spending": category, "year": funding["year"]})
    model.define("spending_sum", labels, [by_category, -spent], "==", 0.0, unit="yuan")
    for code, share in [(model.axes["source"].code(source), share) for source, share in least]:
        labels = {"source": _one(code), "year": _one(year)}
        every = spent.labelled({"source": constant_label(code, len(spent)), "year": spent["year"]})
        mine = funding.where(funding["source"] == code)
        requirement = f"funding.sources.{model.axes['source'].ids[code]}.min_share"
        terms = [mine, every * -share]
        model.constrain("source_share", labels, terms, ">=", 0.0, unit="yuan", requirement=requirement)
    for bounds in sorted(given.category_shares, key=lambda each: each.spending):
        for side, field in ((AT_LEAST, "at_least"), (AT_MOST, "at_most")):
            limit = bounds.at_least if side == AT_LEAST else bounds.at_most
            if limit is not None:
                key = (spending.code(bounds.spending), side, year)
                _category_share(model, spent, key, limit, f"funding.category_shares.{bounds.spending}.{field}")


def _category_share(model: Model, spent: Terms, key: tuple[int, int, int], share: float, path: str) -> None:
    category, side, year = key
    labels = {"spending": _one(category), "side": _one(side), "year": _one(year)}
    relabelled = {dim: constant_label(code[0], len(spent)) for dim, code in labels.items()}
    factors = np.where(spent["spending"] == category, 1.0 - share, -share)
    model.constrain(
        "category_share",
        labels,
        [(spent * factors).labelled(relabelled)],
        ">=" if side == AT_LEAST else "<=",
        0.0,
        unit="yuan",
        requirement=path,
    )


def _matching(model: Model, plan: PlanYear, matching: Matching, funding: Terms) -> None:
    """Money of a source against money of another, in the district or town by town."""
    matched, other = model.axes["source"].codes((matching.source, matching.with_))
    places = np.arange(len(plan.towns))
    town = funding["town"]
    if matching.scope == "district":
        places = _one(model.axes["recipient"].code(DISTRICT))
        town = constant_label(int(places[0]), len(funding))
    here = np.isin(funding["source"], (matched, other)) & np.isin(town, places)
    both, at = funding.where(here), town[here]
    code = {"matching": model.axes["matching"].code(matching.id), "year": model.axes["year"].code(str(plan.year))}
    for side, rate in ((AT_LEAST, matching.at_least), (AT_MOST, matching.at_most)):
        if rate is None:
            continue
        own = {**code, "side": side}
        order = ("matching", "town", "side", "year")
        labels = {dim: places if dim == "town" else constant_label(own[dim], len(places)) for dim in order}
        relabelled = {dim: at if dim == "town" else constant_label(own[dim], len(both)) for dim in order}
        terms = (both * np.where(both["source"] == matched, 1.0, -rate)).labelled(relabelled)
        sense: Sense = ">=" if side == AT_LEAST else "<="
        requirement = f"funding.matching.{matching.id}"
        model.constrain("matching", labels, [terms], sense, 0.0, unit="yuan", requirement=requirement)


def _came(model: Model, plan: PlanYear, given: Funding) -> Terms | None:
    """Money of this year's sources carried out of the year before, by the year it comes to; none where nothing can be.

    What a source carried that the year does not have is forfeited.
    """
    if plan.before is None or "carried" not in model.columns:
        return None
    last = model.year("carried", model.axes["year"].code(str(plan.before.year)))
    last = last.where(np.isin(last["source"], model.axes["source"].codes(source.id for source in given.sources)))
    year = model.axes["year"].code(str(plan.year))
    return last.labelled({"source": last["source"], "year": constant_label(year, len(last))})


def _carry_over(model: Model, plan: PlanYear, given: Funding, money: tuple[Terms, Terms | None]) -> None:
    """Declare what goes on to the next year, and how much of the money at hand (with what came in) must be spent."""
    assert given.carry_over is not None
    funding, came = money
    year = model.axes["year"].code(str(plan.year))
    sources = sorted(given.sources, key=lambda each: each.id)
    amounts = np.array([source.amount for source in sources])
    codes = model.axes["source"].codes(source.id for source in sources)
    labels = {"source": codes, "year": constant_label(year, len(sources))}
    carried = model.variables(
        "carried",
        labels,
        "yuan",
        upper=amounts,
        rules=(None, BoundRule("carry_age", "funding.carry_over")),
        scale=plan.population.sum(),
    )
    model.ledgers["money"].use("funding", carried)
    in_year = {"year": _one(year)}
    least = given.carry_over.execution
    at_hand = amounts.sum() + sum(source.carried_in for source in sources if plan.before is None)
    terms = [funding.labelled({"year": funding["year"]})]
    if came is not None:
        terms.append((came * -least).labelled({"year": came["year"]}))
    rows = model.constrain(
        "execution", in_year, terms, ">=", least * at_hand, unit="yuan", requirement="funding.carry_over.execution"
    )
    for source, at in zip(sources, carried.column, strict=True):
        path = f"funding.sources.{source.id}.amount"
        model.parameter(path, ParameterUse("upper", _one(int(at)), np.ones(1), money=True))
        model.row_parameter(path, rows, least, money=True)


def _against_last_year(model: Model, plan: PlanYear, given: Funding, funding: Terms) -> None:
    """Bounds on how the money of each town, and of all towns together, moves from year to year."""
    count = len(plan.towns)
    mine = funding.where(funding["town"] < count)
    before = plan.last_year_money()
    last = None
    if plan.before is not None and "funding" in model.columns:
        last = model.year("funding", model.axes["year"].code(str(plan.before.year)))
        last = last.where(last["town"] < count)
        before = np.zeros(count)
    if before is None:
        return
    year = model.axes["year"].code(str(plan.year))
    bounds = given.year_on_year
    for side, factor in _sides(bounds.down, bounds.up) if bounds is not None else ():
        labels = {"town": np.arange(count), "side": constant_label(side, count), "year": constant_label(year, count)}
        _bounded_change(model, ("year_on_year", labels), (mine, last, factor * before), factor)
    growth = given.growth
    for side, factor in _sides(growth.down, growth.up) if growth is not None else ():
        labels = {"side": _one(side), "year": _one(year)}
        _bounded_change(model, ("growth", labels), (mine, last, np.array([factor * before.sum()])), factor)


def _sides(down: float, up: float | None) -> list[tuple[int, float]]:
    """Sides of a bound and the factor on last year's money."""
    return [(AT_LEAST, 1.0 - down), *([(AT_MOST, 1.0 + up)] if up is not None else [])]


def _bounded_change(
    model: Model,
    rows: tuple[str, dict[str, Codes]],
    money: tuple[Terms, Terms | None, Floats],
    factor: float,
) -> None:
    """Money of the year against ``factor`` times that of the year before, decided (terms) or given (bound)."""
    (name, labels), (mine, last, bound) = rows, money
    terms = [_relabelled(mine, labels)]
    if last is not None:
        terms.append(_relabelled(last, labels) * -factor)
    sense: Sense = ">=" if labels["side"][0] == AT_LEAST else "<="
    model.constrain(name, labels, terms, sense, bound, unit="yuan", requirement=f"funding.{name}")


def _relabelled(terms: Terms, labels: dict[str, Codes]) -> Terms:
    """Terms under the labels of rows: their own town if rows have one, the rows' side and year."""
    made = {dim: constant_label(int(codes[0]), len(terms)) for dim, codes in labels.items()}
    return terms.labelled({**made, "town": terms["town"]} if "town" in labels else made)
