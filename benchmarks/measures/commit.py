"""One function of a file with 30 symbols is edited, saved and committed: what is recomputed, and how soon?

A running server with the default idle settings has precomputed the whole file before. Every round edits the body of
another function in the editor, saves and commits it. The clock runs from the commit until `forethought/context` shows
the function as fresh.
"""

import time
from pathlib import Path
from typing import Annotated, Any

from forethought.bench.lsp_client import Client
from forethought.bench.report import Goal, Report, Table
from forethought.bench.trial import Trial, git, precompute_files, start_server, wait_for
from forethought.errors import ForethoughtError
from forethought.text.uris import file_uri

MAX_SECONDS = 15.0
_THINK_SECONDS = 900.0
_FRESH_SECONDS = 180.0
_QUIET_POLLS = 5

_TOPICS = (
    ("price", "amount", "rate"),
    ("weight", "mass", "factor"),
    ("length", "metres", "scale"),
    ("speed", "distance", "hours"),
    ("score", "points", "bonus"),
    ("volume", "litres", "share"),
    ("salary", "wage", "months"),
)
_FORMS = (
    ('def scale_{0}({1}, {2}):\n    """Multiply {1} by {2}."""\n    return {1} * {2}\n', "{1} * {2}", "{1} * {2} + 1"),
    (
        'def check_{0}({1}, {2}):\n    """Whether {1} is larger than {2}."""\n    return {1} > {2}\n',
        "{1} > {2}",
        "{1} >= {2}",
    ),
    (
        'def print_{0}({1}, {2}):\n    """Print the scaled {1}."""\n    print("{0}", scale_{0}({1}, {2}))\n',
        '"{0}", scale',
        '"the {0} is", scale',
    ),
    (
        'def list_{0}({1}, {2}):\n    """Every {1} up to {2}."""\n    return [{1} + step for step in range({2})]\n',
        "{1} + step",
        "{1} + 2 * step",
    ),
)
_SYMBOLS = 30
"""Including the file itself."""


def run(rounds: Annotated[int, "Number of functions to edit and commit."] = 3) -> Report:
    """Edit and commit `rounds` functions, one after another. Raises ForethoughtError."""
    with Trial() as trial:
        root = trial.folder / "repository"
        root.mkdir()
        file = root / "measures.py"
        file.write_text(source(), encoding="utf-8")
        git(root, "init", "--quiet")
        git(root, "add", "measures.py")
        git(root, "commit", "--quiet", "--message", "Thirty symbols")
        environment = trial.environment("machine")
        precompute_files(environment, root, [file.name])
        client = start_server(environment, root)
        try:
            client.open(file, "python")
            _wait_until_done(client)
            measured = [_round(client, root, file, number) for number in range(rounds)]
            symbols = len(_symbols(client, file))
        finally:
            client.close()
    only_edited = sum(item["changed_contexts"] == item["recomputed"] == [item["edited"]] for item in measured)
    return Report(
        name="commit",
        title="One function edited and committed",
        shows=f"What is recomputed after one function of a file with {symbols} symbols changes, and how soon is it "
        "fresh?",
        goals=(
            Goal("rounds that change and recompute only the edited function", only_edited, "=", rounds),
            Goal("rounds that end with a fresh insight", sum(one["state"] == "fresh" for one in measured), "=", rounds),
            Goal("commit → fresh, slowest round", max(one["seconds"] for one in measured), "≤", MAX_SECONDS, "s"),
        ),
        tables=(
            Table(
                "Rounds",
                ("edited", "contexts changed", "recomputed", "state", "seconds"),
                tuple(
                    (
                        item["edited"],
                        ", ".join(item["changed_contexts"]) or "none",
                        ", ".join(item["recomputed"]) or "none",
                        item["state"],
                        item["seconds"],
                    )
                    for item in measured
                ),
            ),
        ),
        settings={"symbols": symbols, "rounds": rounds, **trial.machine},
        data={"rounds": measured},
    )


def source() -> str:
    """The source of a module with 29 small functions, some of which call each other."""
    definitions = [
        form[0].format(*topic) for topic in (*_TOPICS, ("temperature", "degrees", "offset")) for form in _FORMS
    ]
    return '"""Measures of things."""\n\n\n' + "\n\n".join(definitions[: _SYMBOLS - 1])


def edited(text: str, number: int) -> tuple[str, str]:
    """Change the body of one function, another one in each round; returns the new source and the function's name."""
    topic, (definition, old, new) = _TOPICS[number % len(_TOPICS)], _FORMS[number % len(_FORMS)]
    before = definition.format(*topic)
    after = before.replace(old.format(*topic), new.format(*topic), before.count(old.format(*topic)))
    head, _, _ = before.partition("(")
    if before not in text or before == after:
        raise ForethoughtError(f"Round {number} has nothing left to edit; measure fewer rounds.")
    return text.replace(before, after), head.removeprefix("def ")


def _round(client: Client, root: Path, file: Path, number: int) -> dict[str, Any]:
    before = _symbols(client, file)
    text, name = edited(file.read_text(encoding="utf-8"), number)
    uri = file_uri(file)
    client.notify(
        "textDocument/didChange",
        {"textDocument": {"uri": uri, "version": number + 2}, "contentChanges": [{"text": text}]},
    )
    file.write_text(text, encoding="utf-8")
    client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    git(root, "commit", "--quiet", "--all", "--message", f"Change {name}")
    committed = time.monotonic()
    line = before[name]["selectionRange"]["start"]["line"]
    place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": len("def ")}}
    old_context_hash = before[name]["subject"]

    def thought() -> bool:
        symbol = client.request("forethought/context", place)["symbols"][0]
        return symbol["subject"] != old_context_hash and symbol["state"] in ("fresh", "empty", "failed")

    wait_for(thought, _FRESH_SECONDS, f"{name} to be recomputed")
    seconds = time.monotonic() - committed
    _wait_until_done(client)
    after = _symbols(client, file)
    return {
        "edited": name,
        "seconds": round(seconds, 2),
        "state": after[name]["state"],
        "changed_contexts": _different(before, after, "subject"),
        "recomputed": _different(before, after, "provenance"),
    }


def _symbols(client: Client, file: Path) -> dict[str, dict[str, Any]]:
    document = client.request("forethought/context", {"textDocument": {"uri": file_uri(file)}})
    return {symbol["id"]: symbol for symbol in document["symbols"]}


def _different(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]], key: str) -> list[str]:
    return sorted(name for name in after if name not in before or after[name][key] != before[name][key])


def _wait_until_done(client: Client) -> None:
    """Wait until the queue is empty and stays empty for a while."""
    quiet = 0

    def is_done() -> bool:
        nonlocal quiet
        document = client.request("forethought/status", None)
        if document["state"] == "degraded":
            raise ForethoughtError(document["message"])
        left = document["queue"] or document["state"] != "idle" or not sum(document["roots"][0]["contexts"].values())
        quiet = 0 if left else quiet + 1
        return quiet >= _QUIET_POLLS

    wait_for(is_done, _THINK_SECONDS, "every symbol to be computed", every=0.5)
