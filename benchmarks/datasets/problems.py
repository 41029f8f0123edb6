"""Word problems split into a context, known beforehand, and the questions asked about it."""

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar

from forethought.errors import UsageError

Item = TypeVar("Item")

JUGGLER: Final = Path(__file__).parent.parent / "data" / "juggler.json"

_PUBLISHED: Final = ("stateful_gsm_symbolic", "stateful_aime")
"""Prefixes of the paper's fields `…_context` and `…_question`: Stateful GSM-Symbolic (P1, P2), Stateful AIME."""
_ABBREVIATIONS: Final = re.compile(
    r"mr|mrs|ms|dr|st|jr|sr|vs|approx|oz|lbs?|ft|sq|etc|inc|ltd|co|e\.g|i\.e|a\.m|p\.m|u\.s"
)
_BREAK: Final = re.compile(r"""(?<=[.!?])(["'”’)\]]*)(?:\s+(?=["'“‘(\[]*[A-Z0-9$])|(?=[A-Z][a-z]))""")
"""After a sentence comes white space or, in GSM8K, directly the next sentence."""
_NUMBERS: Final = re.compile(
    r"(?:(?<![\w.)])[-−])?\$?\s?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\s?/\s?\d+)?|(?<!\d)\.\d+)"
)
_BOXED: Final = re.compile(r"\\f?boxed\s*\{([^{}]*)\}")
_ANSWER_IS: Final = re.compile(r"\banswer\b(?:\s+(?:is|was|equals)\b|\s*[:=])", re.IGNORECASE)
_STEP: Final = re.compile(r"<<[^<>]*=([^<>=]+)>>")
_SAME: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Query:
    question: str
    answer: float


@dataclass(frozen=True, slots=True)
class Situation:
    """A context and the questions about it."""

    key: str
    """Digest of its text; results are stored under it."""
    context: str
    queries: tuple[Query, ...]

    @property
    def query(self) -> Query:
        """The problem's own question, which comes last."""
        return self.queries[-1]


def read_situations(file: Path) -> list[Situation]:
    """Read problems of any published form: GSM8K, Socratic GSM8K, Stateful GSM-Symbolic, Stateful AIME, the demo's.

    JSON lines, or one JSON list or object. A problem of a single sentence has no context and is left out. Raises
    UsageError if the file cannot be read or has another form.
    """
    try:
        text = file.read_text(encoding="utf-8")
        records = _records(text)
        found = [situation for record in records if (situation := _situation(record)) is not None]
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror}); name a file of problems.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{file} has an unknown format ({type(error).__name__}: {error}); it must be JSON lines with "
            "`question` and `answer`, or with the paper's `stateful_…_context` and `stateful_…_question`."
        ) from error
    if not found:
        raise UsageError(f"{file} has no problem with a context; name another file.")
    return found


def sample(items: Sequence[Item], limit: int, seed: int) -> list[Item]:
    """Draw `limit` items in random order; 0 for all. A larger limit extends the sample of a smaller one."""
    shuffled = list(items)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - sampling, not cryptography
    return shuffled[:limit] if limit else shuffled


def split_problem(problem: str) -> tuple[str, str]:
    """Split a problem into (context, question).

    The question starts at the last sentence with a question mark, else it is the last sentence. A single sentence gives
    ("", problem).
    """
    found = sentences(problem)
    asking = [number for number, sentence in enumerate(found) if "?" in sentence]
    start = asking[-1] if asking else len(found) - 1
    return " ".join(found[:start]), " ".join(found[start:])


def sentences(text: str) -> list[str]:
    """Split prose into sentences without breaking `$1.50`, `3.5`, `Mr. Lee` or `7 a.m. today`."""
    text = " ".join(text.split())
    found, start = [], 0
    for gap in _BREAK.finditer(text):
        before = text[start : gap.start()]
        last = before.rsplit(" ", 1)[-1].strip("\"'“”‘’([").removesuffix(".").lower()
        if before.endswith(".") and _ABBREVIATIONS.fullmatch(last):
            continue
        found.append(text[start : gap.end()].strip())
        start = gap.end()
    return [sentence for sentence in (*found, text[start:].strip()) if sentence]


