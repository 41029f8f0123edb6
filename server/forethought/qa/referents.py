"""Which symbols and files a question means: named, pointed at, or spoken of before."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from forethought.insights.context import CLASS_KINDS, FUNCTION_KINDS
from forethought.names.resolver import Target
from forethought.qa.intent import Intent, is_about_this_file, named_in, read_intent
from forethought.qa.question import Question, Referent
from forethought.workspace.workspace import Workspace

MAX_REFERENTS = 3
"""Symbols that one question may be about."""

_MAX_CANDIDATES = 6

_AGAIN = re.compile(
    r"(?:(?:ok|okay|so|and|then|now|thanks)\W+)*(?:(?:what|how) about|and(?: for| of)?)\s+"
    r"`?(?P<name>[^\W\d]\w*(?:\.\w+)*)(?:\(\))?`?[\s?.!]*",
    re.IGNORECASE,
)

Place = tuple[Workspace, Target]


class Referents:
    """Finds what questions are about, over the session's roots. Reads the index and the disk."""

    def __init__(self, workspaces: Callable[[], Sequence[Workspace]]) -> None:
        self._workspaces = workspaces
        self._files: dict[Workspace, _Files] = {}

    def intent(self, question: Question) -> Intent | None:
        """What is asked of what; None when the question is not understood as a whole."""
        intent = read_intent(question.text, _Names(self._workspaces(), self._files_of)) or self._asked_again(question)
        alone = intent is not None and intent.aspect == "default" and intent.other is None
        if intent is None or intent.name is None or not alone or self.named(question, intent.name):
            return intent
        here = re.search(r"\bhere\b", question.text, re.IGNORECASE) is not None
        of_parameter = replace(intent, name=None, other=intent.name, marked=False, refers_back=not here)
        return of_parameter if self.targets(question, of_parameter) else intent

    def _asked_again(self, question: Question) -> Intent | None:
        """“What about f?” asks of f what was asked before."""
        again = _AGAIN.fullmatch(question.text.strip())
        asked = [message.content for message in question.history if message.role == "user"]
        if again is None or not asked or not self.named(question, again["name"]):
            return None
        earlier = replace(question, text=asked[-1], history=question.history[: len(question.history) - 1])
        before = self.intent(earlier)
        if before is None or before.name is None or before.name == again["name"]:
            return None
        return replace(before, name=again["name"], marked=True, kind=None, in_file=None)

    def meant(self, question: Question, intent: Intent | None) -> list[Referent]:
        """The symbols that the question names or points at; several definitions of one name are all meant."""
        if intent is not None:
            return self.symbol_infos(self.targets(question, intent))[:MAX_REFERENTS]
        of_file = question.at is not None and is_about_this_file(question.text)
        found: dict[Place, None] = {}
        if of_file:
            found.update(dict.fromkeys(self._pointed(question, of_file=True)))
        marked = list(named_in(question.text, only_marked=True))
        for name in marked if of_file else named_in(question.text):
            if found and name not in marked:
                break  # plain words may happen to be names, too
            targets = self.named(question, name)
            if len(targets) == 1:
                found.update(dict.fromkeys(targets))
        if not found:
            for message in reversed(question.history):
                for name in named_in(message.content):
                    targets = self.named(question, name)
                    if len(targets) == 1:
                        found.update(dict.fromkeys(targets))
                if found:
                    break
        if not found:
            found.update(dict.fromkeys(self._pointed(question, of_file=False)))
        return self.symbol_infos(list(found)[:MAX_REFERENTS])

    def candidates(self, question: Question, intent: Intent | None) -> list[Referent]:
        """What a question could be about, for a stored question that says the same word by word to decide.

        Of an understood question, what it means; else every word that names one thing, and what “it” may be.
        """
        if intent is not None:
            return self.symbol_infos(self.targets(question, intent)[:MAX_REFERENTS])
        named = (self.named(question, name) for name in named_in(question.text))
        found = [places[0] for places in named if len(places) == 1][:_MAX_CANDIDATES]
        if re.search(r"\b(?:this|that|it|its)\b", question.text, re.IGNORECASE):
            found += self._spoken_of(question) or self._pointed(question, is_about_this_file(question.text))
        return self.symbol_infos(list(dict.fromkeys(found)))

    def targets(self, question: Question, intent: Intent) -> list[Place]:
        """What an understood question is about; several when its name is ambiguous, none when nothing has it."""
        if intent.name is not None:
            found = self.named(question, intent.name)
            if intent.in_file is not None:
                found = [place for place in found if _is_file(place[1].path, intent.in_file)]
            return self._of_kind(found, intent.kind)
        spoken_of = self._spoken_of(question)
        if intent.refers_back and spoken_of:
            return spoken_of
        pointed = self._pointed(question, intent.of_file, intent.kind if intent.kind in CLASS_KINDS else None)
        return pointed or ([] if intent.of_file else spoken_of)

    def named(self, question: Question, name: str) -> list[Place]:
        """Every definition that the name can mean; in the file that was asked from when it has one."""
        name = self._as_written(question.text, name)
        order = list(self._workspaces())
        if question.at is not None:
            order.sort(key=lambda workspace: workspace is not question.at[0])  # type: ignore[index] # checked above
        for workspace in order:
            found = _definitions(workspace, name)
            if question.at is not None and workspace is question.at[0]:
                here = [target for target in found if target.path == question.at[1]]
                found = here or found
            found = found or _reached(workspace, self._files_of(workspace), name)
            if found:
                return [(workspace, target) for target in found]
            if paths := self._files_of(workspace).named(name):
                return [(workspace, Target(path, "")) for path in paths]
        return []

    def _as_written(self, text: str, name: str) -> str:
        """The name with the mark that ends it in Ruby, where the question has it and something is called so."""
        short = re.escape(name.rpartition(".")[2])
        for mark, behind in (("!", ""), ("?", r"(?=[`?]|\s+\S)")):  # “safe? call” is no end of a question
            if re.search(rf"\b{short}{re.escape(mark)}{behind}", text):
                marked = f"{name}{mark}"
                if any(_rows(workspace, marked) for workspace in self._workspaces()):
                    return marked
        return name

    def symbol_infos(self, targets: Sequence[Place]) -> list[Referent]:
        return [
            Referent(workspace, symbol_info)
            for workspace, target in targets
            if (symbol_info := workspace.insight_card(target))
        ]

    def _files_of(self, workspace: Workspace) -> "_Files":
        """The root's files by name, made anew when a file was added or removed."""
        paths = workspace.index.paths()
        known = self._files.get(workspace)
        if known is None or known.paths is not paths:
            known = self._files[workspace] = _Files(paths)
        return known

    def _pointed(self, question: Question, of_file: bool, kind: str | None = None) -> list[Place]:
        """What the place that was asked from stands on or in; with a kind of class, the class around it."""
        if question.at is None:
            return []
        workspace, path, position = question.at
        if of_file or position is None:
            return [(workspace, Target(path, ""))]
        targets = workspace.targets_at(path, position)
        if not targets:
            enclosing = workspace.enclosing_symbol(path, position)
            targets = (enclosing,) if enclosing else ()
        if kind is not None and len(targets) == 1:
            targets = (_class_around(workspace, targets[0]) or targets[0],)
        return [(workspace, target) for target in targets]

    def _spoken_of(self, question: Question) -> list[Place]:
        """The symbol that the person's last message with a name was about; none when that named several."""
        for message in reversed(question.history):
            if message.role != "user":
                continue
            earlier = Question(message.content, question.at)
            intent = self.intent(earlier)
            names = [intent.name] if intent and intent.name else list(named_in(message.content, only_marked=True))
            found = dict.fromkeys(place for name in names for place in self.named(question, name))
            if found:
                return list(found) if len(names) == 1 else []
        return []

    def _of_kind(self, found: list[Place], kind: str | None) -> list[Place]:
        """Of several definitions, those of the kind that the question says: “the class Session”."""
        wanted = next((kinds for kinds in (CLASS_KINDS, FUNCTION_KINDS) if kind in kinds), None)
        if wanted is None or len(found) < 2:
            return found
        rows = {
            (path, symbol_id): its_kind
            for workspace in {place[0] for place in found}
            for name in {_short(target) for _, target in found}
            for path, symbol_id, its_kind, _ in workspace.overlay.definitions_named(name)
        }
        return [place for place in found if rows.get((place[1].path, place[1].symbol_id)) in wanted] or found


