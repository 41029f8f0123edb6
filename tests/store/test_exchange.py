"""Insights are exported to one file, and an import trusts nothing in it."""

import gzip
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forethought.errors import StoreError
from forethought.insights.context import IDENTIFIER, Context
from forethought.insights.entry import Entry, Insights, PredictedQuestion, Provenance, text_digest
from forethought.store import exchange
from forethought.store.exchange import ImportReport, export_entries, import_entries
from forethought.store.insight_store import DiskInsightStore
from support.properties import examples


def context_hash_of(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


GENERATOR_ID = "ab" * 16


def entry_of(context_hash: str, generator_id: str = GENERATOR_ID, summary: str = "Adds two numbers.") -> Entry:
    return Entry(
        context_hash=context_hash,
        generator_id=generator_id,
        outcome="done",
        insights=Insights(summary, ("it is pure",), (PredictedQuestion("What is it for?", "For sums.", -1.5),)),
        provenance=Provenance("model", generator_id, "v1", 1, 1, 100, 20, 1.5, "2026-01-01T00:00:00+00:00"),
    )


def as_is(text: str) -> str:
    return text


def store_with(*entries: Entry) -> DiskInsightStore:
    store = DiskInsightStore.in_memory()
    store.put_many(entries)
    return store


def write_export(file: Path, *lines: Any, header: Any = None, count: bool = True) -> None:
    header = {"format": exchange.FORMAT, "schema": 2} if header is None else header
    body = [header, *lines, *([{"count": len(lines)}] if count else [])]
    raw = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in body)
    file.write_bytes(gzip.compress(raw))


def imported_alone(file: Path, line: Any) -> ImportReport:
    write_export(file, line)
    return import_entries(DiskInsightStore.in_memory(), file, as_is)


def test_what_one_store_exports_another_imports_marked_shared(tmp_path: Path) -> None:
    entries = [entry_of(context_hash_of(number)) for number in range(3)]
    assert export_entries(store_with(*entries), tmp_path / "out", None, as_is) == 3
    other = DiskInsightStore.open(tmp_path / "contexts", 10**8)
    report = import_entries(other, tmp_path / "out", as_is)
    assert report == ImportReport(imported=3, unchanged=0, rejected=0, reasons={}, truncated=False)
    found = other.get_many([entry.context_hash for entry in entries])
    for entry in entries:
        assert found[entry.context_hash] == (replace(entry, provenance=replace(entry.provenance, origin="shared")),)
    assert import_entries(other, tmp_path / "out", as_is).unchanged == 3
    other.close()


def test_equal_content_gives_equal_bytes(tmp_path: Path) -> None:
    entries = [entry_of(context_hash_of(number)) for number in range(20)]
    export_entries(store_with(*entries), tmp_path / "one", None, as_is)
    export_entries(store_with(*reversed(entries)), tmp_path / "two", None, as_is)
    relay = DiskInsightStore.in_memory()
    import_entries(relay, tmp_path / "one", as_is)
    export_entries(relay, tmp_path / "three", None, as_is)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes() == (tmp_path / "three").read_bytes()


def test_only_the_wanted_subjects_are_exported(tmp_path: Path) -> None:
    entries = [entry_of(context_hash_of(number)) for number in range(3)]
    assert export_entries(store_with(*entries), tmp_path / "out", [context_hash_of(1), context_hash_of(9)], as_is) == 1


def test_failed_entries_stay_at_home(tmp_path: Path) -> None:
    failed = replace(entry_of(context_hash_of(1)), outcome="failed", insights=Insights(), reason="the engine crashed")
    empty = replace(entry_of(context_hash_of(2)), outcome="empty", insights=Insights())
    assert export_entries(store_with(failed, empty), tmp_path / "out", None, as_is) == 1


def test_secrets_are_redacted_on_the_way_out_and_in(tmp_path: Path) -> None:
    def redact(text: str) -> str:
        return text.replace("hunter2", "[redacted]")

    question = PredictedQuestion("why hunter2?", "because hunter2")
    leaky = replace(entry_of(context_hash_of(1)), insights=Insights("hunter2", ("a hunter2",), (question,)))
    export_entries(store_with(leaky), tmp_path / "out", None, redact)
    assert b"hunter2" not in gzip.decompress((tmp_path / "out").read_bytes())
    export_entries(store_with(leaky), tmp_path / "raw", None, as_is)
    store = DiskInsightStore.in_memory()
    import_entries(store, tmp_path / "raw", redact)
    assert "hunter2" not in repr(store.get_many([leaky.context_hash]))


