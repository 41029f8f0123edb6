"""The contexts of symbols as saved on disk, and the status of their insights: what passes work from."""

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from forethought.errors import StoreError
from forethought.insights.context import IDENTIFIER, Context, build_context
from forethought.insights.entry import Entry
from forethought.insights.freshness import InsightStatus, insight_status_of
from forethought.insights.trust import hold_against_code, is_unchecked
from forethought.names.query_cache import SharedQueryCache
from forethought.names.resolver import Resolver, Target
from forethought.store.index_store import IndexStore
from forethought.store.protocol import InsightStore
from forethought.syntax.symbol_kinds import FUNCTION_KINDS
from forethought.syntax.tags import FileTags, Symbol, name_of

_logger = logging.getLogger(__name__)

MAX_BUILT_CONTEXTS = 2000
"""Contexts kept in memory between the survey that built them and their pass: about 10 kB each."""


@dataclass(frozen=True, slots=True)
class SavedSymbol:
    """A symbol of the text on disk, with the hash of its context."""

    symbol: Symbol
    context_hash: str


class SavedContexts:
    """Computes context hashes only for what changed, and remembers them in the index. Every method reads the disk.

    Nothing here triggers indexing: while the disk is newer than the index, a file has no contexts.
    """

    def __init__(
        self,
        index: IndexStore,
        contexts: InsightStore,
        read: Callable[[str], bytes | None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._index = index
        self._contexts = contexts
        self._read = read
        self._now = now
        self._lock = threading.Lock()
        self._built: OrderedDict[Target, tuple[int, Context]] = OrderedDict()
        """Target → (generation of the index, context built from it). A survey's contexts wait here for their passes.

        The context hash would not do as the key: it does not cover `Context.callees`.
        """
        self.query_cache = SharedQueryCache()

    def resolver(self) -> Resolver:
        """A resolver over what is saved now, for one piece of work."""
        return Resolver(self._index, self.query_cache.current(self._index))

    def symbols(self, path: str) -> tuple[SavedSymbol, ...]:
        """The file's symbols with their context hashes; empty if it is not indexed, or newer on disk."""
        generation = self._index.generation
        outline, digest = self._index.outline(path), self._index.content_hash(path)
        if outline is None or digest is None:
            return ()
        known = self._index.context_hashes.of(path)
        if not all(known.get(symbol.id, ("", ""))[0] == digest for symbol in outline.symbols):
            data, tags = self._read_indexed(path, digest), self._index.tags(path)
            if data is None or tags is None:
                return ()
            resolver = self.resolver()
            contexts = {symbol.id: build_context(resolver, path, tags, symbol, data) for symbol in tags.symbols}
            self._keep_built(path, contexts, generation)
            context_hashes = {symbol_id: (digest, context.context_hash) for symbol_id, context in contexts.items()}
            self._index.context_hashes.put(path, context_hashes, generation)
            known = {**known, **context_hashes}
        return tuple(SavedSymbol(symbol, known[symbol.id][1]) for symbol in outline.symbols if symbol.id in known)

    def context(self, target: Target) -> Context | None:
        """The context of one symbol; None if it is gone, or the file is newer on disk."""
        generation = self._index.generation
        tags, digest = self._index.tags(target.path), self._index.content_hash(target.path)
        symbol = tags.symbol(target.symbol_id) if tags else None
        if tags is None or symbol is None or digest is None:
            return None
        data = self._read_indexed(target.path, digest)
        if data is None:
            return None
        with self._lock:
            built = self._built.get(target)
        if built is not None and built[0] == generation:
            return built[1]
        context = build_context(self.resolver(), target.path, tags, symbol, data)
        self._keep_built(target.path, {symbol.id: context}, generation)
        self._index.context_hashes.put(target.path, {symbol.id: (digest, context.context_hash)}, generation)
        return context

    def source(self, path: str) -> tuple[FileTags, bytes] | None:
        """The tags and the text of an indexed file; None if it is not indexed, or newer on disk."""
        tags, digest = self._index.tags(path), self._index.content_hash(path)
        data = self._read_indexed(path, digest) if digest is not None else None
        return (tags, data) if tags is not None and data is not None else None

    def _keep_built(self, path: str, contexts: Mapping[str, Context], generation: int) -> None:
        with self._lock:
            for symbol_id, context in contexts.items():
                target = Target(path, symbol_id)
                self._built[target] = (generation, context)
                self._built.move_to_end(target)
            while len(self._built) > MAX_BUILT_CONTEXTS:
                self._built.popitem(last=False)

    def insight_statuses(self, path: str, symbols: Collection[SavedSymbol]) -> dict[str, InsightStatus]:
        """Symbol id → the status of its insights. Fresh ones are noted as the last known at their place."""
        earlier = self._index.context_hashes.last_with_insights(path)
        context_hashes = {item.symbol.id: (item.context_hash, earlier.get(item.symbol.id)) for item in symbols}
        found = self._insight_statuses(path, context_hashes)
        fresh = (key for key, insight_status in found.items() if insight_status.state == "fresh")
        self._index.context_hashes.mark_insights(
            path, [key for key in fresh if context_hashes[key][0] != context_hashes[key][1]]
        )
        return found

    def insight_status(self, target: Target, context_hash: str) -> InsightStatus:
        """The status of the insights about one context, else about the text that was there before."""
        earlier = self._index.context_hashes.last_with_insights(target.path).get(target.symbol_id)
        if earlier == context_hash or earlier is None:
            known = self._index.context_hashes.of(target.path).get(target.symbol_id)
            earlier = known[1] if known and known[1] != context_hash else None
        return self._insight_statuses(target.path, {target.symbol_id: (context_hash, earlier)})[target.symbol_id]

    def invalidate(self) -> frozenset[str]:
        """Invalidate the context hashes that depend on changed files, and return the files they are in.

        A context includes the interfaces it uses, so the users of a changed interface are invalidated, too. It is also
        noted which symbols were edited. If the process dies halfway, the next one finishes the job.
        """
        table = self._index.context_hashes
        replaced = table.replaced()
        if not replaced:
            return frozenset()
        outdated = set(replaced)
        if table.any:
            names: set[str] = set()
            for path, (before, current) in replaced.items():
                if before == current:
                    continue  # only its imports may mean something else
                now, then = interface_of(self._index.outline(path)), self._interface_then(path, before)
                names |= {name for name in now.keys() | then.keys() if now.get(name) != then.get(name)}
            outdated |= self._users_of(names)
            for path in outdated:
                table.put(path, {key: ("", context_hash) for key, (_, context_hash) in table.of(path).items()})
        table.settle(replaced, self._edited(replaced), self._now())
        return frozenset(outdated)

    def _edited(self, replaced: Mapping[str, tuple[str, str]]) -> dict[str, list[str]]:
        """path → symbols whose own text is new; empty if the whole root was read for the first time."""
        if self._index.paths() <= {path for path, (before, _) in replaced.items() if not before}:
            return {}
        found = {}
        for path, (before, current) in replaced.items():
            if before == current:
                continue
            now, then = _shapes(self._index.outline(path)), _shapes(self._index.outline_of(before))
            found[path] = [symbol_id for symbol_id, shape in now.items() if then.get(symbol_id) != shape]
        return found

    def _interface_then(self, path: str, digest: str) -> dict[str, str]:
        """The interface of an earlier text; one that equals no other if the text is no longer in the index."""
        outline = self._index.outline_of(digest)
        if outline is None:
            return {_short(key): "" for key in self._index.context_hashes.of(path)}
        return interface_of(outline)

    def _users_of(self, names: set[str]) -> set[str]:
        """Files that mention one of the names, or the name of anything whose interface mentions it, and so on."""
        users: set[str] = set()
        mentioned: dict[str, dict[str, frozenset[str]]] = {}
        new = names - {""}
        while new:
            found = {path for name in new for path in self._index.paths_naming(name)}
            users |= found
            for path in found - mentioned.keys():
                seen = interface_of(self._index.outline(path))
                mentioned[path] = {name: frozenset(IDENTIFIER.findall(text)) for name, text in seen.items() if name}
            names = names | new
            new = {
                name
                for path in found
                for name, words in mentioned[path].items()
                if name not in names and not words.isdisjoint(new)
            }
        return users

    def _insight_statuses(
        self, path: str, context_hashes: Mapping[str, tuple[str, str | None]]
    ) -> dict[str, InsightStatus]:
        wanted = {context_hash for pair in context_hashes.values() for context_hash in pair if context_hash}
        entries, rejected = dict(self._contexts.get_many(wanted)), self._contexts.rejected(wanted)
        for symbol_id, (context_hash, _) in context_hashes.items():
            if any(is_unchecked(entry) for entry in entries.get(context_hash, ())):
                entries[context_hash] = self._check_shared(Target(path, symbol_id), entries[context_hash])
        nothing: frozenset[str] = frozenset()
        return {
            key: insight_status_of(
                entries.get(context_hash, ()),
                entries.get(earlier, ()) if earlier else (),
                rejected.get(context_hash, nothing),
                rejected.get(earlier, nothing) if earlier else nothing,
            )
            for key, (context_hash, earlier) in context_hashes.items()
        }

    def _check_shared(self, target: Target, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
        """Hold shared entries against their code, once: the outcome is stored."""
        context = self.context(target)
        if context is None or context.context_hash != entries[0].context_hash:
            return entries  # it is not saved, so nothing shared is shown yet
        checked = tuple(hold_against_code(entry, context) if is_unchecked(entry) else entry for entry in entries)
        try:
            self._contexts.note_checked(entry for entry in checked if entry not in entries)
        except StoreError as error:
            _logger.debug("That shared entries were checked was not stored: %s", error)
        return checked

    def _read_indexed(self, path: str, digest: str) -> bytes | None:
        """The text that was indexed; None if the text on disk is another one by now."""
        data = self._read(path)
        return data if data is not None and hashlib.sha256(data).hexdigest() == digest else None


def interface_of(tags: FileTags | None) -> dict[str, str]:
    """Short name → everything that users of the name can see of it in this file."""
    if tags is None:
        return {}
    found: dict[str, str] = {}

    def add(name: str, seen: str) -> None:
        found[name] = f"{found.get(name, '')}\n{seen}"

    for symbol in tags.nameable:
        add(symbol.short_name, f"{symbol.id} {symbol.kind} {symbol.signature} {symbol.returns} {symbol.bases}")
        if symbol.parent:
            add(_short(symbol.parent), symbol.signature)
    inside_functions = {symbol.id for symbol in tags.symbols if symbol.kind in FUNCTION_KINDS}
    for binding in tags.bindings:
        owner, dot, name = binding.name.rpartition(".")
        if dot or binding.scope not in inside_functions:
            add(_short(binding.scope), f"{binding.name}: {binding.annotation}")
            add(name, f"{owner} {binding.annotation} {binding.value}")
    for reference in tags.references:  # an outline holds those in decorators only
        add(_short(reference.scope), f"@{reference.name}")
    for item in tags.imports:
        add(item.local, f"{item.module} {item.name}")
    return found


def _shapes(tags: FileTags | None) -> dict[str, object]:
    """Symbol id → a value that differs when its own text does; for files and classes, without their members."""
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
    return name_of(symbol_id).rpartition(".")[2]
