"""One labelled linear model: families, ledgers, outcomes and parameters."""

from allocator.model.families import ParameterUse, Rows, Sense, Variables
from allocator.model.ledger import Entry, Ledger, Provision
from allocator.model.model import Curved, Model, joined_key
from allocator.model.outcome import Change, Outcome
from allocator.model.terms import Axis, Codes, Floats, Terms, constant_label, joined

__all__ = [
    "Axis",
    "Change",
    "Codes",
    "Curved",
    "Entry",
    "Floats",
    "Ledger",
    "Model",
    "Outcome",
    "ParameterUse",
    "Provision",
    "Rows",
    "Sense",
    "Terms",
    "Variables",
    "constant_label",
    "joined",
    "joined_key",
]
