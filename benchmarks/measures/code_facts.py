"""Accuracy and cost of each tier on questions of fact about a real Python repository.

Questions and expected answers come from Python's own `ast` (datasets/python_questions.py). Answers are judged by rules,
and must be short.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from benchmarks.datasets.python_questions import Asked, Expected, make_questions
from forethought.app.session import Session
from forethought.bench.bootstrap import bootstrap, paired_bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.quantiles import quantile
from forethought.bench.report import Cell, Goal, Interval, Plot, Report, Series, Table
from forethought.bench.trial import git
from forethought.config import load_settings
from forethought.engine.api import CancelToken, Engine
from forethought.errors import ForethoughtError, UsageError
from forethought.idle.pass_runner import method_of
from forethought.insights.prompts import ANSWER_BUDGETS
from forethought.insights.sleep_pass import PassOptions, think
from forethought.names.resolver import Target
from forethought.qa.question import AskedTier, Question
from forethought.syntax.tags import Position
from forethought.workspace.workspace import Workspace

MIN_ACCURACY = 0.98
"""Of facts and predictions together, without a model."""
MAX_SHOWN = 30
CHARACTERS_PER_TOKEN = 4
"""Of prose; limits the length of a model's answer."""


def run(
    measurement: Measurement,
    root: Path,
    limit: Annotated[int, "Number of questions."] = 1200,
    slow: Annotated[int, "Number of them that are also put to the tiers with a model; 0 for none."] = 60,
    verbosities: Annotated[str, "Verbosities, 0 to 4, separated by commas."] = "1",
    seed: Annotated[int, "Seed of the questions and the intervals."] = 7,
) -> Report:
    """Report accuracy, tokens and latency of each tier. Raises UsageError for a repository without Python."""
    ways = [Way("predicted", 1), *(Way(tier, number) for number in _read_verbosities(verbosities) for tier in READERS)]
    asked = make_questions(_read_python(root), limit, seed)
    if not asked:
        raise UsageError(f"{root} tracks no Python files to ask about; name another repository with --root.")
    head = git(root, "rev-parse", "HEAD").strip()
    settings = {"root": root.name, "commit": head, "seed": seed}
    found: dict[str, dict[str, dict[str, Any]]] = {}
    with _open(measurement, root, None) as (session, workspace):
        found[QUICK] = measurement.collect(
            "questions without a model",
            {item.key: item for item in asked},
            partial(_ask, session, workspace),
            {**settings, "tier": "auto"},
        )
    sample = asked[:: max(1, len(asked) // slow)][:slow] if slow else []
    if sample:
        engine = measurement.engine
        with _open(measurement, root, engine) as (session, workspace):
            measurement.collect(
                "symbols precomputed",
                {f"{item.path} {item.name}": item for item in sample if item.path},
                lambda item: _precompute(session, workspace, item, engine),
                settings,
            )
            for way in ways:
                found[way.title] = measurement.collect(
                    f"questions for {way.title}",
                    {item.key: item for item in sample},
                    partial(_ask, session, workspace, tier=way.tier, verbosity=way.verbosity),
                    {**settings, "tier": way.tier, "verbosity": way.verbosity},
                )
    return _report(measurement, root, head, asked, sample, ways if sample else [], found, seed)


QUICK = "facts + predicted"
READERS: tuple[AskedTier, AskedTier] = ("enriched", "full")
"""The tiers in which a model reads: stored insights and facts, or the code."""


@dataclass(frozen=True, slots=True)
class Way:
    """The tier and verbosity with which a question is asked."""

    tier: AskedTier
    verbosity: int

    @property
    def title(self) -> str:
        return self.tier if self.tier == "predicted" else f"{self.tier}, verbosity {self.verbosity}"


@dataclass(frozen=True, slots=True)
class Verdict:
    right: bool
    reason: str = ""


def judge(expected: Expected, answer: str, tier: str, verbosity: int = 0) -> Verdict:
    """Judge whether an answer says all that is expected, and nothing else of its kind, in few words.

    It may quote the definition's own signature. For a model, its verbosity decides how many words are few.
    """
    if tier == "none":
        return Verdict(False, "not answered")
    answer = _without_own_signature(answer, expected)
    longest = _MAX_TEXT_LENGTH if expected.form == "text" else _LONGEST + _MAX_ITEM_LENGTH * len(expected.items)
    longest += _MAX_HINT_LENGTH * len(expected.allowed)
    if tier in READERS:
        longest = max(longest, CHARACTERS_PER_TOKEN * ANSWER_BUDGETS[verbosity])
    if len(answer) > longest:
        return Verdict(False, f"{len(answer)} characters are too many")
    if expected.form == "text":
        said = expected.items[0]
        return Verdict(_plain(said) in _plain(answer), "the text is missing")
    if expected.form == "place":
        path, _, line = expected.items[0].rpartition(":")
        if path not in answer:
            return Verdict(False, "wrong file, or none")
        at_line = re.search(rf"{re.escape(path)}\W+(?:line )?{line}\b", answer)
        return Verdict(at_line is not None, "wrong line, or none")
    denies = _DENIAL.search(answer) is not None
    if expected.form == "unknown":
        return Verdict(denies, "it does not say that there is none")
    if expected.form in ("yes", "no"):
        return Verdict(denies == (expected.form == "no"), "the opposite, or neither")
    return _judge_items(expected, answer, denies)


def _judge_items(expected: Expected, answer: str, denies: bool) -> Verdict:
    spans = [span.strip() for span in re.findall(r"`+([^`]+)`+", answer)]
    listed = [_signed(span) for span in spans if not _PLACE.fullmatch(span)]
    others = [span for span in listed if not any(_same(span, item) for item in expected.items)]
    extra = [span for span in others if not any(_same(span, item) for item in expected.allowed)]
    in_words = len(others) == len(listed)  # none of the expected items is marked as code
    missing = [
        item
        for item in expected.items
        if not any(_same(span, item) for span in listed)
        and not ((in_words or _PLACE.fullmatch(item)) and _mentions(answer, item))
    ]
    if missing:
        return Verdict(False, f"it does not name {', '.join(missing)}")
    extra += [item for item in expected.wrong if in_words and _mentions(answer, item)]
    if extra:
        return Verdict(False, f"it names {', '.join(extra)}")
    if not expected.items and not denies:
        return Verdict(False, "it does not say that there is none")
    return Verdict(True)


def _without_own_signature(answer: str, expected: Expected) -> str:
    for span in re.findall(r"`+[^`]+`+", answer):
        named = _SIGNATURE.match(span.strip("`").strip())
        if named and named["name"] in expected.allowed and named["name"] not in expected.items:
            return answer.replace(span, "", 1)
    return answer


def _same(said: str, item: str) -> bool:
    """Whether a quoted span is the item: `retries: int = 3` is `retries`, `a.b.Error` is `Error`, `@x` is `x`."""
    if said.endswith("…"):  # truncated code
        return len(said) > _MIN_CUT and _bare(item).startswith(_bare(said[:-1]))
    left, right = _canonical(said), _canonical(item)
    return left == right or _name_in(left) == right or left.rpartition(".")[2] == right.rpartition(".")[2] != ""


def _bare(code: str) -> str:
    return re.sub(r"[\s()]", "", code).replace('"', "'")


def _signed(span: str) -> str:
    """The name in a quoted signature or assignment; else the span itself."""
    found = _SIGNATURE.match(span) or re.match(r"(?P<name>\w+)(?:: [^=]*)? = ", span) or _CUT_TYPE.match(span)
    return found["name"] if found else span


def _canonical(text: str) -> str:
    bare = re.sub(
        r"#\d+$", "", text.strip().removeprefix("@").strip()
    )  # our suffix for later definitions with the same name
    try:
        return ast.unparse(ast.parse(bare, mode="eval"))
    except (SyntaxError, ValueError, RecursionError):
        return " ".join(bare.removesuffix("()").split())


def _name_in(declared: str) -> str:
    """The name in a parameter's declaration."""
    return re.split(r"[:=]", declared, maxsplit=1)[0].strip().lstrip("*")


def _mentions(answer: str, item: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(item)}(?!\w)", answer) is not None


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[`*_\\~]", "", text).split()).lower()


_LONGEST, _MAX_ITEM_LENGTH, _MAX_HINT_LENGTH, _MAX_TEXT_LENGTH = 160, 160, 40, 4000
"""Maximum characters of a short answer: in general, more for each expected item, and some for each allowed one; and of
an answer that quotes documentation."""
_MIN_CUT = 40
_CUT_TYPE = re.compile(r"(?P<name>\w+): .*…$")
_DENIAL = re.compile(
    r"\b(?:no|not|none|nothing|never|nobody|without|isn't|doesn't|don't|cannot|required)\b", re.IGNORECASE
)
_SIGNATURE = re.compile(r"(?:async )?(?:def|class) (?P<name>\w+)")
_PLACE = re.compile(r"\S+\.py(?::\d+)?")


def _read_python(root: Path) -> dict[str, str]:
    found = {}
    for path in git(root, "ls-files", "-z", "--", "*.py").split("\0"):
        file = root / path
        if path and file.is_file() and not file.is_symlink():
            try:
                found[path] = file.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # in another encoding line numbers could differ
    return found


@contextmanager
def _open(measurement: Measurement, root: Path, engine: Engine | None) -> Iterator[tuple[Session, Workspace]]:
    """Open a session over the indexed repository, with its own caches."""
    environment = {**measurement.environment, "FORETHOUGHT_CACHE_DIR": str(measurement.folder / "code-facts-cache")}
    flags = {"questions": {"log": False}, **({} if engine is not None else {"engine": "none"})}
    with closing(Session(load_settings(root, environment, flags=flags), environment, engine=engine)) as session:
        workspace = session.add_root(root)
        workspace.refresh()
        yield session, workspace


def _ask(
    session: Session, workspace: Workspace, item: Asked, tier: AskedTier = "auto", verbosity: int = 1
) -> dict[str, Any]:
    at = (workspace, item.path, Position(item.line - 1, 0)) if item.path and tier != "auto" else None
    try:
        question = Question(item.text, at=at, tier=tier, verbosity=verbosity)
        answer = session.ask(question, lambda delta: None, CancelToken())
    except ForethoughtError as error:
        return {"answer": str(error), "tier": "none", "tokens": 0, "ms": 0.0}
    usage = answer.usage
    return {
        "answer": answer.text,
        "tier": answer.tier,
        "tokens": usage.prompt_tokens + usage.completion_tokens,
        "ms": round(answer.total_ms, 3),
    }


def _precompute(session: Session, workspace: Workspace, item: Asked, engine: Engine) -> dict[str, Any]:
    """Compute and store insights about the symbol of a question, as a pass would."""
    context = workspace.saved.context(Target(item.path, item.name))
    if context is None:
        return {"outcome": "not in the index"}
    thought = think(context, engine, method_of(session.settings, "requested"), PassOptions(), CancelToken())
    session.contexts.put_many([thought.entry])
    provenance = thought.entry.provenance
    return {
        "outcome": thought.entry.outcome,
        "tokens": provenance.prompt_tokens + provenance.completion_tokens,
        "seconds": provenance.seconds,
    }


def _report(
    measurement: Measurement,
    root: Path,
    head: str,
    asked: Sequence[Asked],
    sample: Sequence[Asked],
    ways: Sequence[Way],
    found: Mapping[str, Mapping[str, Mapping[str, Any]]],
    seed: int,
) -> Report:
    by_key = {item.key: item for item in asked}
    verbosity = {way.title: way.verbosity for way in ways}
    verdicts = {
        way: {
            key: judge(by_key[key].expected, value["answer"], value["tier"], verbosity.get(way, 1))
            for key, value in answers.items()
        }
        for way, answers in found.items()
    }
    rows = [_tier_row(QUICK, found[QUICK], verdicts[QUICK], seed)]
    if sample:
        keys = [item.key for item in sample if item.key in found[QUICK]]
        same = {key: found[QUICK][key] for key in keys}
        rows.append(_tier_row(f"{QUICK}, same questions as below", same, verdicts[QUICK], seed))
        rows += [_tier_row(way.title, found[way.title], verdicts[way.title], seed) for way in ways]
    columns = (
        "tier",
        "questions",
        "right",
        "answered",
        "right if answered",
        "tokens a question",
        "ms p50",
        "ms p99",
    )
    kinds = sorted({item.kind for item in asked})
    misses = [
        {"kind": by_key[key].kind, "question": by_key[key].text, "expected": list(by_key[key].expected.items),
         "answer": found[QUICK][key]["answer"], "why": verdict.reason, "path": by_key[key].path}
        for key, verdict in verdicts[QUICK].items()
        if not verdict.right
    ]  # fmt: skip
    accuracy = bootstrap([float(verdict.right) for verdict in verdicts[QUICK].values()], seed)
    tokens = sum(value["tokens"] for value in found[QUICK].values())
    return Report(
        name="code-facts",
        title=f"Questions of fact about {root.name}",
        shows="Are questions of fact about a real Python repository answered right without a model? Expected answers "
        "come from Python's own ast, not from our index; answers must be short and name nothing else of the kind.",
        verdict=(
            f"Facts and predictions answer {accuracy.mean:.1%} of {len(found[QUICK])} questions right; {len(misses)} "
            "misses.",
            *_choices(ways, found, verdicts, seed),
        ),
        goals=(
            Goal("share right without a model", round(accuracy.mean, 4), "≥", MIN_ACCURACY),
            Goal("model tokens used for them", tokens, "=", 0),
        ),
        tables=(
            Table("Tiers", columns, tuple(rows), "In “right”, unanswered questions count as wrong."),
            Table(
                f"{QUICK}, by kind of question",
                ("kind", "questions", "right"),
                tuple(_kind_row(kind, by_key, verdicts[QUICK]) for kind in kinds),
            ),
            Table(
                f"The first {min(MAX_SHOWN, len(misses))} of {len(misses)} misses",
                ("kind", "question", "expected", "answer", "why"),
                tuple(
                    (miss["kind"], miss["question"], ", ".join(miss["expected"]), _cut(miss["answer"]), miss["why"])
                    for miss in misses[:MAX_SHOWN]
                ),
                "All of them are in the JSON file.",
            ),
        ),
        plots=(
            Plot("Right answers by tier", "asked of", "share right", tuple(_bars(ways, verdicts, seed)), "bar"),
        ),
        settings=measurement.settings(
            root=root.name, commit=head[:12], questions=len(asked), slow=len(sample), seed=seed
        ),
        data={"misses": misses, "tiers": [
            {"tier": str(row[0]), "questions": row[1], "right": row[2].mean if isinstance(row[2], Interval) else None,
             "tokens": row[5], "ms_p50": row[6], "ms_p99": row[7]} for row in rows]},
    )  # fmt: skip


def _tier_row(
    tier: str, answers: Mapping[str, Mapping[str, Any]], verdicts: Mapping[str, Verdict], seed: int
) -> tuple[Cell, ...]:
    right = [float(verdicts[key].right) for key in answers]
    answered = [key for key, value in answers.items() if value["tier"] != "none"]
    times = [float(value["ms"]) for value in answers.values()]
    return (
        tier,
        len(answers),
        bootstrap(right, seed),
        len(answered) / len(answers),
        sum(verdicts[key].right for key in answered) / len(answered) if answered else None,
        sum(value["tokens"] for value in answers.values()) / len(answers),
        quantile(times, 0.5),
        quantile(times, 0.99),
    )


def _bars(ways: Sequence[Way], verdicts: Mapping[str, Mapping[str, Verdict]], seed: int) -> Iterator[Series]:
    """Facts and predictions alone, and each tier with a model by verbosity."""
    bars = {QUICK: [("no model", QUICK)]}
    for tier in READERS:
        bars[tier] = [(f"a model, verbosity {way.verbosity}", way.title) for way in ways if way.tier == tier]
    for name, places in bars.items():
        found = [(place, bootstrap([float(verdict.right) for verdict in verdicts[way].values()], seed))
                 for place, way in places]  # fmt: skip
        if found:
            yield Series(
                name,
                tuple((place, interval.mean) for place, interval in found),
                tuple((interval.low, interval.high) for _, interval in found),
            )


def _kind_row(kind: str, asked: Mapping[str, Asked], verdicts: Mapping[str, Verdict]) -> tuple[Cell, ...]:
    of_kind = [verdict.right for key, verdict in verdicts.items() if asked[key].kind == kind]
    return kind, len(of_kind), sum(of_kind) / len(of_kind) if of_kind else None


def _choices(
    ways: Sequence[Way],
    found: Mapping[str, Mapping[str, Mapping[str, Any]]],
    verdicts: Mapping[str, Mapping[str, Verdict]],
    seed: int,
) -> Iterator[str]:
    """Compare tiers `enriched` and `full` at each verbosity: the basis for choosing between them."""
    for verbosity in sorted({way.verbosity for way in ways if way.tier in READERS}):
        known, code = (Way(tier, verbosity).title for tier in READERS)
        rights = [[float(verdict.right) for verdict in verdicts[way].values()] for way in (known, code)]
        gain = paired_bootstrap(rights[0], rights[1], seed)
        costs = [
            f"{sum(value['tokens'] for value in found[way].values()) / len(found[way]):,.0f} tokens and "
            f"{sum(value['ms'] for value in found[way].values()) / len(found[way]) / 1000:.1f} s"
            for way in (known, code)
        ]
        known_right, code_right = (sum(right) / len(right) for right in rights)
        yield (
            f"At verbosity {verbosity} the same model answers {known_right:.0%} of {len(rights[0])} right from "
            f"insights and facts ({costs[0]} a question) and {code_right:.0%} from the code ({costs[1]}): "
            f"{gain.mean:+.2f} ({gain.low:+.2f} to {gain.high:+.2f})."
        )


def _read_verbosities(text: str) -> list[int]:
    """Raises UsageError."""
    try:
        found = sorted({int(number) for number in text.split(",")})
    except ValueError:
        found = []
    if not found or not 0 <= found[0] <= found[-1] < len(ANSWER_BUDGETS):
        raise UsageError(
            f"“{text}” is no list of verbosities; give numbers from 0 to {len(ANSWER_BUDGETS) - 1}, e.g. 0,1,3."
        )
    return found


def _cut(text: str, limit: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
