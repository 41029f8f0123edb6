"""Does a description of a function say what the function does? Four-choice questions, answered from several materials.

The questions in data/understanding.jsonl were written by reading the code, and answered by a second reader who did not
know the answers. An option is scored by how much the material raises its likelihood, so that no option wins because it
is short or sounds plausible. See “Surface Form Competition” (arXiv 2104.08315) for that correction.
"""

import json
import random
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from benchmarks.harness.clones import clone_at
from forethought.app.session import Session
from forethought.bench.bootstrap import bootstrap, paired_bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Cell, Goal, Interval, Plot, Report, Series, Table
from forethought.config import load_settings
from forethought.engine.api import CancelToken, Message, Prompt
from forethought.errors import EngineError, UsageError
from forethought.facts.symbol_behavior import behaviors_of, text_limit
from forethought.idle.pass_runner import method_of
from forethought.insights.context import Context
from forethought.insights.entry import Entry
from forethought.insights.prompts import MAX_DOCS
from forethought.insights.sleep_pass import PassOptions, generator_id_of, think
from forethought.names.resolver import Target
from forethought.store.insight_store import DiskInsightStore
from forethought.syntax.behavior import read_bodies
from forethought.workspace.workspace import Workspace

DATA = Path(__file__).parent.parent / "data" / "understanding.jsonl"
ROLES = ("tune", "judge")
"""Questions to develop with, and questions to measure with. No repository has both."""
CHANCE = 0.25
MIN_GAP_CLOSED, MAX_TOKEN_SHARE = 0.7, 0.5
"""Goals: how far from signature to code a description gets, and with what share of the code's tokens."""

NOTHING, SIGNATURE, CODE = "nothing but the name", "signature and docs", "code"
BEHAVIOR, NOTES, BOTH = "behavior", "notes", "behavior and notes"
CODE_AND_BEHAVIOR, ALL = "code and behavior", "code, behavior and notes"
MATERIALS: Mapping[str, tuple[str, ...]] = {
    NOTHING: (),
    SIGNATURE: ("signature",),
    BEHAVIOR: ("behavior",),
    NOTES: ("notes",),
    BOTH: ("behavior", "notes"),
    f"{SIGNATURE}, {BEHAVIOR}": ("signature", "behavior"),
    f"{SIGNATURE}, {NOTES}": ("signature", "notes"),
    f"{SIGNATURE}, {BOTH}": ("signature", "behavior", "notes"),
    CODE: ("code",),
    CODE_AND_BEHAVIOR: ("code", "behavior"),
    ALL: ("code", "behavior", "notes"),
}
"""Each material's parts, in the order of the prompt: those that begin alike are read once."""

_SYSTEM = "You are a senior engineer. You answer questions about a function in one short sentence."


@dataclass(frozen=True, slots=True)
class Question:
    repository: str
    """On GitHub: `owner/name`."""
    commit: str
    path: str
    symbol: str
    language: str
    role: str
    question: str
    options: tuple[str, ...]
    answer: int
    """Index of the right option."""

    @property
    def function(self) -> tuple[str, str, str]:
        return self.repository, self.path, self.symbol


@dataclass(frozen=True, slots=True)
class Described:
    """A function with its questions, and what there is to say about it."""

    name: str
    questions: tuple[Question, ...]
    parts: Mapping[str, str]
    """`signature`, `behavior`, `notes` and `code`, each as a prompt shows it; empty if there is nothing."""
    noted_by: str = ""
    """The model that wrote the notes."""

    @property
    def key(self) -> str:
        """Changes with whatever may change a score besides the model and the program."""
        of = [self.name, sorted(self.parts.items()), [(one.question, one.options) for one in self.questions]]
        digest = sha256(json.dumps(of).encode()).hexdigest()[:12]
        return f"{' '.join(self.questions[0].function)} {digest}"


