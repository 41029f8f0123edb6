"""Eight hours of real edits at a running server, with passes on: do memory and handles stay flat, and is anything lost?

The last commits of a history are replayed one by one, as somebody would make them: every changed file is opened, edited
in steps, saved and closed, with hovers in between, and the commit follows. Time is simulated: the commits share eight
hours evenly, and nobody waits between them. Passes are real except for the model, an endpoint on this machine that
answers at once; the server, its index, its store and the engine's process are the real ones.
"""

import difflib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import psutil

from forethought.bench.lsp_client import Client, ServerError
from forethought.bench.report import Cell, Goal, Plot, Report, Series, Table
from forethought.bench.trial import Trial, command_document, git, start_server, wait_for
from forethought.errors import ForethoughtError, UsageError
from forethought.text.uris import file_uri

HOURS = 8.0
MAX_GROWTH = 0.10
"""Goal: of the server's memory from the second eighth of the time to the last."""
_SAMPLES = 32
_QUIET_SECONDS = 20.0
_CHARACTERS = 100_000
"""Larger files are not edited by hand."""


class Sample(NamedTuple):
    """The server after some hours of simulated time."""

    hours: float
    edits: int
    megabytes: float
    handles: int
    """Open files, sockets and pipes."""
    threads: int
    entries: int
    """Stored insights."""


def run(
    root: Path,
    commits: Annotated[int, "Number of commits to replay, up to HEAD."] = 400,
) -> Report:
    """Replay the history. Raises UsageError if there is none, ForethoughtError if the server fails."""
    with Trial() as trial, _endpoint() as url:
        clone = trial.clone(root, "clone")
        history = git(clone, "rev-list", "--first-parent", "--reverse", f"--max-count={commits + 1}", "HEAD").split()
        if len(history) < 2:
            raise UsageError(f"{root} has no history to replay; name a git repository with at least two commits.")
        environment = trial.environment("machine", "openai")
        config = f'[openai]\nbaseUrl = "{url}"\nmodel = "canned"\n[idle]\ndelaySeconds = 0\ndailyMinutes = 1440\n'
        Path(environment["FORETHOUGHT_CONFIG"]).write_text(config, "utf-8")
        git(clone, "checkout", "--quiet", "--detach", history[0])
        client = start_server(environment, clone)
        try:
            samples = _replay(client, clone, history)
            is_quiet = _settles(client)
            answers = _hovers(client, clone)
        finally:
            client.close()
        problems = command_document(environment, "cache", "verify", "--root", str(clone))["problems"]
        fresh = start_server(trial.environment("another", "none"), clone)
        try:
            expected = _hovers(fresh, clone)
        finally:
            fresh.close()
    differing = [place for place, facts in expected.items() if not agree(answers.get(place), facts)]
    settings = {"root": root.name, "commits": len(history) - 1, **trial.machine}
    return make_report(samples, differing, len(expected), problems, is_quiet, settings)


