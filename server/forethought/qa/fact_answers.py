"""Answers to questions of fact: about which symbol, or why about none."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from forethought.errors import ForethoughtError
from forethought.facts.class_hierarchy import external_bases, inherited, own_members
from forethought.facts.symbol_diff import Change
from forethought.names.resolver import Target
from forethought.qa.fact_rendering import fact_text
from forethought.qa.fact_rendering.exception_texts import caught_in, raised_in
from forethought.qa.fact_rendering.explanation_texts import explanation
from forethought.qa.fact_rendering.phrasing import (
    MAX_LISTED,
    did_you_mean,
    display_name,
    more_lines,
    outside,
    where,
)
from forethought.qa.fact_rendering.subject import FactSubject
from forethought.qa.fact_rendering.subtype_texts import external_subtypes
from forethought.qa.fact_rendering.symbol_texts import symbol_sketch
from forethought.qa.intent import Intent, closest_names
from forethought.qa.question import (
    Answer,
    Question,
    Referent,
    RootTarget,
    Source,
    no_answer,
    source_of,
    source_of_place,
)
from forethought.qa.referents import Referents, ResolvedQuestion
from forethought.search.ranking import is_test_path
from forethought.syntax.symbol_kinds import CLASS_KINDS
from forethought.workspace.changes_since import changed_symbols
from forethought.workspace.workspace import Workspace

EXPLAINED = frozenset({"purpose", "mechanism"})
"""Aspects that a model explains best, and the docs and the code without one."""


class FactAnswers:
    """Answers questions of fact about the roots of the session. Reads the index, the disk and git."""

    def __init__(self, workspaces: Callable[[], Sequence[Workspace]], referents: Referents) -> None:
        self._workspaces = workspaces
        self._referents = referents

    def answer(self, resolved: ResolvedQuestion, cancelled: Callable[[], bool] = lambda: False) -> Answer:
        """The fact that a question asks for, or the reason why there is none. `resolved.asks_for_fact` must hold.

        Raises Cancelled as soon as `cancelled` returns true, if the answer takes long.
        """
        answer = self._one_fact(resolved, cancelled)
        if resolved.also is None:
            return answer
        second = self.answer(resolved.also, cancelled)
        for part, asked in ((answer, resolved), (second, resolved.also)):
            if asked.intent is None or part.aspect != asked.intent.aspect:
                return part  # the reason why there is none
        return Answer(
            "",
            f"{answer.text}\n\n{second.text}",
            "facts",
            sources=tuple(dict.fromkeys((*answer.sources, *second.sources))),
            aspect=f"{answer.aspect} and {second.aspect}",
        )

    def explain(self, resolved: ResolvedQuestion) -> Answer | None:
        """What the symbol does, from its docs and its code; None if something else is asked, or of several symbols."""
        intent = resolved.intent
        if intent is None or intent.aspect not in EXPLAINED or intent.other or len(resolved.targets) != 1:
            return None
        return _fact(resolved, resolved.targets[0], lambda: False)

    def sketch(self, referent: Referent) -> str:
        """What the symbol is, and what it does."""
        explained = explanation(FactSubject(referent, Intent("mechanism", referent.symbol.name)))
        return f"{symbol_sketch(referent.symbol_info)}\n\n{explained.text}"

    def unknown(self, resolved: ResolvedQuestion, name: str) -> Answer:
        """That nothing has this name, with names that are spelled alike; of `Class.member`, those of the class."""
        if not any(workspace.names() for workspace in self._workspaces()):
            if any(workspace.busy for workspace in self._workspaces()):
                return no_answer("The repository is still being indexed. Ask again in a moment.")
            return no_answer(
                "No definitions were found in this repository. Run `forethought status` to see which files were "
                "skipped, and why."
            )
        owner, _, member = name.rpartition(".")
        owners = resolved.names.find(owner) if owner else ()
        if len(owners) == 1:
            for referent in self._referents.load(owners):
                if referent.symbol.kind in {*CLASS_KINDS, "file"}:
                    return _no_member(referent, member)
        hint = did_you_mean(closest_names(member, resolved.names.all_names()))
        return Answer("", f"Nothing named `{name}` is defined in this repository.{hint}", "facts", aspect="unknown")

    def _one_fact(self, resolved: ResolvedQuestion, cancelled: Callable[[], bool]) -> Answer:
        intent, targets = resolved.intent, resolved.targets
        assert intent is not None, "a question of fact is understood"
        if intent.aspect == "changed_since":
            return self._changed_since(resolved.question, intent.other or "HEAD")
        if len(targets) > 1:
            return self._fact_about_several(resolved, targets, cancelled)
        if targets:
            return _fact(resolved, targets[0], cancelled)
        if intent.name is None:
            return no_answer("It is not clear what “this” refers to. Name a symbol, or put the cursor on one.")
        if (
            intent.aspect in ("subclasses", "overrides")
            and (answer := self._subclasses_of_external(intent.name)) is not None
        ):
            return answer
        if intent.aspect in ("raisers", "catchers") and (answer := self._uses_of_external(intent)) is not None:
            return answer
        return self.unknown(resolved, intent.name)

    def _uses_of_external(self, intent: Intent) -> Answer | None:
        """What raises or catches an exception that is defined elsewhere; None if nothing does."""
        find = raised_in if intent.aspect == "raisers" else caught_in
        name = (intent.name or "").rpartition(".")[2]
        for workspace in self._workspaces():
            text, places = find(workspace, name, f"`{intent.name}`")
            if places:
                sources = tuple(source_of_place(workspace, place) for place in places)
                note = f"`{intent.name}` is not defined in this repository. "
                return Answer("", note + text, "facts", sources=sources, aspect=intent.aspect)
        return None

    def _changed_since(self, question: Question, revision: str) -> Answer:
        """The symbols that differ from a revision, in the root that was asked from, else in all."""
        roots = [question.at[0]] if question.at is not None else list(self._workspaces())
        texts, sources, problems = [], [], []
        for workspace in roots:
            try:
                changes = changed_symbols(workspace, revision)
            except ForethoughtError as error:
                problems.append(str(error))
                continue
            texts.append(_changes_text(changes, revision))
            sources += [
                Source(workspace, change.after.path, change.after.symbol.selection, change.after.symbol.name)
                for change in changes[:MAX_LISTED]
                if change.after is not None
            ]
        if not texts:
            return no_answer(" ".join(problems) or "No folder is open.")
        return Answer("", "\n".join(texts), "facts", sources=tuple(sources), aspect="changed_since")

    def _subclasses_of_external(self, name: str) -> Answer | None:
        """The types here that inherit from or implement one defined elsewhere; None when there are none."""
        for workspace in self._workspaces():
            if (found := external_subtypes(workspace, name)) is not None:
                sources = tuple(source_of_place(workspace, place) for place in found.places)
                return Answer("", found.text, "facts", sources=sources, aspect="subclasses")
        return None

    def _fact_about_several(
        self, resolved: ResolvedQuestion, targets: Sequence[RootTarget], cancelled: Callable[[], bool]
    ) -> Answer:
        """Which one is meant; if all but one are tests' own, the fact about that one, with a word about the others."""
        name = resolved.intent.name if resolved.intent is not None and resolved.intent.name else "this"
        if resolved.intent is not None and resolved.intent.aspect == "exists":
            choices = self._ambiguous(name, targets)
            text = choices.text.replace(f"`{name}` could be one of {len(targets)}; which one do you mean?", "Yes:", 1)
            return replace(choices, text=text, aspect="exists")
        main = [item for item in targets if not is_test_path(item.target.path)]
        if len(main) != 1:
            return self._ambiguous(name, targets)
        answer = _fact(resolved, main[0], cancelled)
        others = self._referents.load([item for item in targets if item != main[0]][:1])
        also = "".join(f"; tests define another in {where(item.symbol_info)}" for item in others)
        return replace(answer, text=f"{answer.text}\n\n_This is about `{name}` in {main[0].target.path}{also}._")

    def _ambiguous(self, name: str, targets: Sequence[RootTarget]) -> Answer:
        referents = self._referents.load(targets[:MAX_LISTED])
        choices = [
            f"{display_name(item.symbol_info)} in {where(item.symbol_info)}"
            if item.symbol.name
            else display_name(item.symbol_info)
            for item in referents
        ]
        text = f"`{name}` could be one of {len(targets)}; which one do you mean?\n"
        text += "\n".join(f"- {choice}" for choice in choices) + more_lines(len(targets), len(referents))
        return Answer("", text, "facts", sources=tuple(map(source_of, referents)), aspect="ambiguous")