def run(
    measurement: Measurement,
    repositories: Annotated[
        Path | None, "Folder with clones of the repositories; missing ones are cloned there."
    ] = None,
    limit: Annotated[int, "Number of questions; 0 for all."] = 0,
    role: Annotated[str, "Only the questions to develop with (tune), or only those to measure with (judge)."] = "",
    language: Annotated[str, "Only questions about functions in this language, e.g. go."] = "",
    precompute: Annotated[bool, "Write the notes first; else those in your store are used, if any."] = False,
    seed: Annotated[int, "Seed of the sample and the intervals."] = 7,
) -> Report:
    """Report the share of right answers from each material.

    Raises UsageError if a clone cannot be had, EngineError if the engine cannot score, and ModelError.
    """
    chosen = choose(read_questions(), role, language, limit, seed)
    if repositories is None:
        names = ", ".join(sorted({one.repository for one in chosen}))
        raise UsageError(f"Name a folder with --repositories; missing clones are made there, of {names}.")
    measurement.engine.identity()  # fails now rather than after indexing
    functions: list[Described] = []
    for repository in sorted({one.repository for one in chosen}):
        own = [one for one in chosen if one.repository == repository]
        functions += _describe(measurement, clone_at(repositories, repository, own[0].commit), own, precompute)
    found = measurement.collect("functions", {one.key: one for one in functions}, partial(_score, measurement), {})
    settings = measurement.settings(
        repositories=len({one.repository for one in chosen}),
        questions=len(chosen),
        role=role or "all",
        notes_by=", ".join(sorted({one.noted_by for one in functions if one.noted_by})) or "none",
        seed=seed,
    )
    return _report([one for one in functions if one.key in found], found, settings, seed)


def read_questions(file: Path = DATA) -> list[Question]:
    """Read the questions. Raises UsageError if they are malformed, or if a repository has two roles."""
    try:
        found = [Question(**json.loads(line)) for line in file.read_text("utf-8").splitlines() if line.strip()]
        found = [Question(**{**_fields(one), "options": tuple(one.options)}) for one in found]
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"The questions cannot be read ({error}).") from error
    roles = {one.repository: one.role for one in found}
    for one in found:
        if one.role not in ROLES or one.role != roles[one.repository] or not 0 <= one.answer < len(one.options):
            raise UsageError(f"“{one.question}” about {one.path} has a faulty answer or role.")
    return found


def choose(questions: Sequence[Question], role: str, language: str, limit: int, seed: int) -> list[Question]:
    """The questions of one role and language, or a sample of them. Raises UsageError if there are none."""
    found = [one for one in questions if role in ("", one.role) and language in ("", one.language)]
    if not found:
        raise UsageError(
            f"There are no such questions; roles are {', '.join(ROLES)}, languages "
            f"{', '.join(sorted({one.language for one in questions}))}."
        )
    if 0 < limit < len(found):
        found = random.Random(seed).sample(found, limit)  # noqa: S311 - sampling, not cryptography
    return found


def best_option(scores: Sequence[float], without: Sequence[float]) -> int:
    """Index of the option whose likelihood the material raises most."""
    gains = [score - base for score, base in zip(scores, without, strict=True)]
    return gains.index(max(gains))


def _fields(question: Question) -> dict[str, Any]:
    return {name: getattr(question, name) for name in Question.__dataclass_fields__}


# Describing


def _describe(measurement: Measurement, root: Path, questions: Sequence[Question], precompute: bool) -> list[Described]:
    """Index the clone with a cache of its own, and say of each function all there is to say."""
    environment = {**measurement.environment, "FORETHOUGHT_CACHE_DIR": str(measurement.folder / "understanding-cache")}
    by_target: dict[Target, list[Question]] = {}
    for one in questions:
        by_target.setdefault(Target(one.path, one.symbol), []).append(one)
    with closing(Session(load_settings(None, environment, flags={"engine": "none"}), environment)) as session:
        workspace = session.add_root(root)
        workspace.refresh(cancel=measurement.cancel)
        contexts: dict[Target, Context] = {}
        for target in sorted(by_target):
            context = workspace.saved.context(target)
            if context is None:
                raise UsageError(f"{root} has no {target.symbol_id} in {target.path}; use a clean clone.")
            contexts[target] = context
        entries = _write_notes(measurement, root.name, contexts) if precompute else _stored(measurement, contexts)
        return [
            _described(workspace, target, context, by_target[target], entries.get(context.context_hash))
            for target, context in contexts.items()
        ]


def _described(
    workspace: Workspace, target: Target, context: Context, questions: Sequence[Question], entry: Entry | None
) -> Described:
    notes = [note.text for note in entry.insights.shown_notes] if entry else []
    docs = f"\n\nIts documentation:\n{context.doc[:MAX_DOCS]}" if context.doc else ""
    behavior = _behavior(workspace, target)
    parts = {
        "signature": f"Its interface:\n```{context.language}\n{context.signature}\n```{docs}",
        "behavior": f"What it does, step by step: {behavior}" if behavior else "",
        "notes": "\n".join(["Notes about it:", *(f"- {text}" for text in notes)]) if notes else "",
        "code": f"Its code:\n{context.text}",
    }
    return Described(context.name, tuple(questions), parts, entry.provenance.model if entry and notes else "")


