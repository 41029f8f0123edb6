"""Answers about where an exception is raised and caught."""

import re
from collections.abc import Sequence

from forethought.facts.location import Location
from forethought.names.resolver import Target
from forethought.qa.fact_rendering.phrasing import AS_FAR_AS_RESOLVED, FactText, counted, listed
from forethought.qa.fact_rendering.subject import FactSubject
from forethought.syntax.symbol_kinds import FUNCTION_KINDS
from forethought.syntax.tags import Position, Range
from forethought.workspace.workspace import Workspace


def raisers(subject: FactSubject) -> FactText:
    return raised_in(subject.workspace, subject.symbol.short_name, subject.name)


def catchers(subject: FactSubject) -> FactText:
    return caught_in(subject.workspace, subject.symbol.short_name, subject.name)


def raised_in(workspace: Workspace, name: str, shown: str) -> FactText:
    """The functions and other places whose own code raises an exception of this name."""
    snapshot = workspace.overlay
    places = []
    for path in _paths_with(workspace, name):
        outline = snapshot.outline(path)
        for symbol in outline.symbols if outline is not None else ():
            if any(raised.rpartition(".")[2] == name for raised in symbol.raises):
                places.append(Location(path, symbol.id, symbol.selection))
    return _listed(shown, "raised", places)


def caught_in(workspace: Workspace, name: str, shown: str) -> FactText:
    """The functions whose own code catches an exception of this name. Reads the disk."""
    snapshot = workspace.overlay
    mentions = re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])")
    places = []
    for path in _paths_with(workspace, name):
        outline = snapshot.outline(path)
        for symbol in outline.symbols[1:] if outline is not None else ():
            behavior = workspace.behavior(Target(path, symbol.id)) if symbol.kind in FUNCTION_KINDS else None
            for caught in behavior.caught if behavior is not None else ():
                if mentions.search(caught.what):
                    start = Position(caught.row, 0)
                    places.append(Location(path, symbol.id, Range(start, start)))
    return _listed(shown, "caught by name", places)


def _paths_with(workspace: Workspace, name: str) -> list[str]:
    return sorted({path for path, _ in workspace.overlay.references_named(name)})


def _listed(shown: str, verb: str, places: Sequence[Location]) -> FactText:
    head = f"{shown} is {verb} in {counted(len(places), 'place')}"
    return listed(head, places, len(places), f"{shown} is not {verb} in this repository{AS_FAR_AS_RESOLVED}")
