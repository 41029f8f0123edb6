"""Precision, recall and latency of matching questions with what they ask.

The questions and their expected matches are in data/matching. They are asked as a person would ask them, of a session
over a small shop. Any number of other stored questions is added in a generated part of the repository.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from forethought.app.session import Session
from forethought.bench.quantiles import quantile
from forethought.bench.report import Cell, Goal, Report, Table
from forethought.bench.trial import Trial
from forethought.config import load_settings
from forethought.engine.api import CancelToken, Message
from forethought.errors import UsageError
from forethought.insights.entry import Entry, Insights, PredictedQuestion, Provenance
from forethought.qa.intent import Intent
from forethought.qa.question import Answer, Question
from forethought.qa.referents import Referents
from forethought.syntax.symbol_kinds import CLASS_KINDS
from forethought.syntax.tags import Position, Symbol
from forethought.workspace.workspace import Workspace

MIN_PRECISION = 0.98
MIN_RECALL = 0.75
MAX_MILLISECONDS = 10.0

_DATA = Path(__file__).parent.parent / "data" / "matching"
_GENERATOR_ID = "bench"
_FREE_FORM = {
    "parse_price": (("Does parse_price accept negative prices?", "No."),),
    "Order.total": (("Is the tax included in Order.total?", "Yes."),),
    "charge": (("Can charge be retried safely after a timeout?", "No."),),
}
"""Stored questions no rule understands, such as those from a model or from the question log."""
_PLAIN_NAMES = (
    "handle run load save first write read close open start stop count name text fast better project database entry "
    "empty spaces retry money prices errors configuration supports input list show find get default value type line"
)
"""Names that are also plain words of questions: a large repository has all of them."""
_FUNCTIONS_PER_FILE = 25
_QUESTIONS_PER_FUNCTION = 4


@dataclass(frozen=True, slots=True)
class Case:
    """A question, where it is asked, and the expected match."""

    question: str
    category: str
    symbol: str | None
    """Qualified name of the symbol, or a path."""
    aspect: str | None
    """None if nothing may be matched."""
    other: str | None = None
    at: tuple[str, int] | None = None
    """File and 0-based row."""
    history: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    case: Case
    aspect: str | None
    symbol: str | None
    right: bool
    understood_ms: float
    """Time from the question's text to what it asks about which symbol."""
    answered_ms: float


def run(
    stored: Annotated[int, "Number of other stored questions."] = 10_000,
    questions: Annotated[
        Path | None, "File with other questions, in the format of data/matching/questions.jsonl."
    ] = None,
) -> Report:
    """Report precision and recall by category, wrong matches, and latencies. Raises UsageError for a faulty file."""
    cases = read_cases(questions.read_text(encoding="utf-8")) if questions else own_cases()
    with Trial() as trial:
        root = trial.folder / "shop"
        lay_out(root, stored)
        environment = trial.environment("machine", engine="none")
        loaded = load_settings(root, environment)
        with closing(Session(loaded, environment)) as session:
            workspace = session.add_root(root)
            workspace.refresh()
            kept = store_questions(session, workspace)
            outcomes = ask_all(session, workspace, cases)
        machine = trial.machine
    return _report(outcomes, kept, machine)


def own_cases() -> list[Case]:
    """The cases in data/matching."""
    return read_cases((_DATA / "questions.jsonl").read_text(encoding="utf-8"))


