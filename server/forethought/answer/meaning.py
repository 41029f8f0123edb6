"""Which symbols and files a question means: named, pointed at, or spoken of before."""

from collections.abc import Callable, Sequence

from forethought.answer.question import Meant, Question
from forethought.index.resolve import Target
from forethought.matching import Intent, is_about_this_file, named_in
from forethought.workspace import Workspace

MOST_MEANT = 3
"""Symbols that one question may be about."""


class Meaning:
    """Finds what questions are about, over the session's roots. Reads the index and the disk."""

    def __init__(self, workspaces: Callable[[], Sequence[Workspace]]) -> None:
        self._workspaces = workspaces

    def meant(self, question: Question, intent: Intent | None) -> list[Meant]:
        """The symbols that the question names or points at; several definitions of one name are all meant."""
        if intent is not None:
            return self.cards(self.targets(question, intent))[:MOST_MEANT]
        of_file = question.at is not None and is_about_this_file(question.text)
        found: dict[tuple[Workspace, Target], None] = {}
        if of_file:
            found.update(dict.fromkeys(self._pointed(question, of_file=True)))
        marked = list(named_in(question.text, only_marked=True))
        for name in marked if of_file else named_in(question.text):
            if found and name not in marked:
                break  # plain words may happen to be names, too
            targets = self._named(question, name)
            if len(targets) == 1:
                found.update(dict.fromkeys(targets))
        if not found:
            for message in reversed(question.history):
                for name in named_in(message.content):
                    targets = self._named(question, name)
                    if len(targets) == 1:
                        found.update(dict.fromkeys(targets))
                if found:
                    break
        if not found:
            found.update(dict.fromkeys(self._pointed(question, of_file=False)))
        return self.cards(list(found)[:MOST_MEANT])

    def targets(self, question: Question, intent: Intent) -> list[tuple[Workspace, Target]]:
        if intent.name is not None:
            return self._named(question, intent.name)
        return self._pointed(question, intent.of_file)

    def _pointed(self, question: Question, of_file: bool) -> list[tuple[Workspace, Target]]:
        if question.at is None:
            return []
        workspace, path, position = question.at
        if of_file or position is None:
            return [(workspace, Target(path, ""))]
        targets = workspace.targets_at(path, position)
        if not targets:
            enclosing = workspace.enclosing_symbol(path, position)
            targets = (enclosing,) if enclosing else ()
        return [(workspace, target) for target in targets]

    def _named(self, question: Question, name: str) -> list[tuple[Workspace, Target]]:
        """Every definition that the name can mean; in the file that was asked from when it has one."""
        order = list(self._workspaces())
        if question.at is not None:
            order.sort(key=lambda workspace: workspace is not question.at[0])  # type: ignore[index] # checked above
        for workspace in order:
            found = _definitions(workspace, name)
            if question.at is not None and workspace is question.at[0]:
                here = [target for target in found if target.path == question.at[1]]
                found = here or found
            if found:
                return [(workspace, target) for target in found]
            if (path := _file_named(workspace, name)) is not None:
                return [(workspace, Target(path, ""))]
        return []

    def cards(self, targets: Sequence[tuple[Workspace, Target]]) -> list[Meant]:
        return [Meant(workspace, card) for workspace, target in targets if (card := workspace.insight_card(target))]


def _definitions(workspace: Workspace, name: str) -> list[Target]:
    short = name.rpartition(".")[2]
    by_name: dict[tuple[str, str], list[str]] = {}
    for path, symbol_id, _, _ in workspace.overlay.definitions_named(short):
        by_name.setdefault((path, symbol_id.partition("#")[0]), []).append(symbol_id)
    resolver = workspace.resolver()
    found = [resolver.representative(path, same) for (path, _), same in by_name.items()]
    if "." not in name:
        return found
    wanted = f".{name}"
    return [
        target
        for target in found
        if f".{target.symbol_id.partition('#')[0]}".endswith(wanted) or _module_path(target).endswith(wanted)
    ]


def _module_path(target: Target) -> str:
    """`.pkg.module.Class.method`: how a symbol is named from outside its file."""
    module = target.path.rpartition(".")[0].replace("/", ".").removesuffix(".__init__")
    return f".{module}.{target.symbol_id.partition('#')[0]}"


def _file_named(workspace: Workspace, name: str) -> str | None:
    """The file of that path, else the one file whose path ends with the name."""
    paths = workspace.index.paths()
    found = [name] if name in paths else [path for path in paths if path.endswith(f"/{name}")]
    return found[0] if len(found) == 1 else None
