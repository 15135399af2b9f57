"""What result tables say of themselves: every declaration is sound, and what blocks make is what they declare."""

from __future__ import annotations

import pytest

from allocator.blocks.registry import NAMES, parts_of
from allocator.tables.declared import BLOCKS, OF_NO_BLOCK, TABLES
from allocator.tables.result import Result
from allocator.words.columns import Table

NUMBERS = ("heads", "yuan", "hours", "minutes", "units", "share", "points", "price", "number", "whole", "year", "flag")


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_a_table_says_what_can_be(table: Table) -> None:
    about = table.columns
    assert table.labels, "nothing names a row"
    assert {*table.labels, *table.sorted_by} <= set(about)
    assert all(each.kind in NUMBERS for each in about.values() if each.summed or each.may_be_empty)
    assert all(each.kind in ("label", "text") for each in about.values() if each.spoken)
    assert not table.page_states or "state" in about
    assert not any(table.columns[name].may_be_empty for name in table.labels)


def test_every_table_has_one_place_in_the_workbook_and_on_the_page() -> None:
    sheets, pages = [each.sheet for each in TABLES.values()], [each.page for each in TABLES.values() if each.page]
    assert sheets == sorted(set(sheets))
    assert len(pages) == len(set(pages))
    assert all(each.page is None for each in OF_NO_BLOCK)


def test_a_block_that_declares_tables_makes_them() -> None:
    assert set(BLOCKS.values()) == set(parts_of("results")) <= set(parts_of("tables")) <= set(NAMES)
    assert len(TABLES) == len(OF_NO_BLOCK) + sum(len(part.RESULTS) for part in parts_of("results").values())
    for part in parts_of("tables").values():
        assert callable(part.settle)
        assert callable(part.tables)


def test_rows_are_named_by_what_their_table_says(tiny_result: Result) -> None:
    for name, table in TABLES.items():
        made = tiny_result.tables[name]
        assert list(made.columns) == ["year", *table.columns]
        assert not made.duplicated(["year", *table.labels]).any()
