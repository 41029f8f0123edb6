"""Resolves a question once: what it asks, and which symbols and files it refers to."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from forethought.names.resolver import Target
from forethought.qa.fact_rendering.behavior_texts import has_cases
from forethought.qa.fact_rendering.signature_texts import has_parameter
from forethought.qa.intent import FACT_ASPECTS, Intent, is_about_this_file, is_misspelt, named_in, read_intent
from forethought.qa.name_lookup import FileNames, NameLookup, is_file
from forethought.qa.question import Question, Referent, RootTarget
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS
from forethought.syntax.tags import name_of
from forethought.workspace.workspace import Workspace

MAX_REFERENTS = 3
"""Symbols that one question may be about."""

_MAX_CANDIDATES = 6

_FOLLOW_UP = re.compile(
    r"(?:(?:ok|okay|so|and|then|now|thanks)\W+)*(?:(?:what|how) about|and(?: for| of)?)\s+"
    r"`?(?P<name>[^\W\d]\w*(?:\.\w+)*)(?:\(\))?`?[\s?.!]*",
    re.IGNORECASE,
)
_ONLY_OF_SYMBOLS = frozenset({"callers", "calls", "raises", "parameters", "default", "returns", "bases", "subclasses"})
"""Aspects that only a definition has. “Which tests cover login?” may be about a topic instead."""


@dataclass(frozen=True, slots=True)
class ResolvedQuestion:
    """A question with what it asks and which symbols that is about. Everything after parsing works from this."""

    question: Question
    names: NameLookup
    intent: Intent | None = None
    """None when the question is not understood as a whole. `intent.also` is resolved as `also`."""
    targets: tuple[RootTarget, ...] = ()
    """What an understood question is about: several when its name is ambiguous, none when nothing has that name."""
    also: "ResolvedQuestion | None" = None
    """The second question about the same targets."""

    @property
    def asks_for_fact(self) -> bool:
        return self.intent is not None and self.intent.aspect in FACT_ASPECTS


class Referents:
    """Finds what questions refer to, in the roots of the session. Reads the index and the disk."""

    def __init__(self, workspaces: Callable[[], Sequence[Workspace]]) -> None:
        self._workspaces = workspaces
        self._files = FileNames()

    def resolve(self, question: Question) -> ResolvedQuestion:
        """What the question asks, and of which symbols. Never raises for any text."""
        names = self._names(question)
        understood = self._understand(question, names)
        resolved = self._resolve(question, names, *understood) if understood is not None else None
        return resolved or ResolvedQuestion(question, names)

    def resolve_intent(
        self, resolved: ResolvedQuestion, intent: Intent, others: Sequence[str] = ()
    ) -> ResolvedQuestion | None:
        """The question as one that asks for the intent, also of other names; None if its names are plain words."""
        question, names = resolved.question, resolved.names
        understood = self._resolve(question, names, intent, self._targets(question, names, intent))
        if understood is None or not others:
            return understood
        also = self.resolve_intent(resolved, replace(intent, name=others[0]), others[1:])
        return replace(understood, also=also) if also is not None else None

    def of_understood(self, resolved: ResolvedQuestion) -> list[Referent]:
        """The first few targets of an understood question. Reads their insights."""
        return self.load(resolved.targets)[:MAX_REFERENTS]

    def of_words(self, resolved: ResolvedQuestion) -> list[Referent]:
        """What a question that is not understood refers to: what it names, else what the conversation did, else the
        place it was asked from. Names that several definitions have are left out.
        """
        question, names = resolved.question, resolved.names
        targets: dict[RootTarget, None] = {}
        of_file = question.at is not None and is_about_this_file(question.text)
        if of_file:
            targets.update(dict.fromkeys(self._pointed_at(question, of_file=True)))
        marked = list(named_in(question.text, only_marked=True))
        for name in marked if of_file else named_in(question.text):
            if targets and name not in marked:
                break  # plain words may happen to be names as well
            targets.update(dict.fromkeys(_unambiguous(names, [name])))
        for message in reversed(question.history):
            if targets:
                break
            targets.update(dict.fromkeys(_unambiguous(names, named_in(message.content))))
        return self.load(list(targets or self._pointed_at(question, of_file=False))[:MAX_REFERENTS])

    def candidates(self, resolved: ResolvedQuestion) -> list[Referent]:
        """The symbols whose stored questions may say the same as this one, word by word.

        Of an understood question, its targets; else everything that one of its words names, and what “it” may be.
        """
        question = resolved.question
        if resolved.intent is not None:
            return self.load(resolved.targets[:MAX_REFERENTS])
        targets = _unambiguous(resolved.names, named_in(question.text))[:_MAX_CANDIDATES]
        if re.search(r"\b(?:this|that|it|its)\b", question.text, re.IGNORECASE):
            targets += self._spoken_of(question, resolved.names) or self._pointed_at(
                question, is_about_this_file(question.text)
            )
        return self.load(dict.fromkeys(targets))

    def load(self, targets: Iterable[RootTarget]) -> list[Referent]:
        """Everything known about the targets, without those that are gone. Reads the disk and the insights."""
        return [
            Referent(workspace, symbol_info)
            for workspace, target in targets
            if (symbol_info := workspace.info_with_insights(target))
        ]

    # From text to intent and targets

    def _names(self, question: Question) -> NameLookup:
        return NameLookup(question, self._workspaces(), self._files, lambda: self._pointed_at(question, of_file=False))

    def _understand(self, question: Question, names: NameLookup) -> tuple[Intent, list[RootTarget]] | None:
        """What is asked, and of what; None when the question is not understood as a whole."""
        intent = read_intent(question.text, names) or self._follow_up(question, names)
        if intent is None:
            return None
        targets = self._targets(question, names, intent)
        is_default_alone = intent.aspect == "default" and intent.other is None and intent.name is not None
        if is_default_alone and not names.find(intent.name or ""):
            # “the default of size”: of the parameter `size` of what was spoken of or is pointed at.
            is_here = re.search(r"\bhere\b", question.text, re.IGNORECASE) is not None
            of_parameter = replace(intent, name=None, other=intent.name, marked=False, refers_back=not is_here)
            if owners := self._targets(question, names, of_parameter):
                return of_parameter, owners
        return intent, targets

    def _follow_up(self, question: Question, names: NameLookup) -> Intent | None:
        """“What about f?” asks of f what was asked before."""
        follow_up = _FOLLOW_UP.fullmatch(question.text.strip())
        asked = [message.content for message in question.history if message.role == "user"]
        if follow_up is None or not asked or not names.find(follow_up["name"]):
            return None
        earlier = replace(question, text=asked[-1], history=question.history[: len(question.history) - 1])
        before = self._understand(earlier, self._names(earlier))
        if before is None or before[0].name in (None, follow_up["name"]):
            return None
        return replace(before[0], name=follow_up["name"], marked=True, kind=None, in_file=None)

    def _resolve(
        self, question: Question, names: NameLookup, intent: Intent, targets: list[RootTarget]
    ) -> ResolvedQuestion | None:
        """The intent with its targets; None when it is a misreading: its names turn out to be ordinary words."""
        if _is_misreading(intent, targets, names):
            return None
        also = None
        if intent.also is not None:
            also = self._resolve(question, names, intent.also, self._targets(question, names, intent.also))
            if also is None or also.targets != tuple(targets):
                return None
        return ResolvedQuestion(question, names, replace(intent, also=None), tuple(targets), also)

    def _targets(self, question: Question, names: NameLookup, intent: Intent) -> list[RootTarget]:
        if intent.aspect == "changed_since":
            return []
        if intent.name is not None:
            targets = list(names.find(intent.name))
            if intent.in_file is not None:
                targets = [item for item in targets if is_file(item.target.path, intent.in_file)]
            return _of_kind(targets, intent.kind)
        spoken_of = self._spoken_of(question, names)
        if intent.refers_back and spoken_of:
            return spoken_of
        if intent.aspect == "cases":
            return self._having_cases(question, intent.other or "")
        class_kind = intent.kind if intent.kind in CLASS_KINDS else None
        return self._pointed_at(question, intent.of_file, class_kind) or ([] if intent.of_file else spoken_of)

    def _pointed_at(self, question: Question, of_file: bool, class_kind: str | None = None) -> list[RootTarget]:
        """The symbol under or around the position that was asked from, or the file; for “this class” the class."""
        if question.at is None:
            return []
        workspace, path, position = question.at
        if of_file or position is None:
            return [RootTarget(workspace, Target(path, ""))]
        targets = workspace.targets_at(path, position)
        if not targets:
            enclosing = workspace.enclosing_symbol(path, position)
            targets = (enclosing,) if enclosing else ()
        if class_kind is not None and len(targets) == 1:
            targets = (_class_around(workspace, targets[0]) or targets[0],)
        return [RootTarget(workspace, target) for target in targets]

    def _having_cases(self, question: Question, name: str) -> list[RootTarget]:
        """What is pointed at, else the function around it, if it has conditions that mention the name."""
        pointed = self._pointed_at(question, of_file=False)
        workspace, path, position = question.at or (None, "", None)
        if workspace is not None and position is not None:
            enclosing = workspace.enclosing_symbol(path, position)
            pointed += [RootTarget(workspace, enclosing)] if enclosing is not None else []
        return [item for item in pointed if _has_cases(item, name)][:1]

    def _spoken_of(self, question: Question, names: NameLookup) -> list[RootTarget]:
        """What the user's last message with a name was about; nothing when it named several symbols."""
        for message in reversed(question.history):
            if message.role != "user":
                continue
            earlier = Question(message.content, question.at)
            understood = self._understand(earlier, self._names(earlier))
            if understood is not None and understood[0].name is not None:
                spoken = [understood[0].name]
            else:
                spoken = list(named_in(message.content, only_marked=True))
            targets = dict.fromkeys(item for name in spoken for item in names.find(name))
            if targets:
                return list(targets) if len(spoken) == 1 else []
        return []


