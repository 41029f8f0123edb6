"""`forethought cache …`: the c′ store."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forethought.cli.invocation import FAILED, Invocation, common_options

if TYPE_CHECKING:
    from forethought.config import Settings
    from forethought.store.insight_store import DiskInsightStore


@click.group()
@common_options
def cache() -> None:
    """Look at, clean, check and share what has been thought."""


@cache.command()
@common_options
@click.pass_obj
def info(invocation: Invocation) -> None:
    """Say how much is stored, and where."""
    with _open_store(invocation) as store:
        document = store.info() | {"folder": str(_folder(invocation))}
    _finish(
        invocation,
        document,
        f"{document['entries']} insights, {document['bytes'] / 1e6:.1f} MB of {document['limit'] / 1e6:.0f} MB,"
        f" in {document['folder']}",
    )


@cache.command()
@common_options
@click.pass_obj
def gc(invocation: Invocation) -> None:
    """Delete garbage and what exceeds the size limit.

    What was not used for longest goes first.
    """
    with _open_store(invocation, to_change=True) as store:
        freed = store.gc()
        document = store.info() | {"freed": freed}
    _finish(invocation, document, f"{freed / 1e6:.1f} MB freed; {document['entries']} insights are left.")


@cache.command()
@common_options
@click.pass_obj
def clear(invocation: Invocation) -> None:
    """Delete everything that was thought and asked.

    What was called wrong and the log of your questions go, too.
    """
    from forethought.store.question_log import QuestionLog

    with _open_store(invocation, to_change=True) as store:
        removed = store.info()["entries"]
        store.clear()
        QuestionLog(_settings(invocation).cache_folder).clear()
        document = store.info() | {"removed": removed}
    _finish(invocation, document, f"{removed} insights deleted.")


@cache.command()
@click.option(
    "--contexts", is_flag=True, help="Hold every text about this repository against the code it was made from."
)
@common_options
@click.pass_obj
def verify(invocation: Invocation, contexts: bool) -> None:
    """Check every stored entry; garbage is deleted and named."""
    if contexts:
        _verify_contexts(invocation)
        return
    with _open_store(invocation, heal=False) as store:
        problems = store.verify()
        document = store.info() | {"problems": problems}
    if problems:
        invocation.status = FAILED
    _finish(invocation, document, *problems, f"{document['entries']} insights, {len(problems)} problems.")


@cache.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--since", metavar="REV", help="Only what is known about the files that changed since this revision.")
@common_options
@click.pass_obj
def export(invocation: Invocation, file: Path, since: str | None) -> None:
    """Write what was thought into one file, for others.

    Another machine, at any path, can import it and recomputes nothing.
    """
    from forethought.store.exchange import export_entries
    from forethought.text.redaction import redact

    context_hashes = None if since is None else _subjects_since(invocation, since)
    with _open_store(invocation) as store:
        entries = export_entries(store, file, context_hashes, redact)
    size = file.stat().st_size
    _finish(invocation, {"entries": entries, "bytes": size, "file": str(file)}, f"{entries} insights, {size} bytes.")


@cache.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@common_options
@click.pass_obj
def import_(invocation: Invocation, file: Path) -> None:
    """Take in what another machine thought.

    Each entry is checked on its own and marked as shared.
    """
    from forethought.store.exchange import import_entries
    from forethought.text.redaction import redact

    with _open_store(invocation, to_change=True) as store:
        report = import_entries(store, file, redact)
        document = store.info()
    document |= {
        "imported": report.imported,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "reasons": report.reasons,
        "truncated": report.truncated,
    }
    lines = [f"{report.imported} insights imported, {report.unchanged} were here already, {report.rejected} rejected."]
    lines += [f"  rejected {count}: {reason}" for reason, count in report.reasons.items()]
    if report.truncated:
        lines.append("The file is cut off: what stood in it up to there was taken.")
    if report.rejected or report.truncated:
        invocation.status = FAILED
    _finish(invocation, document, *lines)


def _verify_contexts(invocation: Invocation) -> None:
    from forethought.cli.locations import choose_root
    from forethought.idle.verification import verify_contexts

    with invocation.open_workspace(*choose_root(invocation.root)) as (session, workspace):
        workspace.refresh()
        report = verify_contexts(workspace, session.contexts)
    if report.faults:
        invocation.status = FAILED
    lines = [f"{fault.path} {fault.symbol}: “{fault.name}” is not in the code: {fault.text}" for fault in report.faults]
    counted = f"{report.entries} insights with {report.texts} texts about {report.symbols} symbols"
    _finish(
        invocation, report.to_json(), *lines, f"{counted}: {len(report.faults)} name what their code does not hold."
    )


@contextmanager
def _open_store(invocation: Invocation, *, to_change: bool = False, heal: bool = True) -> "Iterator[DiskInsightStore]":
    """The store of the settings. With `to_change`, raises StoreError when nothing can be kept in it."""
    from forethought.errors import StoreError
    from forethought.store.insight_store import DiskInsightStore

    folder, limit = _folder(invocation), _settings(invocation).cache_size_limit
    store = DiskInsightStore.open(folder, limit)
    if store.problem and heal:
        invocation.warn(store.problem)
        store.close()
        store = DiskInsightStore.open(folder, limit)  # a broken one was set aside, so that this one is sound
    with closing(store):
        if to_change and store.problem:
            raise StoreError(store.problem)
        yield store


def _subjects_since(invocation: Invocation, since: str) -> set[str]:
    from forethought.cli.locations import choose_root
    from forethought.errors import UsageError

    with invocation.open_workspace(*choose_root(invocation.root)) as (_, workspace):
        if workspace.repository is None:
            raise UsageError(f"{workspace.root} has no git history, so that --since means nothing; leave it out.")
        workspace.refresh()
        changed = workspace.repository.changed_paths(since)
        return {item.context_hash for path in changed for item in workspace.saved.symbols(path)}


def _folder(invocation: Invocation) -> Path:
    from forethought.store.insight_store import INSIGHTS_FOLDER

    return _settings(invocation).cache_folder / INSIGHTS_FOLDER


def _settings(invocation: Invocation) -> "Settings":
    return invocation.load_settings(None).settings


def _finish(invocation: Invocation, document: dict[str, Any], *lines: str) -> None:
    from forethought.cli.output import print_document, say
    from forethought.text.sanitizers import visible

    if invocation.json:
        print_document(document)
    else:
        say(*(visible(line) for line in lines))