def make_report(
    samples: Sequence[Sample],
    differing: Sequence[str],
    hovers: int,
    problems: Sequence[str],
    is_quiet: bool,
    settings: Mapping[str, Any],
) -> Report:
    """`differing` are hovers, of `hovers`, that a server which just started answers otherwise."""
    early, late = samples[max(1, len(samples) // 8)], samples[-1]
    lost = sum(max(0, before.entries - after.entries) for before, after in pairwise(samples))
    growth = late.megabytes / early.megabytes - 1
    return Report(
        name="soak",
        title="Eight hours of edits",
        shows="Do memory and handles of a server stay flat over a day of edits with passes on, and is anything lost?",
        verdict=(
            f"{late.edits} edits in {settings['commits']} commits: memory from {early.megabytes:.0f} MB after "
            f"{early.hours:.1f} h to {late.megabytes:.0f} MB after {late.hours:.1f} h, handles from {early.handles} to "
            f"{late.handles}, threads from {early.threads} to {late.threads}, {late.entries} insights.",
            *([] if is_quiet else ["Not all was thought about: passes wait while others keep the machine busy."]),
            *(f"Differs from a server that just started: {place}" for place in differing[:5]),
            *problems[:5],
        ),
        goals=(
            Goal("growth of memory from the second eighth on", round(growth, 3), "≤", MAX_GROWTH),
            Goal("growth of handles", late.handles - early.handles, "≤", 2),
            Goal("growth of threads", late.threads - early.threads, "≤", 0),
            Goal("lost insights", lost, "=", 0),
            Goal("problems in the store", len(problems), "=", 0),
            Goal(f"hovers of {hovers} unlike those of a new server", len(differing), "=", 0),
        ),
        tables=(Table("Over the day", Sample._fields, tuple(_row(sample) for sample in samples)),),
        plots=(
            Plot(
                "Memory",
                "hours (simulated)",
                "MB of the server",
                (Series("server", tuple((round(one.hours, 2), one.megabytes) for one in samples)),),
            ),
        ),
        settings=settings,
        data={"samples": [sample._asdict() for sample in samples]},
    )


def _row(sample: Sample) -> tuple[Cell, ...]:
    return (round(sample.hours, 2), *sample[1:])


def _replay(client: Client, root: Path, history: Sequence[str]) -> list[Sample]:
    """Make every commit as its author might have. Raises ForethoughtError if the server ends."""
    every = max(1, (len(history) - 1) // _SAMPLES)
    edits = 0
    samples = [_sample(client, 0.0, 0)]
    for number, (before, after) in enumerate(pairwise(history), 1):
        changed = git(root, "diff", "--name-status", "--no-renames", "-z", before, after).split("\0")
        for status, path in zip(changed[::2], changed[1::2], strict=False):
            if status == "M" and (old := _text(root, before, path)) and (new := _text(root, after, path)):
                edits += _edit(client, root / path, old, new)
        git(root, "checkout", "--quiet", "--force", "--detach", after)
        outside = [path for status, path in zip(changed[::2], changed[1::2], strict=False) if status != "M"]
        changes = [{"uri": file_uri(root / path), "type": 1 if (root / path).exists() else 3} for path in outside]
        client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        if client.process.poll() is not None:
            raise ForethoughtError(f"The server ended with status {client.process.returncode} at {after}.")
        if number % every == 0 or number == len(history) - 1:
            _settles(client)
            samples.append(_sample(client, HOURS * number / (len(history) - 1), edits))
        while not client.notifications.empty():
            client.notifications.get_nowait()
    return samples


def _edit(client: Client, file: Path, old: str, new: str) -> int:
    """Open the file, make the change line by line, hover, save and close; returns the number of edits."""
    uri = client.open(file, file.suffix.removeprefix(".") or "plaintext", old)
    version = 1
    for tag, first, last, start, end in reversed(difflib.SequenceMatcher(None, *_lines(old, new), False).get_opcodes()):
        if tag == "equal":
            continue
        version += 1
        text = "".join(_lines(old, new)[1][start:end])
        change = {"range": {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 0}}}
        client.notify(
            "textDocument/didChange",
            {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{**change, "text": text}]},
        )
        _hover(client, uri, max(0, first - 1), 6)
    file.write_text(new, "utf-8", newline="")
    client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    return version - 1


def _lines(old: str, new: str) -> tuple[list[str], list[str]]:
    return old.splitlines(keepends=True), new.splitlines(keepends=True)


def _text(root: Path, commit: str, path: str) -> str | None:
    """The file's text if a person would edit it by hand."""
    text = git(root, "cat-file", "blob", f"{commit}:{path}") if path else ""
    is_utf8 = text == text.encode("utf-8", "replace").decode()  # git's output has other bytes as surrogates
    return text if text and is_utf8 and not {"\0", "\r"} & set(text) and len(text) <= _CHARACTERS else None


def _hover(client: Client, uri: str, line: int, character: int) -> str:
    position = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
    try:
        found = client.request("textDocument/hover", position)
    except ServerError:
        return ""  # the line is gone
    return str(found["contents"]["value"]) if found else ""


def _sample(client: Client, hours: float, edits: int) -> Sample:
    process = psutil.Process(client.process.pid)
    entries = client.request("forethought/status", None)["cache"]["entries"]
    with process.oneshot():
        return Sample(
            hours, edits, round(process.memory_info().rss / 1e6, 1), process.num_fds(), process.num_threads(), entries
        )


def _settles(client: Client) -> bool:
    """Wait until nothing is left to think about; False if that takes too long."""

    def is_idle() -> bool:
        status = client.request("forethought/status", None)
        return status["state"] in ("idle", "paused", "degraded") and not status["queue"]

    try:
        wait_for(is_idle, _QUIET_SECONDS, "the queue to be worked off")
    except ForethoughtError:
        return False
    return True


def agree(one: Mapping[str, Any] | None, other: Mapping[str, Any]) -> bool:
    """Whether two servers state the same of a symbol. Null means that the time did not suffice to find out."""
    return one is not None and all(
        one[key] == value or value is None or one[key] is None for key, value in other.items()
    )


def _hovers(client: Client, root: Path) -> dict[str, dict[str, Any]]:
    """The facts that the c′ document states of every symbol of every file."""
    found: dict[str, dict[str, Any]] = {}
    for path in filter(None, git(root, "ls-files", "-z").split("\0")):
        document = client.request("forethought/context", {"textDocument": {"uri": file_uri(root / path)}})
        for symbol in document["symbols"] if document else ():
            shown = {key: symbol[key] for key in ("signature", "subject")}
            found[f"{path}:{symbol['id']}"] = {**shown, **symbol["facts"]}
    return found


@contextmanager
def _endpoint() -> Iterator[str]:
    """An OpenAI-compatible endpoint that says the same of everything; yields its base URL."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            is_verdict = "Is this statement correct" in body
            said = "Yes" if is_verdict else "No" if "contradict this statement" in body else "It hands on what it gets."
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for part in (
                {"choices": [{"delta": {"content": said}, "finish_reason": None}]},
                {"choices": [{"delta": {}, "finish_reason": "stop"}]},
                {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3}},
            ):
                self.wfile.write(f"data: {json.dumps(part)}\n\n".encode())
            self.wfile.write(b"data: [DONE]\n\n")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
