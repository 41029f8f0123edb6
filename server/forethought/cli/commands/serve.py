"""`forethought serve`: the language server."""

import click

from forethought.cli.invocation import Invocation, common_options
from forethought.cli.locations import choose_root
from forethought.errors import RootError, UsageError
from forethought.lsp.serving import serve as serve_client


@click.command()
@click.option("--stdio", is_flag=True, help="Use stdin and stdout, which is the default.")
@click.option(
    "--tcp",
    metavar="HOST:PORT",
    help="Wait for one client at this address instead; port 0 is any free port. Only this machine can connect, unless "
    "FORETHOUGHT_TCP_TOKEN is set to a secret that the client sends as its first line.",
)
@common_options
@click.pass_obj
def serve(invocation: Invocation, stdio: bool, tcp: str | None) -> None:
    """Run the language server for one editor.

    With --root, that folder is served if the editor opens none.
    """
    if stdio and tcp is not None:
        raise UsageError("--stdio and --tcp cannot be combined.")
    folder = None
    if invocation.root is not None:
        root, within = choose_root(invocation.root)
        folder = root / within
    address = parse_address(tcp) if tcp is not None else None
    try:
        invocation.status = serve_client(address, invocation.environment, folder)
    except OSError as error:
        if address is None:
            raise
        raise RootError(f"Cannot listen at {tcp} ({error.strerror or error}); choose another address.") from error


def parse_address(text: str) -> tuple[str, int]:
    """Parse `HOST:PORT`, `:PORT` or `[IPv6]:PORT`. Raises UsageError."""
    host, separator, port = text.rpartition(":")
    if not separator or not port.isdecimal() or int(port) > 65535:
        raise UsageError(f"“{text}” is not an address; use HOST:PORT, such as 127.0.0.1:7777.")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)
