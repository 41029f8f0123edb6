"""Word problems whose context and question are apart: what is known before, and what is asked then."""

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

DATA: Final = Path(__file__).parent.parent / "data"
GSM8K: Final = DATA / "gsm8k_test.jsonl"
SOCRATIC: Final = DATA / "gsm8k_socratic.jsonl"
JUGGLER: Final = DATA / "juggler.json"

_PUBLISHED: Final = ("stateful_gsm_symbolic", "stateful_aime")
"""The prefixes of the paper's fields: `…_context`, `…_question` (Stateful GSM-Symbolic P1 and P2, Stateful AIME)."""
_ABBREVIATIONS: Final = re.compile(
    r"mr|mrs|ms|dr|st|jr|sr|vs|approx|oz|lbs?|ft|sq|etc|inc|ltd|co|e\.g|i\.e|a\.m|p\.m|u\.s"
)
_BREAK: Final = re.compile(r"""(?<=[.!?])(["'”’)\]]*)(?:\s+(?=["'“‘(\[]*[A-Z0-9$])|(?=[A-Z][a-z]))""")
"""After the end of a sentence comes space, or (as GSM8K has it) the next sentence at once."""
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
    """A context, and what is asked about it."""

    key: str
    """Of its text: names its results."""
    context: str
    queries: tuple[Query, ...]

    @property
    def query(self) -> Query:
        """The one that a problem ends with."""
        return self.queries[-1]


def read_situations(file: Path) -> list[Situation]:
    """Problems of any published form: GSM8K, Socratic GSM8K, Stateful GSM-Symbolic, Stateful AIME, the demo's.

    JSON lines, or one JSON list or object. A problem of a single sentence has no context and is left out. Raises
    UsageError for a file of another form.
    """
    try:
        text = file.read_text(encoding="utf-8")
        records = _records(text)
        found = [situation for record in records if (situation := _situation(record)) is not None]
    except OSError as error:
        raise UsageError(f"{file} cannot be read ({error.strerror}); name a file of problems.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{file} is no file of problems that we know ({type(error).__name__}: {error}); it must be JSON lines with "
            "`question` and `answer`, or with the paper's `stateful_…_context` and `stateful_…_question`."
        ) from error
    if not found:
        raise UsageError(f"{file} holds no problem with a context; name another file.")
    return found


def sample(items: Sequence[Item], limit: int, seed: int) -> list[Item]:
    """`limit` of the items, in an order of chance; 0 is all. A larger limit adds to what a smaller one takes."""
    shuffled = list(items)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - a sample, no secret
    return shuffled[:limit] if limit else shuffled


def split_problem(problem: str) -> tuple[str, str]:
    """(context, question): the question begins with the last sentence that asks, or is the last sentence.

    ("", problem) for a single sentence.
    """
    found = sentences(problem)
    asking = [number for number, sentence in enumerate(found) if "?" in sentence]
    start = asking[-1] if asking else len(found) - 1
    return " ".join(found[:start]), " ".join(found[start:])


def sentences(text: str) -> list[str]:
    """Split prose into its sentences; `$1.50`, `3.5`, `Mr. Lee` and `7 a.m. today` stay whole."""
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
    """The number that a model gives as its answer, or None where it gives none, or not clearly.

    In this order: the last `\\boxed{…}`, what follows the last “answer is”, the only number in the text. Where an
    equation follows “answer is”, its right side.
    """
    if boxed := _BOXED.findall(text):
        return _only_number(boxed[-1])
    if said := list(_ANSWER_IS.finditer(text)):
        rest = sentences(text[said[-1].end() :].strip() or "-")[0]
        numbers = _NUMBERS.findall(rest.rpartition("=")[2]) or _NUMBERS.findall(rest)
        return to_number(numbers[0]) if numbers else None
    return _only_number(text)


def to_number(text: str) -> float | None:
    """`1,234.50`, `$5`, `-3`, `3/4`; None for anything else."""
    bare = re.sub(r"[\s,$]", "", text).replace("−", "-")
    above, slash, below = bare.partition("/")
    try:
        return float(above) / float(below) if slash else float(above)
    except (ValueError, ZeroDivisionError):
        return None


def is_right(text: str, expected: float) -> bool:
    """Whether the answer in a model's text is the expected one."""
    given = read_answer(text)
    return given is not None and same_number(given, expected)


def holds(notes: str, answer: float) -> bool:
    """Whether the number stands anywhere in the notes."""
    values = (to_number(found) for found in _NUMBERS.findall(notes))
    return any(value is not None and same_number(value, answer) for value in values)


def same_number(one: float, other: float) -> bool:
    return abs(one - other) <= _SAME * max(1.0, abs(other))


def number_text(value: float) -> str:
    """As one writes it: `18`, `2.5`."""
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
        return _made(record["context"], queries)
    context, question = _apart(record)
    answer = record["answer"]
    queries = _steps(answer) if isinstance(answer, str) else []
    return _made(context, [*queries, Query(question, _expected(answer))])


def _made(context: str, queries: Sequence[Query]) -> Situation | None:
    key = sha256("\0".join((context, *(query.question for query in queries))).encode()).hexdigest()[:16]
    return Situation(key, context, tuple(queries)) if context else None


def _apart(record: Mapping[str, Any]) -> tuple[str, str]:
    """The published split, unless it was made at a decimal point: then, and where there is none, our own."""
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
        raise ValueError(f"{answer!r} ends with no number")
    return value


def _steps(answer: str) -> list[Query]:
    """Socratic sub-questions whose step ends in a computed number; not the last, which is the problem's own."""
    found = []
    for line in answer.splitlines()[:-2]:
        question, marked, step = line.partition(" ** ")
        values = _STEP.findall(step)
        value = to_number(values[-1]) if values else None
        if marked and "?" in question and value is not None:
            found.append(Query(question.strip(), value))
    return found
