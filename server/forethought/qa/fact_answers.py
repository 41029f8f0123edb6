"""The tier `facts`: which symbol a question of fact is about, and the text that the index gives."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from forethought.errors import ForethoughtError
from forethought.facts.class_hierarchy import based_outside, external_bases, inherited, own_members
from forethought.facts.symbol_diff import Change
from forethought.insights.context import CLASS_KINDS
from forethought.names.resolver import Target
from forethought.qa.fact_rendering import MAX_LISTED, fact_text, has_parameter, listed, shown_path, where
from forethought.qa.intent import Intent, closest_names, is_misspelt
from forethought.qa.question import Answer, Question, Referent, Source, no_answer, source_of, source_of_place
from forethought.qa.referents import Referents
from forethought.workspace.changes_since import changed_symbols
from forethought.workspace.workspace import Workspace

_OF_SYMBOLS_ONLY = frozenset({"callers", "calls", "raises", "parameters", "default", "returns", "bases", "subclasses"})
"""What only a definition can be asked about. “Which tests cover login?” may mean a matter and no symbol."""


class FactAnswers:
    """Answers questions of fact over the session's roots. Reads the index, the disk and git."""

    def __init__(self, workspaces: Callable[[], Sequence[Workspace]], meaning: Referents) -> None:
        self._workspaces = workspaces
        self._meaning = meaning

    def answer(self, question: Question, intent: Intent) -> Answer | None:
        """None when the question may mean a matter and no symbol: nothing here has such a name, nor one like it."""
        if intent.also is not None:
            return self._both(question, replace(intent, also=None), intent.also)
        if intent.aspect == "changed_since":
            return self._changed_since(question, intent.other or "HEAD")
        targets = self._meaning.targets(question, intent)
        if not targets:
            if intent.in_file is not None:
                return None
            if intent.name is None:
                return no_answer("Point at a symbol or name one: I do not know what “this” is.")
            if intent.aspect == "subclasses" and (answer := self._subclasses_of_outside(intent.name)) is not None:
                return answer
            if intent.marked or intent.aspect in _OF_SYMBOLS_ONLY or is_misspelt(intent.name, self._names()):
                return self.unknown(question, intent.name)
            return None
        if len(targets) > 1:
            return self._ambiguous(intent.name or "this", targets)
        workspace, target = targets[0]
        workspace.catch_up(target.path)
        symbol_info = workspace.quick_info(target)
        if symbol_info is None:
            return no_answer("The file changed while it was read; ask again.")
        item = Referent(workspace, symbol_info)
        others = self._meaning.named(question, intent.other) if intent.other else []
        if intent.guessed and not has_parameter(item, intent.other or ""):
            return None
        text, places = fact_text(item, intent, [target for home, target in others if home is workspace])
        places_of = (source_of_place(workspace, place) for place in places)
        return Answer("", text, "facts", sources=(source_of(item), *places_of), aspect=intent.aspect)

    def _both(self, question: Question, first: Intent, second: Intent) -> Answer | None:
        """Two facts about one symbol; None when either is not known, the reason when it has several meanings."""
        one, other = self.answer(question, first), self.answer(question, second)
        if one is None or other is None or one.aspect != first.aspect or other.aspect != second.aspect:
            return one if one is not None and one.aspect in ("unknown", "ambiguous", None) else None
        return replace(
            one,
            text=f"{one.text}\n\n{other.text}",
            sources=tuple(dict.fromkeys((*one.sources, *other.sources))),
            aspect=f"{one.aspect} and {other.aspect}",
        )

    def _changed_since(self, question: Question, revision: str) -> Answer:
        """The symbols that differ from a revision, in the root that was asked from, else in all."""
        homes = [question.at[0]] if question.at is not None else list(self._workspaces())
        texts, sources, problems = [], [], []
        for workspace in homes:
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

    def _subclasses_of_outside(self, name: str) -> Answer | None:
        """The classes here that are based on what is defined elsewhere; None when there are none."""
        for workspace in self._workspaces():
            if found := based_outside(workspace.resolver(), name):
                head = f"`{name}` is not defined in this repository. Based on it here ({len(found)})"
                text, places = listed(head, found, len(found), "")
                sources = tuple(source_of_place(workspace, place) for place in places)
                return Answer("", text, "facts", sources=sources, aspect="subclasses")
        return None

    def unknown(self, question: Question, name: str) -> Answer:
        """“There is no … here; did you mean …”: of a dotted name, what its owner has."""
        if not any(workspace.names() for workspace in self._workspaces()):
            if any(workspace.busy for workspace in self._workspaces()):
                return no_answer("Nothing is indexed yet; ask again in a moment.")
            return no_answer(
                "No source file here defines anything; `forethought status` says what was left out, and why."
            )
        owner, _, member = name.rpartition(".")
        owners = self._meaning.named(question, owner) if owner else []
        if len(owners) == 1:
            for item in self._meaning.symbol_infos(owners):
                if item.symbol_info.symbol.kind in {*CLASS_KINDS, "file"}:
                    return self._no_member(item, member)
        hint = _hint(self._close(name))
        return Answer("", f"Nothing named `{name}` is defined in this repository.{hint}", "facts", aspect="unknown")

    def _no_member(self, item: Referent, member: str) -> Answer:
        symbol = item.symbol_info.symbol
        resolver, target = item.workspace.resolver(), Target(item.symbol_info.path, symbol.id)
        members = [
            *own_members(resolver, target),
            *(item for _, items in inherited(resolver, target) for item in items),
        ]
        outside = external_bases(resolver, target)
        hint = _hint(closest_names(member, [found.short_name for _, found in members]))
        note = f" It may come from {', '.join(f'`{base}`' for base in outside)}, which is not here." if outside else ""
        name = f"`{symbol.name}`" if symbol.name else f"`{shown_path(item.symbol_info.path)}`"
        return Answer(
            "",
            f"{name} ({where(item.symbol_info)}) defines no `{member}`.{note}{hint}",
            "facts",
            sources=(source_of(item),),
            aspect="unknown",
        )

    def _close(self, name: str) -> list[str]:
        return closest_names(name.rpartition(".")[2], self._names())

    def _names(self) -> set[str]:
        return {symbol for workspace in self._workspaces() for symbol in workspace.names()}

    def _ambiguous(self, name: str, targets: Sequence[tuple[Workspace, Target]]) -> Answer:
        meant = self._meaning.symbol_infos(targets[:MAX_LISTED])
        symbol_infos = [item.symbol_info for item in meant]
        named = (
            f"`{symbol_info.symbol.name}` in {where(symbol_info)}"
            if symbol_info.symbol.name
            else f"`{shown_path(symbol_info.path)}`"
            for symbol_info in symbol_infos
        )
        lines = [f"- {choice}" for choice in named]
        more = f"\n… and {len(targets) - len(meant)} more" if len(targets) > len(meant) else ""
        text = f"`{name}` could be one of {len(targets)}; which one?\n" + "\n".join(lines) + more
        return Answer("", text, "facts", sources=tuple(source_of(item) for item in meant), aspect="ambiguous")


def _changes_text(changes: Sequence[Change], revision: str) -> str:
    if not changes:
        return f"No symbol has changed since `{revision}`."
    lines = []
    for change in changes[:MAX_LISTED]:
        symbol, place = change.place.symbol, change.place.path
        row = f":{symbol.selection.start.row + 1}" if change.after is not None and symbol.name else ""
        details = f": {', '.join(change.details)}" if change.details else ""
        lines.append(f"- {change.kind} `{symbol.name or place}` ({place}{row}){details}")
    more = f"\n… and {len(changes) - len(lines)} more" if len(changes) > len(lines) else ""
    count = f"{len(changes)} symbols have" if len(changes) > 1 else "1 symbol has"
    return f"{count} changed since `{revision}`:\n" + "\n".join(lines) + more


def _hint(close: Sequence[str]) -> str:
    return f" Did you mean {' or '.join(f'`{candidate}`' for candidate in close)}?" if close else ""
