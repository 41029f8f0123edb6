"""The contexts of what is saved on disk, and how their subjects stand in c′: what passes and coverage rest on."""

import hashlib
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from forethought.cards import Standing, standing_of
from forethought.context import FUNCTION_KINDS, IDENTIFIER, Context, build_context
from forethought.index.findings import SharedFindings
from forethought.index.resolve import Resolver, Target
from forethought.index.tags import FileTags, Symbol
from forethought.store.index_store import IndexStore
from forethought.store.protocol import ContextStore


@dataclass(frozen=True, slots=True)
class SavedSymbol:
    """A symbol of the text on disk, and the subject that names its context."""

    symbol: Symbol
    subject: str


class SavedContexts:
    """Computes subjects only for what changed, and remembers them in the index. Every method reads the disk."""

    def __init__(
        self,
        index: IndexStore,
        contexts: ContextStore,
        read: Callable[[str], bytes | None],
        on_outdated: Callable[[str], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._index = index
        self._contexts = contexts
        self._read = read
        self._on_outdated = on_outdated
        """Called with a path whose text on disk is not the one that was indexed."""
        self._now = now
        self.findings = SharedFindings(index)

    def resolver(self) -> Resolver:
        """A resolver over what is saved now, for one piece of work."""
        return Resolver(self._index, self.findings.current())

    def symbols(self, path: str) -> tuple[SavedSymbol, ...]:
        """The file's symbols with their subjects; empty when the disk is newer than the index."""
        generation = self._index.generation
        outline, digest = self._index.outline(path), self._index.content_hash(path)
        if outline is None or digest is None:
            return ()
        known = self._index.subjects.of(path)
        if not all(known.get(symbol.id, ("", ""))[0] == digest for symbol in outline.symbols):
            data, tags = self._read_indexed(path, digest), self._index.tags(path)
            if data is None or tags is None:
                return ()
            resolver = self.resolver()
            subjects = {
                symbol.id: (digest, build_context(resolver, path, tags, symbol, data).subject)
                for symbol in tags.symbols
            }
            self._index.subjects.put(path, subjects, generation)
            known = {**known, **subjects}
        return tuple(SavedSymbol(symbol, known[symbol.id][1]) for symbol in outline.symbols if symbol.id in known)

    def context(self, target: Target) -> Context | None:
        """The context of one symbol; None when it is gone, or the disk is newer than the index."""
        generation = self._index.generation
        tags, digest = self._index.tags(target.path), self._index.content_hash(target.path)
        symbol = tags.symbol(target.symbol_id) if tags else None
        if tags is None or symbol is None or digest is None:
            return None
        data = self._read_indexed(target.path, digest)
        if data is None:
            return None
        context = build_context(self.resolver(), target.path, tags, symbol, data)
        self._index.subjects.put(target.path, {symbol.id: (digest, context.subject)}, generation)
        return context

    def standings(self, path: str, symbols: Collection[SavedSymbol]) -> dict[str, Standing]:
        """Symbol id → how its subject stands in c′."""
        earlier = self._index.subjects.last_thought(path)
        subjects = {item.symbol.id: (item.subject, earlier.get(item.symbol.id)) for item in symbols}
        found = self._standings(subjects)
        fresh = (key for key, standing in found.items() if standing.state == "fresh")
        self._index.subjects.mark_thought(path, [key for key in fresh if subjects[key][0] != subjects[key][1]])
        return found

    def standing(self, target: Target, subject: str) -> Standing:
        """How a subject stands in c′, and else what was thought about the text that was there before."""
        earlier = self._index.subjects.last_thought(target.path).get(target.symbol_id)
        if earlier == subject or earlier is None:
            known = self._index.subjects.of(target.path).get(target.symbol_id)
            earlier = known[1] if known and known[1] != subject else None
        return self._standings({"": (subject, earlier)})[""]

    def outdate(self) -> None:
        """Subjects rest on the interfaces that their symbols use: whoever may use a changed one is computed again.

        And what was edited is remembered. What a process that was killed left undone, the next one does.
        """
        table = self._index.subjects
        replaced = table.replaced()
        if not replaced:
            return
        if table.any:
            names: set[str] = set()
            for path, (before, _) in replaced.items():
                now, then = _interface(self._index.outline(path)), self._interface_then(path, before)
                names |= {name for name in now.keys() | then.keys() if now.get(name) != then.get(name)}
            for path in {*replaced, *self._users_of(names)}:
                table.put(path, {key: ("", subject) for key, (_, subject) in table.of(path).items()})
        table.settle(replaced, self._edited(replaced), self._now())

    def _edited(self, replaced: Mapping[str, tuple[str, str]]) -> dict[str, list[str]]:
        """path → the symbols whose own text is new; none where the whole root was read for the first time."""
        if self._index.paths() <= {path for path, (before, _) in replaced.items() if not before}:
            return {}
        found = {}
        for path, (before, _) in replaced.items():
            now, then = _shapes(self._index.outline(path)), _shapes(self._index.outline_of(before))
            found[path] = [symbol_id for symbol_id, shape in now.items() if then.get(symbol_id) != shape]
        return found

    def _interface_then(self, path: str, digest: str) -> dict[str, str]:
        """The interface of an earlier text; one that equals no other when the index holds that text no longer."""
        outline = self._index.outline_of(digest)
        if outline is None:
            return {_short(key): "" for key in self._index.subjects.of(path)}
        return _interface(outline)

    def _users_of(self, names: set[str]) -> set[str]:
        """Files that mention one of the names, or the name of something whose own interface mentions it, and so on."""
        users: set[str] = set()
        mentioned: dict[str, dict[str, frozenset[str]]] = {}
        new = names - {""}
        while new:
            found = {path for name in new for path in self._index.paths_naming(name)}
            users |= found
            for path in found - mentioned.keys():
                seen = _interface(self._index.outline(path))
                mentioned[path] = {name: frozenset(IDENTIFIER.findall(text)) for name, text in seen.items() if name}
            names = names | new
            new = {
                name
                for path in found
                for name, words in mentioned[path].items()
                if name not in names and not words.isdisjoint(new)
            }
        return users

    def _standings(self, subjects: Mapping[str, tuple[str, str | None]]) -> dict[str, Standing]:
        wanted = {subject for pair in subjects.values() for subject in pair if subject}
        entries, rejected = self._contexts.get_many(wanted), self._contexts.rejected(wanted)
        nothing: frozenset[str] = frozenset()
        return {
            key: standing_of(
                entries.get(subject, ()),
                entries.get(earlier, ()) if earlier else (),
                rejected.get(subject, nothing),
                rejected.get(earlier, nothing) if earlier else nothing,
            )
            for key, (subject, earlier) in subjects.items()
        }

    def _read_indexed(self, path: str, digest: str) -> bytes | None:
        """The text that was indexed; None when the disk holds another, which is then read again."""
        data = self._read(path)
        if data is None or hashlib.sha256(data).hexdigest() != digest:
            self._on_outdated(path)
            return None
        return data


def _interface(tags: FileTags | None) -> dict[str, str]:
    """Short name → everything that users of the name may see of it in this file."""
    if tags is None:
        return {}
    found: dict[str, str] = {}

    def add(name: str, seen: str) -> None:
        found[name] = f"{found.get(name, '')}\n{seen}"

    for symbol in tags.symbols[1:]:
        add(symbol.short_name, f"{symbol.id} {symbol.kind} {symbol.signature} {symbol.returns} {symbol.bases}")
        if symbol.parent:
            add(_short(symbol.parent), symbol.signature)
    inside_functions = {symbol.id for symbol in tags.symbols if symbol.kind in FUNCTION_KINDS}
    for binding in tags.bindings:
        owner, dot, name = binding.name.rpartition(".")
        if dot or binding.scope not in inside_functions:
            add(_short(binding.scope), f"{binding.name}: {binding.annotation}")
            add(name, f"{owner} {binding.annotation} {binding.value}")
    for reference in tags.references:  # of decorators
        add(_short(reference.scope), f"@{reference.name}")
    for item in tags.imports:
        add(item.local, f"{item.module} {item.name}")
    return found


def _shapes(tags: FileTags | None) -> dict[str, object]:
    """Symbol id → something that differs when its own text does: of files and classes without what stands inside."""
    if tags is None:
        return {}
    inside: dict[str, list[object]] = {symbol.parent: [] for symbol in tags.symbols}
    for symbol in tags.symbols[1:]:
        inside[symbol.parent].append((symbol.id, symbol.signature))
    for binding in tags.bindings:
        if binding.scope in inside:
            inside[binding.scope].append((binding.name, binding.annotation, binding.value))
    for item in tags.imports:
        inside.setdefault("", []).append((item.module, item.name, item.local))
    return {
        symbol.id: (symbol.signature, symbol.doc, inside[symbol.id]) if symbol.id in inside else symbol.digest
        for symbol in tags.symbols
    }


def _short(symbol_id: str) -> str:
    return symbol_id.partition("#")[0].rpartition(".")[2]
