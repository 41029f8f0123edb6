"""Finds the definitions and files that the names in a question can mean."""

import re
from collections.abc import Callable, Collection, Sequence
from weakref import WeakKeyDictionary

from forethought.names.resolver import Target
from forethought.qa.fact_rendering.signature_texts import parameter_names
from forethought.qa.question import Question, RootTarget
from forethought.syntax.symbol_kinds import FIELD_KINDS, SymbolKind
from forethought.syntax.tags import name_of
from forethought.workspace.workspace import Workspace

_MAX_DEFINITIONS = 8
"""Definitions of one name whose parameters are looked at."""


class NameLookup:
    """What the names in one question mean, in the roots of the session; each name is looked up once.

    Implements `KnownNames` of the question parser. Reads the index.
    """

    def __init__(
        self,
        question: Question,
        workspaces: Sequence[Workspace],
        files: "FileNames",
        pointed_at: Callable[[], Sequence[RootTarget]] = tuple,
    ) -> None:
        """pointed_at: finds what “this” means, if the question was asked somewhere."""
        self._question = question
        self._files = files
        self._workspaces = list(workspaces)
        if question.at is not None:
            root = question.at[0]
            self._workspaces.sort(key=lambda workspace: workspace is not root)
        self._defined: dict[str, bool] = {}
        self._found: dict[str, tuple[RootTarget, ...]] = {}
        self._parameters: dict[str | None, Collection[str]] = {}
        self._kinds: dict[str | None, frozenset[SymbolKind]] = {}
        self._pointed_at = pointed_at

    def defines(self, name: str) -> bool:
        """Whether there is a definition of this (qualified) name."""
        if name not in self._defined:
            spellings = {name, name.replace("#", "")}  # Javadoc's `#size` is a `size`
            self._defined[name] = any(_rows(workspace, each) for each in spellings for workspace in self._workspaces)
        return self._defined[name]

    def has_file(self, name: str) -> bool:
        """Whether there is a file of this path, or one whose path ends in it."""
        return any(self._files.of(workspace).named(name) for workspace in self._workspaces)

    def parameters(self, name: str | None) -> Collection[str]:
        """The parameters of the functions and classes that the name can mean; of what is pointed at for None."""
        if name not in self._parameters:
            found = self.find(name) if name is not None else self._pointed_at()
            self._parameters[name] = {
                parameter
                for workspace, target in found[:_MAX_DEFINITIONS]
                for parameter in parameter_names(workspace, target)
            }
        return self._parameters[name]

    def kinds(self, name: str | None) -> frozenset[SymbolKind]:
        """The kinds of all definitions that the name can mean; of what is pointed at for None."""
        if name not in self._kinds:
            found = self.find(name) if name is not None else self._pointed_at()
            symbols = (workspace.resolver().symbol(target) for workspace, target in found[:_MAX_DEFINITIONS])
            self._kinds[name] = frozenset(symbol.kind for symbol in symbols if symbol is not None)
        return self._kinds[name]

    def is_called(self, name: str) -> bool:
        """Whether anything of this name is called, wherever it is defined."""
        short = name.rpartition(".")[2]
        return any(
            reference.kind in ("call", "class")
            for workspace in self._workspaces
            for _, reference in workspace.overlay.references_named(short)
        )

    def all_names(self) -> set[str]:
        """The unqualified name of every definition."""
        return {name for workspace in self._workspaces for name in workspace.names()}

    def find(self, name: str) -> tuple[RootTarget, ...]:
        """Every definition or file that the name can mean, of the first root that has any.

        The root that was asked from comes first, and its file that was asked from before its others.
        """
        if name not in self._found:
            self._found[name] = self._find(self._with_mark(name)) or self._find(name.replace("#", ""))
        return self._found[name]

    def _find(self, name: str) -> tuple[RootTarget, ...]:
        asked_from = self._question.at
        for workspace in self._workspaces:
            files = self._files.of(workspace)
            targets = _definitions(workspace, name)
            if asked_from is not None and workspace is asked_from[0]:
                targets = [target for target in targets if target.path == asked_from[1]] or targets
            targets = targets or _members(workspace, files, name)
            targets = targets or [Target(path, "") for path in files.named(name)]
            if targets:
                return tuple(RootTarget(workspace, target) for target in targets)
        return ()

    def _with_mark(self, name: str) -> str:
        """The name with the “!” or “?” that ends it in Ruby, where the question has it and it is defined so."""
        short = re.escape(name.rpartition(".")[2])
        for mark, behind in (("!", ""), ("?", r"(?=[`?]|\s+\S)")):  # a “?” alone ends the question
            if re.search(rf"\b{short}{re.escape(mark)}{behind}", self._question.text) and self.defines(name + mark):
                return name + mark
        return name


