"""Export and import of insights as one portable file, so that editors can use what CI computed.

The file is gzipped JSON lines: a header, one line per entry, and the number of entries. Equal stores give equal bytes.
An import trusts nothing: the numbers of lines, entries and bytes are limited, and each entry is checked on its own.
"""

import gzip
import json
import math
import os
import re
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from forethought.errors import StoreError
from forethought.insights.context import Context
from forethought.insights.entry import SCHEMA, Entry, Insights
from forethought.insights.freshness import without_rejected
from forethought.insights.trust import hold_against_code
from forethought.store.insight_store import DiskInsightStore

FORMAT = "forethought-contexts"

MAX_LINE_BYTES = 512 * 1024
MAX_TOTAL_BYTES = 1 << 31
"""Uncompressed."""
MAX_ENTRIES = 2_000_000
MAX_TEXT = 8_000
"""Characters of one text."""
MAX_ITEMS = 100
"""Inferences per entry, and questions per entry."""
MAX_CALLEES = 2_000
"""Per entry."""
_MAX_COUNT_LINE_BYTES = 100
_MAX_NAME = 1_000
"""Characters."""
_MAX_COUNT = 10**12
_BATCH = 500
"""Entries per look-up or merge."""

_CONTEXT_HASH = re.compile(r"[0-9a-f]{64}")
_GENERATOR_ID = re.compile(r"[0-9a-f]{16,128}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How many entries of a file were imported, and why others were not."""

    imported: int
    """New here, or newer than the shared entry they replace."""
    unchanged: int
    """Already here. An entry computed here is never replaced."""
    rejected: int
    reasons: dict[str, int]
    """Reason of rejection → number of entries."""
    truncated: bool
    """The file ends before its last line. The entries before that were imported."""
    dropped: int = 0
    """Texts that their code here does not bear out. What is not about code here is checked before it is shown."""


def export_entries(
    store: DiskInsightStore, file: Path, context_hashes: Iterable[str] | None, redact: Callable[[str], str]
) -> int:
    """Write the entries of these context hashes (None: of all) to `file`, replacing it atomically. Returns how many.

    Failed entries are left out: they concern this machine. Raises StoreError.
    """
    if file.exists() and not file.is_file():
        raise StoreError(f"{file} is not a regular file; choose another path.")
    wanted = sorted(set(store.context_hashes() if context_hashes is None else context_hashes))
    draft = None
    try:
        with tempfile.NamedTemporaryFile(dir=file.resolve().parent, prefix=f".{file.name}.", delete=False) as raw:
            draft = Path(raw.name)
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed:
                count = _write_lines(packed, store, wanted, redact)
            raw.flush()
            os.fsync(raw.fileno())
        draft.chmod(0o644)
        draft.replace(file.resolve())
    except OSError as error:
        if draft:
            draft.unlink(missing_ok=True)
        raise StoreError(f"The export could not be written to {file} ({error.strerror or error}).") from error
    return count


def import_entries(
    store: DiskInsightStore,
    file: Path,
    redact: Callable[[str], str],
    context_of: Callable[[str], Context | None] = lambda _: None,
) -> ImportReport:
    """Store the entries of an export, marked `shared`. An entry computed here is never replaced.

    `context_of` returns the code here that has a context hash: entries are held against it. Bad entries are rejected
    one by one. Raises StoreError when the file cannot be read, is not an export, or fails its checksum or count. A
    truncated file has neither, and gives its whole entries.
    """

    def clean(entry: Entry) -> Entry:
        return _as_shared(entry, redact)

    def check(entry: Entry) -> Entry:
        context = context_of(entry.context_hash)
        return hold_against_code(entry, context) if context and context.context_hash == entry.context_hash else entry

    try:
        with file.open("rb") as raw:
            with gzip.open(raw, "rb") as lines:
                _check_integrity(file, _LineReader(lines))
            raw.seek(0)
            with gzip.open(raw, "rb") as lines:
                return _import_lines(store, file, lines, clean, check)
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise _not_an_export(file) from error
        raise StoreError(f"{file} cannot be read ({error.strerror or error}).") from error


def check_entry(entry: Entry) -> None:
    """Check an entry from elsewhere. Raises ValueError with the reason if we would not have written it ourselves."""
    if not _CONTEXT_HASH.fullmatch(entry.context_hash):
        raise ValueError("the subject is not a context hash")
    if not _GENERATOR_ID.fullmatch(entry.generator_id):
        raise ValueError("the producer is not a generator id")
    if entry.outcome == "failed":
        raise ValueError("failed entries are not shared")
    insights, provenance = entry.insights, entry.provenance
    if (entry.outcome == "empty") != insights.empty:
        raise ValueError("the outcome contradicts the insights")
    counts = map(len, (insights.inferences, insights.questions, insights.notes))
    if max(counts) > MAX_ITEMS or len(provenance.callees) > MAX_CALLEES:
        raise ValueError("too many items")
    for text in (*insights.texts, *(item.kind for item in insights.questions), entry.reason or ""):
        if len(text) > MAX_TEXT:
            raise ValueError("a text is too long")
        if _CONTROL.search(text):
            raise ValueError("a text holds control characters")
    names = [provenance.model, provenance.prompt_version, *provenance.callees, *provenance.callees.values()]
    if any(len(name) > _MAX_NAME for name in names):
        raise ValueError("a name is too long")
    if _CONTROL.search(provenance.model) or _CONTROL.search(provenance.prompt_version):
        raise ValueError("a name holds control characters")
    numbers = [provenance.seconds, provenance.rounds, provenance.candidates, provenance.prompt_tokens]
    numbers += [provenance.completion_tokens]
    if not all(0 <= number <= _MAX_COUNT for number in numbers):
        raise ValueError("a number is out of range")
    estimates = [item.predictability for item in insights.questions]
    estimates += [value for note in insights.notes for value in (note.confidence, note.gain)]
    if not all(value is None or math.isfinite(value) for value in estimates):
        raise ValueError("a number is out of range")
    try:
        datetime.fromisoformat(provenance.created_at)
    except ValueError as error:
        raise ValueError("the creation time is not a time") from error


def _write_lines(
    packed: gzip.GzipFile, store: DiskInsightStore, context_hashes: Iterable[str], redact: Callable[[str], str]
) -> int:
    packed.write(_line({"format": FORMAT, "schema": SCHEMA}))
    count = 0
    remaining = iter(context_hashes)
    while batch := list(islice(remaining, _BATCH)):
        found = store.get_many(batch)
        for context_hash in batch:
            for entry in found.get(context_hash, ()):
                shared = _as_shared(entry, redact)
                try:
                    check_entry(shared)
                except ValueError:
                    continue  # the import would reject it
                packed.write(_line(shared.to_json()))
                count += 1
    packed.write(_line({"count": count}))
    return count


def _import_lines(
    store: DiskInsightStore,
    file: Path,
    lines: gzip.GzipFile,
    clean: Callable[[Entry], Entry],
    check: Callable[[Entry], Entry],
) -> ImportReport:
    reasons: Counter[str] = Counter()
    dropped = 0
    counts: Counter[str] = Counter()
    reader = _LineReader(lines)
    try:
        header = _parse(reader.next_line() or b"")
    except (ValueError, EOFError, zlib.error) as error:
        raise _not_an_export(file) from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise _not_an_export(file)
    if header.get("schema") != SCHEMA:
        raise StoreError(
            f"{file} has schema {str(header.get('schema'))[:20]}, but this Forethought reads schema {SCHEMA}; export it"
            " again with the version that you use here."
        )
    entries = map(clean, _entries(reader, reasons))
    while batch := list(islice(entries, _BATCH)):
        kept = []
        for entry in batch:
            checked = check(entry)
            dropped += len(entry.insights.texts) - len(checked.insights.texts)
            if checked.outcome == entry.outcome:
                kept.append(checked)
            else:
                reasons["none of its texts is borne out by the code here"] += 1
        _store(store, kept, counts, reasons)
    return ImportReport(
        counts["imported"],
        counts["unchanged"],
        sum(reasons.values()),
        dict(sorted(reasons.items())),
        reader.truncated,
        dropped,
    )


def _check_integrity(file: Path, reader: "_LineReader") -> None:
    """Read the whole file before anything of it is stored. Raises StoreError if its checksum or count is wrong."""
    lines = -1  # without the header
    counted: int | None = None
    try:
        while True:
            try:
                line = reader.next_line()
            except _LineTooLong:
                line = b""
            if line is None:
                break
            if counted is not None:
                raise _damaged(file, "it goes on after its count")
            counted = _count_in(line)
            lines += counted is None
    except (EOFError, _FileTooLarge):
        return
    except zlib.error as error:
        raise _damaged(file, "it cannot be unpacked") from error
    except gzip.BadGzipFile as error:
        if lines < 0:
            raise
        raise _damaged(file, "its checksum is wrong") from error
    if counted is not None and counted != lines:
        raise _damaged(file, f"it announces {counted} entries and has {lines}")


def _count_in(line: bytes) -> int | None:
    """The number in the last line of an export; None for another line."""
    if len(line) > _MAX_COUNT_LINE_BYTES:
        return None
    try:
        data = _parse(line)
    except ValueError:
        return None
    if not isinstance(data, dict) or data.keys() != {"count"}:
        return None
    count = data["count"]
    return count if type(count) is int else -1


def _damaged(file: Path, reason: str) -> StoreError:
    return StoreError(f"{file} is damaged ({reason}), so nothing was imported; get it again.")


def _store(store: DiskInsightStore, entries: list[Entry], counts: Counter[str], reasons: Counter[str]) -> None:
    outcomes: dict[int, str] = {}

    def merge(stored: dict[str, Entry], entry: Entry, rejected: frozenset[str]) -> bool:
        allowed = without_rejected(entry, rejected)
        known = stored.get(entry.generator_id)
        if allowed.outcome != entry.outcome:
            outcomes[id(entry)] = "rejected"
            return False
        if known is not None and (known.provenance.origin == "local" or _written_at(known) >= _written_at(allowed)):
            outcomes[id(entry)] = "unchanged"
            return False
        outcomes[id(entry)] = "imported"
        stored[entry.generator_id] = allowed
        return True

    store.merge_many(entries, merge)
    counts.update(outcomes.values())
    if rejected := sum(outcome == "rejected" for outcome in outcomes.values()):
        reasons["all of its texts were marked wrong here"] += rejected


def _entries(reader: "_LineReader", reasons: Counter[str]) -> Iterator[Entry]:
    seen = 0
    while True:
        try:
            line = reader.next_line()
        except _LineTooLong:
            reasons["a line is too long"] += 1
            continue
        except _FileTooLarge:
            reasons["the file is too large, so the rest was not read"] += 1
            return
        except (EOFError, zlib.error, gzip.BadGzipFile):
            reader.truncated = True
            return
        if line is None:
            reader.truncated = True
            return
        try:
            data = _parse(line)
            if isinstance(data, dict) and data.keys() == {"count"}:
                return
            seen += 1
            if seen > MAX_ENTRIES:
                reasons["the file is too large, so the rest was not read"] += 1
                return
            entry = _parse_entry(data)
            check_entry(entry)
        except ValueError as error:
            reasons[str(error)] += 1
            continue
        yield entry


class _LineTooLong(ValueError):
    """A line has more than `MAX_LINE_BYTES`."""


class _FileTooLarge(ValueError):
    """The lines together have more than `MAX_TOTAL_BYTES`."""


class _LineReader:
    """Reads the lines of a stream that may be hostile, so their length and sum are limited."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self.truncated = False
        self._stream = stream
        self._left = MAX_TOTAL_BYTES

    def next_line(self) -> bytes | None:
        """The next line; None at the end.

        Raises _LineTooLong after skipping the line, _FileTooLarge, and EOFError or zlib.error for a truncated stream.
        """
        line = self._read()
        if not line:
            return None
        if line.endswith(b"\n"):
            return line
        if len(line) <= MAX_LINE_BYTES:
            raise EOFError("the last line is incomplete")
        while line and not line.endswith(b"\n"):
            line = self._read()
        raise _LineTooLong

    def _read(self) -> bytes:
        line = self._stream.readline(MAX_LINE_BYTES + 1)
        self._left -= len(line)
        if self._left < 0:
            raise _FileTooLarge
        return line


def _parse(line: bytes) -> Any:
    try:
        return json.loads(line, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error
    except ValueError as error:
        raise ValueError("the line is not JSON") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _parse_entry(data: Any) -> Entry:
    try:
        return Entry.from_json(data)
    except ValueError as error:
        # Reasons are counted and shown, so they must not quote the error, which may contain text from the file.
        contradiction = "disagree" in str(error)
        raise ValueError("producer and provenance disagree" if contradiction else "not an entry") from error


def _not_an_export(file: Path) -> StoreError:
    return StoreError(f"{file} is not an export of Forethought's insights; create one with `forethought cache export`.")


def _line(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _as_shared(entry: Entry, redact: Callable[[str], str]) -> Entry:
    """The entry as another machine may believe it: without secrets and questions of the user, and not checked."""
    entry = replace(entry, provenance=replace(entry.provenance, origin="shared", checked=False))
    insights = entry.insights
    clean = Insights(
        redact(insights.summary) if insights.summary else insights.summary,
        tuple(redact(text) for text in insights.inferences),
        tuple(
            replace(item, question=redact(item.question), answer=redact(item.answer))
            for item in insights.questions
            if item.origin != "log"  # what someone asked stays on their machine
        ),
        tuple(replace(note, text=redact(note.text)) for note in insights.notes),
    )
    outcome = "empty" if entry.outcome == "done" and clean.empty else entry.outcome
    reason = redact(entry.reason) if entry.reason else entry.reason
    return replace(entry, outcome=outcome, insights=clean, reason=reason)


def _written_at(entry: Entry) -> float:
    """Seconds since the epoch; a time without a zone is taken as UTC."""
    try:
        moment = datetime.fromisoformat(entry.provenance.created_at)
    except ValueError:
        return 0.0
    return moment.timestamp() if moment.tzinfo else moment.replace(tzinfo=UTC).timestamp()
