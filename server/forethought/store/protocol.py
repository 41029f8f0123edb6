"""The seam to c′: whatever keeps it looks like this."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from forethought.insights.entry import Entry


class InsightStore(Protocol):
    """c′ by context hash. Any entry may vanish at any time. Calls may touch the disk: never on the event loop."""

    def get_many(self, context_hashes: Iterable[str]) -> Mapping[str, tuple[Entry, ...]]:
        """Every generator's entry of each context hash that has one; garbage is left out and counted, never raised."""
        ...

    def put_many(self, entries: Iterable[Entry]) -> None:
        """Keep each entry under (context hash, generator), replacing what that generator wrote before.

        Raises StoreError when it cannot be kept (disk full, read-only).
        """
        ...

    def rejected(self, context_hashes: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """For each context hash, the digests of the texts that a person called wrong."""
        ...

    def reject(self, context_hash: str, text_digest: str) -> None:
        """Remember that a text is wrong for a context hash. Raises StoreError when it cannot be kept."""
        ...

    def accept(self, context_hash: str, text_digest: str) -> None:
        """Take back that a text is wrong for a context hash. Raises StoreError when that cannot be kept."""
        ...
