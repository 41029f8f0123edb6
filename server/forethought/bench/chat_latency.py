"""How long the answers that need no model take, from request to result over stdio: `facts` and `predicted`.

Facts: who calls, what it calls, what it raises and which tests reach it, of random functions and classes of the whole
repository, asked from their file, none of which is open. Predicted: the stored questions of a few files that were
thought about first. A few questions of fact are asked as soon as the index is read; the others, which have the goal,
when the server has been up for some seconds and has resolved the calls of the repository.
"""

import random
import time
from pathlib import Path
from typing import Annotated, Any

from forethought.bench.lsp_client import Client
from forethought.bench.trial import (
    Trial,
    figures,
    git,
    goal_line,
    machine_line,
    pick_files,
    precompute_files,
    start_server,
)
from forethought.errors import ForethoughtError
from forethought.text.uris import file_uri

GOAL_MS = 30.0
_FACT_QUESTIONS = ("Who calls `{}`?", "What does `{}` call?", "What does `{}` raise?", "Which tests cover `{}`?")
_SYMBOL_KINDS = frozenset({5, 6, 12})
"""LSP's class, method and function."""
_WARM_UP = 5
_FIRST = 20
"""Questions asked as soon as the index is read."""
_UP_SECONDS = 15.0
_SLOWEST = 5


def run(
    root: Path,
    requests: Annotated[int, "Questions of each tier."] = 200,
    files: Annotated[int, "How many files are thought about first."] = 4,
    seed: Annotated[int, "Chooses files and questions."] = 7,
) -> dict[str, Any]:
    """Ask `requests` questions of each tier about a clone of `root`, `files` files of which are thought about first.

    Plain JSON values: for `facts` and `predicted` the p50, p95, p99, max and count in ms and the slowest questions;
    `first` (the same figures for questions right after the index is read), `other_tiers` (what was asked as one tier
    and answered as another), `met`, `machine`. Raises UsageError.
    """
    chooser = random.Random(seed)  # noqa: S311 - a sample, no secret
    with Trial() as trial:
        clone = trial.clone(root, "clone")
        environment = trial.environment("machine")
        thought_about = pick_files(clone, files, seed)
        report = precompute_files(environment, clone, thought_about)
        client = start_server(environment, clone)
        started = time.monotonic()
        try:
            questions = _fact_questions(client, clone, chooser, requests + _FIRST)
            first = _ask_all(client, questions[:_FIRST], "facts", warm_up=0)
            time.sleep(max(0.0, started + _UP_SECONDS - time.monotonic()))
            facts = _ask_all(client, questions[_FIRST:], "facts")
            predicted = _ask_all(client, _predicted_questions(client, clone, thought_about, chooser, requests), None)
        finally:
            client.close()
        expected = (("facts", facts), ("predicted", predicted))
        other = {tier: sum(answer["tier"] != tier for answer in answers) for tier, answers in expected}
        result: dict[str, Any] = {
            tier: {
                **figures([answer["ms"] for answer in answers if answer["tier"] == tier]),
                "slowest": sorted(answers, key=lambda answer: -answer["ms"])[:_SLOWEST],
            }
            for tier, answers in expected
        }
        met = all(result[tier]["p99"] <= GOAL_MS for tier in ("facts", "predicted"))
        return {
            **result,
            "first": figures([answer["ms"] for answer in first]),
            "other_tiers": other,
            "symbols_thought_about": report["symbols"]["computed"] + report["symbols"]["reused"],
            "seed": seed,
            "met": met,
            "machine": trial.machine,
        }


def render(result: dict[str, Any], *, verbose: bool = False) -> str:
    """The figures as lines for people, each with its goal; `verbose` adds the slowest questions."""
    lines = [f"chat without a model, from request to result over stdio, {machine_line(result['machine'])}"]
    for tier in ("facts", "predicted"):
        values = result[tier]
        times = "   ".join(f"{key} {values[key]:7.2f} ms" for key in ("p50", "p95", "p99", "max"))
        lines.append(f"{tier:<10} {values['count']:>4} answers   {times}")
        met = values["p99"] <= GOAL_MS
        lines.append(goal_line(f"{tier}, p99", f"{values['p99']:.1f} ms", f"≤ {GOAL_MS:g} ms", met))
        if verbose:
            lines += [f"  {answer['ms']:8.2f} ms  {answer['question']}" for answer in values["slowest"]]
    first = result["first"]
    lines.append(
        f"facts, the first {first['count']} questions, right after the index is read: p50 {first['p50']:.1f} ms,"
        f" slowest {first['max']:.1f} ms"
    )
    return "\n".join(lines)


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
    """The stored questions, each asked from where its symbol stands; again and again until there are enough."""
    stored: list[dict[str, Any]] = []
    for path in paths:
        document = {"uri": file_uri(root / path)}
        for symbol in client.request("forethought/context", {"textDocument": document})["symbols"]:
            place = {"position": symbol["selectionRange"]["start"]} if symbol["kind"] != "file" else {}
            for item in (symbol["insights"] or {}).get("questions", ()):
                stored.append({"question": item["question"], "textDocument": document, **place})
    if not stored:
        raise ForethoughtError("Nothing was written about the chosen files; try another --seed or more --files.")
    questions = stored * (count // len(stored) + 1)
    chooser.shuffle(questions)
    return questions[:count]
