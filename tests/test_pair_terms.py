"""Mentoring over several years: terms, one renewal, fading, pairs from before the plan, and what follows from them.

Base values m 0.6 and n 0.1 of a target of 1, 20 minutes apart, so that nearness is 0.5. With a transfer of 0.4 a pair
adds 0.4 * 0.5 * 0.5 = 0.1 in its first year, 10 points, and six tenths of the year before in every further one: 10, 6,
3.6, 2.16, 1.296, 0.7776. Nothing else moves and nothing is retained: the level of n is what its pairs add, in the first
year (2016) on top of its base, 10 points. The mean of all years is sought, then the last year.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from allocator.tables.result import Result
from allocator.verbs.options import Mode
from allocator.words.errors import InfeasibleError
from worlds import NEARNESS_MINUTES, TOTAL, attainment, levels, of_year, solved

BASE = {"m": 0.6, "n": 0.1}
FADING = [10, 6, 3.6, 2.16, 1.296, 0.7776]
Life = tuple[int, int, int]
"""Start year, end year, renewals."""


def mentoring(**more: Any) -> dict[str, Any]:
    return {
        "slow": {"towns": ["n"]},
        "mature": {"upper_third": False, "preset": ["m"]},
        "transfer": {"participation": 0.4},
        "nearness_minutes": NEARNESS_MINUTES,
        **more,
    }


def plan(
    years: int, base: dict[str, float] | None = None, past: list[Any] | None = None, **more: Any
) -> dict[str, Any]:
    """A plan from 2016 on; ``past``: pairs from before as (mentor, mentee, start year, renewals)."""
    given = base or BASE
    made: dict[str, Any] = {
        "towns": {town: {"resident_pop": 1000} for town in given},
        "base": given,
        "years": {2016 + n: {} for n in range(years)},
        "roads": {(one, "n"): 20 for one in given if one != "n"},
        "delivery": None,
        "attainment": attainment(retention=0),
        "mentoring": mentoring(),
    }
    if past is not None:
        columns = ("mentor", "mentee", "start_year", "renewals")
        made["tables"] = {"old": [dict(zip(columns, pair, strict=True)) for pair in past]}
        made["last_year"] = {"pairs": "old"}
    return made | more


def lives(result: Result, mentor: str = "m", mentee: str = "n") -> dict[int, Life]:
    """Year to the life of a pair in it."""
    table = result.pairs[(result.pairs["mentor"] == mentor) & (result.pairs["mentee"] == mentee)]
    columns = (table[name].astype(int) for name in ("year", "start_year", "end_year", "renewals"))
    return {year: (start, end, times) for year, start, end, times in zip(*columns, strict=True)}


def of_n(result: Result) -> list[float]:
    return [levels(result, year)["n"] for year in result.scenario.years]


# -- terms, renewal, fading --------------------------------------------------------------------------------------------


def test_a_pair_runs_its_term_is_renewed_right_after_it_and_adds_less_every_year(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan(4))
    first, second = (2016, 2018, 0), (2016, 2021, 1)
    assert lives(result) == {2016: first, 2017: first, 2018: first, 2019: second}
    assert result.pairs["uplift"].tolist() == pytest.approx(FADING[:4])
    assert of_n(result) == pytest.approx([10 + 10, 6, 3.6, 2.16], abs=1e-3)


def test_a_pair_is_renewed_once_and_begins_once(tmp_path: Path) -> None:
    # Six of seven years can be covered. 2016-2021 and 2017-2022 add the same over the years; the last year decides.
    result = solved(tmp_path, **plan(7))
    assert sorted(lives(result)) == [2017, 2018, 2019, 2020, 2021, 2022]
    assert lives(result)[2022] == (2017, 2022, 1)
    assert of_n(result) == pytest.approx([10, *FADING], abs=1e-3)


def test_a_term_of_one_year_is_renewed_from_one_year_to_the_next(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan(3, mentoring=mentoring(term_years=1)))
    assert lives(result) == {2017: (2017, 2017, 0), 2018: (2017, 2018, 1)}
    assert of_n(result) == pytest.approx([10, 10, 6], abs=1e-3)


def test_a_renewal_comes_right_after_the_term_or_not_at_all(tmp_path: Path) -> None:
    # No pair in 2017: one of 2016 could go on only in 2017, so that one year is all there is; 2018 is the last one.
    none = {"id": "none", "decision": "pairing", "where": {"mentee": "n"}, "equals": 0, "reason": "test"}
    given = plan(3, mentoring=mentoring(term_years=1))
    given["years"][2017] = {"locks": [none]}
    result = solved(tmp_path, **given)
    assert lives(result) == {2018: (2018, 2018, 0)}
    assert of_n(result) == pytest.approx([10, 0, 10], abs=1e-3)


def test_a_pair_that_has_begun_is_a_commitment(tmp_path: Path) -> None:
    # m is full in 2018 (capacity 0): a term of three years from 2016 or 2017 on would reach into it, only 2019 is left.
    given = plan(4)
    given["years"][2018] = {"mentoring": {"mentor_capacity": 0}}
    result = solved(tmp_path, **given)
    assert lives(result) == {2019: (2019, 2021, 0)}
    # A term of two years fits before it: 2016 and 2017 (16 points), more than the 10 of 2019 alone.
    given = plan(4, mentoring=mentoring(term_years=2))
    given["years"][2018] = {"mentoring": {"mentor_capacity": 0}}
    two = solved(tmp_path / "two", **given)
    assert lives(two) == {2016: (2016, 2017, 0), 2017: (2016, 2017, 0)}


def test_year_by_year_the_commitment_is_seen_too_late_and_the_year_is_named(tmp_path: Path) -> None:
    given = plan(3)
    given["years"][2018] = {"mentoring": {"mentor_capacity": 0}}
    with pytest.raises(InfeasibleError, match="2018"):
        solved(tmp_path, "rolling", **given)


# -- pairs from before the plan ----------------------------------------------------------------------------------------


def test_a_pair_from_before_runs_to_its_end_and_may_be_renewed(tmp_path: Path) -> None:
    # Since 2014: 2016 is its third year (3.6), 2017 the fourth, renewed (2.16), to 2019; nothing is left for 2020.
    result = solved(tmp_path, **plan(5, past=[("m", "n", 2014, 0)]))
    second = (2014, 2019, 1)
    assert lives(result) == {2016: (2014, 2016, 0), 2017: second, 2018: second, 2019: second}
    assert of_n(result) == pytest.approx([10 + 3.6, 2.16, 1.296, 0.7776, 0], abs=1e-3)


def test_a_pair_whose_term_has_just_ended_may_be_renewed_at_once(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan(2, past=[("m", "n", 2013, 0)]))
    assert lives(result) == {2016: (2013, 2018, 1), 2017: (2013, 2018, 1)}
    assert of_n(result) == pytest.approx([10 + 2.16, 1.296], abs=1e-3)


@pytest.mark.parametrize(("start", "renewals"), [(2012, 0), (2010, 1)], ids=["ended in 2014", "renewed, ended in 2015"])
def test_a_pair_that_has_ended_does_not_begin_again(tmp_path: Path, start: int, renewals: int) -> None:
    result = solved(tmp_path, **plan(2, past=[("m", "n", start, renewals)]))
    assert lives(result) == {}
    assert of_n(result) == pytest.approx([10, 0], abs=1e-3)


def two_mentors(**more: Any) -> dict[str, Any]:
    """m1 at 0.6 (10 points in a first year) and m2 at 0.5 (8 points), n takes one mentor."""
    base = {"m1": 0.6, "m2": 0.5, "n": 0.1}
    section = mentoring(mature={"upper_third": False, "preset": ["m1", "m2"]}, mentor_capacity=1)
    return plan(3, base=base, mentoring=section, **more)


def test_a_running_pair_keeps_its_place_against_a_better_mentor(tmp_path: Path) -> None:
    # m2 mentors n since 2015, to 2017: 4.8 and 2.88. In 2018 m1 begins (10) instead of a renewal of m2 (1.728).
    result = solved(tmp_path / "old", **two_mentors(past=[("m2", "n", 2015, 0)]))
    assert sorted(lives(result, "m2")) == [2016, 2017]
    assert lives(result, "m1") == {2018: (2018, 2020, 0)}
    assert of_n(result) == pytest.approx([10 + 4.8, 2.88, 10], abs=1e-3)
    # Without it m1 begins at once.
    fresh = solved(tmp_path / "fresh", **two_mentors())
    assert of_n(fresh)[0] == pytest.approx(20, abs=1e-3)


def test_running_pairs_that_find_no_room_leave_no_plan(tmp_path: Path) -> None:
    past = [("m1", "n", 2015, 0), ("m2", "n", 2015, 0)]
    with pytest.raises(InfeasibleError):
        solved(tmp_path / "no", **two_mentors(past=past))
    given = two_mentors(past=past)
    given["mentoring"]["mentee_cover"] = 2
    # with room for both: 0.6 and 0.36 of 10 + 8 points; renewed in 2018, 0.216 of them
    result = solved(tmp_path / "yes", **given)
    assert of_n(result) == pytest.approx([10 + 10.8, 6.48, 3.888], abs=1e-3)


def test_a_pair_that_may_no_longer_be_made_ends(tmp_path: Path) -> None:
    # m2 leads by 40 points; from 45 on it is no mentor of n, its agreement is over and m1 begins.
    given = two_mentors(past=[("m2", "n", 2015, 0)])
    given["mentoring"]["min_gap"] = 45
    result = solved(tmp_path, **given)
    assert lives(result, "m2") == {}
    assert lives(result, "m1")[2016] == (2016, 2018, 0)


def test_pairs_of_a_result_keep_their_start_and_their_renewal(tmp_path: Path) -> None:
    # Four years as one plan, then 2020 from its result: renewed in 2019, its fifth year is 2020 (1.296).
    solved(tmp_path / "first", **plan(4)).save(tmp_path / "result")
    given = plan(0, last_year={"results": "../result"})
    result = solved(tmp_path / "next", **given | {"years": {2020: {}, 2021: {}, 2022: {}}})
    assert lives(result) == {2020: (2016, 2021, 1), 2021: (2016, 2021, 1)}
    assert of_n(result) == pytest.approx([10 + 1.296, 0.7776, 0], abs=1e-3)


@pytest.mark.parametrize("mode", ["horizon", "rolling"])
def test_both_modes_count_the_years_of_a_pair_alike(tmp_path: Path, mode: Mode) -> None:
    result = solved(tmp_path, mode, **plan(5, past=[("m", "n", 2014, 0)]))
    assert lives(result)[2019] == (2014, 2019, 1)
    assert of_n(result) == pytest.approx([10 + 3.6, 2.16, 1.296, 0.7776, 0], abs=1e-3)


@pytest.mark.parametrize("mode", ["horizon", "rolling"])
def test_a_pair_rests_in_a_year_in_which_it_may_not_be_made(tmp_path: Path, mode: Mode) -> None:
    # A least lead of 70 points in 2017 leaves no pair there; its agreement of 2016 goes on in 2018.
    given = plan(3)
    given["years"][2017] = {"mentoring": {"min_gap": 70}}
    result = solved(tmp_path, mode, **given)
    assert lives(result) == {2016: (2016, 2018, 0), 2018: (2016, 2018, 0)}
    assert of_n(result) == pytest.approx([10 + 10, 0, 3.6], abs=1e-3)


# -- change of pairs ---------------------------------------------------------------------------------------------------


def changes(result: Result) -> float:
    table = result.stages[result.stages["stage"] == "stability"]
    return float(table["value"].iloc[0])


def counted(result: Result) -> dict[int, float]:
    """Year to the pairs that are new or ended, read off the rule of most changes."""
    rows = result.rows[result.rows["rule"] == "pair_changes"].set_index("year")
    return (MOST + rows["activity"] - rows["bound"]).to_dict()


MOST = 1
MODES = pytest.mark.parametrize("mode", ["horizon", "rolling"])


def dropped(**rules: Any) -> dict[str, Any]:
    """k mentors n since 2015, but leads by 45 points only: from 47 on the pair may not be made."""
    both = mentoring(min_gap=47, mature={"upper_third": False, "preset": ["m", "k"]}, mentee_cover=2, **rules)
    return plan(3, base={"m": 0.6, "k": 0.55, "n": 0.1}, past=[("k", "n", 2015, 0)], mentoring=both)


@MODES
def test_a_pair_that_may_no_longer_be_made_ends_once(tmp_path: Path, mode: Mode) -> None:
    # The one change of 2016; m begins in 2017, which is the one of that year.
    result = solved(tmp_path / "most", mode, **dropped(max_changes=MOST))
    assert counted(result) == {2016: 1, 2017: 1, 2018: 0}
    assert sorted(lives(result)) == [2017, 2018]
    free = {"id": "stability", "unit_change": {"money": 1}}
    least = solved(tmp_path / "least", mode, **dropped() | {"stages": [free, TOTAL]})
    taken = least.stages[least.stages["stage"] == "stability"].set_index("year")["value"].to_dict()
    assert taken == ({2018: 1} if mode == "horizon" else {2016: 1, 2017: 0, 2018: 0})


@MODES
def test_a_pair_that_comes_back_after_a_rest_counts_as_one_that_begins(tmp_path: Path, mode: Mode) -> None:
    given = plan(3, past=[("n", "m", 2010, 0)], mentoring=mentoring(max_changes=MOST), stages=[TOTAL, STABLE])
    given["years"][2017] = {"mentoring": {"min_gap": 70}}
    result = solved(tmp_path, mode, **given)
    assert sorted(lives(result)) == [2016, 2018]
    assert counted(result) == {2016: 1, 2017: 1, 2018: 1}
    assert result.stages[result.stages["stage"] == "stability"]["value"].sum() == pytest.approx(6)


@MODES
def test_the_end_of_the_only_pair_that_could_be_made_counts_too(tmp_path: Path, mode: Mode) -> None:
    given = plan(1, past=[("m", "n", 2015, 0)], mentoring=mentoring(min_gap=60, max_changes=0))
    with pytest.raises(InfeasibleError):
        solved(tmp_path / "none", mode, **given)
    one = solved(tmp_path / "one", mode, **given | {"mentoring": mentoring(min_gap=60, max_changes=MOST)})
    assert (len(one.pairs), counted(one)) == (0, {2016: 1})


STABLE = {"id": "stability", "unit_change": {"money": 1000, "pair": 0.5}}


def test_a_renewal_is_no_change_a_beginning_and_an_end_are(tmp_path: Path) -> None:
    # Begun in 2017, renewed in 2018: one change of 1 / 0.5.
    one_year = mentoring(term_years=1)
    begun = solved(tmp_path / "begun", **plan(3, mentoring=one_year, stages=[TOTAL, STABLE]))
    assert changes(begun) == pytest.approx(2, abs=1e-3)
    # Since 2015: goes on in 2016 by its renewal, ends in 2017 for good.
    ended = solved(tmp_path / "ended", **plan(2, past=[("m", "n", 2015, 0)], mentoring=one_year, stages=[STABLE]))
    assert sorted(lives(ended)) in ([], [2016])
    assert changes(ended) == pytest.approx(2, abs=1e-3)
    # With the mean in front it is renewed and still ends once.
    both = solved(tmp_path / "both", **plan(2, past=[("m", "n", 2015, 0)], mentoring=one_year, stages=[TOTAL, STABLE]))
    assert sorted(lives(both)) == [2016]
    assert changes(both) == pytest.approx(2, abs=1e-3)
    # Nothing to change: no pair and none wished for.
    none = solved(tmp_path / "none", **plan(2, mentoring=one_year, stages=[STABLE]))
    assert (lives(none), changes(none)) == ({}, pytest.approx(0, abs=1e-3))


def test_the_list_of_the_unpaired_follows_the_years(tmp_path: Path) -> None:
    result = solved(tmp_path, **plan(3, mentoring=mentoring(term_years=1)))
    assert of_year(result.unpaired, 2016)["town"].tolist() == ["n"]
    assert of_year(result.unpaired, 2017).empty


# -- how many pairs may change -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("most", "years_paired"), [(None, [2016, 2017, 2018]), (1, [2016, 2017, 2018]), (0, [])])
def test_a_pair_that_begins_is_a_change_and_no_change_means_no_new_pair(
    tmp_path: Path, most: int | None, years_paired: list[int]
) -> None:
    given = mentoring() if most is None else mentoring(max_changes=most)
    # No pair ran before (a table without a row for m and n): beginning one in 2016 is the one change of the plan.
    result = solved(tmp_path, **plan(3, past=[("n", "m", 2010, 0)], mentoring=given, stages=[TOTAL]))
    assert sorted(lives(result)) == years_paired
    changes = result.rows[result.rows["rule"] == "pair_changes"]
    assert len(changes) == (0 if most is None else 3)
    if most is not None:
        assert changes["activity"].tolist() == [
            float(bool(years_paired)),
            -1.0 * bool(years_paired),
            -1.0 * bool(years_paired),
        ]


def test_a_pair_that_ends_is_a_change_too(tmp_path: Path) -> None:
    # The old pair's second term ended in 2015, so it ends now whatever is done: one change; a new one would be two.
    base = {"k": 0.6, "m": 0.6, "n": 0.1}
    wished = mentoring(mature={"upper_third": False, "preset": ["k", "m"]}, max_changes=1)
    given = plan(1, base, past=[("m", "n", 2010, 1)], mentoring=wished, stages=[TOTAL])
    assert len(solved(tmp_path / "one", **given).pairs) == 0
    free = wished | {"max_changes": 2}
    (pair,) = solved(tmp_path / "two", **{**given, "mentoring": free}).pairs["mentor"]
    assert pair == "k"