def test_an_entry_made_here_is_never_replaced(tmp_path: Path) -> None:
    context_hash = context_hash_of(1)
    theirs = entry_of(context_hash, summary="Theirs.")
    newer = replace(theirs, provenance=replace(theirs.provenance, created_at="2030-01-01T00:00:00Z"))
    export_entries(store_with(newer), tmp_path / "out", None, as_is)
    store = store_with(entry_of(context_hash, summary="Ours."))
    assert import_entries(store, tmp_path / "out", as_is).unchanged == 1
    assert [entry.insights.summary for entry in store.get_many([context_hash])[context_hash]] == ["Ours."]


def test_a_newer_shared_entry_replaces_an_older_shared_one_only(tmp_path: Path) -> None:
    context_hash = context_hash_of(1)
    old = entry_of(context_hash, summary="Old.")
    new = replace(
        entry_of(context_hash, summary="New."), provenance=replace(old.provenance, created_at="2027-01-01T00:00Z")
    )
    export_entries(store_with(old), tmp_path / "old", None, as_is)
    export_entries(store_with(new), tmp_path / "new", None, as_is)
    store = DiskInsightStore.in_memory()
    for name in ("old", "new", "old"):
        import_entries(store, tmp_path / name, as_is)
    assert [entry.insights.summary for entry in store.get_many([context_hash])[context_hash]] == ["New."]


def test_what_a_person_called_wrong_does_not_come_back(tmp_path: Path) -> None:
    context_hash = context_hash_of(1)
    export_entries(store_with(entry_of(context_hash)), tmp_path / "out", None, as_is)
    store = DiskInsightStore.in_memory()
    store.reject(context_hash, text_digest("adds  two numbers."))
    store.reject(context_hash, text_digest("For sums."))
    assert import_entries(store, tmp_path / "out", as_is).imported == 1
    assert store.get_many([context_hash])[context_hash][0].insights == Insights(None, ("it is pure",), ())
    bare = DiskInsightStore.in_memory()
    for text in ("Adds two numbers.", "it is pure", "For sums."):
        bare.reject(context_hash, text_digest(text))
    report = import_entries(bare, tmp_path / "out", as_is)
    assert (report.imported, report.rejected) == (0, 1)
    assert bare.get_many([context_hash]) == {}


def changed(**changes: Any) -> dict[str, Any]:
    return {**entry_of(context_hash_of(1)).to_json(), **changes}


def provenance_with(**changes: Any) -> dict[str, Any]:
    data = entry_of(context_hash_of(1)).to_json()
    return {**data, "provenance": {**data["provenance"], **changes}}


def insights_with(**changes: Any) -> dict[str, Any]:
    data = entry_of(context_hash_of(1)).to_json()
    return {**data, "insights": {**data["insights"], **changes}}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (changed(subject="../../etc"), "subject"),
        (changed(subject="A" * 64), "subject"),
        (changed(subject=7), "entry"),
        (changed(producer="cd" * 16), "disagree"),
        (changed(producer="x", provenance={**entry_of("", "x").to_json()["provenance"]}), "producer is not"),
        (changed(outcome="failed"), "failed"),
        (changed(outcome="empty"), "outcome"),
        (changed(outcome="x" * 100_000), "entry"),
        (insights_with(summary="x" * (exchange.MAX_TEXT + 1)), "too long"),
        (insights_with(summary="\x1b]0;owned\x07"), "control"),
        (insights_with(summary="\udc80"), "control"),
        (insights_with(inferences=["x"] * (exchange.MAX_ITEMS + 1)), "too many"),
        (insights_with(summary=None, inferences=[], questions=[]), "outcome"),
        (provenance_with(model="m" * 5000), "name"),
        (provenance_with(created_at="yesterday"), "time"),
        (provenance_with(seconds=-1), "range"),
        (provenance_with(prompt_tokens=10**30), "range"),
        (provenance_with(seconds=10**400), "entry"),
        (json.dumps(provenance_with(seconds=0)).replace('"seconds": 0', '"seconds": NaN').encode(), "JSON"),
        (json.dumps(provenance_with(seconds=0)).replace('"seconds": 0', '"seconds": 1e999').encode(), "entry"),
        (json.dumps(provenance_with(seconds=0)).replace('"seconds": 0', f'"seconds": {"9" * 5000}').encode(), "JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "nested"),
        (b"\xff\xfe", "JSON"),
        (b"", "JSON"),
        ([1, 2], "entry"),
        (None, "entry"),
        (b'"' + b"x" * exchange.MAX_LINE_BYTES + b'"', "line is too long"),
    ],
)
def test_an_entry_that_lies_is_rejected_with_a_reason_and_the_next_is_taken(
    tmp_path: Path, line: Any, reason: str
) -> None:
    write_export(tmp_path / "out", line, entry_of(context_hash_of(2)).to_json())
    store = DiskInsightStore.in_memory()
    report = import_entries(store, tmp_path / "out", as_is)
    assert (report.imported, report.rejected, report.truncated) == (1, 1, False)
    assert list(report.reasons.values()) == [1]
    assert reason in next(iter(report.reasons))
    assert len(next(iter(report.reasons))) < 80
    assert list(store.context_hashes()) == [context_hash_of(2)]


