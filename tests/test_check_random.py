"""Whatever the check proves impossible, the solver finds infeasible: a few numbers of a plan moved far, many times."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from allocator.scenario.plan_year import Scenario
from checking import LOCKS, TEACHING, courses, proofs, status, written

TOWNS = ("bei", "dong", "nan")
LABELS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "units": {"town": TOWNS, "programme": ("health_course", "operations")},
    "funding": {
        "town": (*TOWNS, "district"),
        "programme": ("health_course", "operations", "guidance", "travel"),
        "source": ("government", "social"),
    },
    "teaching": {"teacher": ("t1", "t2"), "from_town": TOWNS, "to_town": TOWNS, "category": ("health", "any")},
    "volunteering": {"from_town": TOWNS, "to_town": TOWNS},
    "pairing": {"mentor": TOWNS, "mentee": TOWNS},
    "guidance": {"town": TOWNS},
    "station_guidance": {"town": TOWNS},
}
SIZES = {
    "units": 200,
    "funding": 3e5,
    "teaching": 500,
    "volunteering": 9000,
    "pairing": 2.4,
    "guidance": 80,
    "station_guidance": 200,
}


def random_locks(rng: random.Random) -> list[dict[str, Any]]:
    made = []
    for n in range(rng.randint(1, 4)):
        decision = rng.choice(list(LABELS))
        where = {label: rng.choice(words) for label, words in LABELS[decision].items() if rng.random() < 0.6}
        bound = rng.uniform(0, SIZES[decision])
        bound = float(round(bound)) if decision == "pairing" and rng.random() < 0.7 else bound
        side = rng.choice(["at_least", "at_least", "equals", "at_most"])
        made.append({"id": f"l{n}", "decision": decision, "where": where, side: bound, "reason": "x"})
    return made


def random_shares(rng: random.Random) -> list[dict[str, Any]]:
    words = rng.sample(["operations", "courses", "activities"], rng.randint(1, 3))
    bounds = [{"at_least": round(rng.uniform(0, 0.33), 2)}, {"at_most": round(rng.uniform(0.05, 1), 2)}]
    return [{"spending": word, **rng.choice(bounds)} for word in words]


def wide(rng: random.Random, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def random_changes(rng: random.Random) -> dict[str, Any]:
    """A few numbers of the plan, far up or down."""
    pays = [["courses"], ["operations"], ["operations", "courses"], ["operations", "courses", "activities"]]
    course = "delivery.programmes.health_course"
    options: dict[str, Any] = {
        "funding.sources.government.amount": lambda: wide(rng, 5e4, 2e6),
        "funding.sources.social.amount": lambda: wide(rng, 1e3, 5e5),
        "funding.sources.social.special_fund": lambda: True,
        "funding.sources.government.min_share": lambda: rng.choice([0.1, 0.3, 0.6, 0.9]),
        "funding.sources.social.min_share": lambda: rng.choice([0.05, 0.1, 0.3]),
        "funding.sources.government.pays": lambda: rng.choice(pays),
        "funding.sources.social.pays": lambda: rng.choice(pays),
        "funding.sources.social.earmark": lambda: [
            {"town": t, "at_least": wide(rng, 100, 2e5)} for t in rng.sample(TOWNS, 2)
        ],
        "funding.per_capita_floor.district": lambda: wide(rng, 0.5, 8),
        "funding.per_capita_floor.town": lambda: wide(rng, 0.3, 8),
        "funding.category_shares": lambda: random_shares(rng),
        "funding.year_on_year": lambda: {"down": rng.choice([0, 0.1, 0.5, 1]), "up": rng.choice([0, 0.2, 1, 3])},
        f"{course}.floor": lambda: rng.choice(["course", "running_cost"]),
        f"{course}.max_units.units": lambda: wide(rng, 0.01, 3),
        f"{course}.teacher_hours": lambda: rng.choice([0, 1, 5, 60]),
        f"{course}.volunteer_hours": lambda: rng.choice([0, 1, 50, 600]),
        f"{course}.venue_hours": lambda: rng.choice([0, 100, 300]),
        "delivery.programmes.operations.max_units": lambda: {
            "per": 1,
            "of": "resident_pop",
            "units": wide(rng, 0.1, 4),
        },
        "volunteering.supervision_ratio": lambda: rng.choice([0.1, 0.5, 1, 20]),
        "teaching.home_share": lambda: rng.choice([0, 1]),
        "teaching.exchange_min_share": lambda: rng.choice([0.05, 0.3, 0.9]),
        "teaching.backbone_min_share": lambda: rng.choice([0.1, 1]),
        "guidance.district_hours": lambda: wide(rng, 10, 300),
        "guidance.town_min_hours": lambda: wide(rng, 3, 100),
        "guidance.station_min_hours": lambda: wide(rng, 3, 40),
        "mentoring.hours_per_pair": lambda: rng.choice([50, 150, 400]),
        "mentoring.mentor_capacity": lambda: rng.choice([0, 1]),
        "mentoring.mentee_cover": lambda: rng.choice([0, 2]),
        "mentoring.min_gap": lambda: rng.choice([0, 60]),
        "travel.reach_minutes": lambda: {kind: rng.choice([0, 15, 20, 60]) for kind in ("teaching", "mentoring")},
        "locks": lambda: random_locks(rng),
    }
    return {path: options[path]() for path in rng.sample(list(options), rng.randint(1, 6))}


def changeable(folder: Path) -> Scenario:
    """The small plan with allowances, last year's money and a floor for courses."""
    edits = {
        **courses(3000, 6000, 1500),
        "district_hours: 100": "allowance: {unit_cost: 20, spending: activities}\n  district_hours: 100",
        "  nearness": "  allowance: {unit_cost: 500, spending: activities}\n  nearness",
        TEACHING: "{home_share: 0.5, travel_allowance: {unit_cost: 10, spending: operations}}",
        LOCKS: "last_year: {funding_by_town: last}\n",
        "tables/last": "town,amount_yuan\nbei,250000\ndong,300000\nnan,120000\n",
    }
    return written(folder, edits)[0]


@pytest.mark.parametrize("block", [0, 1, *(pytest.param(block, marks=pytest.mark.slow) for block in (2, 3))])
def test_whatever_is_proved_impossible_the_solver_finds_infeasible(block: int, tmp_path: Path) -> None:
    scenario = changeable(tmp_path)
    assert status(scenario) in ("optimal", "feasible")
    seen = {True: 0, False: 0}
    for seed in range(block * 40, block * 40 + 40):
        changes = random_changes(random.Random(seed))
        changed = scenario.with_(changes)
        found, possible = proofs(changed), status(changed) in ("optimal", "feasible")
        assert not (found and possible), (seed, changes, [f.message.in_language("en") for f in found])
        seen[possible] += 1
    assert min(seen.values()) >= 5, "the changes are neither all harmless nor all fatal"
