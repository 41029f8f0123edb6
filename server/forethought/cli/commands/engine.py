"""`forethought engine …`: the engine hosts, the processes that run a model."""

from typing import Any

import click

from forethought.cli.invocation import Invocation, common_options
from forethought.engine.client.hosts import host_status, stop_hosts
from forethought.folders import runtime_folder


@click.group()
@common_options
def engine() -> None:
    """Inspect and stop the processes that run a model."""


@engine.command()
@common_options
@click.pass_obj
def status(invocation: Invocation) -> None:
    """List the running engines and their speed."""
    hosts = host_status(runtime_folder(invocation.environment))
    document = {"hosts": [{_camel_case(key): value for key, value in host.items()} for host in hosts]}
    lines = [_describe(host) for host in hosts] or ["No engine is running; one is started when needed."]
    invocation.report(document, *lines)


@engine.command()
@common_options
@click.pass_obj
def stop(invocation: Invocation) -> None:
    """Stop all of your engines.

    Also forget which models crashed, so that they are tried again.
    """
    stopped = stop_hosts(runtime_folder(invocation.environment))
    line = f"{stopped} engine{'' if stopped == 1 else 's'} stopped." if stopped else "No engine was running."
    invocation.report({"stopped": stopped}, line)


def _describe(host: dict[str, Any]) -> str:
    parts = [str(host.get("model", "unknown model")), f"process {host.get('pid', '?')}"]
    if host.get("answering") is False:
        return ", ".join([*parts, "not responding"])
    parts.append("loaded" if host.get("loaded") else "not loaded")
    if device := host.get("device"):
        parts.append(str(device))
    if host.get("busy"):
        parts.append("busy")
    for key, what in (("prompt_tokens_per_second", "read"), ("completion_tokens_per_second", "written")):
        if speed := host.get(key):
            parts.append(f"{speed:.0f} tokens/s {what}")
    return ", ".join(parts)


def _camel_case(name: str) -> str:
    """Rename a key to the style of our documents."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