def test_an_entry_that_says_it_was_made_here_is_shared_all_the_same(tmp_path: Path) -> None:
    write_export(tmp_path / "out", provenance_with(origin="local"))
    store = DiskInsightStore.in_memory()
    import_entries(store, tmp_path / "out", as_is)
    assert store.get_many([context_hash_of(1)])[context_hash_of(1)][0].provenance.origin == "shared"


def test_a_truncated_file_gives_its_whole_entries_and_says_so(tmp_path: Path) -> None:
    entries = [entry_of(context_hash_of(number), summary=os.urandom(500).hex()) for number in range(200)]
    export_entries(store_with(*entries), tmp_path / "out", None, as_is)
    whole = (tmp_path / "out").read_bytes()
    for share in (0.3, 0.9):
        (tmp_path / "cut").write_bytes(whole[: int(len(whole) * share)])
        report = import_entries(DiskInsightStore.in_memory(), tmp_path / "cut", as_is)
        assert report.truncated
        assert 0 < report.imported < 200
        assert report.rejected == 0


def lines_of(*summaries: str, count: object) -> bytes:
    entries = [entry_of(context_hash_of(number), summary=text).to_json() for number, text in enumerate(summaries)]
    values = [{"format": exchange.FORMAT, "schema": 1}, *entries, {"count": count}]
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def with_wrong_crc(data: bytes) -> bytes:
    return data[:-8] + bytes([data[-8] ^ 1]) + data[-7:]


def with_wrong_length(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gzip.compress(lines_of("One.", "Two.", count=3)), "announces 3 entries and has 2"),
        (gzip.compress(lines_of("One.", "Two.", count=1)), "announces 1 entries and has 2"),
        (gzip.compress(lines_of("One.", count="1")), "announces"),
        (gzip.compress(lines_of("One.", count=True)), "announces"),
        (gzip.compress(lines_of("One.", count=1) + b"{}\n"), "goes on"),
        (gzip.compress(lines_of("One.", count=1) * 2), "goes on"),
        (with_wrong_crc(gzip.compress(lines_of("One.", count=1))), "checksum"),
        (with_wrong_length(gzip.compress(lines_of("One.", count=1))), "checksum"),
        (gzip.compress(lines_of("One.", count=1)) + b"more", "checksum"),
    ],
)
def test_a_file_that_fails_its_own_checks_leaves_the_store_alone(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "out").write_bytes(content)
    store = DiskInsightStore.in_memory()
    with pytest.raises(StoreError, match=reason):
        import_entries(store, tmp_path / "out", as_is)
    assert list(store.context_hashes()) == []


def test_a_file_without_its_last_line_is_truncated(tmp_path: Path) -> None:
    write_export(tmp_path / "out", changed(), count=False)
    report = import_entries(DiskInsightStore.in_memory(), tmp_path / "out", as_is)
    assert report.truncated
    assert report.imported == 1


def test_a_decompression_bomb_is_read_up_to_the_limit_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_TOTAL_BYTES", 3_000_000)
    write_export(tmp_path / "out", changed(), b" " * 50_000_000)
    report = import_entries(DiskInsightStore.in_memory(), tmp_path / "out", as_is)
    assert report.imported == 1
    assert any("too large" in reason for reason in report.reasons)


def test_more_entries_than_the_limit_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_ENTRIES", 3)
    write_export(tmp_path / "out", *(entry_of(context_hash_of(number)).to_json() for number in range(5)))
    report = import_entries(DiskInsightStore.in_memory(), tmp_path / "out", as_is)
    assert report.imported == 3
    assert any("too large" in reason for reason in report.reasons)


