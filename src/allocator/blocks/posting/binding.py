"""What the list of binding rules must know of the rules of the block."""

from allocator.blocks.shared.binding import Binding, Chosen

BINDING = Binding(
    logic=("one_host",),
    amounts=("away_share", "hosted"),
    chosen={"posted_room": Chosen("postings", ("teacher", "to_town"))},
)
