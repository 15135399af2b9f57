"""One labelled linear model: families, ledgers, outcomes and parameters."""

from allocator.model.families import ParameterUse, Rows, Sense, Variables
from allocator.model.ledger import Entry, Ledger, Provision
from allocator.model.model import Curved, Model, joined_key
from allocator.model.outcome import Change, Outcome
from allocator.model.requirement import BoundRule, Ids, Keepers, Requirement, Strength
from allocator.model.terms import Axis, Codes, Floats, Terms, constant_label, joined

__all__ = [
    "Axis",
    "BoundRule",
    "Change",
    "Codes",
    "Curved",
    "Entry",
    "Floats",
    "Ids",
    "Keepers",
    "Ledger",
    "Model",
    "Outcome",
    "ParameterUse",
    "Provision",
    "Requirement",
    "Rows",
    "Sense",
    "Strength",
    "Terms",
    "Variables",
    "constant_label",
    "joined",
    "joined_key",
]
