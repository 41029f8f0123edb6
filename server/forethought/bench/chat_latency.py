"""Latency of the answers that need no model (tiers `facts` and `predicted`), from request to result over stdio.

Facts: who calls, what it calls, what it raises and which tests reach it, for random functions and classes of the whole
repository, asked from their files, none of which is open. Predicted: the stored questions of a few files that were
precomputed first. A few questions of fact are asked right after indexing. Those held to the goal are asked after the
server has been up for some seconds and has resolved the calls of the repository.
"""

import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from forethought.bench.lsp_client import Client
from forethought.bench.quantiles import percentiles
from forethought.bench.report import Cell, Goal, Report, Table
from forethought.bench.trial import Trial, git, pick_files, precompute_files, start_server
from forethought.errors import ForethoughtError
from forethought.text.uris import file_uri

MAX_P99_MS = 30.0
_TIERS = ("facts", "predicted")
_FACT_QUESTIONS = ("Who calls `{}`?", "What does `{}` call?", "What does `{}` raise?", "Which tests cover `{}`?")
_SYMBOL_KINDS = frozenset({5, 6, 12})
"""LSP's class, method and function."""
_WARM_UP = 5
_EARLY_QUESTIONS = 20
"""Questions asked right after indexing."""
_UPTIME_SECONDS = 15.0
_SLOWEST_SHOWN = 5


def run(
    root: Path,
    requests: Annotated[int, "Number of questions of each tier."] = 200,
    files: Annotated[int, "Number of files to precompute first."] = 4,
    seed: Annotated[int, "Seed that chooses files and questions."] = 7,
) -> Report:
    """Ask `requests` questions of each tier about a clone of `root`. Raises UsageError and ForethoughtError."""
    chooser = random.Random(seed)  # noqa: S311 - sampling, not cryptography
    with Trial() as trial:
        clone = trial.clone(root, "clone")
        environment = trial.environment("machine")
        chosen = pick_files(clone, files, seed)
        precomputed = precompute_files(environment, clone, chosen)["symbols"]
        client = start_server(environment, clone)
        started = time.monotonic()
        try:
            questions = _fact_questions(client, clone, chooser, requests + _EARLY_QUESTIONS)
            early = _ask_all(client, questions[:_EARLY_QUESTIONS], "facts", warm_up=0)
            time.sleep(max(0.0, started + _UPTIME_SECONDS - time.monotonic()))
            answers = {
                "facts": _ask_all(client, questions[_EARLY_QUESTIONS:], "facts"),
                "predicted": _ask_all(client, _predicted_questions(client, clone, chosen, chooser, requests), None),
            }
        finally:
            client.close()
    settings = {
        "root": root.name,
        "requests": requests,
        "files": len(chosen),
        "symbols precomputed": precomputed["computed"] + precomputed["reused"],
        "seed": seed,
        **trial.machine,
    }
    return make_report(answers, early, settings)


def make_report(
    answers: dict[str, list[dict[str, Any]]], early: Sequence[dict[str, Any]], settings: dict[str, Any]
) -> Report:
    """`answers` maps each intended tier to answers `{ms, tier, question}`. Raises ForethoughtError if one is empty."""
    in_tier = {tier: [one for one in found if one["tier"] == tier] for tier, found in answers.items()}
    for tier, found in in_tier.items():
        if not found:
            raise ForethoughtError(f"No question was answered from tier `{tier}`; try another --seed.")
    times = {tier: percentiles([one["ms"] for one in found]) for tier, found in in_tier.items()}
    early_times = percentiles([one["ms"] for one in early])
    other = {tier: len(answers[tier]) - len(found) for tier, found in in_tier.items()}
    slowest = {tier: sorted(found, key=lambda one: -one["ms"])[:_SLOWEST_SHOWN] for tier, found in answers.items()}
    rows: dict[str, dict[str, float]] = {**times, "facts, right after indexing": early_times}
    return Report(
        name="chat",
        title="Chat latency without a model",
        shows="How long do answers take that need no model, from request to result over stdio?",
        verdict=tuple(
            f"{count} questions meant for tier `{tier}` were answered from another tier and are not counted."
            for tier, count in other.items()
            if count
        ),
        goals=tuple(Goal(f"{tier}, p99", times[tier]["p99"], "≤", MAX_P99_MS, "ms") for tier in _TIERS),
        tables=(
            Table("Milliseconds", ("tier", "answers", "p50", "p95", "p99", "max"), tuple(map(_row, rows.items()))),
            Table(
                "Slowest questions",
                ("tier", "ms", "question"),
                tuple((tier, one["ms"], one["question"]) for tier in _TIERS for one in slowest[tier]),
            ),
        ),
        settings=settings,
        data={**times, "right after indexing": early_times, "other tiers": other, "slowest": slowest},
    )


def _row(item: tuple[str, dict[str, float]]) -> tuple[Cell, ...]:
    name, times = item
    return name, times["count"], times["p50"], times["p95"], times["p99"], times["max"]


def _ask_all(
    client: Client, asked: list[dict[str, Any]], tier: str | None, warm_up: int = _WARM_UP
) -> list[dict[str, Any]]:
    answers = []
    for number, params in enumerate([*asked[:warm_up], *asked]):
        started = time.perf_counter()
        answer = client.request("forethought/chat", {**params, **({"tier": tier} if tier else {})})
        milliseconds = (time.perf_counter() - started) * 1000
        if number >= min(warm_up, len(asked)):
            where = f"{params['question']} ({params['textDocument']['uri'].rpartition('/')[2]})"
            answers.append({"ms": round(milliseconds, 2), "tier": answer["tier"], "question": where})
    return answers


def _fact_questions(client: Client, root: Path, chooser: random.Random, count: int) -> list[dict[str, Any]]:
    paths = [path for path in git(root, "ls-files", "-z").split("\0") if path]
    chooser.shuffle(paths)
    questions: list[dict[str, Any]] = []
    for path in paths:
        if len(questions) >= count:
            break
        document = {"uri": file_uri(root / path)}
        names = _names(client.request("textDocument/documentSymbol", {"textDocument": document}) or [], "")
        for name in chooser.sample(names, min(2, len(names))):
            questions += [{"question": text.format(name), "textDocument": document} for text in _FACT_QUESTIONS]
    if not questions:
        raise ForethoughtError(f"{root} has no function or class to ask about; name another repository.")
    chooser.shuffle(questions)
    return questions[:count]


def _names(symbols: list[dict[str, Any]], prefix: str) -> list[str]:
    found = []
    for symbol in symbols:
        name = f"{prefix}{symbol['name'].rpartition('.')[2]}"
        if symbol["kind"] in _SYMBOL_KINDS:
            found.append(name)
        found += _names(symbol.get("children") or [], f"{name}.")
    return found


def _predicted_questions(
    client: Client, root: Path, paths: list[str], chooser: random.Random, count: int
) -> list[dict[str, Any]]:
    """The stored questions, each asked at its symbol's position; repeated until there are enough."""
    stored: list[dict[str, Any]] = []
    for path in paths:
        document = {"uri": file_uri(root / path)}
        for symbol in client.request("forethought/context", {"textDocument": document})["symbols"]:
            position = {"position": symbol["selectionRange"]["start"]} if symbol["kind"] != "file" else {}
            for item in (symbol["insights"] or {}).get("questions", ()):
                stored.append({"question": item["question"], "textDocument": document, **position})
    if not stored:
        raise ForethoughtError("Nothing was written about the chosen files; try another --seed or more --files.")
    questions = stored * (count // len(stored) + 1)
    chooser.shuffle(questions)
    return questions[:count]
