"""`forethought engine …`: the engine host, the process that holds the model."""

from typing import Any

import click

from forethought.cli.invocation import Invocation, common_options


@click.group()
@common_options
def engine() -> None:
    """Look at and stop the processes that hold a model."""


@engine.command()
@common_options
@click.pass_obj
def status(invocation: Invocation) -> None:
    """Say which engine hosts run, and how fast they are."""
    from forethought.cli.output import print_document, say
    from forethought.engine.client.hosts import host_status
    from forethought.folders import runtime_folder

    hosts = host_status(runtime_folder(invocation.environment))
    if invocation.json:
        print_document({"hosts": [{_camel_case(key): value for key, value in host.items()} for host in hosts]})
    elif hosts:
        say(*(_describe(host) for host in hosts))
    else:
        say("No engine is running; one starts when it is needed.")


@engine.command()
@common_options
@click.pass_obj
def stop(invocation: Invocation) -> None:
    """Stop every engine host of yours.

    And forget which models crashed, so that they are tried again.
    """
    from forethought.cli.output import print_document, say
    from forethought.engine.client.hosts import stop_hosts
    from forethought.folders import runtime_folder

    stopped = stop_hosts(runtime_folder(invocation.environment))
    if invocation.json:
        print_document({"stopped": stopped})
    else:
        say(f"{stopped} engine{'' if stopped == 1 else 's'} stopped." if stopped else "No engine was running.")


def _describe(host: dict[str, Any]) -> str:

    from forethought.text.sanitizers import visible

    parts = [str(host.get("model", "unknown model")), f"process {host.get('pid', '?')}"]
    if host.get("answering") is False:
        return visible(", ".join([*parts, "does not answer"]))
    parts.append("loaded" if host.get("loaded") else "not loaded")
    if device := host.get("device"):
        parts.append(str(device))
    if host.get("busy"):
        parts.append("busy")
    for key, what in (("prompt_tokens_per_second", "read"), ("completion_tokens_per_second", "written")):
        if speed := host.get(key):
            parts.append(f"{speed:.0f} tokens/s {what}")
    return visible(", ".join(parts))


def _camel_case(name: str) -> str:
    """As in all our documents."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
