"""The table of projects: what starts, runs, waits or is left out in a year, and what it costs and brings."""

from __future__ import annotations

import numpy as np
import pandas as pd

from allocator.blocks.projects.library import Bools, Library, library
from allocator.blocks.projects.section import Projects
from allocator.blocks.shared.solved import Year
from allocator.scenario.section import DISTRICT


def tables(year: Year, given: Projects) -> dict[str, pd.DataFrame]:
    """One row a project of the library."""
    found = library(year.plan, given)
    starts = _starting(year, found)
    runs = starts | found.runs_on
    towns = np.array([*year.plan.towns.index, DISTRICT], dtype=object)
    frame = pd.DataFrame(
        {
            "project": np.array(found.ids, dtype=object),
            "project_kind": np.array([found.kinds[at].id for at in found.kind], dtype=object),
            "town": towns[found.town],
            "state": _states(year.plan.year, found, starts),
            "start_year": np.where(starts, float(year.plan.year), found.started),
            "once_yuan": found.once,
            "yearly_yuan": found.yearly,
            "cost_yuan": found.once * starts + found.yearly * runs,
            "benefit": found.benefit * runs,
        }
    )
    return {"projects": frame}


def settle(year: Year, given: Projects) -> None:
    """Starts are whole, and what runs follows from them."""
    if not year.has("project_running"):
        return
    found, x = library(year.plan, given), year.x
    start, running = year.family("project_start"), year.family("project_running")
    x[start.column] = np.round(x[start.column])
    runs = _starting(year, found) | found.runs_on
    names = np.array([year.model.axes["project"].ids[code] for code in running["project"]], dtype=object)
    x[running.column] = np.isin(names, np.array(found.ids, dtype=object)[runs])


def _starting(year: Year, found: Library) -> Bools:
    """Which projects start in the year."""
    cells = year.family("project_start")
    chosen = cells.where(year.x[cells.column] > 0.5)
    return np.isin(found.ids, [year.model.axes["project"].ids[code] for code in chosen.labels.get("project", ())])


def _states(year: int, found: Library, starts: Bools) -> list[str]:
    """What each project does in the year: of what has begun, whether it runs on; of the others, why they do not."""
    made = []
    for at in range(len(found)):
        if starts[at]:
            state = "started"
        elif found.has_begun[at]:
            state = "running" if found.runs_on[at] else "finished"
        elif year < found.first[at]:
            state = "waiting"
        else:
            state = "out_of_window" if year > found.last[at] else "not_chosen"
        made.append(state)
    return made