def read_cases(text: str) -> list[Case]:
    """Read JSON lines: question, category, expected {symbol, aspect, other?} or null, at? {path, line}, history?.

    Raises UsageError for a faulty line.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            row = json.loads(line)
            expected, at = row["expected"] or {}, row.get("at")
            found.append(
                Case(
                    row["question"],
                    row["category"],
                    expected.get("symbol"),
                    expected.get("aspect"),
                    expected.get("other"),
                    (at["path"], at["line"] - 1) if at else None,
                    tuple(row.get("history", ())),
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(
                f"Line {number} of the questions is faulty ({error!r}); see benchmarks/data/matching/questions.jsonl."
            ) from None
    return found


def lay_out(root: Path, stored: int) -> None:
    """Write the shop, and files with as many functions as `stored` questions need."""
    for path, text in json.loads((_DATA / "world.json").read_text(encoding="utf-8")).items():
        _write(root / path, text)
    for number, start in enumerate(range(0, stored // _QUESTIONS_PER_FUNCTION, _FUNCTIONS_PER_FILE)):
        functions = (_function(place) for place in range(start, start + _FUNCTIONS_PER_FILE))
        _write(root / f"depot/part_{number // 100}/shelf_{number}.py", "\n\n".join(functions))


def store_questions(session: Session, workspace: Workspace) -> int:
    """Store insights about every symbol, as a pass would; returns the number of stored questions."""
    count = 0
    for path in sorted(workspace.index.paths()):
        entries = [_entry(item.symbol, item.context_hash) for item in workspace.saved.symbols(path)]
        session.contexts.put_many(entries)
        count += sum(len(entry.insights.questions) for entry in entries)
    return count


def ask_all(session: Session, workspace: Workspace, cases: Sequence[Case]) -> list[Outcome]:
    referents = Referents(lambda: session.workspaces)
    for case in cases[:20]:
        session.ask(_question(case, workspace), lambda delta: None, CancelToken())  # warm
    return [_ask(session, workspace, referents, case) for case in cases]


def shares(outcomes: Sequence[Outcome]) -> tuple[float | None, float | None]:
    """(precision, recall); None if nothing was matched, or nothing should have been."""
    matched = [outcome for outcome in outcomes if outcome.aspect is not None]
    wanted = [outcome for outcome in outcomes if outcome.case.aspect is not None]
    right = sum(outcome.right for outcome in outcomes if outcome.aspect is not None)
    return (right / len(matched) if matched else None, right / len(wanted) if wanted else None)


def _ask(session: Session, workspace: Workspace, referents: Referents, case: Case) -> Outcome:
    question = _question(case, workspace)
    started = time.perf_counter()
    intent = referents.resolve(question).intent
    understood = time.perf_counter()
    answer = session.ask(question, lambda delta: None, CancelToken())
    answered = time.perf_counter()
    aspect, symbol = _decided(answer)
    if intent is not None and intent.aspect == "changed_since":
        aspect = intent.aspect
    expected_symbol = case.symbol if case.aspect not in ("unknown", "ambiguous", "changed_since") else None
    right = (
        aspect == case.aspect
        and (expected_symbol is None or symbol == expected_symbol)
        and (case.other is None or _names(answer, intent, case.other))
        and (case.aspect in (None, "unknown") or case.other is not None or intent is None or intent.other is None)
    )
    return Outcome(case, aspect, symbol, right, (understood - started) * 1000, (answered - understood) * 1000)


def _names(answer: Answer, intent: Intent | None, other: str) -> bool:
    """Whether the question was understood to name this parameter or second symbol."""
    return intent.other == other if intent is not None else f"`{other}`" in answer.text


def _question(case: Case, workspace: Workspace) -> Question:
    at = None
    if case.at is not None:
        path, row = case.at
        line = workspace.lines(path)[row]
        at = (workspace, path, Position(row, len(line) - len(line.lstrip())))
    return Question(case.question, at, tuple(Message("user", text) for text in case.history))


def _decided(answer: Answer) -> tuple[str | None, str | None]:
    """The aspect and symbol that were matched; (None, None) if the answer would need a model."""
    if answer.tier not in ("facts", "predicted") or answer.aspect is None:
        return None, None
    source = answer.sources[0] if answer.sources else None
    return answer.aspect, (source.symbol or source.path) if source else None


def _report(outcomes: Sequence[Outcome], stored: int, machine: dict[str, Any]) -> Report:
    precision, recall = shares(outcomes)
    understood = [outcome.understood_ms for outcome in outcomes]
    answered = [outcome.answered_ms for outcome in outcomes if outcome.aspect is not None] or [0.0]
    wrong = [outcome for outcome in outcomes if outcome.aspect is not None and not outcome.right]
    missed = [outcome for outcome in outcomes if outcome.aspect is None and outcome.case.aspect is not None]
    p99 = quantile(understood, 0.99)
    matched = sum(outcome.aspect is not None for outcome in outcomes)
    tables = (
        Table(
            "By category",
            ("category", "questions", "to match", "right", "wrong", "missed", "precision", "recall"),
            tuple(_rows(outcomes)),
        ),
        Table(
            "Milliseconds",
            ("", "p50", "p99", "max"),
            (
                ("question understood", *(round(quantile(understood, share), 2) for share in (0.5, 0.99, 1.0))),
                ("answered, if matched", *(round(quantile(answered, share), 2) for share in (0.5, 0.99, 1.0))),
            ),
            "Answering may involve a search through the whole repository, which is not part of matching.",
        ),
        Table(
            "Wrong matches",
            ("question", "matched", "expected"),
            tuple(
                (outcome.case.question, _match_text(outcome.aspect, outcome.symbol), _expected(outcome.case))
                for outcome in wrong
            ),
        ),
        Table(
            "Missed",
            ("question", "expected"),
            tuple((outcome.case.question, _expected(outcome.case)) for outcome in missed),
        ),
    )
    return Report(
        name="matching",
        title="Question matching",
        shows="Is a question matched with what it asks, about the symbol it means, and with nothing else?",
        verdict=(f"{len(wrong)} of {matched} matches are wrong, with {stored:,} stored questions.",),
        goals=(
            Goal("precision", round(precision or 0.0, 3), "≥", MIN_PRECISION),
            Goal("recall", round(recall or 0.0, 3), "≥", MIN_RECALL),
            Goal("question understood, p99", round(p99, 2), "<", MAX_MILLISECONDS, "ms"),
        ),
        tables=tables,
        settings={"questions": len(outcomes), "stored": stored, **machine},
        data={
            "precision": precision,
            "recall": recall,
            "wrong": [outcome.case.question for outcome in wrong],
            "missed": [outcome.case.question for outcome in missed],
            "understood_ms": {"p50": quantile(understood, 0.5), "p99": p99},
        },
    )


def _rows(outcomes: Sequence[Outcome]) -> Iterator[tuple[Cell, ...]]:
    categories = list(dict.fromkeys(outcome.case.category for outcome in outcomes))
    for category in [*categories, None]:
        these = [outcome for outcome in outcomes if category in (None, outcome.case.category)]
        wanted = sum(outcome.case.aspect is not None for outcome in these)
        right = sum(outcome.right and outcome.aspect is not None for outcome in these)
        wrong = sum(not outcome.right and outcome.aspect is not None for outcome in these)
        missed = sum(outcome.aspect is None and outcome.case.aspect is not None for outcome in these)
        precision, recall = (None if share is None else round(share, 3) for share in shares(these))
        yield category or "all", len(these), wanted, right, wrong, missed, precision, recall


def _match_text(aspect: str | None, symbol: str | None) -> str:
    return f"{aspect} of {symbol}" if symbol else str(aspect)


def _expected(case: Case) -> str:
    return "nothing" if case.aspect is None else _match_text(case.aspect, case.symbol)


def _function(place: int) -> str:
    """Source of a function as repositories have thousands; some are named by a plain word."""
    words = _PLAIN_NAMES.split()
    plain = words[place] if place < len(words) else ""
    kinds = ("box", "crate", "pallet", "parcel")
    name = plain or f"move_{kinds[place % 4]}_{place}"
    used = f"move_{kinds[(place - 1) % 4]}_{place - 1}" if place > len(words) else "len"
    lines = (f'def {name}(weight: int, shelf: str = "a{place}") -> int:', '    """Move one thing."""')
    return "\n".join((*lines, f"    return {used}(shelf) + weight\n"))


def _entry(symbol: Symbol, context_hash: str) -> Entry:
    name = f"`{symbol.name}`"
    if symbol.kind == "file":
        asked = ["What does this file do?", "How do the parts of this file work together?"]
    elif symbol.kind in CLASS_KINDS:
        asked = [f"What is {name} for?", f"How do I use {name}?", f"When should I use {name}?"]
    else:
        asked = [f"What does {name} do?", f"When should I use {name}?", f"How does {name} work?"]
        asked.append(f"What should a caller of {name} know?")
    questions = [PredictedQuestion(question, "It is written down.") for question in asked]
    questions += [PredictedQuestion(question, answer) for question, answer in _FREE_FORM.get(symbol.name, ())]
    provenance = Provenance("none", _GENERATOR_ID, "0", 1, 1, 0, 0, 0.0, "2026-01-01T00:00:00+00:00")
    return Entry(context_hash, _GENERATOR_ID, "done", Insights("It is one thing.", (), tuple(questions)), provenance)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
