"""What one refresh of the index changed."""

from collections.abc import Collection
from dataclasses import dataclass

from forethought.workspace.indexer import IndexReport, is_below


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """What one refresh changed, for everything that depends on the index. Published once the index is up to date."""

    files: frozenset[str]
    """Files whose content is new, different or gone."""
    outdated: frozenset[str] | None
    """Files whose context hashes are invalid: changed ones, and users of a changed interface. None: any file may be."""
    looked_at: Collection[str] | None
    """The files and folders that were compared with the disk; None: the whole root."""
    cancelled: bool
    """The refresh stopped half-way."""

    @classmethod
    def of(cls, report: IndexReport, looked_at: Collection[str] | None, outdated: frozenset[str]) -> "ChangeSet":
        everything = looked_at is None or report.others_wrote
        return cls(
            frozenset((*report.changed, *report.removed)), None if everything else outdated, looked_at, report.cancelled
        )

    def covers(self, path: str) -> bool:
        """Whether the index has the file as it was on disk during this refresh."""
        return path in self.files or (not self.cancelled and (self.looked_at is None or is_below(path, self.looked_at)))
