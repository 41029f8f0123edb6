"""The seam to c′: whatever keeps it looks like this."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from forethought.insights import Entry


class ContextStore(Protocol):
    """c′ by subject. Any entry may vanish at any time. Calls may touch the disk: never on the event loop."""

    def get_many(self, subjects: Iterable[str]) -> Mapping[str, tuple[Entry, ...]]:
        """Every producer's entry of each subject that has one; garbage is left out and counted, never raised."""
        ...

    def put_many(self, entries: Iterable[Entry]) -> None:
        """Keep each entry under (subject, producer), replacing what that producer wrote before.

        Raises StoreError when it cannot be kept (disk full, read-only).
        """
        ...

    def rejected(self, subjects: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """For each subject, the digests of the texts that a person called wrong."""
        ...

    def reject(self, subject: str, text_digest: str) -> None:
        """Remember that a text is wrong for a subject. Raises StoreError when it cannot be kept."""
        ...

    def accept(self, subject: str, text_digest: str) -> None:
        """Take back that a text is wrong for a subject. Raises StoreError when that cannot be kept."""
        ...
