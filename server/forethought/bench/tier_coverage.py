"""What precomputation is worth in a repository: which tier answers its questions, and which stored work was wasted.

The questions come from a file, from the local log of what this user asked, or from templates over the symbols called
most. Nothing is precomputed here: the stored insights are measured as they are.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from forethought.app.session import Session
from forethought.bench.bootstrap import bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.quantiles import quantile
from forethought.bench.report import Cell, Plot, Report, Series, Table
from forethought.config import load_settings
from forethought.engine.api import CancelToken
from forethought.errors import ForethoughtError, UsageError
from forethought.facts.symbol_facts import most_called
from forethought.insights.entry import Entry
from forethought.qa.question import Answer, Question
from forethought.store.question_log import QuestionLog
from forethought.store.user_state import UserState
from forethought.syntax.tags import name_of
from forethought.workspace.workspace import Workspace

TIERS = ("facts", "predicted", "enriched", "full", "none")
TEMPLATES = (
    "What does `{}` do?",
    "Who calls `{}`?",
    "Which parameters does `{}` take?",
    "What does `{}` return?",
    "When should I use `{}`?",
    "What happens in `{}` when its input is wrong?",
)
"""Per symbol: two questions of fact, three that are predicted, and one that no template predicts."""
MAX_SYMBOLS = 50


@dataclass(frozen=True, slots=True)
class _Stored:
    """One stored entry, and whether the code has changed since it was written."""

    entry: Entry
    stale: bool

    @property
    def tokens(self) -> int:
        return self.entry.provenance.prompt_tokens + self.entry.provenance.completion_tokens


def run(
    measurement: Measurement,
    root: Path,
    questions: Annotated[
        Path | None, "File with one question per line; by default your question log, else templates."
    ] = None,
    limit: Annotated[int, "Number of questions; 0 for all."] = 0,
    generate: Annotated[
        bool, "Let the model answer what needs one; by default such questions count as unanswered."
    ] = False,
    seed: Annotated[int, "Seed of the sample and the intervals."] = 7,
) -> Report:
    """Report tiers, latencies, and the tokens and seconds spent on precomputation. Raises UsageError if there are no
    questions."""
    engine = measurement.engine if generate else None
    flags = {"questions": {"log": False}, **({} if generate else {"engine": "none"})}
    settings = load_settings(root, measurement.environment, flags=flags)
    with closing(Session(settings, measurement.environment, engine=engine)) as session:
        workspace = session.add_root(root)
        workspace.refresh()
        asked, origin = _questions(workspace, settings.settings.cache_folder, questions)
        if 0 < limit < len(asked):
            asked = random.Random(seed).sample(asked, limit)  # noqa: S311 - sampling, not cryptography
        if not asked:
            raise UsageError("There are no questions to ask; name a file with --questions.")
        stored = _stored_entries(session, workspace)
        answers = measurement.collect(
            "questions",
            {f"{number} {text}": text for number, text in enumerate(asked)},
            lambda text: _ask(session, workspace, text),
            {"root": str(root), "generate": generate, "content": _content_digest(workspace, stored)},
        )
    seconds_today = UserState(settings.settings.cache_folder).spent_today().seconds
    return _report(measurement, root, origin, answers, stored, seconds_today, seed)


def _questions(workspace: Workspace, cache_folder: Path, file: Path | None) -> tuple[list[str], str]:
    """The questions and where they come from. Raises UsageError if the file cannot be read."""
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"{file} cannot be read ({error}); name a text file with one question per line."
            ) from error
        return [text for line in lines if (text := _question_in(line))], f"the file {file.name}"
    if logged := [text for text, _, _ in QuestionLog(cache_folder).questions()]:
        return logged, "your question log"
    targets = most_called(workspace.overlay, MAX_SYMBOLS)
    names = [name_of(target.symbol_id) for target in targets]
    made = [template.format(name) for template in TEMPLATES for name in names]
    return made, f"templates over the {len(names)} most-called symbols"


def _question_in(line: str) -> str:
    """The question in a line of text, or in the `question` member of a JSON object."""
    if not line.lstrip().startswith("{"):
        return line.strip()
    try:
        value = json.loads(line)["question"]
    except (ValueError, KeyError, TypeError):
        return ""
    return value if isinstance(value, str) else ""


def _stored_entries(session: Session, workspace: Workspace) -> list[_Stored]:
    """Every stored entry about a symbol of the root, as it is now or as it was when it was last precomputed."""
    stale_of: dict[str, bool] = {}
    for path in sorted(workspace.index.paths()):
        earlier = workspace.index.context_hashes.last_with_insights(path)
        for item in workspace.saved.symbols(path):
            stale_of[item.context_hash] = False
            if item.symbol.id in earlier:
                stale_of.setdefault(earlier[item.symbol.id], True)
    entries = session.contexts.get_many(stale_of)
    return [_Stored(entry, stale_of[context_hash]) for context_hash, found in entries.items() for entry in found]


def _content_digest(workspace: Workspace, stored: Sequence[_Stored]) -> str:
    """Digest of every file and every stored entry: both affect the answers."""
    files = sorted((path, workspace.index.content_hash(path)) for path in workspace.index.paths())
    entries = sorted((item.entry.context_hash, item.entry.generator_id) for item in stored)
    return sha256(repr((files, entries)).encode("utf-8", "surrogatepass")).hexdigest()


def _ask(session: Session, workspace: Workspace, text: str) -> dict[str, Any]:
    try:
        answer = session.ask(Question(text), lambda delta: None, CancelToken())
    except ForethoughtError as error:
        return {"tier": "none", "answer": str(error), "ms": 0.0, "tokens": 0, "used": []}
    usage = answer.usage
    return {
        "tier": answer.tier,
        "answer": answer.text,
        "ms": round(answer.total_ms, 3),
        "tokens": usage.prompt_tokens + usage.completion_tokens,
        "used": sorted(_entries_used(workspace, answer)),
    }


def _entries_used(workspace: Workspace, answer: Answer) -> set[str]:
    """Context hashes of the stored entries an answer is based on."""
    if answer.context_hash is not None:
        return {answer.context_hash}
    if answer.tier != "enriched":
        return set()
    names = {(source.path, source.symbol) for source in answer.sources}
    return {
        item.context_hash
        for path in {path for path, _ in names}
        for item in workspace.saved.symbols(path)
        if (path, item.symbol.name) in names
    }


_USED = "used in an answer"
_NOT_ASKED = "fresh, not asked about"
_STALE = "stale: the code has changed"
_EMPTY = "empty or failed: nothing was stored"


def _by_use(stored: Sequence[_Stored], used: set[str]) -> dict[str, list[_Stored]]:
    found: dict[str, list[_Stored]] = {_USED: [], _NOT_ASKED: [], _STALE: [], _EMPTY: []}
    for item in stored:
        if item.entry.context_hash in used:
            found[_USED].append(item)
        elif item.stale:
            found[_STALE].append(item)
        else:
            found[_NOT_ASKED if item.entry.outcome == "done" else _EMPTY].append(item)
    return found


def _report(
    measurement: Measurement,
    root: Path,
    origin: str,
    answers: Mapping[str, Mapping[str, Any]],
    stored: Sequence[_Stored],
    seconds_today: float,
    seed: int,
) -> Report:
    values = list(answers.values())
    by_tier = {tier: [value for value in values if value["tier"] == tier] for tier in TIERS}
    by_use = _by_use(stored, {context_hash for value in values for context_hash in value["used"]})
    tokens = {use: sum(item.tokens for item in items) for use, items in by_use.items()}
    total = sum(tokens.values())
    share = {use: count / total if total else 0.0 for use, count in tokens.items()}
    seconds = {use: sum(item.entry.provenance.seconds for item in items) for use, items in by_use.items()}
    all_seconds = sum(seconds.values())
    return Report(
        name="coverage",
        title=f"What precomputation is worth in {root.name}",
        shows="Which tier answers the questions asked here, and how much of the precomputed work was used?",
        verdict=tuple(_sentences(by_tier, len(values), len(stored), share, total, all_seconds)),
        tables=(
            Table(
                f"{len(values)} questions: {origin}",
                ("tier", "questions", "share", "ms p50", "ms p99", "tokens a question"),
                tuple(_tier_row(tier, values, seed) for tier in TIERS),
                "Tier “none” needs a model, or asks about something that does not exist.",
            ),
            Table(
                "Stored work",
                ("", "entries", "tokens", "share of the tokens", "seconds"),
                (
                    *((use, len(items), tokens[use], share[use], seconds[use]) for use, items in by_use.items()),
                    ("all", len(stored), total, 1.0 if total else None, all_seconds),
                ),
                f"Spent on idle work for this user today, in all repositories: {seconds_today:.0f} s.",
            ),
        ),
        plots=(
            _bars("Questions by tier", "tier", "questions", {tier: len(by_tier[tier]) / len(values) for tier in TIERS}),
            _bars("Use of the stored work", "use", "tokens", share),
        ),
        settings=measurement.settings(root=root.name, questions=len(values), origin=origin),
        data={
            "tiers": {tier: len(by_tier[tier]) for tier in TIERS},
            "stored_tokens": tokens,
            "stored_seconds": round(all_seconds, 3),
            "idle_seconds_today": round(seconds_today, 3),
            "unanswered": [key.partition(" ")[2] for key, value in answers.items() if value["tier"] == "none"],
        },
    )


def _bars(title: str, x: str, of: str, shares: Mapping[str, float]) -> Plot:
    return Plot(title, x, f"share of the {of}", (Series("share", tuple(shares.items())),), "bar")


def _tier_row(tier: str, values: Sequence[Mapping[str, Any]], seed: int) -> tuple[Cell, ...]:
    share = bootstrap([float(value["tier"] == tier) for value in values], seed)
    own = [value for value in values if value["tier"] == tier]
    if not own:
        return tier, 0, share, None, None, None
    times = [float(value["ms"]) for value in own]
    tokens = sum(value["tokens"] for value in own) / len(own)
    return tier, len(own), share, quantile(times, 0.5), quantile(times, 0.99), tokens


def _sentences(
    by_tier: Mapping[str, Sequence[Mapping[str, Any]]],
    questions: int,
    entries: int,
    share: Mapping[str, float],
    tokens: int,
    seconds: float,
) -> Iterator[str]:
    free = len(by_tier["facts"]) + len(by_tier["predicted"])
    yield (
        f"{free / questions:.0%} of {questions} questions are answered without a model: {len(by_tier['facts'])} from "
        f"facts, {len(by_tier['predicted'])} from predicted questions."
    )
    if not entries:
        yield "Nothing has been precomputed here: no cost, and no benefit."
        return
    yield (
        f"Precomputation took {tokens:,} tokens and {seconds:,.0f} s for {entries} symbols; these questions used "
        f"{share[_USED]:.0%} of the tokens."
    )
    yield (
        f"{share[_STALE] + share[_EMPTY]:.0%} of the tokens are wasted: the code has changed since, or nothing was "
        "stored."
    )
