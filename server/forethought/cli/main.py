"""The command `forethought`: its words, and what becomes of an error."""

import logging
import os
import sys
import warnings
from collections.abc import Sequence

import click

from forethought import __version__
from forethought.cli.commands.ask import ask
from forethought.cli.commands.bench import bench
from forethought.cli.commands.cache import cache
from forethought.cli.commands.digest import digest
from forethought.cli.commands.doctor import doctor
from forethought.cli.commands.engine import engine
from forethought.cli.commands.index import index
from forethought.cli.commands.model import model
from forethought.cli.commands.precompute import precompute
from forethought.cli.commands.serve import serve
from forethought.cli.commands.show import show
from forethought.cli.commands.status import status
from forethought.cli.commands.uninstall import uninstall
from forethought.cli.invocation import FAILED, INTERRUPTED, Invocation, common_options
from forethought.cli.output import note, prepare_streams, print_document
from forethought.errors import ForethoughtError, UsageError
from forethought.text.sanitizers import visible

USAGE = 2
"""Exit status: the words make no sense."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "--version", message="forethought %(version)s", help="Print the version and leave.")
@common_options
def forethought() -> None:
    """A language server that thinks before you ask."""


for _command in (serve, precompute, ask, show, digest, status, index, model, cache, engine, doctor, uninstall, bench):
    forethought.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status. Prints no traceback, except of our own faults with `-v`."""
    prepare_streams()
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # Python's warnings are for us, and shown when asked for with -W
    logging.basicConfig(stream=sys.stderr, format="%(name)s: %(message)s", level=logging.ERROR, force=True)
    logging.getLogger("forethought").setLevel(logging.NOTSET)  # an earlier call in this process may have said -v
    words = list(sys.argv[1:] if arguments is None else arguments)
    invocation = Invocation(environment=os.environ)
    try:
        status = _run(words, invocation)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()  # whoever read our output has seen enough of it
        return invocation.status
    except KeyboardInterrupt:
        note("Interrupted; what was done is kept.")
        return INTERRUPTED
    return status


def _run(words: list[str], invocation: Invocation) -> int:
    try:
        # click eats its list, and `words` say later how a fault is told.
        with forethought.make_context("forethought", [*words], obj=invocation) as context:
            forethought.invoke(context)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        usage = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "forethought"
        return _fail(words, f"{visible(error.format_message())} See `{usage} --help`.", USAGE)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except UsageError as error:
        return _fail(words, visible(str(error)), USAGE)
    except ForethoughtError as error:
        return _fail(words, visible(str(error)), FAILED)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last line of defence: people get a sentence, the log the traceback
        return _fail(words, _log_fault(error, invocation), FAILED)
    return invocation.status


def _fail(words: list[str], sentence: str, status: int) -> int:
    if "--json" in words:
        print_document({"error": sentence})
    note(f"forethought: {sentence}")
    return status


def _log_fault(error: Exception, invocation: Invocation) -> str:
    """Keep the traceback in a file, print it with `-v`, and return the sentence for people."""
    import traceback

    from forethought.cli.tracebacks import keep_fault

    text = "".join(traceback.format_exception(error))
    if invocation.verbose:
        note(text.rstrip())
    log = keep_fault(text, invocation.environment)
    where = f"the traceback is in {log}" if log else "add -v for the traceback"
    return f"An internal error: {type(error).__name__}: {_first_line(error)} ({where}). Please report it."


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return visible(lines[0]) if lines else "no message"


def _forget_stdout() -> None:
    """Point stdout at nothing, so that Python's own flush at exit does not fail as well."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = _Nowhere()


class _Nowhere:
    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None: ...