def _is_misreading(intent: Intent, targets: Sequence[RootTarget], names: NameLookup) -> bool:
    """Whether a question of fact is about no symbol after all, since what it takes for a name may be a plain word."""
    if intent.aspect not in FACT_ASPECTS or intent.aspect == "changed_since":
        return False
    if intent.aspect == "cases":
        return len(targets) != 1 or not _has_cases(targets[0], intent.other or "")
    if len(targets) == 1 and intent.guessed:
        workspace, target = targets[0]
        return not has_parameter(workspace, target, intent.other or "")
    if len(targets) == 1 and intent.aspect in ("raisers", "catchers"):
        workspace, target = targets[0]
        symbol = workspace.resolver().symbol(target)
        return symbol is not None and symbol.kind in FUNCTION_KINDS  # no exception
    if targets or intent.name is None:
        return False
    if intent.in_file is not None:
        return True
    is_name = intent.marked or intent.aspect in _ONLY_OF_SYMBOLS
    return not is_name and not is_misspelt(intent.name, names.all_names())


def _has_cases(item: RootTarget, name: str) -> bool:
    item.workspace.catch_up(item.target.path)
    return has_cases(item.workspace.behavior(item.target), name)


def _unambiguous(names: NameLookup, written: Iterable[str]) -> list[RootTarget]:
    """What each name means, of those that mean one thing."""
    meanings = (names.find(name) for name in written)
    return [targets[0] for targets in meanings if len(targets) == 1]


def _of_kind(targets: list[RootTarget], kind: str | None) -> list[RootTarget]:
    """Of several definitions, those of the kind that the question says: “the class Session”."""
    wanted = next((kinds for kinds in (CLASS_KINDS, FUNCTION_KINDS) if kind in kinds), None)
    if wanted is None or len(targets) < 2:
        return targets
    short_names = {name_of(target.symbol_id).rpartition(".")[2] for _, target in targets}
    kinds = {
        (path, symbol_id): symbol_kind
        for workspace in {workspace for workspace, _ in targets}
        for name in short_names
        for path, symbol_id, symbol_kind, _ in workspace.overlay.definitions_named(name)
    }
    return [item for item in targets if kinds.get((item.target.path, item.target.symbol_id)) in wanted] or targets


def _class_around(workspace: Workspace, target: Target) -> Target | None:
    """The innermost class that holds the target, or the target itself if it is a class."""
    outline = workspace.overlay.outline(target.path)
    symbol = outline.symbol(target.symbol_id) if outline else None
    while outline is not None and symbol is not None and symbol.id:
        if symbol.kind in CLASS_KINDS:
            return Target(target.path, symbol.id)
        symbol = outline.symbol(symbol.parent)
    return None