class _Names:
    """What the indices of several roots know by name; each name is looked up once."""

    def __init__(self, workspaces: Sequence[Workspace], files_of: Callable[[Workspace], "_Files"]) -> None:
        self._workspaces = workspaces
        self._files_of = files_of
        self._defined: dict[str, bool] = {}

    def defines(self, name: str) -> bool:
        if name not in self._defined:
            self._defined[name] = any(_rows(workspace, name) for workspace in self._workspaces)
        return self._defined[name]

    def has_file(self, name: str) -> bool:
        return any(self._files_of(workspace).named(name) for workspace in self._workspaces)


def _rows(workspace: Workspace, name: str) -> list[Target]:
    """Definitions of the name: of its last part, in the class or module that the others name."""
    found = [Target(path, key) for path, key, _, _ in workspace.overlay.definitions_named(name.rpartition(".")[2])]
    if "." not in name:
        return found
    wanted = f".{name}"
    return [
        target
        for target in found
        if f".{target.symbol_id.partition('#')[0]}".endswith(wanted) or _module_path(target).endswith(wanted)
    ]


def _definitions(workspace: Workspace, name: str) -> list[Target]:
    by_name: dict[tuple[str, str], list[str]] = {}
    for path, symbol_id in _rows(workspace, name):
        by_name.setdefault((path, symbol_id.partition("#")[0]), []).append(symbol_id)
    resolver = workspace.resolver()
    found = [resolver.representative(path, same) for (path, _), same in by_name.items()]
    classes = {target.symbol_id for target in found}
    # `Jar.Jar` is the constructor of `Jar`, and “Jar” means the class.
    named = [target for target in found if target.symbol_id.partition("#")[0].rpartition(".")[0] not in classes]
    defined = resolver.without_declarations(named if "." not in name else found)
    return list({(target.path, target.symbol_id.partition("#")[0]): target for target in defined}.values())