def _fact(resolved: ResolvedQuestion, item: RootTarget, cancelled: Callable[[], bool]) -> Answer:
    """The fact about the one symbol that the question means, as the symbol is now."""
    intent = resolved.intent
    assert intent is not None, "a question of fact is understood"
    workspace, target = item
    workspace.catch_up(target.path)
    symbol_info = workspace.quick_info(target)
    if symbol_info is None:
        return no_answer("The file changed while it was being read. Ask again.")
    referent = Referent(workspace, symbol_info)
    others = resolved.names.find(intent.other) if intent.other else ()
    subject = FactSubject(referent, intent, [other for root, other in others if root is workspace], cancelled)
    text, places = fact_text(subject)
    sources = (source_of(referent), *(source_of_place(workspace, place) for place in places))
    return Answer("", text, "facts", sources=sources, aspect=intent.aspect)


def _no_member(referent: Referent, member: str) -> Answer:
    """That a class or a file has no such member, with members that are spelled alike."""
    resolver, target = referent.workspace.resolver(), Target(referent.path, referent.symbol.id)
    members = [
        *own_members(resolver, target),
        *(method for _, methods in inherited(resolver, target) for method in methods),
    ]
    hint = did_you_mean(closest_names(member, [symbol.short_name for _, symbol in members]))
    bases = external_bases(resolver, target)
    note = f" It may be inherited from {outside(bases)}." if bases else ""
    text = f"{display_name(referent.symbol_info)} ({where(referent.symbol_info)}) has no member `{member}`.{note}{hint}"
    return Answer("", text, "facts", sources=(source_of(referent),), aspect="unknown")


def _changes_text(changes: Sequence[Change], revision: str) -> str:
    if not changes:
        return f"No symbols have changed since `{revision}`."
    lines = []
    for change in changes[:MAX_LISTED]:
        symbol, path = change.side.symbol, change.side.path
        row = f":{symbol.selection.start.row + 1}" if change.after is not None and symbol.name else ""
        details = f": {', '.join(change.details)}" if change.details else ""
        lines.append(f"- {change.kind} `{symbol.name or path}` ({path}{row}){details}")
    count = f"{len(changes)} symbols have" if len(changes) > 1 else "1 symbol has"
    return f"{count} changed since `{revision}`:\n" + "\n".join(lines) + more_lines(len(changes), len(lines))
