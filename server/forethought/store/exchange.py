"""c′ in one portable file: what CI computed, editors read.

The file is gzip'd lines of JSON: a header, one line an entry, and a last line with the count. Equal content gives equal
bytes. An import trusts nothing: lines, entries and bytes are limited, and each entry is checked on its own.
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
from forethought.insights.entry import SCHEMA, Entry, Insights, text_digest
from forethought.store.insight_store import DiskInsightStore

FORMAT = "forethought-contexts"

MAX_LINE_BYTES = 512 * 1024
MAX_TOTAL_BYTES = 1 << 31
"""Of the uncompressed lines."""
MAX_ENTRIES = 2_000_000
MAX_TEXT = 8_000
"""Characters of one generated text."""
MAX_ITEMS = 100
"""Inferences, and questions, of one entry."""
MAX_CALLEES = 2_000
_MAX_NAME = 1_000
_MAX_COUNT = 10**12
_CHUNK = 500

_SUBJECT = re.compile(r"[0-9a-f]{64}")
_PRODUCER = re.compile(r"[0-9a-f]{16,128}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class ImportReport:
    imported: int
    """Entries that are new here."""
    unchanged: int
    """Entries that were here already; one made here always stays."""
    rejected: int
    reasons: dict[str, int]
    """Why entries were rejected, and how many."""
    truncated: bool
    """The file ended before its last line: whole entries up to there were taken."""


def export_entries(
    store: DiskInsightStore, file: Path, context_hashes: Iterable[str] | None, redact: Callable[[str], str]
) -> int:
    """Write the entries of some context hashes (None: all) to `file`, replacing it in one step; returns how many.

    Failed entries stay here: they tell of this machine. Raises StoreError.
    """
    if file.exists() and not file.is_file():
        raise StoreError(f"{file} is not a file that can be replaced; name another.")
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


def import_entries(store: DiskInsightStore, file: Path, redact: Callable[[str], str]) -> ImportReport:
    """Take in the entries of an export, marked `shared`. An entry made here is never replaced.

    Bad entries are rejected one by one. Raises StoreError when the file is not an export that can be read at all.
    """
    try:
        with file.open("rb") as raw, gzip.open(raw, "rb") as lines:
            return _import_lines(store, file, lines, redact)
    except OSError as error:
        if isinstance(error, gzip.BadGzipFile):
            raise StoreError(f"{file} is not an export of Forethought's c′ store.") from error
        raise StoreError(f"{file} cannot be read ({error.strerror or error}).") from error


def check_entry(entry: Entry) -> None:
    """Raises ValueError, whose text says why, when an entry from elsewhere is not one we would have written."""
    if not _SUBJECT.fullmatch(entry.context_hash):
        raise ValueError("the subject is not a hash")
    if not _PRODUCER.fullmatch(entry.generator_id):
        raise ValueError("the producer is not a hash")
    if entry.outcome == "failed":
        raise ValueError("failed entries are not shared")
    insights, provenance = entry.insights, entry.provenance
    if (entry.outcome == "empty") != insights.empty:
        raise ValueError("the outcome and the insights disagree")
    if max(len(insights.inferences), len(insights.questions)) > MAX_ITEMS or len(provenance.callees) > MAX_CALLEES:
        raise ValueError("too many items")
    for text in _texts(entry):
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
    if not all(q.predictability is None or math.isfinite(q.predictability) for q in insights.questions):
        raise ValueError("a number is out of range")
    try:
        datetime.fromisoformat(provenance.created_at)
    except ValueError as error:
        raise ValueError("the time of creation is not a time") from error


def _write_lines(
    packed: gzip.GzipFile, store: DiskInsightStore, context_hashes: Iterable[str], redact: Callable[[str], str]
) -> int:
    packed.write(_line({"format": FORMAT, "schema": SCHEMA}))
    count = 0
    remaining = iter(context_hashes)
    while chunk := list(islice(remaining, _CHUNK)):
        found = store.get_many(chunk)
        for context_hash in chunk:
            for entry in found.get(context_hash, ()):
                shared = _redacted(replace(entry, provenance=replace(entry.provenance, origin="shared")), redact)
                try:
                    check_entry(shared)
                except ValueError:
                    continue  # an import would reject it
                packed.write(_line(shared.to_json()))
                count += 1
    packed.write(_line({"count": count}))
    return count


def _import_lines(
    store: DiskInsightStore, file: Path, lines: gzip.GzipFile, redact: Callable[[str], str]
) -> ImportReport:
    reasons: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    reader = _LineReader(lines)
    try:
        header = _parse(reader.next_line() or b"")
    except (ValueError, EOFError, zlib.error) as error:
        raise StoreError(f"{file} is not an export of Forethought's c′ store.") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise StoreError(f"{file} is not an export of Forethought's c′ store.")
    if header.get("schema") != SCHEMA:
        raise StoreError(
            f"{file} is an export of schema {str(header.get('schema'))[:20]}, this Forethought reads schema {SCHEMA};"
            " export it again with the same version."
        )
    entries = _entries(reader, reasons, redact)
    while chunk := list(islice(entries, _CHUNK)):
        _store(store, chunk, counts, reasons)
    return ImportReport(
        counts["imported"], counts["unchanged"], sum(reasons.values()), dict(sorted(reasons.items())), reader.truncated
    )


def _store(store: DiskInsightStore, chunk: list[Entry], counts: Counter[str], reasons: Counter[str]) -> None:
    verdicts: dict[int, str] = {}

    def merge(present: dict[str, Entry], entry: Entry, rejected: frozenset[str]) -> bool:
        allowed = _without(entry, rejected)
        here = present.get(entry.generator_id)
        if allowed is None:
            verdicts[id(entry)] = "rejected"
            return False
        if here is not None and (here.provenance.origin == "local" or _age(here) >= _age(allowed)):
            verdicts[id(entry)] = "unchanged"
            return False
        verdicts[id(entry)] = "imported"
        present[entry.generator_id] = allowed
        return True

    store.merge_many(chunk, merge)
    counts.update(verdicts.values())
    if wrong := sum(verdict == "rejected" for verdict in verdicts.values()):
        reasons["a person here called its text wrong"] += wrong


def _entries(reader: "_LineReader", reasons: Counter[str], redact: Callable[[str], str]) -> Iterator[Entry]:
    seen = 0
    while True:
        try:
            line = reader.next_line()
        except _LineTooLong:
            reasons["a line is too long"] += 1
            continue
        except _TooMuch:
            reasons["the file is too large: the rest was not read"] += 1
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
                reasons["the file is too large: the rest was not read"] += 1
                return
            entry = _parse_entry(data)
            check_entry(entry)
        except ValueError as error:
            reasons[str(error)] += 1
            continue
        yield _redacted(replace(entry, provenance=replace(entry.provenance, origin="shared")), redact)


class _LineTooLong(ValueError):
    pass


class _TooMuch(ValueError):
    pass


class _LineReader:
    """Whole lines of a stream that may be hostile: each of limited length, all together limited, too."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self.truncated = False
        self._stream = stream
        self._left = MAX_TOTAL_BYTES

    def next_line(self) -> bytes | None:
        """The next line; None at the end. Raises _LineTooLong (the line is skipped), _TooMuch, EOFError, zlib.error."""
        line = self._read()
        if not line:
            return None
        if line.endswith(b"\n"):
            return line
        if len(line) <= MAX_LINE_BYTES:
            raise EOFError("the last line has no end")
        while line and not line.endswith(b"\n"):
            line = self._read()
        raise _LineTooLong

    def _read(self) -> bytes:
        line = self._stream.readline(MAX_LINE_BYTES + 1)
        self._left -= len(line)
        if self._left < 0:
            raise _TooMuch
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
        # The error may quote the line, which is somebody else's text: reasons are ours, and few.
        lies = "disagree" in str(error)
        raise ValueError("producer and provenance disagree" if lies else "not a c′ entry") from error


