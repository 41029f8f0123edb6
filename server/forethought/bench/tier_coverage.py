"""What the work of sleep is worth on a repository: which tier answers a log of questions, and what was thought in vain.

The questions are those that this user really asked (the local log), a file of them, or templates over the symbols that
are called most. Nothing is thought about here: what stands in c′ is what is measured.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from forethought.app.session import Session
from forethought.bench.bootstrap import bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Cell, Plot, Report, Series, Table
from forethought.bench.trial import quantile
from forethought.config import load_settings
from forethought.engine.api import CancelToken
from forethought.errors import ForethoughtError, UsageError
from forethought.facts.symbol_facts import most_called
from forethought.insights.entry import Entry
from forethought.qa.question import Answer, Question
from forethought.store.question_log import QuestionLog
from forethought.store.user_state import UserState
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
"""Of each symbol: two facts, three that sleep predicts, and one that nobody can have thought of."""
SYMBOLS = 50


@dataclass(frozen=True, slots=True)
class _Thought:
    """One stored entry, and whether it is about the code as it is."""

    entry: Entry
    stale: bool

    @property
    def tokens(self) -> int:
        return self.entry.provenance.prompt_tokens + self.entry.provenance.completion_tokens


def run(
    measurement: Measurement,
    root: Path,
    questions: Annotated[
        Path | None, "A file with one question a line; by default your own log, else templates."
    ] = None,
    limit: Annotated[int, "How many questions; 0 is all."] = 0,
    generate: Annotated[bool, "Let the model answer what needs one; otherwise that counts as left."] = False,
    seed: Annotated[int, "Of the sample and the intervals."] = 7,
) -> Report:
    """Tiers, milliseconds, and the tokens and seconds of sleep. Raises UsageError without questions."""
    engine = measurement.engine if generate else None
    flags = {"questions": {"log": False}, **({} if generate else {"engine": "none"})}
    settings = load_settings(root, measurement.environment, flags=flags)
    with closing(Session(settings, measurement.environment, engine=engine)) as session:
        workspace = session.add_root(root)
        workspace.refresh()
        asked, origin = _questions(workspace, settings.settings.cache_folder, questions)
        if 0 < limit < len(asked):
            asked = random.Random(seed).sample(asked, limit)  # noqa: S311 - a sample, no secret
        if not asked:
            raise UsageError("There is no question to ask; name a file with --questions.")
        thoughts = _thoughts(session, workspace)
        answers = measurement.collect(
            "questions",
            {f"{number} {text}": text for number, text in enumerate(asked)},
            lambda text: _ask(session, workspace, text),
            {"root": str(root), "generate": generate, "content": _content_digest(workspace, thoughts)},
        )
    seconds_today = UserState(settings.settings.cache_folder).spent_today().seconds
    return _report(measurement, root, origin, answers, thoughts, seconds_today, seed)


def _questions(workspace: Workspace, cache_folder: Path, file: Path | None) -> tuple[list[str], str]:
    """The questions, and where they come from. Raises UsageError for a file that cannot be read."""
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{file} cannot be read ({error}); name a text file with one question a line.") from error
        return [text for line in lines if (text := _question_in(line))], f"the file {file.name}"
    if logged := [text for text, _, _ in QuestionLog(cache_folder).questions()]:
        return logged, "the log of what you asked"
    targets = most_called(workspace.overlay, SYMBOLS)
    names = [target.symbol_id.partition("#")[0] for target in targets]
    made = [template.format(name) for template in TEMPLATES for name in names]
    return made, f"templates over the {len(names)} most-called symbols"


def _question_in(line: str) -> str:
    """A question as text, or in the member `question` of a JSON object."""
    if not line.lstrip().startswith("{"):
        return line.strip()
    try:
        value = json.loads(line)["question"]
    except (ValueError, KeyError, TypeError):
        return ""
    return value if isinstance(value, str) else ""


def _thoughts(session: Session, workspace: Workspace) -> list[_Thought]:
    """Every stored entry about a symbol of the root: as it is now, or as it was when it was last thought about."""
    stale_of: dict[str, bool] = {}
    for path in sorted(workspace.index.paths()):
        earlier = workspace.index.context_hashes.last_with_insights(path)
        for item in workspace.saved.symbols(path):
            stale_of[item.context_hash] = False
            if item.symbol.id in earlier:
                stale_of.setdefault(earlier[item.symbol.id], True)
    entries = session.contexts.get_many(stale_of)
    return [_Thought(entry, stale_of[context_hash]) for context_hash, found in entries.items() for entry in found]


def _content_digest(workspace: Workspace, thoughts: Sequence[_Thought]) -> str:
    """Of every file and everything stored about it: both change the answers."""
    files = sorted((path, workspace.index.content_hash(path)) for path in workspace.index.paths())
    stored = sorted((item.entry.context_hash, item.entry.generator_id) for item in thoughts)
    return sha256(repr((files, stored)).encode("utf-8", "surrogatepass")).hexdigest()


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
        "used": sorted(_subjects_used(workspace, answer)),
    }


def _subjects_used(workspace: Workspace, answer: Answer) -> set[str]:
    """Of which stored entries an answer is made."""
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


def _report(
    measurement: Measurement,
    root: Path,
    origin: str,
    answers: Mapping[str, Mapping[str, Any]],
    thoughts: Sequence[_Thought],
    seconds_today: float,
    seed: int,
) -> Report:
    values = list(answers.values())
    by_tier = {tier: [value for value in values if value["tier"] == tier] for tier in TIERS}
    used = Counter(context_hash for value in values for context_hash in value["used"])
    stored = {
        "used in an answer": [item for item in thoughts if item.entry.context_hash in used],
        "fresh, not asked for": [
            item
            for item in thoughts
            if item.entry.context_hash not in used and not item.stale and item.entry.outcome == "done"
        ],
        "stale: the code has changed": [
            item for item in thoughts if item.stale and item.entry.context_hash not in used
        ],
        "empty or failed: nothing was kept": [
            item
            for item in thoughts
            if item.entry.context_hash not in used and not item.stale and item.entry.outcome != "done"
        ],
    }
    total = sum(item.tokens for item in thoughts)
    share = {name: sum(item.tokens for item in items) / total if total else 0.0 for name, items in stored.items()}
    seconds = sum(item.entry.provenance.seconds for item in thoughts)
    tiers = Table(
        f"{len(values)} questions: {origin}",
        ("tier", "questions", "share", "ms p50", "ms p99", "tokens a question"),
        tuple(_tier_row(tier, values, seed) for tier in TIERS),
        "“none” is left for a model, or asks for what is not there.",
    )
    sleep = Table(
        "What was thought about",
        ("", "entries", "tokens", "share of the tokens", "seconds"),
        (
            *(
                (name, len(items), sum(item.tokens for item in items), share[name],
                 sum(item.entry.provenance.seconds for item in items))
                for name, items in stored.items()
            ),
            ("all", len(thoughts), total, 1.0 if total else None, seconds),
        ),
        f"Idle thinking of this user today, in all repositories: {seconds_today:.0f} s.",
    )  # fmt: skip
    return Report(
        name="coverage",
        title=f"What sleep is worth in {root.name}",
        shows="Which tier answers what is asked here, and how much of what was thought about here was of use?",
        verdict=tuple(_sentences(by_tier, len(values), thoughts, share, total, seconds)),
        tables=(tiers, sleep),
        plots=(
            Plot("Questions by tier", "tier", "share of the questions", (
                Series("share", tuple((tier, len(by_tier[tier]) / len(values)) for tier in TIERS)),), "bar"),
            Plot("Tokens of sleep", "what became of them", "share of the tokens", (
                Series("share", tuple(share.items())),), "bar"),
        ),
        settings=measurement.settings(root=root.name, questions=len(values), origin=origin),
        data={
            "tiers": {tier: len(by_tier[tier]) for tier in TIERS},
            "sleep": {name: sum(item.tokens for item in items) for name, items in stored.items()},
            "sleep_tokens": total,
            "sleep_seconds": round(seconds, 3),
            "idle_seconds_today": round(seconds_today, 3),
            "left": [key.partition(" ")[2] for key, value in answers.items() if value["tier"] == "none"],
        },
    )  # fmt: skip


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
    count: int,
    thoughts: Sequence[_Thought],
    share: Mapping[str, float],
    total: int,
    seconds: float,
) -> Iterator[str]:
    free = len(by_tier["facts"]) + len(by_tier["predicted"])
    yield (
        f"{free / count:.0%} of {count} questions are answered without a model: {len(by_tier['facts'])} from facts, "
        f"{len(by_tier['predicted'])} from what was predicted."
    )
    if not thoughts:
        yield "Nothing has been thought about here, so sleep has cost nothing and given nothing."
        return
    yield (
        f"Sleep has spent {total:,} tokens and {seconds:,.0f} s on {len(thoughts)} symbols; "
        f"{share['used in an answer']:.0%} of the tokens went into what these questions used."
    )
    wasted = share["stale: the code has changed"] + share["empty or failed: nothing was kept"]
    yield f"{wasted:.0%} of the tokens are lost: to code that has changed since, or because nothing was kept."
