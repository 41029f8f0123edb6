"""The command `forethought`: parses the arguments, runs one command, and turns errors into exit statuses."""

import logging
import os
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence

import click

from forethought import __version__
from forethought.cli.invocation import FAILED, INTERRUPTED, Invocation, common_options
from forethought.cli.lazy_group import LazyGroup
from forethought.cli.output import note, prepare_streams, print_document
from forethought.errors import ForethoughtError, UsageError
from forethought.text.sanitizers import visible

USAGE = 2
"""Exit status: the arguments are wrong."""

SUMMARIES: Mapping[str, str] = {
    "ask": "Answer a question about the code.",
    "bench": "Measure what we promise on your own repository and machine.",
    "cache": "Inspect, clean, check and share stored insights.",
    "digest": "List what changed while you were away, symbol by symbol.",
    "doctor": "Check the installation and say how to fix each fault.",
    "engine": "Inspect and stop the processes that run a model.",
    "index": "Update the index and report what it contains.",
    "model": "List, download, choose, check and delete models.",
    "overview": "Explain the repository, package by package.",
    "precompute": "Think about every file now, the most valuable first.",
    "serve": "Run the language server for one editor.",
    "show": "Show what is known about a file or a symbol.",
    "status": "Show what is indexed and thought about, and what is next.",
    "uninstall": "Delete everything that we keep outside repositories.",
}


@click.group(
    cls=LazyGroup,
    package="forethought.cli.commands",
    summaries=SUMMARIES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "--version", message="forethought %(version)s", help="Print the version and exit.")
@common_options
def forethought() -> None:
    """A language server that thinks before you ask."""


def main(arguments: Sequence[str] | None = None, command: click.Command = forethought) -> int:
    """Run one command and return its exit status. Prints a traceback only for internal errors, and only with `-v`."""
    prepare_streams()
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # Python's warnings are for developers, who can ask for them with -W
    logging.basicConfig(stream=sys.stderr, format="%(name)s: %(message)s", level=logging.ERROR, force=True)
    logging.getLogger("forethought").setLevel(logging.NOTSET)  # an earlier call in this process may have had -v
    words = list(sys.argv[1:] if arguments is None else arguments)
    invocation = Invocation(environment=os.environ)
    try:
        status = _run(command, words, invocation)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_stdout()  # the reader of our output has seen enough
        return invocation.status
    except KeyboardInterrupt:
        note("Interrupted. Finished work is kept.")
        return INTERRUPTED
    return status


def _run(command: click.Command, words: list[str], invocation: Invocation) -> int:
    name = command.name or "forethought"
    try:
        # A copy, because click empties its list, and `_fail` needs the words.
        with command.make_context(name, [*words], obj=invocation) as context:
            command.invoke(context)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        usage = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else name
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
    except Exception as error:  # noqa: BLE001 - the last resort: the user gets a sentence, the log the traceback
        return _fail(words, _report_internal_error(error, invocation), FAILED)
    return invocation.status


def _fail(words: list[str], sentence: str, status: int) -> int:
    if "--json" in words:
        print_document({"error": sentence})
    note(f"forethought: {sentence}")
    return status


def _report_internal_error(error: Exception, invocation: Invocation) -> str:
    """Log the traceback, print it with `-v`, and return a sentence for the user."""
    from forethought.cli.tracebacks import log_traceback  # deferred: heavy to import, and rarely needed

    text = "".join(traceback.format_exception(error))
    if invocation.verbose:
        note(text.rstrip())
    log = log_traceback(text, invocation.environment)
    where = f"the traceback is in {log}" if log else "use -v to see the traceback"
    return f"Internal error: {type(error).__name__}: {_first_line(error)} ({where}). Please report it."


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return visible(lines[0]) if lines else "no message"


def _discard_stdout() -> None:
    """Redirect stdout to nowhere, so that Python's own flush at exit does not fail, too."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = _Nowhere()


class _Nowhere:
    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None: ...