def read_answer(text: str) -> float | None:
    """Read the number a model gives as its answer, or None if it gives none, or none clearly.

    In this order: the last `\\boxed{…}`; what follows the last “answer is”, of an equation its right side; the only
    number in the text.
    """
    if boxed := _BOXED.findall(text):
        return _only_number(boxed[-1])
    if said := list(_ANSWER_IS.finditer(text)):
        rest = sentences(text[said[-1].end() :].strip() or "-")[0]
        numbers = _NUMBERS.findall(rest.rpartition("=")[2]) or _NUMBERS.findall(rest)
        return to_number(numbers[0]) if numbers else None
    return _only_number(text)


def to_number(text: str) -> float | None:
    """Parse `1,234.50`, `$5`, `-3` or `3/4`; None for anything else."""
    bare = re.sub(r"[\s,$]", "", text).replace("−", "-")
    above, slash, below = bare.partition("/")
    try:
        return float(above) / float(below) if slash else float(above)
    except (ValueError, ZeroDivisionError):
        return None


def is_right(text: str, expected: float) -> bool:
    """Whether a model's text gives the expected answer."""
    given = read_answer(text)
    return given is not None and same_number(given, expected)


def holds(notes: str, answer: float) -> bool:
    """Whether the number occurs anywhere in the notes."""
    values = (to_number(found) for found in _NUMBERS.findall(notes))
    return any(value is not None and same_number(value, answer) for value in values)


def same_number(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME * max(1.0, abs(other))


def number_text(value: float) -> str:
    """A number as people write it: `18`, `2.5`."""
    return str(int(value)) if value == int(value) else f"{value:g}"


def _only_number(text: str) -> float | None:
    values = {to_number(found) for found in _NUMBERS.findall(text)}
    return values.pop() if len(values) == 1 else None


def _records(text: str) -> list[Mapping[str, Any]]:
    try:
        whole = json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return whole if isinstance(whole, list) else [whole]


def _situation(record: Mapping[str, Any]) -> Situation | None:
    if "questions" in record:
        queries = [Query(query["question"], _expected(query["answer"])) for query in record["questions"]]
        return _make(record["context"], queries)
    context, question = _split(record)
    answer = record["answer"]
    queries = _steps(answer) if isinstance(answer, str) else []
    return _make(context, [*queries, Query(question, _expected(answer))])


def _make(context: str, queries: Sequence[Query]) -> Situation | None:
    key = sha256("\0".join((context, *(query.question for query in queries))).encode()).hexdigest()[:16]
    return Situation(key, context, tuple(queries)) if context else None


def _split(record: Mapping[str, Any]) -> tuple[str, str]:
    """The published split, if there is one and it does not break a decimal number; else our own."""
    for prefix in _PUBLISHED:
        if f"{prefix}_context" in record:
            whole = record.get("question") or record.get("problem") or ""
            if prefix == "stateful_gsm_symbolic" and re.search(r"\d\.\d", whole):
                return split_problem(whole)
            return record[f"{prefix}_context"].strip(), record[f"{prefix}_question"].strip()
    return split_problem(record["question"])


def _expected(answer: str | float) -> float:
    value = to_number(answer.rpartition("####")[2]) if isinstance(answer, str) else float(answer)
    if value is None:
        raise ValueError(f"{answer!r} does not end with a number")
    return value


def _steps(answer: str) -> list[Query]:
    """Socratic sub-questions whose step computes a number, except the last, which is the problem's own."""
    found = []
    for line in answer.splitlines()[:-2]:
        question, marked, step = line.partition(" ** ")
        values = _STEP.findall(step)
        value = to_number(values[-1]) if values else None
        if marked and "?" in question and value is not None:
            found.append(Query(question.strip(), value))
    return found
