"""Tables of last year: those that a plan names, or those that are made from the folder of a result."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from allocator.blocks.registry import parts_of
from allocator.blocks.shared.table_use import TableUse
from allocator.scenario.files.tables import decoded

LAST_YEAR = "last_year."


def tables_of_last_year() -> Iterator[tuple[str, str, TableUse]]:
    """Block, field of ``last_year`` (also the name of a result table), and the table that stands there."""
    for block, part in parts_of("section").items():
        for use in part.TABLES:
            if use.path.startswith(LAST_YEAR):
                yield block, use.path.removeprefix(LAST_YEAR), use


def last_year_rows(content: bytes, columns: Iterable[str], before: int | None) -> bytes:
    """The rows of a result table of the latest year before a plan year, with the columns of a last-year table."""
    records = list(csv.DictReader(io.StringIO(decoded(content) or "", newline="")))
    years = {int(record["year"]) for record in records if (record.get("year") or "").isdigit()}
    earlier = {each for each in years if before is None or each < before} or years
    latest = str(max(earlier, default=""))
    rows = [{"start_year": latest, **record} for record in records if record.get("year") == latest]
    kept = [name for name in columns if not records or name in records[0] or name == "start_year"]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, kept, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")