def _line(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _texts(entry: Entry) -> Iterator[str]:
    yield entry.insights.summary or ""
    yield from entry.insights.inferences
    for question in entry.insights.questions:
        yield question.question
        yield question.answer
        yield question.kind
    yield entry.reason or ""


def _redacted(entry: Entry, redact: Callable[[str], str]) -> Entry:
    insights = entry.insights
    clean = Insights(
        redact(insights.summary) if insights.summary else insights.summary,
        tuple(redact(text) for text in insights.inferences),
        tuple(
            replace(item, question=redact(item.question), answer=redact(item.answer))
            for item in insights.questions
            if item.origin != "log"  # what a person asked stays on the person's machine
        ),
    )
    outcome = "empty" if entry.outcome == "done" and clean.empty else entry.outcome
    return replace(
        entry, outcome=outcome, insights=clean, reason=redact(entry.reason) if entry.reason else entry.reason
    )


def _without(entry: Entry, rejected: frozenset[str]) -> Entry | None:
    """The entry without the texts that were called wrong; None when nothing else is in it."""
    if not rejected or entry.insights.empty:
        return entry
    insights = entry.insights
    left = Insights(
        None if insights.summary and text_digest(insights.summary) in rejected else insights.summary,
        tuple(text for text in insights.inferences if text_digest(text) not in rejected),
        tuple(item for item in insights.questions if text_digest(item.answer) not in rejected),
    )
    return None if left.empty else replace(entry, insights=left)


def _age(entry: Entry) -> float:
    """When it was written, in seconds since the epoch; a time without a zone is UTC."""
    try:
        moment = datetime.fromisoformat(entry.provenance.created_at)
    except ValueError:
        return 0.0
    return moment.timestamp() if moment.tzinfo else moment.replace(tzinfo=UTC).timestamp()