def _behavior(workspace: Workspace, target: Target) -> str:
    tags = workspace.index.tags(target.path)
    symbol = tags.symbol(target.symbol_id) if tags else None
    language = workspace.languages.named(tags.language) if tags else None
    if tags is None or symbol is None or language is None:
        return ""
    bodies = read_bodies(language, (workspace.root / target.path).read_bytes(), tags)
    behavior = behaviors_of(bodies, language).get(target.symbol_id)
    return behavior.text(text_limit(symbol)) if behavior else ""


def _write_notes(measurement: Measurement, name: str, contexts: Mapping[Target, Context]) -> dict[str, Entry]:
    method = method_of(measurement.user_settings, "requested")
    engine = measurement.engine

    def measure(context: Context) -> dict[str, Any]:
        return {"entry": think(context, engine, method, PassOptions(), measurement.cancel).entry.to_json()}

    units = {f"{target.path}:{target.symbol_id} {one.context_hash[:12]}": one for target, one in contexts.items()}
    generator_id = generator_id_of(engine.identity(), method)
    found = measurement.collect(f"functions of {name} thought about", units, measure, {"generator": generator_id})
    return {entry.context_hash: entry for value in found.values() for entry in [Entry.from_json(value["entry"])]}


def _stored(measurement: Measurement, contexts: Mapping[Target, Context]) -> dict[str, Entry]:
    """The last entry with notes about each context in the user's own store."""
    with closing(DiskInsightStore.open(measurement.user_settings.cache_folder / "contexts", 1 << 40)) as store:
        known = frozenset(store.context_hashes()) & {context.context_hash for context in contexts.values()}
        found = {
            context_hash: [entry for entry in entries if entry.insights.shown_notes]
            for context_hash, entries in store.get_many(known).items()
        }
    return {
        context_hash: max(entries, key=lambda entry: entry.provenance.created_at)
        for context_hash, entries in found.items()
        if entries
    }


# Scoring


def _prompt(name: str, parts: Sequence[str], question: str = "") -> Prompt:
    shown = "\n\n".join([f"This is about the function `{name}`.", *(part for part in parts if part), question])
    return Prompt((Message("system", _SYSTEM), Message("user", shown.strip())))


def _score(measurement: Measurement, function: Described) -> dict[str, Any]:
    """The likelihood of each option given each material, and how many tokens each material adds to the name."""
    engine = measurement.engine
    parts = {material: [function.parts[part] for part in names] for material, names in MATERIALS.items()}
    pairs = dict.fromkeys(
        (_prompt(function.name, shown, one.question), option)
        for shown in parts.values()
        for one in function.questions
        for option in one.options
    )  # materials that are the same are scored once
    scores = engine.score([prompt for prompt, _ in pairs], [text for _, text in pairs], "requested", CancelToken())
    if any(score is None for score in scores):
        raise EngineError("This engine cannot score texts, which the benchmark needs; use a local model.")
    known = dict(zip(pairs, scores, strict=True))
    lengths = engine.count_tokens([_prompt(function.name, shown) for shown in parts.values()])
    base = lengths[list(parts).index(NOTHING)]
    return {
        "tokens": {material: length - base for material, length in zip(parts, lengths, strict=True)},
        "scores": [
            {
                material: [known[_prompt(function.name, shown, one.question), option] for option in one.options]
                for material, shown in parts.items()
            }
            for one in function.questions
        ],
    }


# Reporting


@dataclass(frozen=True, slots=True)
class _Answered:
    question: Question
    right: Mapping[str, float]
    """1 or 0 by material."""
    tokens: Mapping[str, int]


