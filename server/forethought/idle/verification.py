"""Every stored text about a repository, held against the context it was made from, rebuilt now."""

from dataclasses import asdict, dataclass
from typing import Any

from forethought.insights.context import Context
from forethought.insights.grounding import ungrounded
from forethought.names.resolver import Target
from forethought.store.protocol import InsightStore
from forethought.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Fault:
    """A stored text that names what its context lacks."""

    path: str
    symbol: str
    name: str
    """The identifier, number or quoted text that is not there."""
    text: str


@dataclass(frozen=True, slots=True)
class ContextsReport:
    symbols: int
    """Whose context hashes were looked up."""
    entries: int
    texts: int
    faults: tuple[Fault, ...]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "faults": [asdict(fault) for fault in self.faults]}


def verify_contexts(workspace: Workspace, contexts: InsightStore) -> ContextsReport:
    """Look at every entry of every symbol as it is saved now. Reads the disk; raises StoreError."""
    symbols = entries = texts = 0
    faults: list[Fault] = []
    for path in sorted(workspace.index.paths()):
        for item in workspace.saved.symbols(path):
            symbols += 1
            found = contexts.get_many([item.context_hash]).get(item.context_hash, ())
            context = workspace.saved.context(Target(path, item.symbol.id)) if found else None
            if context is None or context.context_hash != item.context_hash:
                continue
            for entry in found:
                entries += 1
                for text in entry.insights.texts:
                    texts += 1
                    if (name := _lacking(text, context)) is not None:
                        faults.append(Fault(path, item.symbol.id, name, text))
    return ContextsReport(symbols, entries, texts, tuple(faults))


def _lacking(text: str, context: Context) -> str | None:
    return ungrounded(text, context.identifiers, context.text)
