"""Questions about the whole repository (“where is retry handled?”): the closest places, by their words."""

import re
import time
from collections.abc import Callable, Sequence

from forethought.engine.api import CancelToken
from forethought.errors import Cancelled, IndexingError
from forethought.names.resolver import Target
from forethought.qa.fact_rendering import shown_path, where
from forethought.qa.intent import named_in
from forethought.qa.question import Question, Referent
from forethought.qa.referents import Referents
from forethought.search.ranking import question_words
from forethought.workspace.workspace import Workspace

MAX_PLACES = 4
MAX_IN_FILE = 2
"""Of the places, so that one long file is not the whole answer."""
MIN_SHARE = 0.4
"""Of the best place's score: what has less is not shown."""
FIRST_INDEX_SECONDS = 20.0
"""How long a question waits for the first reading of a root."""

_MAX_TRIED = 50
_POINTS = re.compile(r"\b(?:this|it|its|here)\b", re.IGNORECASE)
_ASKS_FOR_PLACES = re.compile(
    r"^\W*(?:where|in which|in what|whereabouts|how (?:does|do|is|are|did|can|will)|what (?:handles|happens|part)"
    r"|(?:which|what) (?:module|file|class|function|method|part|code|place|component|piece)s?)\b",
    re.IGNORECASE,
)


_ASKS_FOR_FILES = re.compile(r"^\W*(?:in )?(?:which|what) (?:modules?|files?)\b", re.IGNORECASE)


class RepositoryPlaces:
    """Finds the places that questions about a whole repository are about. Reads the index and the disk."""

    def __init__(self, workspaces: Callable[[], Sequence[Workspace]], meaning: Referents) -> None:
        self._workspaces = workspaces
        self._meaning = meaning

    def is_asked(self, question: Question) -> bool:
        """Whether a question that names no symbol means the repository, and not what it points at or spoke of."""
        if any(self._meaning.named(question, name) for name in named_in(question.text, only_marked=True)):
            return False
        points = _POINTS.search(question.text) is not None
        if question.at is None and not question.history:
            return not points or len(question_words(question.text)) > 1  # “why does it hang?” says too little
        return _ASKS_FOR_PLACES.match(question.text) is not None and not points

    def closest(self, question: Question, cancel: CancelToken) -> list[Referent]:
        """The best few places, in the root that was asked from, else in all; none when no word of the question occurs.

        Raises StoreError, IndexingError (a root is being read for the first time), Cancelled.
        """
        found: list[tuple[float, Workspace, Target]] = []
        for workspace in [question.at[0]] if question.at is not None else self._workspaces():
            _wait_for_index(workspace, cancel)
            ranked = workspace.repository_search.rank(question.text, cancel)
            if _ASKS_FOR_FILES.match(question.text):
                found += [(score, workspace, Target(path, "")) for path, score in ranked.files[:MAX_PLACES]]
            else:
                found += [(score, workspace, target) for target, score in ranked.symbols[:_MAX_TRIED]]
        found.sort(key=lambda item: -item[0])
        chosen: list[Referent] = []
        for score, workspace, target in found:
            in_file = sum(item.symbol_info.path == target.path for item in chosen)
            if len(chosen) == MAX_PLACES or score < MIN_SHARE * found[0][0]:
                break
            if in_file < MAX_IN_FILE:
                chosen += self._meaning.symbol_infos([(workspace, target)])
        return chosen


def places_text(places: Sequence[Referent]) -> str:
    """The places as a list, each with what its own documentation says first."""
    return "\n".join(["Closest places:", *(_place_line(item) for item in places)])


def _place_line(item: Referent) -> str:
    symbol = item.symbol_info.symbol
    said = (symbol.doc or "").strip().partition("\n")[0].strip()
    return f"- `{symbol.name or shown_path(item.symbol_info.path)}` ({where(item.symbol_info)})" + (
        f": {said}" if said else ""
    )


def _wait_for_index(workspace: Workspace, cancel: CancelToken) -> None:
    end = time.monotonic() + FIRST_INDEX_SECONDS
    while not workspace.indexed_once and workspace.busy:
        if cancel.cancelled:
            raise Cancelled("The question was cancelled.")
        if time.monotonic() > end:
            raise IndexingError(f"{workspace.root.name} is still being read; ask again when that is done.")
        workspace.wait_idle(0.1)