def _report(
    functions: Sequence[Described], found: Mapping[str, Mapping[str, Any]], settings: Mapping[str, Any], seed: int
) -> Report:
    answered = [
        _answered(question, scores, found[function.key]["tokens"])
        for function in functions
        for question, scores in zip(function.questions, found[function.key]["scores"], strict=True)
    ]
    noted = sum(bool(function.parts["notes"]) for function in functions)
    shown = [name for name, parts in MATERIALS.items() if parts and (noted or "notes" not in parts)]
    groups = [one.question.function for one in answered]
    accuracy = {name: bootstrap([one.right[name] for one in answered], seed, groups) for name in shown}
    tokens = {name: sum(one.tokens[name] for one in answered) / len(answered) for name in shown}
    return Report(
        name="understanding",
        title="What functions do, from their descriptions",
        shows="How many questions about what a function does are answered right from its signature and docs, from its "
        "behavior as read off the syntax tree, from a model's notes, and from its code?",
        verdict=tuple(_sentences(functions, accuracy, tokens, noted)),
        goals=tuple(_goals(accuracy, tokens, noted)),
        tables=(
            Table(
                "By material",
                ("material", "right", "− signature and docs", "− code", "gap closed", "tokens"),
                tuple(
                    (
                        name,
                        accuracy[name],
                        _difference(answered, name, SIGNATURE, seed),
                        _difference(answered, name, CODE, seed),
                        gap_closed(accuracy, name),
                        tokens[name],
                    )
                    for name in shown
                ),
                f"{len(answered)} questions about {len(functions)} functions, {noted} of which have notes. Of four "
                "options, guessing gets 25 % right. 95 % intervals, bootstrap over functions; differences are paired. "
                "Gap closed: share of the way from signature and docs to code. Tokens: of the material, on average.",
            ),
            *(_split(answered, shown, what) for what in ("language", "repository", "role")),
        ),
        plots=(
            Plot(
                "Questions answered right, by material",
                "material",
                "share right",
                (
                    Series(
                        "right",
                        tuple((name, accuracy[name].mean) for name in shown),
                        tuple((accuracy[name].low, accuracy[name].high) for name in shown),
                    ),
                ),
                "bar",
            ),
        ),
        settings=settings,
        data={
            "questions": [
                {"function": " ".join(one.question.function), "question": one.question.question, "right": one.right}
                for one in answered
            ],
            "tokens": tokens,
        },
    )


def _answered(question: Question, scores: Mapping[str, Sequence[float]], tokens: Mapping[str, int]) -> _Answered:
    right = {
        material: float(best_option(own, scores[NOTHING]) == question.answer)
        for material, own in scores.items()
        if material != NOTHING
    }
    return _Answered(question, right, tokens)


def gap_closed(accuracy: Mapping[str, Interval], name: str) -> float | None:
    """Share of the way from signature and docs to code; None if code is no better than these."""
    start, end = accuracy[SIGNATURE].mean, accuracy[CODE].mean
    return (accuracy[name].mean - start) / (end - start) if end > start else None


def _difference(answered: Sequence[_Answered], name: str, other: str, seed: int) -> Interval | None:
    if name == other:
        return None
    groups = [one.question.function for one in answered]
    return paired_bootstrap([one.right[name] for one in answered], [one.right[other] for one in answered], seed, groups)


def _split(answered: Sequence[_Answered], shown: Sequence[str], what: str) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for value in sorted({getattr(one.question, what) for one in answered}):
        own = [one for one in answered if getattr(one.question, what) == value]
        rows.append((value, len(own), *(sum(one.right[name] for one in own) / len(own) for name in shown)))
    return Table(f"By {what}", (what, "questions", *shown), tuple(rows))


def _goals(accuracy: Mapping[str, Interval], tokens: Mapping[str, float], noted: int) -> list[Goal]:
    names = (BEHAVIOR, NOTES, BOTH) if noted else (BEHAVIOR,)
    goals = [Goal(f"{SIGNATURE}: right, lower bound", round(accuracy[SIGNATURE].low, 3), "≤", CHANCE)]
    for name in names:
        if (closed := gap_closed(accuracy, name)) is not None:
            goals.append(Goal(f"{name}: gap closed", round(closed, 3), "≥", MIN_GAP_CLOSED))
        if tokens[CODE]:
            share = tokens[name] / tokens[CODE]
            goals.append(Goal(f"{name}: share of the code's tokens", round(share, 3), "≤", MAX_TOKEN_SHARE))
    best = ALL if noted else CODE_AND_BEHAVIOR
    gain = accuracy[best].mean - accuracy[CODE].mean
    goals.append(Goal(f"{best}: gain over {CODE}", round(gain, 3), ">", 0))
    return goals


def _sentences(
    functions: Sequence[Described], accuracy: Mapping[str, Interval], tokens: Mapping[str, float], noted: int
) -> list[str]:
    found = [
        f"From {name}, {share.mean:.0%} of the questions are answered right (95 % CI {share.low:.0%} to "
        f"{share.high:.0%}), with {tokens[name]:.0f} tokens."
        for name, share in accuracy.items()
        if name in (SIGNATURE, BEHAVIOR, NOTES, BOTH, CODE, CODE_AND_BEHAVIOR, ALL)
    ]
    if gap_closed(accuracy, BEHAVIOR) is None:
        found.append(
            "This model does no better with the code than with signature and docs, so there is no gap to close."
        )
    if not noted:
        found.append("There are no notes about these functions; write them with --precompute.")
    elif noted < len(functions):
        found.append(f"Notes are shown about {noted} of {len(functions)} functions; the others count without notes.")
    return found
