"""Faults put into the code one at a time, each with the tests that must find it (see test_mutants)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A fault: in the one file of the package whose path contains ``where``, ``old`` (found once) becomes ``new``."""

    where: str
    old: str
    new: str
    tests: str
    """Test files or nodes, with spaces between; at least one test of them must fail, and all pass without the fault."""

    @property
    def name(self) -> str:
        """What is shown when the fault is not found."""
        return f"{self.where}: {self.old.strip()}"


MUTANTS = (
    # -- model
    Mutant(
        "model/ledger",
        'return np.isin(labels["year"], np.concatenate(years))',
        'return np.ones(len(labels["year"]), dtype=bool)',
        "tests/blocks/test_later_sections.py::test_hours_are_needed_from_the_year_on_in_which_somebody_gives_them",
    ),
    Mutant(
        "model/ledger",
        "entry.supplied == supplied and whole in",
        "whole in",
        "tests/blocks/test_delivery.py::test_max_units_binds",
    ),
    Mutant(
        "model/outcome",
        "1.0 / np.bincount(position)[position]",
        "np.ones(len(position))",
        "tests/test_years.py::test_balance_looks_at_the_final_year_first_and_then_at_the_means",
    ),
    Mutant(
        "model/outcome",
        "constant=-self.constant, less",
        "constant=self.constant, less",
        "tests/test_model.py::test_outcomes_are_raised_by_their_opposite_where_less_is_better",
    ),
    Mutant(
        "model/model",
        "every = joined(terms, dims)",
        "every = joined(terms[:1], dims)",
        "tests/test_model.py::test_the_same_cell_twice_is_summed",
    ),
    Mutant(
        "model/model",
        "if len(np.unique(self._keys(dims, labels))) < count:",
        "if False:",
        "tests/test_model.py::test_two_rows_with_the_same_labels_are_an_error",
    ),
    Mutant(
        "model/model",
        "kept = coefficient != 0.0",
        "kept = coefficient > 0.0",
        "tests/test_model.py::test_ledger_closes_into_used_minus_supplied",
    ),
    # -- engine
    Mutant(
        "engine/stages",
        "nearest - step.grid if step.maximise else nearest + step.grid",
        "nearest",
        "tests/test_holding.py::test_hold_bound",
    ),
    Mutant(
        "engine/stages",
        "* (-1.0 if self.step.maximise else 1.0)",
        "* -1.0",
        "tests/test_goal_stages.py::test_a_goal_that_can_be_met_is_a_rule_from_then_on",
    ),
    Mutant(
        "engine/stages",
        "run.conditional |= not is_optimal(found.status)",
        "pass",
        "tests/test_stopped.py::test_a_plan_held_at_its_incumbent_is_written",
    ),
    Mutant(
        "engine/stages",
        "held.give_way(session, 1.0)",
        "pass",
        "tests/test_tie_break.py::test_the_projected_plan_keeps_what_is_held",
    ),
    Mutant(
        "engine/gaps",
        "return gap.absolute * outcomes",
        "return gap.absolute",
        "tests/test_gaps.py::test_stages_have_gaps_of_their_own_and_shares_grow_with_the_value",
    ),
    Mutant(
        "engine/tie_break",
        '"\\x1f".join((family, *ids))',
        '"".join(ids)',
        "tests/test_tie_break.py::test_pairs_are_those_enumeration_finds",
    ),
    Mutant(
        "engine/tie_break",
        "alone = ahead < -2 * INTEGER_GAP",
        "alone = True",
        "tests/test_tie_break.py::test_equal_weights_are_not_called_unique",
    ),
    Mutant(
        "engine/project",
        "np.where(pulled, scale, 1.0) ** 2",
        "np.where(pulled, scale, 1.0)",
        "tests/test_project.py::test_scale_decides_who_gives_way",
    ),
    Mutant(
        "engine/highs",
        "Prices(-np.array(duals.row_dual",
        "Prices(np.array(duals.row_dual",
        "tests/test_cbc.py::test_prices_are_those_of_highs",
    ),
    Mutant(
        "engine/cbc",
        "return Prices(-answer.row_duals",
        "return Prices(answer.row_duals",
        "tests/test_cbc.py::test_prices_are_those_of_highs",
    ),
    Mutant(
        "engine/limits",
        "return np.minimum(years[0].base_levels(), plan.levels(values))",
        "return plan.levels(values)",
        "tests/test_limits.py::test_a_ratio_is_as_small_as_in_any_plan",
    ),
    Mutant(
        "engine/start",
        "value.any() else np.arange(min(1, len(value)))",
        "value.any() else np.arange(0)",
        "tests/test_start.py::test_a_kind_of_decision_that_nobody_decided_stays_open",
    ),
    # -- criteria
    Mutant(
        "engine/criteria/ordered",
        "level * float(k)",
        "level * float(k - 1)",
        "tests/test_ordered.py::test_leximin_of_pairs_is_the_best_of_all",
    ),
    Mutant(
        "engine/criteria/ordered",
        "sorted({min(k, outcomes) for k in ranks})",
        "sorted({k for k in ranks if k < outcomes})",
        "tests/test_gaps.py::test_leximin_at_some_ranks_takes_those_steps_only",
    ),
    Mutant(
        "engine/criteria/goals",
        "goal.importance / (towns if",
        "goal.importance / (1 if",
        "tests/test_goal_stages.py::test_a_goal_of_every_town_counts_as_one_goal",
    ),
    Mutant(
        "engine/criteria/goals",
        "if gives:\n        return",
        "if gives:\n        pass",
        "tests/test_goal_stages.py::test_what_aspirations_give_is_spent_by_the_total",
    ),
    Mutant(
        "engine/criteria/goals",
        "kept = _keep_met(shortfall.where(is_met), shortfall)",
        "kept = _keep_met(shortfall.where(~is_met), shortfall)",
        "tests/test_goal_stages.py::test_a_goal_that_can_be_met_is_a_rule_from_then_on",
    ),
    Mutant(
        "engine/criteria/stability",
        "[up.labelled({}), down.labelled({})]",
        "[up.labelled({})]",
        "tests/test_holding.py::test_stability_counts_changes_of_money",
    ),
    Mutant(
        "engine/criteria/total",
        "weights / weights.sum() if aggregate",
        "weights / len(weights) if aggregate",
        "tests/test_years.py::test_the_total_weighs_every_year_with_its_own_column",
    ),
    Mutant(
        "engine/criteria/inequality",
        "gap * (pair * 2.0)",
        "gap * pair",
        "tests/test_inequality.py::test_the_linear_form_of_fixed_outcomes_is_the_number",
    ),
    Mutant(
        "engine/criteria/aversion",
        "self._curved(high) + (levels - high) * self.slope(high)",
        "self._curved(high)",
        "tests/test_aversion.py::test_below_one_level_point_the_utility_is_straight",
    ),
    Mutant(
        "engine/criteria/cv",
        "2.0 * slope + slope**2",
        "2.0 * slope - slope**2",
        "tests/test_cv.py::test_sixteen_towns_reach_the_cone_in_ten_rounds",
    ),
    # -- other
    Mutant(
        "shared/inequality", "@ apart @ w / 2 / m", "@ apart @ w / m", "tests/test_measures.py::test_two_towns_by_hand"
    ),
    Mutant(
        "scenario/plan_year",
        "min(i.target, np.inf if i.ceiling is None else i.ceiling)",
        "i.target",
        "tests/blocks/test_attainment.py::test_ceiling_caps_credit_not_delivery",
    ),
    Mutant(
        "attainment/carry",
        "left * np.asarray(ratio)",
        "left",
        "tests/test_years.py::test_a_year_starts_with_what_is_retained_for_each_head_of_the_new_denominator",
    ),
    Mutant(
        "mentoring/carry",
        "if (pair.mentor, pair.mentee) not in ran",
        "if False",
        "tests/test_pair_terms.py::test_a_pair_rests_in_a_year_in_which_it_may_not_be_made",
    ),
    # -- blocks
    Mutant(
        "blocks/delivery/model",
        "return limit.units * plan.per_town(limit.of) / limit.per",
        "return limit.units * plan.per_town(limit.of)",
        "tests/blocks/test_delivery.py::test_max_units_binds",
    ),
    Mutant(
        "blocks/funding/model",
        "bound = (1.0 - given.issued.take_back)",
        "bound = (1.0 + given.issued.take_back)",
        "tests/blocks/test_funding.py::test_of_money_that_has_gone_out_only_a_share_may_be_taken_back",
    ),
    Mutant(
        "blocks/teaching/model",
        "WAYS_OF_A_VISIT = 2.0",
        "WAYS_OF_A_VISIT = 1.0",
        "tests/blocks/test_teaching.py::test_teacher_hours_bind_with_travel",
    ),
    Mutant(
        "blocks/teaching/model",
        "bound = (1.0 - given.home_share) * hours[who]",
        "bound = hours[who]",
        "tests/blocks/test_teaching.py::test_home_share",
    ),
    Mutant(
        "blocks/volunteering/model",
        "by_giver * -hours",
        "by_giver * -1.0",
        "tests/test_volunteer_stock.py::test_the_stock_is_what_stays_and_who_is_trained",
    ),
    Mutant(
        "blocks/mentoring/model",
        'begun["age"] == term + 1',
        'begun["age"] >= term + 1',
        "tests/test_pair_terms.py::test_a_pair_is_renewed_once_and_begins_once",
    ),
    Mutant(
        "blocks/mentoring/model",
        "~once & ended_now",
        "ended_now",
        "tests/test_pair_terms.py::test_a_pair_that_has_ended_does_not_begin_again",
    ),
    Mutant(
        "blocks/guidance/model",
        "1.0 / np.maximum(stations, 1.0)",
        "1.0",
        "tests/blocks/test_guidance.py::test_station_effects_count_hours_of_each_station",
    ),
    Mutant(
        "blocks/stars/model",
        'newly * way.cost[newly["at"], newly["rung"]]',
        'newly * way.cost[newly["at"], 0]',
        "tests/blocks/test_stars.py::test_each_grade_takes_a_place_in_the_batch",
    ),
    Mutant(
        "blocks/bases/model",
        "float(given.most_new - opened_earlier(plan))",
        "float(given.most_new)",
        "tests/blocks/test_bases.py::test_bases_stay_open_and_cost_their_opening_once",
    ),
    Mutant(
        "blocks/coverage/model",
        "weight=heads, weighted_unit",
        "weight=None, weighted_unit",
        "tests/blocks/test_coverage.py::test_one_base_covers_most_residents_in_the_middle",
    ),
    Mutant(
        "blocks/projects/model",
        "left = (~(found.has_begun[project] | found.has_begun[excluded])).astype(float)",
        "left = np.ones(len(project))",
        "tests/blocks/test_projects.py::test_what_began_before_excludes_and_both_may_have_begun",
    ),
    Mutant(
        "blocks/purchase/model",
        "purchased * known.quality[offer]",
        "purchased * 1.0",
        "tests/blocks/test_purchase.py::test_hours_count_by_quality_and_cost_their_price",
    ),
    Mutant(
        "blocks/team/model",
        "most = 1.0 - STEP",
        "most = 1.0",
        "tests/blocks/test_team.py::test_a_horizon_hires_early_where_a_year_alone_would_not",
    ),
    Mutant(
        "blocks/posting/model",
        "sign = np.where(forward[kept], -1.0, 1.0)",
        "sign = np.where(forward[kept], -1.0, -1.0)",
        "tests/blocks/test_posting.py::test_share_of_exchange_rounds_up_to_persons",
    ),
    Mutant(
        "blocks/goals/model",
        'np.where(hours["category"] == axis.code(goal.category), 1.0 - share, -share)',
        'np.where(hours["category"] == axis.code(goal.category), 1.0, -share)',
        "tests/blocks/test_goals_block.py::test_a_share_of_the_course_mix",
    ),
    Mutant(
        "blocks/shared/checks",
        "self.activity == self.bound, 0.0, over)",
        "self.activity == self.bound, 0.0, over * 0.0)",
        "tests/test_audit.py::test_a_decision_ten_tolerances_beyond_a_rule_names_its_family",
    ),
    Mutant(
        "blocks/shared/checks",
        "return np.where(np.isnan(missed), np.inf, np.maximum(missed, 0.0))",
        "return np.where(np.isnan(missed), 0.0, np.maximum(missed, 0.0))",
        "tests/test_audit.py::test_rows_that_are_missing_unknown_or_wrong_name_their_family",
    ),
    Mutant("blocks/registry", '    "guidance",\n', "", "tests/blocks/test_guidance.py::test_capacity_binds"),
    Mutant(
        "blocks/registry",
        "not None}",
        'not None and block != "stars"}',
        "tests/blocks/test_stars.py::test_costs_of_the_usual_stations",
    ),
    # -- audit of blocks
    Mutant(
        "blocks/funding/audit",
        '"forfeited_yuan": left.clip(lower=0.0)',
        '"forfeited_yuan": first_of(key, written["forfeited_yuan"])',
        "tests/test_audit_years.py::test_whatever_is_tampered_with_names_its_family",
    ),
    Mutant(
        "blocks/locks/audit",
        "lock.equals if lock.equals is not None else lock.at_most",
        "lock.at_most",
        "tests/blocks/test_locks.py::test_single_cell",
    ),
    Mutant(
        "blocks/bases/audit",
        '("opened", "closed")',
        '("open", "opened", "closed")',
        "tests/blocks/test_bases.py::test_a_base_that_opens_is_not_called_open_before",
    ),
    Mutant(
        "blocks/coverage/audit",
        "return np.unique(other.loc[nearer & room",
        "return np.unique(other.loc[nearer & room & False",
        "tests/blocks/test_coverage_audit.py::test_a_station_that_passes_by_a_base_with_places_is_found",
    ),
    Mutant(
        "blocks/stars/audit",
        'residents"] * (1.0 + given.slow_weight * starred["slow"])',
        'residents"] * (1.0 + starred["slow"])',
        "tests/blocks/test_stars_audit.py::test_the_audit_weighs_stations_that_start_slowly_as_the_plan_does",
    ),
    Mutant(
        "blocks/demonstration/audit",
        "float(given.least_towns)",
        "0.0",
        "tests/blocks/test_demonstration_audit.py::test_the_plan_is_what_it_is_meant_to_be_and_passes",
    ),
    Mutant(
        "blocks/volunteering/audit",
        '"supervision", activity, "<=", 0.0',
        '"supervision", activity, "<=", 1e9',
        "tests/blocks/test_volunteering.py::test_supervision",
    ),
    Mutant(
        "blocks/teaching/audit",
        "(1.0 - given.home_share) * own",
        "own",
        "tests/blocks/test_teaching.py::test_home_share",
    ),
    Mutant(
        "blocks/posting/audit",
        "np.unique(keys(new,",
        "np.unique(keys(new.head(0),",
        "tests/blocks/test_posting_years.py::test_a_swap_is_found",
    ),
    Mutant(
        "blocks/team/audit",
        '"trained_posts", trained - amounts',
        '"trained_posts", trained * 0.0 - amounts',
        "tests/blocks/test_team_audit.py::test_a_good_plan_passes",
    ),
    Mutant(
        "blocks/projects/audit",
        '"project_excludes", activity, "<="',
        '"project_excludes", activity * 0.0, "<="',
        "tests/blocks/test_projects_audit.py::test_year_by_year_passes_with_the_same_tables",
    ),
    Mutant(
        "blocks/purchase/audit",
        "bought - most * taught",
        "bought - taught",
        "tests/blocks/test_purchase_audit.py::test_a_good_plan_passes",
    ),
    # -- audit of the whole
    Mutant(
        "auditing/stages",
        "steps = [replace(step, given_way=step.given_way + step.grid) for step in steps]",
        "steps = [replace(step, given_way=step.given_way + 1e6 * step.grid) for step in steps]",
        "tests/test_audit.py::test_a_decision_ten_tolerances_beyond_a_rule_names_its_family",
    ),
    Mutant(
        "auditing/goals",
        "found.reached >= asked * (1.0 - COUNTED)",
        "found.reached >= asked * 0.0",
        "tests/blocks/test_goals_block.py::test_more_towns_than_the_money_lifts",
    ),
    Mutant("auditing/ledgers", '"value": ("credit", "<="),', "", "tests/test_audit.py"),
    Mutant(
        "auditing/ledgers",
        "written[~np.isin(written, known)] if len(known) else written",
        "written[:0]",
        "tests/test_audit.py tests/test_audit_folder.py",
    ),
    # -- check and readers
    Mutant(
        "funding/check_shares",
        "1 - given.down",
        "1 + given.down",
        "tests/test_check.py::test_a_broken_condition_is_proved_with_its_arithmetic_where_it_stands",
    ),
    Mutant(
        "mentoring/check.py",
        "given.mentee_least > given.mentee_cover",
        "given.mentee_least >= given.mentee_cover",
        "tests/test_check.py::test_a_broken_condition_is_proved_with_its_arithmetic_where_it_stands",
    ),
    Mutant(
        "posting/check",
        "if need > backbone:",
        "if need > backbone + 1:",
        "tests/blocks/test_posting_years.py::test_check_proves_that_there_is_no_plan",
    ),
    Mutant(
        "plan/check/bounds",
        "p.max_units.units * plan.per_town(p.max_units.of) / p.max_units.per",
        "p.max_units.units * plan.per_town(p.max_units.of)",
        "tests/test_check.py::test_a_broken_condition_is_proved_with_its_arithmetic_where_it_stands",
    ),
    Mutant(
        "projects/check",
        "most if how.at_most is None else min(most, how.at_most)",
        "most",
        "tests/blocks/test_projects_check.py::test_a_proof_is_one_and_the_edge_is_none",
    ),
    Mutant(
        "demonstration/consistency",
        "int(normal(cell)) >= years[0]",
        "int(normal(cell)) > years[0]",
        "tests/blocks/test_demonstration.py",
    ),
    # -- verbs
    Mutant(
        "verbs/rounding/whole_units",
        "np.floor(totals / yuan) * yuan",
        "np.floor(totals / yuan) * 0.0",
        "tests/test_whole_units.py::test_equal_cells_are_told_apart_by_their_ids",
    ),
    Mutant(
        "verbs/rounding/whole_units",
        "(1.0 - 2.0 * rest) * weight + TIE_WEIGHT",
        "(1.0 - 2.0 * rest) + TIE_WEIGHT",
        "tests/test_whole_units.py::test_no_other_table_of_neighbours_is_closer",
    ),
    Mutant(
        "verbs/rounding/whole_units",
        "TIE_WEIGHT * _hashes(model, name, cells)",
        "TIE_WEIGHT",
        "tests/test_whole_units.py::test_equal_cells_are_told_apart_by_their_ids",
    ),
    Mutant(
        "verbs/diagnosis/held_down",
        "levels - LEVEL_GRID",
        "levels + LEVEL_GRID",
        "tests/test_limits.py::test_a_town_held_down_is_named",
    ),
    Mutant(
        "verbs/diagnosis/conflicts",
        '"over", -1.0',
        '"over", 1.0',
        "tests/test_whole_units.py::test_rules_in_conflict_are_named_and_the_finer_unit_works",
    ),
    Mutant(
        "verbs/sweeping",
        '(low + moved, high) if use.kind == "lower" else (low, high + moved)',
        "(low, high + moved)",
        "tests/test_parameters.py::test_patched_is_rebuilt",
    ),
    Mutant(
        "verbs/sweeping",
        "YUAN_PER_UNIT[base.scenario.first.common.units.money] if use.money else 1.0",
        "1.0",
        "tests/test_parameters.py::test_patched_is_rebuilt",
    ),
    # -- report
    Mutant(
        "report/page/record",
        'own["bound"] == 0',
        'own["bound"] == -1',
        "tests/test_binding_rules.py::test_what_is_not_there_and_pure_logic_are_no_limits",
    ),
    Mutant(
        "report/words/numbers",
        'value > 0 and text[:1] != "+"',
        'value != 0 and text[:1] != "+"',
        "tests/test_numbers.py",
    ),
    Mutant("report/words/numbers", "is_zero = not any", "is_zero = any", "tests/test_numbers.py"),
    Mutant(
        "report/page/record",
        '"price_total"]].abs()',
        '"price_total"]]',
        "tests/test_binding_rules.py::test_a_price_counts_whatever_its_sign",
    ),
    Mutant(
        "report/page/record",
        "order[of_rule < MOST_OF_ONE_RULE]",
        "order",
        "tests/test_binding_rules.py::test_one_rule_does_not_fill_the_list",
    ),
    # -- tables
    Mutant(
        "tables/rules",
        'bound - activity if family.sense == "<=" else activity - bound',
        "bound - activity",
        "tests/blocks/test_funding.py::test_earmark_does_not_bind",
    ),
)
