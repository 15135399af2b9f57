"""What a merged plan must keep across its parts: names that exist, sums that fit, rules that do not contradict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from allocator.blocks.registry import lockable
from allocator.plan.circles import circle_findings, function_measures
from allocator.plan.demonstration import standard_measures
from allocator.plan.libraries import kind_findings, kind_measures
from allocator.plan.outcomes import outcome_findings, rank_findings
from allocator.plan.postings import posting_findings
from allocator.plan.standards import grade_measures
from allocator.plan.team_parts import matching_findings, team_measures
from allocator.scenario.files.wording import meant
from allocator.scenario.files.yamltree import Node, children, find
from allocator.scenario.section import ANY_CATEGORY, FIXED_LINES, RATIOS
from allocator.words.errors import Finding, Place
from allocator.words.texts import Text

SUM_TOLERANCE = 1e-9

REFERENCES: Sequence[tuple[str, str]] = (
    ("bases.spending", "spending"),
    ("bases.venue_function", "function"),
    ("delivery.programmes.*.spending", "spending"),
    ("delivery.programmes.*.category", "category"),
    ("goals.*.category", "category"),
    ("funding.sources.*.pays.*", "spending"),
    ("funding.sources.*.earmark.*.town", "town"),
    ("funding.category_shares.*.spending", "spending"),
    ("attainment.effects.*.programme", "programme"),
    ("attainment.effects.*.indicator", "indicator"),
    ("demonstration.spending", "spending"),
    ("demonstration.standards.*.after", "standard"),
    ("guidance.effects.*.indicator", "indicator"),
    ("guidance.allowance.spending", "spending"),
    ("mentoring.allowance.spending", "spending"),
    ("posting.spending", "spending"),
    ("mentoring.mature.preset.*", "town"),
    ("mentoring.slow.towns.*", "town"),
    ("mentoring.travel.spending", "spending"),
    ("projects.kinds.*.spending", "spending"),
    ("stars.spending", "spending"),
    ("stars.gains.*.indicator", "indicator"),
    ("teaching.travel_allowance.spending", "spending"),
    ("funding.matching.*.source", "source"),
    ("funding.matching.*.with", "source"),
    ("purchase.spending", "spending"),
    ("team.spending", "spending"),
    ("team.training.spending", "spending"),
    ("team.training.gains.*.indicator", "indicator"),
    ("team.ratios.*.of.*", "staff_type"),
    ("team.floors.*.type", "staff_type"),
    ("team.most.*.type", "staff_type"),
)
"""Where values name something by id, and the kind of thing."""

KEY_REFERENCES: Sequence[tuple[str, str]] = (
    ("mentoring.transfer.*", "indicator"),
    ("stages.*.programme_shares.*", "programme"),
    ("extra_columns.*", "table"),
    ("population.other_vintages.*", "town_column"),
)
"""Where keys name something by id."""

OTHER_MEASURES: Mapping[str, str] = {
    "level": "attainment",
    "money": "funding",
    "money_per_head": "funding",
    "special_fund_per_head": "funding",
    "paired_slow_towns": "mentoring",
    "category_share": "teaching",
    "star_share": "stars",
    "star_stations": "stars",
    "demonstration_towns": "demonstration",
    "bases": "bases",
    "covered_share": "coverage",
    "covered_stations": "coverage",
    "posted_teachers": "posting",
    "posted_backbone": "posting",
}
"""Measures of goals that are no indicators, and the block that each needs."""

DISTRICT_MEASURES = ("paired_slow_towns", "category_share")
"""Measures that only the district has."""

RESERVED_PROGRAMMES = FIXED_LINES
"""Lines of cost that are no programmes; no programme may use the name."""

Ids = Mapping[str, set[str] | None]


def reference_findings(tree: Node, ids: Ids) -> list[Finding]:
    """Everything that is wrong across the parts of a plan year.

    Args:
        tree: the merged plan year; parts of the wrong kind are left to the validation of the definition.
        ids: kind of id to all that exist; none where their own part is missing.
    """
    return [
        *_unknown_ids(tree, ids),
        *_missing_blocks(tree),
        *circle_findings(tree),
        *_sums(tree),
        *_repeated(tree),
        *_reserved(tree),
        *_stages(tree),
        *_inequality(tree),
        *outcome_findings(tree),
        *rank_findings(tree, ids.get("town")),
        *_category_shares(tree),
        *matching_findings(tree),
        *_matching_bounds(tree),
        *_goals(tree, ids),
        *_effects(tree),
        *_money_twice_or_free(tree),
        *_mentoring(tree),
        *posting_findings(tree),
        *kind_findings(tree, {*(ids.get("indicator") or ()), *OTHER_MEASURES}, ids.get("programme") or set()),
        *_vintages(tree),
        *[finding for path, lock in find(tree, "locks.*") for finding in _lock(path, lock, tree, ids)],
    ]


def _unknown(kind: str, place: Place, path: str, word: str, known: Iterable[str]) -> Finding:
    message = Text("load.unknown_id", {"kind": Text(f"load.kind_{kind}")})
    return Finding("E301", place, path, message, word, hint=meant(word, known))


def _unknown_ids(tree: Node, ids: Ids) -> list[Finding]:
    named = [
        (kind, node.place, path, node.text)
        for pattern, kind in REFERENCES
        for path, node in find(tree, pattern)
        if node.text is not None
    ]
    named += [
        (kind, node.key or node.place, path, path.rpartition(".")[2])
        for pattern, kind in KEY_REFERENCES
        for path, node in find(tree, pattern)
    ]
    findings: list[Finding] = []
    for kind, place, path, word in named:
        known = ids.get(kind)
        if known is not None and word not in known:
            findings.append(_unknown(kind, place, path, word, known))
    return findings


def _missing_blocks(tree: Node) -> list[Finding]:
    """Parts that say something about a block the plan does not have."""
    needs = [(part, "attainment") for part in (*_pairs_by_level(tree), "stars.gains.*")]
    needs += [("guidance.effects.*", "attainment"), ("attainment.effects.*", "delivery")]
    needs += [("coverage", "bases"), ("projects.effects", "attainment")]
    needs += [("attainment.indicators.*.stock", "volunteering"), ("funding.per_capita_floor", "population")]
    needs += [("purchase.most_share", "teaching"), ("team.training.gains.*", "attainment")]
    return [
        _needs(node.key or node.place, path, block)
        for pattern, block in needs
        if block not in tree.entries
        for path, node in find(tree, pattern)
    ]


def _needs(place: Place, path: str, block: str) -> Finding:
    return Finding("E313", place, path, Text("load.needs_block", {"block": block}))


def _sums(tree: Node) -> list[Finding]:
    findings: list[Finding] = []
    groups = [
        ("E302", "load.weights_sum", path, node, find(node, "*.weight", path))
        for path, node in find(tree, "attainment.indicators")
    ]
    groups += [
        ("E303", "load.factors_sum", path, node, find(node, "*", path)) for path, node in find(tree, "stages.*.factors")
    ]
    groups += [
        ("E304", "load.programme_shares_sum", path, node, find(node, "*", path))
        for path, node in find(tree, "stages.*.programme_shares")
    ]
    for code, key, path, node, parts in groups:
        numbers = [part.number for _, part in parts]
        known = [number for number in numbers if number is not None]
        if len(known) == len(numbers) and abs(sum(known) - 1.0) > SUM_TOLERANCE:
            total = f"{sum(known):.10g}"
            findings.append(Finding(code, node.key or node.place, path, Text(key), total))
    return findings


def _repeated(tree: Node) -> list[Finding]:
    """Words twice in a list of words."""
    findings: list[Finding] = []
    patterns = (
        "categories",
        "spending",
        "years",
        "funding.sources.*.pays",
        "mentoring.mature.preset",
        "mentoring.slow.towns",
        "team.ratios.*.of",
        "extra_columns.*",
    )
    for pattern in patterns:
        for path, node in find(tree, pattern):
            seen: set[str] = set()
            for item in node.items:
                word = str(item.content)
                if word in seen and not item.entries and not item.items:
                    findings.append(Finding("E110", item.place, path, Text("load.twice"), word))
                seen.add(word)
    return findings


def _reserved(tree: Node) -> list[Finding]:
    findings = [
        Finding("E319", node.place, "categories", Text("load.reserved_id"), ANY_CATEGORY)
        for _, node in find(tree, "categories.*")
        if node.content == ANY_CATEGORY
    ]
    for path, node in find(tree, "delivery.programmes.*.id"):
        if node.content in RESERVED_PROGRAMMES:
            findings.append(Finding("E319", node.place, path, Text("load.reserved_id"), node.text))
    return findings


def _stages(tree: Node) -> list[Finding]:
    stages = find(tree, "stages.*.id")
    last = [(path, node) for path, node in stages if node.content == "tie_break"]
    findings: list[Finding] = []
    if last and stages[-1][1].content != "tie_break":
        findings.append(Finding("E305", last[0][1].place, last[0][0], Text("load.tie_break_last")))
    first = [(path, node) for path, node in stages if node.content == "basics"]
    if first and stages[0][1].content != "basics":
        findings.append(Finding("E306", first[0][1].place, first[0][0], Text("load.basics_first")))
    return findings


def _inequality(tree: Node) -> list[Finding]:
    """A dial with its criterion and nowhere else; nothing to give by a ratio."""
    findings: list[Finding] = []
    for path, stage in find(tree, "stages.*"):
        given = {name: stage.entries[name] for name in ("criterion", "aversion", "give") if name in stage.entries}
        criterion = given["criterion"].text if "criterion" in given else None
        dial, give = given.get("aversion"), given.get("give")
        has_dial = dial is not None and dial.content is not None
        if (criterion == "inequality_aversion") != has_dial:
            wanted = "with" if has_dial else "without"
            place = dial.place if dial is not None else stage.place
            findings.append(Finding("E330", place, f"{path}.aversion", Text(f"load.{wanted}_aversion")))
        if criterion in RATIOS and give is not None and give.number:
            message = Text("load.ratio_gives_nothing", {"criterion": criterion})
            findings.append(Finding("E331", give.place, f"{path}.give", message, f"{give.number:g}"))
    return findings


def _category_shares(tree: Node) -> list[Finding]:
    findings: list[Finding] = []
    least = 0.0
    first: dict[str | None, Node] = {}
    for path, share in find(tree, "funding.category_shares.*"):
        low, high = share.entries.get("at_least"), share.entries.get("at_most")
        findings += _bounds(path, low, high)
        least += (low.number or 0.0) if low is not None else 0.0
        spending = share.entries.get("spending")
        if spending is not None and spending.text in first:
            findings.append(Finding("E110", spending.place, path, Text("load.twice"), spending.text))
        elif spending is not None:
            first[spending.text] = spending
    if least > 1.0 + SUM_TOLERANCE:
        path, node = find(tree, "funding.category_shares")[0]
        findings.append(Finding("E308", node.key or node.place, path, Text("load.least_shares_sum"), f"{least:.10g}"))
    return findings


def _matching_bounds(tree: Node) -> list[Finding]:
    """Least money of a matching above its most."""
    every = [(path, node.entries) for path, node in find(tree, "funding.matching.*")]
    return [each for path, own in every for each in _bounds(path, own.get("at_least"), own.get("at_most"))]


def _bounds(path: str, low: Node | None, high: Node | None) -> list[Finding]:
    if low is None or high is None or low.number is None or high.number is None or low.number <= high.number:
        return []
    message = Text("load.bounds_crossed", {"most": f"{high.number:.10g}"})
    return [Finding("E307", low.place, f"{path}.at_least", message, f"{low.number:.10g}")]


def town_measures(tree: Node, ids: Ids) -> set[str]:
    """What a criterion of a standard may ask of a town: indicators, and what blocks of the plan have town by town."""
    others = {name for name, block in OTHER_MEASURES.items() if block in tree.entries and block != "demonstration"}
    return {
        *(ids.get("indicator") or ()),
        *grade_measures(tree),
        *kind_measures(tree),
        *team_measures(tree),
        *function_measures(tree),
        *others - {*DISTRICT_MEASURES},
    }


def _goals(tree: Node, ids: Ids) -> list[Finding]:
    findings: list[Finding] = []
    indicators = ids.get("indicator") or set()
    of_kinds = {
        *grade_measures(tree),
        *kind_measures(tree),
        *team_measures(tree),
        *function_measures(tree),
        *standard_measures(tree),
    }
    for path, node in find(tree, "goals.*.measure"):
        if node.text is None or node.text in indicators or node.text in of_kinds:
            continue
        block = OTHER_MEASURES.get(node.text)
        if block is None:
            known = {*indicators, *OTHER_MEASURES, *of_kinds}
            findings.append(_unknown("measure", node.place, path, node.text, known))
        elif block not in tree.entries:
            findings.append(_needs(node.place, path, block))
    for path, node in find(tree, "goals.*.at_least"):
        if not node.entries:
            findings.append(Finding("E116", node.place, path, Text("load.too_short", {"n": 1})))
    for path, goal in find(tree, "goals.*"):
        findings += [*_goal_parts(path, goal, ids.get("town")), *_goal_base(path, goal, tree)]
    return findings


def _goal_parts(path: str, goal: Node, known_towns: set[str] | None) -> list[Finding]:
    """Parts of a goal that belong together: a category with its share, a number of towns with its scope."""
    given = {name: node.text for name, node in goal.entries.items()}
    measure, scope, towns = given.get("measure"), given.get("scope", "district"), goal.entries.get("towns")
    pairs = (("category", measure == "category_share"), ("towns", scope == "count_of_towns"))
    findings = []
    for name, wanted in pairs:
        if wanted != (name in goal.entries):
            place = goal.entries[name].place if name in goal.entries else goal.place
            key = f"load.goal_{'needs' if wanted else 'without'}_{name}"
            findings.append(Finding("E326", place, f"{path}.{name}", Text(key)))
    if measure in DISTRICT_MEASURES and scope != "district":
        message = Text("load.goal_of_district", {"measure": measure})
        findings.append(Finding("E327", goal.entries["scope"].place, f"{path}.scope", message, scope))
    if towns is not None and towns.number is not None and known_towns is not None and towns.number > len(known_towns):
        message = Text("load.goal_too_many_towns", {"n": len(known_towns)})
        findings.append(Finding("E328", towns.place, f"{path}.towns", message, f"{towns.number:g}"))
    return findings


def _goal_base(path: str, goal: Node, tree: Node) -> list[Finding]:
    """A line needs a base: of money it is last year's table, and nothing tells it for the special fund.

    A later year may be solved together with the years before it, which know the base.
    """
    line, measure = goal.entries.get("path"), goal.entries.get("measure")
    if line is None or line.text != "linear_from_base" or "base" in goal.entries or measure is None:
        return []
    years = [node.number for _, node in find(tree, "years.*") if node.number is not None]
    starts = [node.number for _, node in find(tree, "year")] == [min(years, default=None)]
    money = measure.text in ("money", "money_per_head") and starts and not find(tree, "last_year.funding_by_town")
    if not money and measure.text != "special_fund_per_head":
        return []
    return [Finding("E329", line.place, f"{path}.path", Text("load.goal_without_base"), line.text)]


def _money_twice_or_free(tree: Node) -> list[Finding]:
    """A town earmarked twice by one source, and a programme that costs nothing but must get money."""
    findings: list[Finding] = []
    for path, marks in find(tree, "funding.sources.*.earmark"):
        first: dict[str | None, Place] = {}
        for at, mark in children(marks):
            town = mark.entries["town"].text if "town" in mark.entries else None
            if town is not None and town in first:
                message = Text("load.earmark_twice", {"line": first[town].line})
                findings.append(Finding("E323", mark.place, f"{path}.{at}", message, town))
            first.setdefault(town, mark.place)
    for path, programme in find(tree, "delivery.programmes.*"):
        cost = programme.entries.get("unit_cost")
        if "floor" in programme.entries and cost is not None and cost.number == 0:
            findings.append(Finding("E324", cost.place, f"{path}.unit_cost", Text("load.free_with_floor"), "0"))
    return findings


def _effects(tree: Node) -> list[Finding]:
    findings: list[Finding] = []
    stocks = {path.split(".")[2] for path, _ in find(tree, "attainment.indicators.*.stock")}
    for section, pair in (("attainment", ("programme", "indicator")), ("guidance", ("giver", "indicator"))):
        first: dict[tuple[str | None, ...], Place] = {}
        for path, effect in find(tree, f"{section}.effects.*"):
            own = tuple(effect.entries[name].text if name in effect.entries else None for name in pair)
            if None not in own and own in first:
                message = Text("load.effect_twice", {"line": first[own].line})
                findings.append(Finding("E317", effect.place, path, message, ", ".join(map(str, own))))
            first.setdefault(own, effect.place)
    touched = find(tree, "attainment.effects.*.indicator") + find(tree, "guidance.effects.*.indicator")
    touched += find(tree, "team.training.gains.*.indicator")
    touched += find(tree, "stars.gains.*.indicator")
    for path, node in touched:
        if node.text in stocks:
            findings.append(Finding("E316", node.place, path, Text("load.effect_on_stock"), node.text))
    for path, node in find(tree, "mentoring.transfer.*"):
        if path.rpartition(".")[2] in stocks:
            own_place = node.key or node.place
            findings.append(Finding("E316", own_place, path, Text("load.effect_on_stock"), path.rpartition(".")[2]))
    for path, node in find(tree, "attainment.effects.*.per_unit"):
        findings += _pieces(path, node)
    return findings


def _pieces(path: str, node: Node) -> list[Finding]:
    """Pieces of a bent effect: ends rise, gains fall, only the last has no end."""
    findings: list[Finding] = []
    pieces = children(node) if node.items else []
    end: float | None = 0.0
    gain: float | None = None
    for at, (name, piece) in enumerate(pieces):
        up_to, own = piece.entries.get("up_to"), piece.entries.get("gain")
        if up_to is None and at < len(pieces) - 1:
            findings.append(Finding("E315", piece.place, f"{path}.{name}", Text("load.piece_open")))
        if up_to is not None and up_to.number is not None:
            if end is not None and at > 0 and up_to.number <= end:
                message = Text("load.piece_end", {"before": f"{end:g}"})
                findings.append(Finding("E315", up_to.place, f"{path}.{name}.up_to", message, f"{up_to.number:g}"))
            end = up_to.number
        if own is not None and own.number is not None:
            if gain is not None and own.number >= gain:
                message = Text("load.piece_gain", {"before": f"{gain:g}"})
                findings.append(Finding("E315", own.place, f"{path}.{name}.gain", message, f"{own.number:g}"))
            gain = own.number
    return findings


def _pairs_by_level(tree: Node) -> tuple[str, ...]:
    """Parts of mentoring that look at indicators: all of it, unless a table says which pairs may be made."""
    return ("mentoring.transfer", "mentoring.matching") if find(tree, "mentoring.pairs") else ("mentoring",)


def _mentoring(tree: Node) -> list[Finding]:
    """Towns both slow and mature; what a pair brings, how far and who pays for its travel, where something needs it."""
    given = tree.entries.get("mentoring")
    transfer, pairs = find(tree, "mentoring.transfer.*"), find(tree, "mentoring.pairs")
    paid = [node.number for _, node in find(tree, "mentoring.travel.cost_per_hour")]
    wanted = (
        ("transfer", not pairs, "mentoring"),
        ("nearness_minutes", bool(transfer) or not pairs, "mentoring"),
        ("spending", any(paid), "mentoring.travel"),
    )
    absent = [
        Finding("E107", part.place, f"{path}.{name}", Text("load.missing"))
        for name, needed, path in wanted
        if given is not None and needed and not find(tree, f"{path}.{name}")
        for _, part in find(tree, path)
    ]
    return absent + _slow_and_mature(tree)


def _slow_and_mature(tree: Node) -> list[Finding]:
    slow = {node.text: node for _, node in find(tree, "mentoring.slow.towns.*")}
    return [
        Finding("E314", node.place, path, Text("load.slow_and_mature"), node.text)
        for path, node in find(tree, "mentoring.mature.preset.*")
        if node.text in slow
    ]


def _vintages(tree: Node) -> list[Finding]:
    """Rules that read a population column of another count than the plan's."""
    given = find(tree, "population.vintage")
    own = given[0][1].content if given else None
    others = {path.rpartition(".")[2]: node.content for path, node in find(tree, "population.other_vintages.*")}
    patterns = (
        "attainment.indicators.*.denominator",
        "delivery.programmes.*.audience",
        "delivery.programmes.*.max_units.of",
        "stages.*.weighted_by",
        "limits.*.weighted_by",
    )
    used = [(path, node.place, node.text) for pattern in patterns for path, node in find(tree, pattern)]
    used += [(path, node.key or node.place, path.rpartition(".")[2]) for path, node in find(tree, "stages.*.factors.*")]
    return [
        Finding("W101", place, path, Text("load.vintages_mixed", {"own": own, "other": others[column]}), column)
        for path, place, column in used
        if column in others and others[column] != own
    ]


