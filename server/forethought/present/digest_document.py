"""The digest as people and programs see it: Markdown and JSON. No protocol library."""

from collections.abc import Sequence
from typing import Any

from forethought.facts.symbol_diff import Change
from forethought.facts.symbol_facts import Location
from forethought.present.documents import Encoder, line_link
from forethought.text.markdown import code, escape, link, plain
from forethought.workspace.changes_since import Digest, DigestItem, Statement

MAX_NAMED = 3
"""Callers and tests that a line names before it counts the rest."""
MAX_FILES_NAMED = 5


def digest_document(digest: Digest, encoder: Encoder) -> dict[str, Any]:
    """The digest as JSON, with its Markdown. Blocks: reads lines."""
    workspace = digest.workspace

    def references(places: Sequence[Location]) -> list[dict[str, Any]]:
        return [encoder.reference(workspace, place.path, place.range, place.symbol_id) for place in places]

    def item_document(item: DigestItem) -> dict[str, Any]:
        change = item.change
        before, after = change.before, change.after
        return {
            "change": change.kind,
            "symbol": change.side.symbol.id,
            "kind": change.side.symbol.kind,
            "path": change.side.path,
            "uri": encoder.uri(workspace, after.path) if after else None,
            "range": encoder.range(workspace, after.path, after.symbol.selection) if after else None,
            "before": {"path": before.path, "symbol": before.symbol.id, "signature": before.symbol.signature}
            if before
            else None,
            "signature": after.symbol.signature if after else None,
            "details": list(change.details),
            "members": change.members,
            "uncommitted": item.uncommitted,
            "did": _said_document(item.did),
            "does": _said_document(item.does),
            "insights": item.state,
            "affected": {
                "calls": item.calls,
                "callers": references(item.callers),
                "tests": references(item.tests),
                "leftBehind": references(item.left_behind),
            },
        }

    return {
        "root": encoder.uri(workspace, ""),
        "since": digest.since,
        "reason": digest.reason,
        "head": digest.head,
        "commits": digest.commits,
        "counts": dict(digest.counts),
        "total": digest.total,
        "more": digest.more,
        "items": [item_document(item) for item in digest.items],
        "otherFiles": list(digest.other_files),
        "filesNotCompared": digest.files_not_compared,
        "markdown": digest_markdown(digest, encoder),
    }


def digest_markdown(digest: Digest, encoder: Encoder) -> str:
    """For people: a heading, the committed changes, then those of the working tree; at last what is not listed."""
    lines = [f"# What changed in {escape(digest.workspace.root.name)}", "", _opening(digest), ""]
    committed = [item for item in digest.items if not item.uncommitted]
    uncommitted = [item for item in digest.items if item.uncommitted]
    for title, items in (("Committed", committed), ("Saved, not committed yet", uncommitted)):
        if items:
            lines += [f"## {title}", ""]
            for item in items:
                lines += _item_lines(digest, item, encoder)
            lines.append("")
    lines += _closing(digest)
    return "\n".join(lines).strip() + "\n"


def _opening(digest: Digest) -> str:
    commits = f"{digest.commits} commit{'' if digest.commits == 1 else 's'}"
    opening = f"Since {escape(digest.reason)} ({code(digest.since[:10])}): {commits}"
    if not digest.total:
        return f"{opening}, and no symbol changed."
    counts = ", ".join(f"{number} {kind}" for kind, number in sorted(digest.counts.items(), key=lambda item: -item[1]))
    return f"{opening}; symbols: {counts}."


def _closing(digest: Digest) -> list[str]:
    lines = []
    if digest.more:
        lines.append(f"… and {digest.more} more changed symbols.")
    if digest.files_not_compared:
        lines.append(f"{digest.files_not_compared} more changed files were not compared.")
    if files := digest.other_files:
        named = ", ".join(code(path) for path in files[:MAX_FILES_NAMED])
        rest = f" and {len(files) - MAX_FILES_NAMED} more" if len(files) > MAX_FILES_NAMED else ""
        lines.append(f"Other files that changed: {named}{rest}.")
    return lines


def _item_lines(digest: Digest, item: DigestItem, encoder: Encoder) -> list[str]:
    lines = [f"- {_title(digest, item.change, encoder)}"]
    if item.did is not None and (item.change.after is None or item.did != item.does):
        lines.append(f"  - did: {_sentence(item.did)}")
    if item.change.after is not None:
        if item.does is not None:
            lines.append(f"  - does: {_sentence(item.does)}{_insight_status(item)}")
        elif item.change.kind != "moved":
            lines.append("  - does: nothing is written about it yet")
    if affected := _affected(digest, item, encoder):
        lines.append(f"  - {affected}")
    return lines


def _title(digest: Digest, change: Change, encoder: Encoder) -> str:
    place = change.side
    name = place.symbol.name or place.path
    if change.after is not None:
        uri = line_link(encoder.uri(digest.workspace, place.path), place.symbol.selection)
        title = link(name, uri)
    else:
        title = code(name)
    where = "" if not place.symbol.name else f" in {code(place.path)}"
    kind = place.symbol.kind
    parts = {
        "added": f"**added** {kind} {title}{where}",
        "removed": f"**removed** {kind} {title}{where}",
        "changed": f"**changed** {kind} {title}{where}",
        "renamed": f"**renamed** {kind} {_earlier_name(change)} → {title}{where}",
        "moved": f"**moved** {kind} {_earlier_place(change)} → {title}{where}",
    }
    members = f", with {change.members} symbols in it" if change.members > 1 else ""
    details = f": {', '.join(_detail(text) for text in change.details)}" if change.details else ""
    return parts[change.kind] + members + details


def _earlier_name(change: Change) -> str:
    return code(change.before.symbol.short_name) if change.before else ""


def _earlier_place(change: Change) -> str:
    if change.before is None:
        return ""
    name = change.before.symbol.name
    return f"{code(name)} in {code(change.before.path)}" if name else code(change.before.path)


def _detail(text: str) -> str:
    return escape(text, 160)


def _sentence(said: Statement) -> str:
    who = "docs" if said.source == "docs" else escape(plain(said.model or ""), 40)
    return f"{escape(said.text, 240)} _({who})_"


def _insight_status(item: DigestItem) -> str:
    if item.does is not None and item.does.source == "insights":
        return ""
    why = {"stale": "the insight is older than the change", "missing": "no insight yet"}
    return f" — {why[item.state]}" if item.state in why else ""


def _affected(digest: Digest, item: DigestItem, encoder: Encoder) -> str:
    def named(places: Sequence[Location], count: int) -> str:
        unique = list({(place.path, place.symbol_id): place for place in places}.values())
        links = [
            link(place.symbol_id or place.path, line_link(encoder.uri(digest.workspace, place.path), place.range))
            for place in unique[:MAX_NAMED]
        ]
        return ", ".join(links) + (" …" if count > MAX_NAMED else "")

    parts = []
    if gone := item.left_behind:
        times = "once" if len(gone) == 1 else f"at {len(gone)} places"
        parts.append(f"its earlier name is still used {times}: {named(gone, len(gone))}")
    if item.calls:
        times = "once" if item.calls == 1 else f"{item.calls} times"
        parts.append(f"called {times}: {named(item.callers, item.calls)}")
    if item.tests:
        tests = f"{len(item.tests)} test{'' if len(item.tests) == 1 else 's'}"
        parts.append(f"reached by {tests}: {named(item.tests, len(item.tests))}")
    return " · ".join(parts)


def _said_document(said: Statement | None) -> dict[str, Any] | None:
    return None if said is None else {"text": said.text, "source": said.source, "model": said.model}
