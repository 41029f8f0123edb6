"""`forethought model …`: GGUF models."""

from typing import TYPE_CHECKING, Any

import click

from forethought.cli.invocation import Invocation, common_options

if TYPE_CHECKING:
    from forethought.engine.models.catalog import ModelListing


@click.group()
@common_options
def model() -> None:
    """List, fetch, choose, check and remove models."""


@model.command("list")
@common_options
@click.pass_obj
def list_(invocation: Invocation) -> None:
    """List the known and the installed models."""
    from forethought.cli.output import print_document, say
    from forethought.engine.models.catalog import list_models
    from forethought.folders import model_folder
    from forethought.text.sanitizers import visible

    listing = list_models(invocation.load_settings(None).settings, model_folder())
    if invocation.json:
        print_document({"models": [_listing_document(item) for item in listing], "folder": str(model_folder())})
        return
    width = max((len(visible(item.name)) for item in listing), default=0)
    for item in listing:
        state = "in use" if item.in_use else "installed" if item.path else "-"
        about = str(item.path)
        if item.known:
            recommended = ", recommended" if item.known.recommended else ""
            about = f"{item.known.license}{recommended}: {item.known.good_for}"
        say(f"{visible(item.name):<{width}}{item.size / 1e9:>6.1f} GB  {state:<10} {visible(about)}")


@model.command()
@click.argument("name")
@common_options
@click.pass_obj
def pull(invocation: Invocation, name: str) -> None:
    """Fetch a model, going on where an earlier try stopped.

    NAME is one of `forethought model list`, or OWNER/REPOSITORY:FILE.gguf for any other.
    """
    from forethought.cli.interruption import cancel_on_interrupt
    from forethought.cli.output import show_transfer
    from forethought.engine.models.download import pull_model
    from forethought.folders import model_folder

    with cancel_on_interrupt() as cancel, show_transfer(name) as progress:
        resolved = pull_model(name, model_folder(), progress, cancel, invocation.environment)
    _finish(invocation, {"name": resolved.name, "path": str(resolved.path)}, f"{resolved.name}: {resolved.path}")


@model.command()
@click.argument("name_or_path")
@common_options
@click.pass_obj
def use(invocation: Invocation, name_or_path: str) -> None:
    """Choose the model that is used when the settings name none."""
    from forethought.engine.models.catalog import use_model
    from forethought.folders import model_folder

    settings = invocation.load_settings(None).settings
    resolved = use_model(name_or_path, model_folder())
    if settings.model_name or settings.model_path:
        invocation.warn("The settings or FORETHOUGHT_MODEL name another model, which comes before this choice.")
    _finish(
        invocation,
        {"name": resolved.name, "path": str(resolved.path)},
        f"{resolved.name} is used from now on: {resolved.path}",
    )


@model.command()
@click.argument("path")
@common_options
@click.pass_obj
def check(invocation: Invocation, path: str) -> None:
    """Check a model's file without loading it.

    Its header, its length, and its checksum where one is known.
    """
    from forethought.engine.models.download import check_model
    from forethought.folders import model_folder

    found = check_model(path, model_folder())
    document = {
        "path": str(found.path),
        "size": found.size,
        "architecture": found.architecture,
        "contextLength": found.context_length,
        "sha256": found.sha256,
        "verified": found.verified,
    }
    checksum = "checksum verified" if found.verified else "no checksum to compare with"
    _finish(
        invocation,
        document,
        f"{found.path} is sound: {found.architecture}, {found.size / 1e9:.2f} GB,"
        f" trained for {found.context_length} tokens, {checksum}.",
    )


@model.command()
@click.argument("name")
@common_options
@click.pass_obj
def remove(invocation: Invocation, name: str) -> None:
    """Delete a model that was fetched."""
    from forethought.engine.models.download import remove_model
    from forethought.folders import model_folder

    freed = remove_model(name, model_folder())
    _finish(invocation, {"name": name, "freed": freed}, f"{name} removed, {freed / 1e9:.2f} GB freed.")


def _listing_document(item: "ModelListing") -> dict[str, Any]:
    known = item.known
    document: dict[str, Any] = {
        "name": item.name,
        "installed": item.path is not None,
        "path": None if item.path is None else str(item.path),
        "size": item.size,
        "inUse": item.in_use,
    }
    if known is not None:
        document |= {
            "title": known.title,
            "repository": known.repository,
            "file": known.file,
            "revision": known.revision,
            "sha256": known.sha256,
            "memory": known.memory,
            "license": known.license,
            "goodFor": known.good_for,
            "recommended": known.recommended,
            "demo": known.demo,
        }
    return document


def _finish(invocation: Invocation, document: dict[str, Any], line: str) -> None:
    from forethought.cli.output import print_document, say
    from forethought.text.sanitizers import visible

    if invocation.json:
        print_document(document)
    else:
        say(visible(line))