class FileNames:
    """The file names of every root; those of a root are rebuilt when files are added or removed."""

    def __init__(self) -> None:
        self._of: WeakKeyDictionary[Workspace, RootFileNames] = WeakKeyDictionary()

    def of(self, workspace: Workspace) -> "RootFileNames":
        paths = workspace.index.paths()
        known = self._of.get(workspace)
        if known is None or known.paths is not paths:
            known = self._of[workspace] = RootFileNames(paths)
        return known


class RootFileNames:
    """The files of one root by the last part of their names, so that no question goes through all of them."""

    def __init__(self, paths: frozenset[str]) -> None:
        self.paths = paths
        self._by_last_part: dict[str, list[str]] = {}
        for path in paths:
            folder, _, file = path.rpartition("/")
            stem = file.partition(".")[0]
            for last_part in {file, folder.rpartition("/")[2] if stem == "__init__" else stem}:
                self._by_last_part.setdefault(last_part, []).append(path)

    def named(self, name: str) -> list[str]:
        """The file of that path, else the files whose path ends in the name."""
        if name in self.paths:
            return [name]
        return sorted(path for path in self._by_last_part.get(name.rpartition("/")[2], ()) if is_file(path, name))

    def modules(self, name: str) -> list[str]:
        """Files that are imported by this name: `pkg.module`, or `pkg` for its `__init__`."""
        candidates = self._by_last_part.get(name.rpartition(".")[2], ())
        return [path for path in candidates if _import_path(Target(path, "")).removesuffix(".").endswith(f".{name}")]


def is_file(path: str, name: str) -> bool:
    """Whether a path is the name, or ends in it."""
    return path == name or path.endswith(f"/{name}")


def _rows(workspace: Workspace, name: str) -> list[Target]:
    """Definitions of the last part of a name, in the class or module that the other parts name."""
    rows = workspace.overlay.definitions_named(name.rpartition(".")[2])
    if "." not in name:  # a field is meant only if nothing else has its name
        rows = [row for row in rows if row[2] not in FIELD_KINDS] or rows
    targets = [Target(path, key) for path, key, _, _ in rows]
    if "." not in name:
        return targets
    suffix = f".{name}"
    return [
        target
        for target in targets
        if f".{_qualified_name(target)}".endswith(suffix) or _import_path(target).endswith(suffix)
    ]


def _definitions(workspace: Workspace, name: str) -> list[Target]:
    """Definitions of a name, overloads and declarations counted as one."""
    by_name: dict[tuple[str, str], list[str]] = {}
    for target in _rows(workspace, name):
        by_name.setdefault((target.path, _qualified_name(target)), []).append(target.symbol_id)
    resolver = workspace.resolver()
    targets = [resolver.representative(path, same) for (path, _), same in by_name.items()]
    if "." not in name:  # `Jar.Jar` is the constructor of `Jar`, but “Jar” means the class
        ids = {target.symbol_id for target in targets}
        targets = [target for target in targets if _qualified_name(target).rpartition(".")[0] not in ids]
    defined = resolver.without_declarations(targets)
    return list({(target.path, _qualified_name(target)): target for target in defined}.values())


def _members(workspace: Workspace, files: RootFileNames, name: str) -> list[Target]:
    """`Child.method` where a base of `Child` defines it; `package.name` where the package imports it."""
    owner, _, member = name.rpartition(".")
    if not owner:
        return []
    resolver = workspace.resolver()
    owners = _definitions(workspace, owner)
    if owners:
        return list(resolver.member(owners[0], member)) if len(owners) == 1 else []
    modules = files.modules(owner)
    targets = resolver.module_member(modules[0], member) if len(modules) == 1 else ()
    return [target for target in targets if target.symbol_id]


def _import_path(target: Target) -> str:
    """`.pkg.module.Class.method`: how a symbol is named outside of its file."""
    module = target.path.rpartition(".")[0].replace("/", ".").removesuffix(".__init__")
    return f".{module}.{_qualified_name(target)}"


def _qualified_name(target: Target) -> str:
    return name_of(target.symbol_id)
