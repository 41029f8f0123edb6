"""Checks every stored text about a repository against its context, which is rebuilt for that."""

from dataclasses import asdict, dataclass
from typing import Any

from forethought.insights.grounding import ungrounded
from forethought.insights.trust import hold_against_code, is_unchecked
from forethought.names.resolver import Target
from forethought.store.protocol import InsightStore
from forethought.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Fault:
    """A stored text that names something its context does not contain."""

    path: str
    symbol: str
    name: str
    """The identifier, number or quoted text that is missing from the context."""
    text: str


@dataclass(frozen=True, slots=True)
class ContextsReport:
    """How much was checked, and what is wrong."""

    symbols: int
    """Whose context hashes were looked up."""
    entries: int
    texts: int
    faults: tuple[Fault, ...]
    dropped: int = 0
    """Imported texts that their code does not bear out. They are never shown."""

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "faults": [asdict(fault) for fault in self.faults]}


def verify_contexts(workspace: Workspace, contexts: InsightStore) -> ContextsReport:
    """Check every entry about every symbol as it is saved now. Reads the disk. Raises StoreError."""
    symbols = entries = texts = dropped = 0
    faults: list[Fault] = []
    for path in sorted(workspace.index.paths()):
        for item in workspace.saved.symbols(path):
            symbols += 1
            stored = contexts.get_many([item.context_hash]).get(item.context_hash, ())
            context = workspace.saved.context(Target(path, item.symbol.id)) if stored else None
            if context is None or context.context_hash != item.context_hash:
                continue
            for entry in stored:
                entries += 1
                if is_unchecked(entry):
                    kept = hold_against_code(entry, context).insights.texts
                    dropped += len(entry.insights.texts) - len(kept)
                    continue
                for text in entry.insights.texts:
                    texts += 1
                    if (name := ungrounded(text, context.identifiers, context.text)) is not None:
                        faults.append(Fault(path, item.symbol.id, name, text))
    return ContextsReport(symbols, entries, texts, tuple(faults), dropped)
