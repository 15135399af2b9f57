"""What must fit together in the parts about staff and about matched money."""

from __future__ import annotations

from allocator.scenario.files.yamltree import Node, find
from allocator.words.errors import Finding
from allocator.words.texts import Text


def team_measures(tree: Node) -> set[str]:
    """What goals can ask of the team: posts of each type, and staff trained where the plan trains."""
    named = {f"posts_{node.text}" for _, node in find(tree, "team.types.*.id") if node.text is not None}
    return named | ({"posts_trained"} if find(tree, "team.training.places") else set())


def matching_findings(tree: Node) -> list[Finding]:
    """A matching compares two different sources, and has a bound."""
    findings: list[Finding] = []
    for path, matching in find(tree, "funding.matching.*"):
        source, other = matching.entries.get("source"), matching.entries.get("with")
        if source is not None and other is not None and source.text is not None and source.text == other.text:
            message = Text("load.matching_itself")
            findings.append(Finding("E340", other.place, f"{path}.with", message, other.text))
        if not matching.entries.keys() & {"at_least", "at_most"}:
            findings.append(Finding("E341", matching.place, path, Text("load.matching_bounds")))
    return findings
