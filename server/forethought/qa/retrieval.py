"""What a generated answer is made from: what the question refers to, else what a search of the repository finds."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from forethought.engine.api import CancelToken
from forethought.errors import Cancelled, IndexingError, StoreError
from forethought.names.resolver import Target
from forethought.qa.fact_rendering.phrasing import where
from forethought.qa.intent import named_in
from forethought.qa.question import Question, Referent, RootTarget
from forethought.qa.referents import Referents, ResolvedQuestion
from forethought.search.ranking import question_words
from forethought.text.sanitizers import printable_path
from forethought.workspace.workspace import Workspace

MAX_PLACES = 4
MAX_PLACES_PER_FILE = 2
"""So that one long file is not the whole answer."""
MIN_SCORE_SHARE = 0.4
"""Share of the best place's score below which a place is not shown. Lower shows more places, and more wrong ones."""
FIRST_INDEX_SECONDS = 20.0
"""How long a question waits for a root to be indexed for the first time."""

_MAX_TRIED = 50
_POINTS = re.compile(r"\b(?:this|it|its|here)\b", re.IGNORECASE)
_ASKS_FOR_PLACES = re.compile(
    r"^\W*(?:where|in which|in what|whereabouts|how (?:does|do|is|are|did|can|will)|what (?:handles|happens|part)"
    r"|(?:which|what) (?:module|file|class|function|method|part|code|place|component|piece)s?)\b",
    re.IGNORECASE,
)
_ASKS_FOR_FILES = re.compile(r"^\W*(?:in )?(?:which|what) (?:modules?|files?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The symbols and files that a generated answer is made from, the most important first."""

    referents: tuple[Referent, ...] = ()
    found_by_search: bool = False
    """They were not named; the answer lists them first."""
    problem: str = ""
    """Why there are none, in a sentence."""

    @property
    def lead(self) -> str:
        """What the answer starts with."""
        if not self.found_by_search or not self.referents:
            return ""
        return "\n".join(["Closest matches:", *map(_line, self.referents)]) + "\n\n"


class Retriever:
    """Finds what a generated answer is made from. Reads the index and the disk."""

    def __init__(self, workspaces: Callable[[], Sequence[Workspace]], referents: Referents) -> None:
        self._workspaces = workspaces
        self._referents = referents

    def retrieve(self, resolved: ResolvedQuestion, cancel: CancelToken) -> Retrieved:
        """What the question refers to; for one about the whole repository, the places closest to its words.

        Raises IndexingError (a root is being indexed for the first time), Cancelled.
        """
        if resolved.intent is not None:
            referents = self._referents.of_understood(resolved)
        elif _is_about_repository(resolved):
            return self._search(resolved.question, cancel)
        else:
            referents = self._referents.of_words(resolved)
        problem = "I can't tell which symbol or file this is about. Name one, or ask from inside a file."
        return Retrieved(tuple(referents), problem="" if referents else problem)

    def _search(self, question: Question, cancel: CancelToken) -> Retrieved:
        try:
            places = self._closest(question, cancel)
        except StoreError as error:
            return Retrieved(problem=str(error))
        problem = "Nothing in this repository matches the words of this question. Name a symbol or a file."
        return Retrieved(tuple(places), found_by_search=True, problem="" if places else problem)

    def _closest(self, question: Question, cancel: CancelToken) -> list[Referent]:
        """The best few places in the root that was asked from, else in all; none when no word of it occurs.

        Raises StoreError, IndexingError, Cancelled.
        """
        scored: list[tuple[float, RootTarget]] = []
        for workspace in [question.at[0]] if question.at is not None else self._workspaces():
            _wait_for_index(workspace, cancel)
            ranked = workspace.repository_search.rank(question.text, cancel)
            if _ASKS_FOR_FILES.match(question.text):
                scored += [
                    (score, RootTarget(workspace, Target(path, ""))) for path, score in ranked.files[:MAX_PLACES]
                ]
            else:
                scored += [(score, RootTarget(workspace, target)) for target, score in ranked.symbols[:_MAX_TRIED]]
        scored.sort(key=lambda item: -item[0])
        places: list[Referent] = []
        for score, item in scored:
            if len(places) == MAX_PLACES or score < MIN_SCORE_SHARE * scored[0][0]:
                break
            if sum(place.path == item.target.path for place in places) < MAX_PLACES_PER_FILE:
                places += self._referents.load([item])
        return places


def _is_about_repository(resolved: ResolvedQuestion) -> bool:
    """Whether a question that is not understood is about the repository, and not about a symbol or a place in it."""
    question = resolved.question
    if any(resolved.names.find(name) for name in named_in(question.text, only_marked=True)):
        return False
    points = _POINTS.search(question.text) is not None
    if question.at is None and not question.history:
        return not points or len(question_words(question.text)) > 1  # “why does it hang?” says too little
    return _ASKS_FOR_PLACES.match(question.text) is not None and not points


def _line(place: Referent) -> str:
    """A place, with the first line of its own documentation."""
    docs = (place.symbol.doc or "").strip().partition("\n")[0].strip()
    name = f"`{place.symbol.name or printable_path(place.path)}` ({where(place.symbol_info)})"
    return f"- {name}: {docs}" if docs else f"- {name}"


def _wait_for_index(workspace: Workspace, cancel: CancelToken) -> None:
    end = time.monotonic() + FIRST_INDEX_SECONDS
    while not workspace.indexed_once and workspace.busy:
        if cancel.cancelled:
            raise Cancelled("The question was cancelled.")
        if time.monotonic() > end:
            raise IndexingError(f"{workspace.root.name} is still being indexed. Ask again when that is done.")
        workspace.wait_idle(0.1)
