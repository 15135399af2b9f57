"""What the list of binding rules must know of the rules of the block."""

from allocator.blocks.shared.binding import Binding, Chosen

BINDING = Binding(
    amounts=("provider_capacity",),
    chosen=dict.fromkeys(("contract_least", "contract_most"), Chosen("purchases", ("provider", "town", "category"))),
)