def _reached(workspace: Workspace, files: "_Files", name: str) -> list[Target]:
    """`Child.method` that stands in a base of `Child`; `package.name` that the package only imports."""
    owner, _, member = name.rpartition(".")
    if not owner:
        return []
    resolver = workspace.resolver()
    owners = _definitions(workspace, owner)
    if owners:
        return list(resolver.member(owners[0], member)) if len(owners) == 1 else []
    modules = files.modules(owner)
    found = resolver.module_member(modules[0], member) if len(modules) == 1 else ()
    return [target for target in found if target.symbol_id]


def _module_path(target: Target) -> str:
    """`.pkg.module.Class.method`: how a symbol is named from outside its file."""
    module = target.path.rpartition(".")[0].replace("/", ".").removesuffix(".__init__")
    return f".{module}.{target.symbol_id.partition('#')[0]}"


class _Files:
    """The files of a root by the last part of their names: no question goes through them all."""

    def __init__(self, paths: frozenset[str]) -> None:
        self.paths = paths
        self._by_last: dict[str, list[str]] = {}
        for path in paths:
            folder, _, file = path.rpartition("/")
            stem = file.partition(".")[0]
            for last in {file, folder.rpartition("/")[2] if stem == "__init__" else stem}:
                self._by_last.setdefault(last, []).append(path)

    def named(self, name: str) -> list[str]:
        """The file of that path, else the files whose path ends with the name."""
        if name in self.paths:
            return [name]
        return sorted(path for path in self._by_last.get(name.rpartition("/")[2], ()) if _is_file(path, name))

    def modules(self, name: str) -> list[str]:
        """Files that are named so from outside: `pkg.module`, or `pkg` for its `__init__`."""
        candidates = self._by_last.get(name.rpartition(".")[2], ())
        return [path for path in candidates if _module_path(Target(path, "")).removesuffix(".").endswith(f".{name}")]


def _is_file(path: str, name: str) -> bool:
    return path == name or path.endswith(f"/{name}")


def _class_around(workspace: Workspace, target: Target) -> Target | None:
    outline = workspace.overlay.outline(target.path)
    symbol = outline.symbol(target.symbol_id) if outline else None
    while outline is not None and symbol is not None and symbol.id:
        if symbol.kind in CLASS_KINDS:
            return Target(target.path, symbol.id)
        symbol = outline.symbol(symbol.parent)
    return None


def _short(target: Target) -> str:
    return target.symbol_id.partition("#")[0].rpartition(".")[2]