def _lock(path: str, lock: Node, tree: Node, ids: Ids) -> list[Finding]:
    findings: list[Finding] = []
    bounds = lock.entries.keys() & {"equals", "at_least", "at_most"}
    if not bounds or bounds > {"equals"}:
        message = Text("load.lock_bounds")
        findings.append(Finding("E309", lock.place, path, message, ", ".join(sorted(bounds)) or None))
    findings += _bounds(path, lock.entries.get("at_least"), lock.entries.get("at_most"))
    decision, where = lock.entries.get("decision"), lock.entries.get("where")
    if decision is None or decision.text is None:
        return findings
    known_to = {name: how for name, how in lockable().items() if how[1].in_files}
    if decision.text not in known_to:
        hint, message = meant(decision.text, known_to), Text("load.no_such_decision")
        return [*findings, Finding("E310", decision.place, f"{path}.decision", message, decision.text, hint=hint)]
    block, how = known_to[decision.text]
    labels = how.labels
    if block not in tree.entries:
        findings.append(_needs(decision.place, f"{path}.decision", block))
    for label, node in where.entries.items() if where is not None else ():
        at = f"{path}.where.{label}"
        if label not in labels:
            hint, message = meant(label, labels), Text("load.no_such_label", {"decision": decision.text})
            findings.append(Finding("E311", node.key or node.place, at, message, label, hint=hint))
            continue
        known = ids.get(labels[label])
        if known is not None and node.text is not None and node.text not in known:
            findings.append(_unknown(labels[label], node.place, at, node.text, known))
    return findings
