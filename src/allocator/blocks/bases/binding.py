"""What the list of binding rules must know of the rules of the block."""

from allocator.blocks.shared.binding import Binding, Chosen

BINDING = Binding(
    chosen=dict.fromkeys(("base_capacity", "least_base_hours"), Chosen("bases", ("site",), idle_state="closed"))
)
