"""What the list of binding rules must know of the rules of the block."""

from allocator.blocks.shared.binding import Binding

BINDING = Binding(amounts=("mentor_capacity", "mentor_travel", "school_hours"))
