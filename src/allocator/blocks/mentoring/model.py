"""Mentoring (结对帮扶): a mature town school helps a slow-starting one; always whole pairs.

slow    the third of the towns with the lowest base levels (or named ones); mature towns named by the plan are not slow
mature  the third with the highest base levels, and the preset ones; a town is never both
A pair is eligible if the mentor is mature, the mentee slow, the base level of the mentor leads by at least
min_gap and the travel time is at most travel.reach_minutes.mentoring.

Data
    gap[mentor, mentee, indicator] = max(0, base[mentor, indicator] - base[mentee, indicator])
    nearness[mentor, mentee] = exp(-minutes / nearness_minutes)
    transfer[indicator]                   share     scenario: mentoring.transfer
    capacity, cover, hours_per_pair                 scenario: mentoring
Variables
    pairing[mentor, mentee, year]         0 or 1    only eligible pairs
Rows
    mentor_capacity[mentor, year]         sum over mentee of pairing <= capacity
    mentee_cover[mentee, year]            sum over mentor of pairing <= cover
Ledgers
    value        supply   transfer * gap * nearness * pairing, for the mentee
    school_time  use      hours_per_pair * pairing, of the mentor      closed as school_hours[town, year]
    cost         use      allowance * pairing, line `mentoring` of the mentor
Outcomes
    mentoring.benefit[town, year]         level points the pairs of a mentee add, before the cap at 1
Source
    Generalised b-matching. Plan text: 通过帮扶结对的形式，让较成熟的社区学校对起步较慢的社区学校进行全方位的帮扶.
"""

from __future__ import annotations

import numpy as np

from allocator.blocks.mentoring.candidates import candidates
from allocator.blocks.mentoring.section import Mentoring
from allocator.model import Model, Outcome, Terms, constant_label
from allocator.scenario import PlanYear


def build(model: Model, plan: PlanYear, given: Mentoring) -> None:
    """Declare the eligible pairs and what they use and bring."""
    found = candidates(plan, given)
    year = model.axes["year"].code(str(plan.year))
    labels = {"mentor": found.mentor, "mentee": found.mentee, "year": constant_label(year, len(found.mentor))}
    pairing = model.variables("pairing", labels, "pairs", upper=1.0, integer=True, requirement="mentoring")
    _benefit(model, plan, pairing, found.benefit)
    if not len(pairing):
        return
    for family, dim, limit in (
        ("mentor_capacity", "mentor", given.mentor_capacity),
        ("mentee_cover", "mentee", given.mentee_cover),
    ):
        who = np.unique(labels[dim])
        rows = {dim: who, "year": constant_label(year, len(who))}
        requirement = f"mentoring.{family}"
        made = model.constrain(family, rows, [pairing], "<=", float(limit), unit="pairs", requirement=requirement)
        model.row_parameter(requirement, made, 1.0)
    pair, indicator = np.nonzero(found.transferred > 0)
    gains = (pairing.where(pair) * found.transferred[pair, indicator]).labelled(
        {"town": found.mentee[pair], "indicator": indicator, "year": labels["year"][pair]}
    )
    model.ledgers["value"].supply("mentoring", gains)
    at_mentor = pairing.labelled({"town": found.mentor, "year": labels["year"]})
    if given.hours_per_pair > 0:
        model.ledgers["school_time"].use("mentoring", at_mentor * given.hours_per_pair)
    if given.allowance is not None and given.allowance.unit_cost > 0:
        line = constant_label(model.axes["programme"].code("mentoring"), len(pairing))
        paid = pairing.labelled({"town": found.mentor, "programme": line, "year": labels["year"]})
        model.ledgers["cost"].use("mentoring", paid * given.allowance.unit_cost)


def _benefit(model: Model, plan: PlanYear, pairing: Terms, benefit: np.ndarray) -> None:
    towns = np.arange(len(plan.towns))
    year = constant_label(model.axes["year"].code(str(plan.year)), len(towns))
    terms = (pairing * benefit).labelled({"outcome": pairing["mentee"]})
    model.outcomes["mentoring.benefit"] = Outcome(
        "mentoring.benefit", "level points", {"town": towns, "year": year}, terms, np.zeros(len(towns))
    )
