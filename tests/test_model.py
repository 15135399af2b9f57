"""The labelled model: rows from labels, ledgers, names."""

from __future__ import annotations

import numpy as np
import pytest

from allocator.engine.highs import HighsSession
from allocator.model import Axis, Ledger, Model, Outcome, ParameterUse, Provision, Terms, constant_label, joined
from allocator.model.pulp_problem import PulpProblem, readable, serial
from allocator.words.errors import SolverError


def codes(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.intp)


@pytest.fixture
def model() -> Model:
    axes = [Axis("town", ("east", "San Juan", "San_Juan")), Axis("source", ("gov", "social"))]
    ledgers = [
        Ledger("money", ("source",), "yuan", "budget"),
        Ledger("need", ("town",), "hours", "teaching_need", "=="),
        Ledger("delivered", ("town",), "units", None),
    ]
    return Model(axes, {"mentor": "town"}, ledgers)


def dense(model: Model, name: str) -> np.ndarray:
    """A family of rows as a full matrix."""
    family = model.rows[name][-1]
    matrix = np.zeros((len(family), model.column_count))
    matrix[family.matrix["row"], family.matrix.column] = family.matrix.coefficient
    return matrix


def test_terms_go_to_the_row_with_their_labels(model: Model) -> None:
    x = model.variables("x", {"town": codes(0, 0, 2), "source": codes(0, 1, 0)}, "yuan")
    # Rows in another order than the labels of the terms.
    model.define("by_town", {"town": codes(2, 0)}, [x], "<=", np.array([5.0, 7.0]), unit="yuan")
    assert dense(model, "by_town").tolist() == [[0, 0, 1], [1, 1, 0]]
    assert model.row_bound.tolist() == [5, 7]


def test_the_same_cell_twice_is_summed(model: Model) -> None:
    x = model.variables("x", {"town": codes(0, 1)}, "yuan")
    model.define("r", {"town": codes(0, 1)}, [x, x * 2.0, -x], "==", 0.0, unit="yuan")
    assert dense(model, "r").tolist() == [[2, 0], [0, 2]]
    model.define("gone", {"town": codes(0, 1)}, [x, -x], "==", 0.0, unit="yuan")
    assert len(model.rows["gone"][0].matrix) == 0
    assert model.size["nonzeros"] == 2


def test_a_term_that_no_row_takes_is_an_error(model: Model) -> None:
    x = model.variables("x", {"town": codes(0, 2)}, "yuan")
    with pytest.raises(SolverError, match="short"):
        model.define("short", {"town": codes(0, 1)}, [x], "<=", 1.0, unit="yuan")


def test_two_rows_with_the_same_labels_are_an_error(model: Model) -> None:
    x = model.variables("x", {"town": codes(0, 2)}, "yuan")
    with pytest.raises(SolverError, match="double"):
        model.define("double", {"town": codes(0, 2, 0)}, [x], "<=", 1.0, unit="yuan")


def test_outcomes_are_raised_by_their_opposite_where_less_is_better() -> None:
    cost = Terms({"outcome": codes(0, 1)}, codes(0, 1), np.array([2.0, 3.0]))
    minutes = Outcome("minutes", "1", {"town": codes(0, 1)}, cost, np.array([5.0, 7.0]), less_is_better=True)
    plan = np.array([10.0, 20.0])
    assert minutes.at(plan).tolist() == [25, 67]
    assert minutes.raised.at(plan).tolist() == [-25, -67]
    assert minutes.raised.raised.at(plan).tolist() == [-25, -67]


def test_rows_without_terms_stay(model: Model) -> None:
    model.variables("x", {"town": codes(0)}, "yuan", upper=3.0)
    rows = model.define("empty", {"town": codes(0, 1)}, [], "<=", np.array([1.0, 2.0]), unit="yuan")
    assert len(rows) == 2
    assert rows.activity(np.array([3.0])).tolist() == [0, 0]
    x = model.columns["x"][0].terms
    assert HighsSession(model).solve(x, 0.0, True, 1e-6).value == 3
    # 0 >= 1 is no plan, also without any column in the row.
    model.define("broken", {"town": codes(0)}, [], ">=", 1.0, unit="yuan")
    assert HighsSession(model).solve(x, 0.0, True, 1e-6).status == "infeasible"


def test_activity(model: Model) -> None:
    x = model.variables("x", {"town": codes(0, 0, 1)}, "yuan")
    rows = model.define("r", {"town": codes(0, 1, 2)}, [x * np.array([1.0, 2.0, 3.0])], "<=", 9.0, unit="yuan")
    assert rows.activity(np.array([10.0, 20.0, 30.0])).tolist() == [50, 90, 0]


def test_names_never_collide(model: Model) -> None:
    # PuLP would make both "San_Juan"; the names of columns and rows are unique all the same.
    x = model.variables("x", {"town": codes(0, 1, 2)}, "yuan", upper=np.array([1.0, 2.0, 4.0]))
    y = model.variables("y", {"mentor": codes(1, 2)}, "pairs", upper=8.0, integer=True)
    model.define("r", {"town": codes(1, 2)}, [x.where(x["town"] > 0)], "<=", 100.0, unit="yuan")
    for naming in (serial, readable):
        names = [column.name for column in PulpProblem(model, naming).columns]
        assert len(names) == len(set(names)) == 5
    assert model.decoded({"mentor": y["mentor"]})["mentor"].tolist() == ["San Juan", "San_Juan"]
    found = HighsSession(model).solve(joined([x.labelled({}), y.labelled({})], ()), 0.0, True, 1e-6)
    assert found.x.tolist() == [1, 2, 4, 8, 8]
    assert model.size == {"columns": 5, "rows": 2, "nonzeros": 2, "integers": 2}


