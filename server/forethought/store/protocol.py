"""The interface of insight stores. A store shared by a team would implement it."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from forethought.insights.entry import Entry


class InsightStore(Protocol):
    """Insights by context hash. Any entry may vanish at any time. Methods may block: never on the event loop."""

    def get_many(self, context_hashes: Iterable[str]) -> Mapping[str, tuple[Entry, ...]]:
        """Map each context hash that has entries to those of all generators. Garbage is left out; never raises."""
        ...

    def note_checked(self, entries: Iterable[Entry]) -> None:
        """Store shared entries that were held against their code."""
        ...

    def put_many(self, entries: Iterable[Entry]) -> None:
        """Store each entry under (context hash, generator), replacing what that generator wrote before.

        Raises StoreError when that fails (disk full, read-only).
        """
        ...

    def rejected(self, context_hashes: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """Map each context hash that has any to the digests of the texts that a person called wrong."""
        ...

    def reject(self, context_hash: str, text_digest: str) -> None:
        """Note that a text is wrong for a context hash. Raises StoreError when that cannot be stored."""
        ...

    def accept(self, context_hash: str, text_digest: str) -> None:
        """Take back that a text is wrong for a context hash. Raises StoreError when that cannot be stored."""
        ...
