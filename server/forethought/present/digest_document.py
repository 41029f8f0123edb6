"""The digest, which lists what changed since a commit: JSON for programs, with its Markdown for people."""

from typing import Any

from forethought.facts.symbol_diff import Change
from forethought.present.location_encoder import LocationEncoder
from forethought.present.symbol_links import LinkTo, line_link, symbol_link, symbol_links
from forethought.syntax.tags import Range
from forethought.text.markdown import code, escape
from forethought.workspace.changes_since import Digest, DigestItem, Statement

MAX_NAMED = 3
"""Callers or tests that a line names; the rest are counted."""
MAX_FILES_NAMED = 5


def digest_document(digest: Digest, encoder: LocationEncoder) -> dict[str, Any]:
    """Return the digest as JSON, with its Markdown. Blocks: reads lines."""
    workspace = digest.workspace

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
                "callers": encoder.references(workspace, item.callers),
                "uses": item.uses,
                "users": encoder.references(workspace, item.users),
                "tests": encoder.references(workspace, item.tests),
                "leftBehind": encoder.references(workspace, item.left_behind),
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


def digest_markdown(digest: Digest, encoder: LocationEncoder) -> str:
    """Return a heading, the committed changes, those of the working tree, and what is not listed."""

    def link_to(path: str, range_: Range) -> str:
        return line_link(encoder.uri(digest.workspace, path), range_)

    lines = [f"# What changed in {escape(digest.workspace.root.name)}", "", _opening(digest), ""]
    committed = [item for item in digest.items if not item.uncommitted]
    uncommitted = [item for item in digest.items if item.uncommitted]
    for title, items in (("Committed", committed), ("Not committed yet", uncommitted)):
        if items:
            lines += [f"## {title}", ""]
            for item in items:
                lines += _item_lines(item, link_to)
            lines.append("")
    lines += _closing(digest)
    return "\n".join(lines).strip() + "\n"


def _opening(digest: Digest) -> str:
    commits = f"{digest.commits} commit{'' if digest.commits == 1 else 's'}"
    opening = f"Since {escape(digest.reason)} ({code(digest.since[:10])}): {commits}"
    if not digest.total:
        return f"{opening}; no symbol changed."
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
        lines.append(f"Other changed files: {named}{rest}.")
    return lines


def _item_lines(item: DigestItem, link_to: LinkTo) -> list[str]:
    lines = [f"- {_title(item.change, link_to)}"]
    if item.did is not None and (item.change.after is None or item.did != item.does):
        lines.append(f"  - before: {_sentence(item.did)}")
    if item.change.after is not None:
        if item.does is not None:
            lines.append(f"  - now: {_sentence(item.does)}{_insight_status(item)}")
        elif item.change.kind != "moved":
            lines.append("  - now: no description yet")
    if affected := _affected(item, link_to):
        lines.append(f"  - {affected}")
    return lines


def _title(change: Change, link_to: LinkTo) -> str:
    side = change.side
    name = side.symbol.name or side.path
    title = symbol_link(name, side.path, side.symbol.selection, link_to if change.after else None)
    where = "" if not side.symbol.name else f" in {code(side.path)}"
    kind = side.symbol.kind
    parts = {
        "added": f"**added** {kind} {title}{where}",
        "removed": f"**removed** {kind} {title}{where}",
        "changed": f"**changed** {kind} {title}{where}",
        "renamed": f"**renamed** {kind} {_earlier_name(change)} → {title}{where}",
        "moved": f"**moved** {kind} {_earlier_location(change)} → {title}{where}",
    }
    members = f", with {change.members} symbols inside" if change.members > 1 else ""
    details = f": {', '.join(escape(detail, 160) for detail in change.details)}" if change.details else ""
    return parts[change.kind] + members + details


def _earlier_name(change: Change) -> str:
    return code(change.before.symbol.short_name) if change.before else ""


def _earlier_location(change: Change) -> str:
    if change.before is None:
        return ""
    name = change.before.symbol.name
    return f"{code(name)} in {code(change.before.path)}" if name else code(change.before.path)


def _sentence(said: Statement) -> str:
    who = "docs" if said.source == "docs" else escape(said.model or "", 40)
    return f"{escape(said.text, 240)} _({who})_"


def _insight_status(item: DigestItem) -> str:
    if item.does is not None and item.does.source == "insights":
        return ""
    why = {"stale": "written before this change", "missing": "no insight yet"}
    return f" — {why[item.state]}" if item.state in why else ""


def _affected(item: DigestItem, link_to: LinkTo) -> str:
    parts = []
    if outdated := item.left_behind:
        times = "once" if len(outdated) == 1 else f"in {len(outdated)} places"
        links = symbol_links(outdated, MAX_NAMED, len(outdated), link_to)
        parts.append(f"its old name is still used {times}: {links}")
    if item.calls:
        times = "once" if item.calls == 1 else f"{item.calls} times"
        parts.append(f"called {times}: {symbol_links(item.callers, MAX_NAMED, item.calls, link_to)}")
    elif item.uses:
        times = "once" if item.uses == 1 else f"{item.uses} times"
        parts.append(f"used {times}: {symbol_links(item.users, MAX_NAMED, item.uses, link_to)}")
    if item.tests:
        tests = f"{len(item.tests)} test{'' if len(item.tests) == 1 else 's'}"
        parts.append(f"reached by {tests}: {symbol_links(item.tests, MAX_NAMED, len(item.tests), link_to)}")
    return " · ".join(parts)


def _said_document(said: Statement | None) -> dict[str, Any] | None:
    return None if said is None else {"text": said.text, "source": said.source, "model": said.model}