@pytest.mark.parametrize(
    "write",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"hello"),
        lambda file: file.write_bytes(gzip.compress(b"hello\n")),
        lambda file: write_export(file, header={"format": "something", "schema": 2}),
        lambda file: write_export(file, header={"format": exchange.FORMAT, "schema": 99}),
        lambda file: write_export(file, header=[]),
        lambda file: file.mkdir(),
        lambda file: None,
    ],
)
def test_what_is_no_export_is_refused_in_one_sentence(tmp_path: Path, write: Callable[[Path], object]) -> None:
    write(tmp_path / "out")
    with pytest.raises(StoreError) as raised:
        import_entries(DiskInsightStore.in_memory(), tmp_path / "out", as_is)
    assert "\n" not in str(raised.value)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_never_does_more_than_raise_a_store_error(tmp_path: Path, data: st.DataObject) -> None:
    export_entries(store_with(*(entry_of(context_hash_of(n)) for n in range(5))), tmp_path / "out", None, as_is)
    raw = bytearray((tmp_path / "out").read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "bad").write_bytes(raw)
    store = DiskInsightStore.in_memory()
    try:
        report = import_entries(store, tmp_path / "bad", as_is)
    except StoreError:
        return
    assert report.imported == sum(len(found) for found in store.get_many(store.context_hashes()).values())


def test_an_export_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("before")

    def fail(text: str) -> str:
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left"):
        export_entries(store_with(entry_of(context_hash_of(1))), tmp_path / "out", None, fail)
    assert (tmp_path / "out").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_export_never_replaces_what_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError):
        export_entries(store_with(), tmp_path / "folder", None, as_is)
    assert (tmp_path / "folder").is_dir()


def test_what_a_person_asked_stays_on_the_machine(tmp_path: Path) -> None:
    entry = entry_of(context_hash_of("asked"))
    asked = PredictedQuestion("Is it polite?", "It is.", kind="other", origin="log")
    mixed = replace(entry, insights=replace(entry.insights, questions=(*entry.insights.questions, asked)))
    alone = replace(mixed, context_hash=context_hash_of("alone"), insights=Insights(questions=(asked,)))
    assert export_entries(store_with(mixed, alone), tmp_path / "out", None, as_is) == 2
    assert b"polite" not in gzip.decompress((tmp_path / "out").read_bytes())
    other = DiskInsightStore.in_memory()
    assert import_entries(other, tmp_path / "out", as_is).imported == 2
    found = other.get_many([mixed.context_hash, alone.context_hash])
    assert [item.origin for item in found[mixed.context_hash][0].insights.questions] == ["template"]
    assert found[alone.context_hash][0].outcome == "empty"


def test_kinds_and_origins_travel(tmp_path: Path) -> None:
    entry = entry_of(context_hash_of("kinds"))
    questions = (PredictedQuestion("What does it return?", "It returns `a`.", -1.0, "returns", "model", "facts"),)
    entry = replace(entry, insights=replace(entry.insights, questions=questions))
    export_entries(store_with(entry), tmp_path / "out", None, as_is)
    other = DiskInsightStore.in_memory()
    import_entries(other, tmp_path / "out", as_is)
    assert other.get_many([entry.context_hash])[entry.context_hash][0].insights.questions == questions


def context_of(context_hash: str) -> Context:
    code = "def add(one, two): return one + two"
    names = frozenset(IDENTIFIER.findall(code))
    return Context(context_hash, "python", "function", "add", code, names, {}, own=code)


def test_texts_that_the_code_here_does_not_bear_out_are_dropped_and_counted(tmp_path: Path) -> None:
    wrong = "Calls `evil_package`."
    texts = [Insights("Adds one and two."), Insights(wrong, ("Adds one and two.",)), Insights(wrong)]
    entries = [replace(entry_of(context_hash_of(number)), insights=text) for number, text in enumerate(texts, 1)]
    export_entries(store_with(*entries), tmp_path / "out", None, as_is)
    store = DiskInsightStore.in_memory()
    report = import_entries(store, tmp_path / "out", as_is, context_of)
    assert (report.imported, report.dropped) == (2, 2)
    assert report.reasons == {"none of its texts is borne out by the code here": 1}
    stored = store.get_many(map(context_hash_of, (1, 2, 3)))
    assert [stored[context_hash_of(n)][0].insights.summary for n in (1, 2)] == ["Adds one and two.", None]
    assert all(entry.provenance.checked for entries in stored.values() for entry in entries)


def test_a_file_cannot_say_that_it_was_checked(tmp_path: Path) -> None:
    entry = entry_of(context_hash_of(1))
    data = replace(entry, provenance=replace(entry.provenance, checked=True)).to_json()
    store = DiskInsightStore.in_memory()
    write_export(tmp_path / "out", data)
    import_entries(store, tmp_path / "out", as_is)
    assert not store.get_many([entry.context_hash])[entry.context_hash][0].provenance.checked
    export_entries(store_with(entry), tmp_path / "again", None, as_is)
    assert b'"checked":false' in gzip.decompress((tmp_path / "again").read_bytes())
