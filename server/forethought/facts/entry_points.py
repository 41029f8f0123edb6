"""Where the outside world enters a repository: commands, `main` functions, routes, and the public interface.

Each is declared by something that can be read: a manifest, a name that the language gives a meaning to, a decorator or
annotation, a call with a path and a handler, or visibility. Nothing is guessed; a handler that is an anonymous function
belongs to the function around it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from forethought.facts.call_graph import find_calls
from forethought.facts.class_hierarchy import external_bases
from forethought.facts.exports import exports_of, is_exported, is_public_member
from forethought.facts.module_imports import declared_exports
from forethought.facts.symbol_facts import is_test
from forethought.names.file_names import FileNames, Target
from forethought.names.resolver import Resolver
from forethought.syntax.command_manifests import Command
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS
from forethought.syntax.tags import FileTags, Reference, Symbol

Kind = Literal["command", "main", "route", "api"]


class EntryPoint(NamedTuple):
    kind: Kind
    target: Target
    """A function, or a file that is run as a whole."""
    label: str
    """How it is reached: a command's name, `GET /articles`, or the symbol's name."""


SourceOf = Callable[[str], bytes | None]

_MAIN = {
    "go": re.compile(r"main"),
    "rust": re.compile(r"main"),
    "c": re.compile(r"w?main"),
    "cpp": re.compile(r"w?main"),
    "java": re.compile(r"main"),
    "kotlin": re.compile(r"main"),
    "c-sharp": re.compile(r"Main"),
}
"""Language → the function that its programs start with."""
_MAIN_IS_STATIC_METHOD = frozenset({"java", "c-sharp"})

_VERBS = "get|post|put|patch|delete|head|options"
_DECORATOR = {
    "command": re.compile(r"@\s*[\w.]+\.command\b"),
    "route": re.compile(rf"""@\s*[\w.]+\.(?P<verb>{_VERBS}|route|websocket)\s*\(\s*[rf]?["'](?P<path>/[^"']*)["']"""),
}
_ANNOTATION = re.compile(
    r"(?:@|\[\s*)(?P<verb>Get|Post|Put|Patch|Delete|Request|HttpGet|HttpPost|HttpPut|HttpPatch|HttpDelete)"
    r"""(?:Mapping)?\s*(?:\((?:\s*(?:value|path)\s*=)?\s*["'](?P<path>[^"']*)["']|\(\s*\)|(?=\s*$)|(?=\s*\]))"""
)
_ANNOTATED = frozenset({"java", "kotlin", "c-sharp", "typescript"})
_REGISTERED = re.compile(
    rf"""(?P<verb>{_VERBS}|all|handle|handle_?func)\s*\(\s*["'`](?P<path>(?:[A-Z]+ )?/[^"'`]*)["'`]\s*,""",
    re.IGNORECASE,
)
"""`router.Get("/articles", listArticles)`."""
_MAX_DECORATOR_ROWS = 12


def find_entry_points(
    resolver: Resolver, paths: Sequence[str], commands: Iterable[Command], source_of: SourceOf
) -> tuple[EntryPoint, ...]:
    """The commands, `main` functions and routes in these files; each definition once, as the first of these kinds.

    source_of: path → the indexed text, None if unavailable
    """
    found: dict[Target, EntryPoint] = {}
    for command in commands:
        for target in _command_targets(resolver, paths, command):
            found.setdefault(target, EntryPoint("command", target, command.name))
    for path in paths:
        names = resolver.names(path)
        if names is None:
            continue
        rows = (source_of(path) or b"").decode("utf-8", "replace").split("\n")
        for entry in (*_decorated(names, path, rows), *_mains(resolver, names, path), *_routes(resolver, path, rows)):
            found.setdefault(entry.target, entry)
    return tuple(found.values())


def find_api(resolver: Resolver, paths: Iterable[str]) -> tuple[EntryPoint, ...]:
    """The functions that the files of one folder offer, and the public methods of the classes that they offer."""
    found: dict[Target, EntryPoint] = {}
    for target in exports_of(resolver, paths):
        names = resolver.names(target.path)
        symbol = names.symbols.get(target.symbol_id) if names is not None else None
        if names is None or symbol is None:
            continue
        if symbol.kind in FUNCTION_KINDS:
            found.setdefault(target, EntryPoint("api", target, symbol.name))
            continue
        for member in names.tags.symbols[1:]:
            owner, _, _ = member.name.rpartition(".")
            if owner == symbol.name and is_public_member(target.path, names.tags, member):
                place = Target(target.path, member.id)
                found.setdefault(place, EntryPoint("api", place, member.name))
    return tuple(found.values())


def ways_in(resolver: Resolver, target: Target, commands: Iterable[Command], source: bytes) -> tuple[str, ...]:
    """How code outside the repository may reach a definition, in words that follow “it”; empty if nothing is known.

    source: the indexed text of its file
    """
    names, symbol = resolver.names(target.path), resolver.symbol(target)
    if names is None or symbol is None:
        return ()
    ways = []
    entries = find_entry_points(resolver, (target.path,), commands, lambda path: source)
    if entry := next((entry for entry in entries if entry.target == target), None):
        label = "" if entry.kind == "main" else f": `{entry.label}`"
        ways.append(f"is an entry point of the program{label}" if entry.kind == "main" else f"is a {entry.kind}{label}")
    elif is_test(target.path, names.tags, target.symbol_id):
        ways.append("is a test, which a test runner calls")
    elif decorators := [item.name for item in names.decorators.get(target.symbol_id, ()) if item.kind != "type"]:
        ways.append(f"is decorated with `{decorators[0]}`, which may register it")
    owner = resolver.owner(target)
    if owner is not None and symbol.kind in FUNCTION_KINDS and (bases := external_bases(resolver, owner)):
        ways.append(f"may be called by `{bases[0]}`, a base of its class outside this repository")
    listed = declared_exports(resolver, target.path, source.split(b"\n"))
    if listed is not None and symbol.name in [item.name for item in listed[0]]:
        ways.append("is listed in `__all__`")
    is_offered = is_public_member if symbol.kind == "method" else is_exported
    if not ways and is_offered(target.path, names.tags, symbol):
        ways.append("is public, so code outside this repository may use it")
    return tuple(ways)


def _command_targets(resolver: Resolver, paths: Sequence[str], command: Command) -> tuple[Target, ...]:
    known = resolver.snapshot.paths()
    path = next((path for path in command.paths if path in known), None)
    if path is None or path not in paths:
        return ()
    if not command.function:
        return (Target(path, ""),)
    targets = resolver.module_member(path, command.function)
    return tuple(target for target in targets if (symbol := resolver.symbol(target)) and symbol.kind in FUNCTION_KINDS)


def _mains(resolver: Resolver, names: FileNames, path: str) -> Iterator[EntryPoint]:
    tags = names.tags
    pattern = _MAIN.get(tags.language)
    if pattern is not None:
        for symbol in tags.symbols[1:]:
            if pattern.fullmatch(symbol.short_name) and _starts_programs(tags, symbol):
                yield EntryPoint("main", Target(path, symbol.id), path)
    elif path.rpartition("/")[2] == "__main__.py":
        yield EntryPoint("main", Target(path, ""), path)
    elif tags.language == "python" and _asks_whether_it_is_run(resolver.snapshot.tags(path)):
        called = {
            call.targets[0]
            for calls in find_calls(resolver, path).values()
            for call in calls
            if not call.scope and len(call.targets) == 1
        }
        own = [target for target in called if target.path == path and target.symbol_id == "main"]
        yield EntryPoint("main", own[0] if own else Target(path, ""), path)


def _asks_whether_it_is_run(tags: FileTags | None) -> bool:
    """Whether a Python file mentions `__name__` outside of functions and classes, to see if it is run as a program."""
    return tags is not None and any(item.name == "__name__" and not item.scope for item in tags.references)


def _starts_programs(tags: FileTags, symbol: Symbol) -> bool:
    if symbol.body is None or symbol.kind not in FUNCTION_KINDS:
        return False
    if tags.language in _MAIN_IS_STATIC_METHOD:
        return "static" in symbol.signature.partition("(")[0].split()
    return not symbol.parent and "." not in symbol.name


def _decorated(names: FileNames, path: str, rows: Sequence[str]) -> Iterator[EntryPoint]:
    for symbol in names.tags.symbols[1:]:
        first, last = symbol.range.start.row, symbol.selection.start.row
        if symbol.kind not in FUNCTION_KINDS or symbol.id not in names.decorators:
            continue
        head = [row.strip() for row in rows[max(first, last - _MAX_DECORATOR_ROWS) : last]]
        target = Target(path, symbol.id)
        for row in head:
            if names.tags.language == "python":
                if route := _DECORATOR["route"].match(row):
                    verb = "ANY" if route["verb"] == "route" else route["verb"].upper()
                    yield EntryPoint("route", target, f"{verb} {route['path']}")
                elif _DECORATOR["command"].match(row):
                    yield EntryPoint("command", target, symbol.name)
            elif names.tags.language in _ANNOTATED and (route := _ANNOTATION.match(row)):
                verb = route["verb"].removeprefix("Http").upper().replace("REQUEST", "ANY")
                yield EntryPoint("route", target, f"{verb} {route['path'] or ''}".rstrip())


def _routes(resolver: Resolver, path: str, rows: Sequence[str]) -> Iterator[EntryPoint]:
    """Handlers that are named where their path is registered."""
    by_row: dict[int, list[Reference]] | None = None
    for name, calls in find_calls(resolver, path).items():
        if not re.fullmatch(rf"{_VERBS}|all|handle|handle_?func", name, re.IGNORECASE):
            continue
        for call in calls:
            row, column = call.range.start
            text = rows[row].encode()[column:].decode("utf-8", "replace") if row < len(rows) else ""
            registered = _REGISTERED.match(text)
            if call.receiver is None or registered is None:
                continue
            if by_row is None:
                by_row = {}
                tags = resolver.snapshot.tags(path)
                for reference in tags.references if tags is not None else ():
                    by_row.setdefault(reference.range.start.row, []).append(reference)
            after = column + len(text[: registered.end()].encode())
            for reference in by_row.get(row, ()):
                if reference.range.start.column < after or reference.kind in CLASS_KINDS:
                    continue
                targets = resolver.resolve(path, reference).targets
                symbol = resolver.symbol(targets[0]) if len(targets) == 1 else None
                if symbol is not None and symbol.kind in FUNCTION_KINDS:
                    verb = registered["verb"].upper()
                    verb = (
                        ""
                        if " " in registered["path"]
                        else "ANY "
                        if verb.startswith(("HANDLE", "ALL"))
                        else f"{verb} "
                    )
                    yield EntryPoint("route", targets[0], f"{verb}{registered['path']}")