def test_columns_in_no_row_are_there(model: Model) -> None:
    x = model.variables("x", {"town": codes(0, 1)}, "yuan", lower=np.array([0.0, -np.inf]), upper=2.0)
    session = HighsSession(model)
    assert session.solve(x, 0.0, True, 1e-6).x.tolist() == [2, 2]
    assert session.solve(x, 5.0, False, 1e-6).status == "unbounded"


def test_families_of_several_years_are_joined(model: Model) -> None:
    model.variables("x", {"town": codes(0)}, "yuan")
    model.variables("y", {"town": codes(1)}, "yuan")
    model.variables("x", {"town": codes(2)}, "yuan")
    assert model.family("x").column.tolist() == [0, 2]
    assert model.family("x")["town"].tolist() == [0, 2]


# -- terms ---------------------------------------------------------------------------------------------------------


def test_terms() -> None:
    terms = Terms({"town": codes(0, 1)}, codes(4, 7), np.array([1.0, 2.0]))
    assert (terms * 3.0).coefficient.tolist() == [3, 6]
    assert (-terms).coefficient.tolist() == [-1, -2]
    assert terms.where(terms["town"] == 1).column.tolist() == [7]
    assert terms.labelled({"source": codes(1, 1)})["source"].tolist() == [1, 1]
    assert constant_label(3, 2).tolist() == [3, 3]
    assert len(joined([terms, terms], ("town",))) == 4


# -- ledgers -------------------------------------------------------------------------------------------------------


def test_ledger_closes_into_used_minus_supplied(model: Model) -> None:
    x = model.variables("x", {"source": codes(0, 1)}, "yuan")
    gift = model.variables("gift", {"source": codes(1)}, "yuan")
    money = model.ledgers["money"]
    money.use("one", x)
    money.use("two", x * 0.5)
    money.supply("donor", gift)
    money.provide(Provision("office", {"source": codes(0)}, np.array([100.0]), "sources.gov.amount", money=True))
    money.provide(Provision("office", {"source": codes(0)}, np.array([20.0])))
    model.close_ledgers()
    assert dense(model, "budget").tolist() == [[1.5, 0, 0], [0, 1.5, -1]]
    assert model.rows["budget"][0].bound.tolist() == [120, 0]
    (use,) = model.parameters["sources.gov.amount"]
    assert (use.kind, use.positions.tolist(), use.per_unit.tolist(), use.money) == ("row", [0], [1], True)


def test_ledger_that_nobody_supplies_is_no_part_of_the_plan(model: Model) -> None:
    x = model.variables("x", {"town": codes(0)}, "hours")
    model.ledgers["need"].use("delivery", x)
    model.ledgers["delivered"].supply("delivery", x)
    model.close_ledgers()
    assert model.rows == {}


def test_supplier_with_nothing_to_give_allows_nothing(model: Model) -> None:
    x = model.variables("x", {"town": codes(0)}, "hours", upper=5.0)
    model.ledgers["need"].use("delivery", x)
    model.ledgers["need"].supply("teaching", x.where(x["town"] > 0))
    model.close_ledgers()
    assert HighsSession(model).solve(x, 0.0, True, 1e-6).value == 0


def test_provision_that_nobody_uses_is_a_row_with_all_of_it_left(model: Model) -> None:
    model.ledgers["money"].provide(Provision("office", {"source": codes(1)}, np.array([70.0])))
    model.close_ledgers()
    family = model.rows["budget"][0]
    assert family.bound.tolist() == [70]
    assert family.activity(np.zeros(0)).tolist() == [0]


def test_equality_ledger(model: Model) -> None:
    x = model.variables("x", {"town": codes(0)}, "hours")
    hours = model.variables("hours", {"town": codes(0)}, "hours", upper=3.0)
    model.ledgers["need"].use("delivery", x * 2.0)
    model.ledgers["need"].supply("teaching", hours)
    model.close_ledgers()
    session = HighsSession(model)
    assert session.solve(x, 0.0, True, 1e-6).x.tolist() == [1.5, 3]
    assert session.solve(hours, 0.0, True, 1e-6).x.tolist() == [1.5, 3]


def test_parameters_of_rows(model: Model) -> None:
    x = model.variables("x", {"town": codes(0, 1)}, "pairs")
    rows = model.define("cap", {"town": codes(0, 1)}, [x], "<=", 2.0, unit="pairs")
    model.row_parameter("mentoring.cap", rows, np.array([1.0, 2.0]))
    model.parameter("mentoring.cap", ParameterUse("upper", x.column, np.ones(2)))
    first, second = model.parameters["mentoring.cap"]
    assert (first.kind, first.positions.tolist(), first.per_unit.tolist()) == ("row", [0, 1], [1, 2])
    assert second.kind == "upper"


def test_unknown_labels_are_errors() -> None:
    axis = Axis("town", ("east", "west"))
    assert axis.codes(["west", "east"]).tolist() == [1, 0]
    with pytest.raises(ValueError, match="not in"):
        axis.code("north")
    with pytest.raises(KeyError):
        axis.codes(["north"])
