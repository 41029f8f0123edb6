"""`forethought cache …`: the stored insights."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from forethought.cli.invocation import FAILED, Invocation, common_options
from forethought.cli.locations import choose_root
from forethought.errors import RootError, StoreError, UsageError
from forethought.insights.context import Context
from forethought.names.resolver import Target
from forethought.store.exchange import export_entries, import_entries
from forethought.store.insight_store import INSIGHTS_FOLDER, DiskInsightStore
from forethought.store.question_log import QuestionLog
from forethought.text.redaction import redact


@click.group()
@common_options
def cache() -> None:
    """Inspect, clean, check and share stored insights."""


@cache.command()
@common_options
@click.pass_obj
def info(invocation: Invocation) -> None:
    """Show how much is stored, and where."""
    with _open_store(invocation) as store:
        document = store.info() | {"folder": str(_store_folder(invocation))}
    invocation.report(
        document,
        f"{document['entries']} insights, {document['bytes'] / 1e6:.1f} of {document['limit'] / 1e6:.0f} MB,"
        f" in {document['folder']}",
    )


@cache.command()
@common_options
@click.pass_obj
def gc(invocation: Invocation) -> None:
    """Delete garbage and what exceeds the size limit.

    The least recently used entries are deleted first.
    """
    with _open_store(invocation, to_change=True) as store:
        freed = store.gc()
        document = store.info() | {"freed": freed}
    invocation.report(document, f"{freed / 1e6:.1f} MB freed; {document['entries']} insights left.")


@cache.command()
@common_options
@click.pass_obj
def clear(invocation: Invocation) -> None:
    """Delete all insights, and the log of your questions.

    Your feedback on wrong answers is deleted, too.
    """
    with _open_store(invocation, to_change=True) as store:
        removed = store.info()["entries"]
        store.clear()
        QuestionLog(invocation.load_settings().settings.cache_folder).clear()
        document = store.info() | {"removed": removed}
    invocation.report(document, f"{removed} insights deleted.")


@cache.command()
@click.option("--contexts", is_flag=True, help="Check all insights about this repository against the current code.")
@common_options
@click.pass_obj
def verify(invocation: Invocation, contexts: bool) -> None:
    """Check every stored entry, and delete and list garbage."""
    if contexts:
        _verify_contexts(invocation)
        return
    with _open_store(invocation, heal=False) as store:
        problems = store.verify()
        document = store.info() | {"problems": problems}
    if problems:
        invocation.status = FAILED
    invocation.report(document, *problems, f"{document['entries']} insights, {len(problems)} problems.")


@cache.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--since", metavar="REV", help="Only insights about files that changed since this revision.")
@common_options
@click.pass_obj
def export(invocation: Invocation, file: Path, since: str | None) -> None:
    """Write all insights to a file, for other machines.

    A machine that imports the file computes nothing again, whatever the path of its repository.
    """
    context_hashes = None if since is None else _context_hashes_since(invocation, since)
    with _open_store(invocation) as store:
        entries = export_entries(store, file, context_hashes, redact)
    size = file.stat().st_size
    document = {"entries": entries, "bytes": size, "file": str(file)}
    invocation.report(document, f"{entries} insights, {size} bytes.")


@cache.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@common_options
@click.pass_obj
def import_(invocation: Invocation, file: Path) -> None:
    """Add the insights that another machine exported.

    Each entry is checked and marked as shared. Inside a repository, its texts are held against the code; elsewhere
    that happens before they are shown.
    """
    with _open_store(invocation, to_change=True) as store, _contexts_here(invocation) as context_of:
        report = import_entries(store, file, redact, context_of)
        document = store.info()
    document |= {
        "imported": report.imported,
        "unchanged": report.unchanged,
        "rejected": report.rejected,
        "reasons": report.reasons,
        "dropped": report.dropped,
        "truncated": report.truncated,
    }
    lines = [f"{report.imported} insights imported, {report.unchanged} already stored, {report.rejected} rejected."]
    lines += [f"  rejected {count}: {reason}" for reason, count in report.reasons.items()]
    if report.dropped:
        lines.append(f"{report.dropped} texts were dropped: the code here does not bear them out.")
    if report.truncated:
        lines.append("The file is truncated; everything before the end was imported.")
    if report.rejected or report.truncated:
        invocation.status = FAILED
    invocation.report(document, *lines)


def _verify_contexts(invocation: Invocation) -> None:
    from forethought.idle.verification import verify_contexts  # deferred: heavy to import, and rarely needed

    with invocation.open_workspace(*choose_root(invocation.root)) as (session, workspace):
        workspace.refresh()
        report = verify_contexts(workspace, session.contexts)
    if report.faults:
        invocation.status = FAILED
    lines = [f"{fault.path} {fault.symbol}: “{fault.name}” is not in the code: {fault.text}" for fault in report.faults]
    counted = f"{report.entries} insights with {report.texts} texts about {report.symbols} symbols"
    summary = f"{counted}: {len(report.faults)} mention names that their code does not contain."
    if report.dropped:
        summary += f" {report.dropped} more were imported, and are not shown."
    invocation.report(report.to_json(), *lines, summary)


@contextmanager
def _contexts_here(invocation: Invocation) -> Iterator[Callable[[str], Context | None]]:
    """Yield what finds the code of the current repository by context hash; nothing outside of a repository."""
    try:
        root, within = choose_root(invocation.root)
    except RootError:
        yield lambda _: None
        return
    if not (root / ".git").exists():
        yield lambda _: None
        return
    with invocation.open_workspace(root, within) as (_, workspace):
        workspace.refresh()
        saved = workspace.saved
        places = {
            item.context_hash: Target(path, item.symbol.id)
            for path in workspace.index.paths()
            for item in saved.symbols(path)
        }
        yield lambda context_hash: saved.context(places[context_hash]) if context_hash in places else None


@contextmanager
def _open_store(invocation: Invocation, *, to_change: bool = False, heal: bool = True) -> Iterator[DiskInsightStore]:
    """Open the store that the settings name.

    Opening a broken store sets it aside. With `heal`, this is reported, and a new store is opened in its place. With
    `to_change`, raises StoreError if the store cannot keep anything.
    """
    folder, limit = _store_folder(invocation), invocation.load_settings().settings.cache_size_limit
    store = DiskInsightStore.open(folder, limit)
    if store.problem and heal:
        invocation.warn(store.problem)
        store.close()
        store = DiskInsightStore.open(folder, limit)
    with closing(store):
        if to_change and store.problem:
            raise StoreError(store.problem)
        yield store


def _context_hashes_since(invocation: Invocation, since: str) -> set[str]:
    """Return the context hashes of all symbols in the files that changed since a revision."""
    with invocation.open_workspace(*choose_root(invocation.root)) as (_, workspace):
        if workspace.repository is None:
            raise UsageError(f"{workspace.root} has no git history, which --since needs.")
        workspace.refresh()
        changed = workspace.repository.changed_paths(since)
        return {item.context_hash for path in changed for item in workspace.saved.symbols(path)}


def _store_folder(invocation: Invocation) -> Path:
    return invocation.load_settings().settings.cache_folder / INSIGHTS_FOLDER
