"""From a person's question to an answer: a fact, a prediction, c′ and a short prompt, or the code itself.

An answer never claims more than its tier knows, and its places come from the index, never from generated text.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from forethought.cards import Card
from forethought.context import CLASS_KINDS, IDENTIFIER, build_context
from forethought.engine.messages import (
    CancelToken,
    Completion,
    Delta,
    Engine,
    GenerateRequest,
    Message,
    Prompt,
    Usage,
)
from forethought.errors import Cancelled, ContextOverflow, ForethoughtError, UsageError
from forethought.grounding import ungrounded
from forethought.index.facts import Place
from forethought.index.resolve import Target
from forethought.index.tags import Position, Range
from forethought.insights import PredictedQuestion
from forethought.line_changes import LastChange
from forethought.matching import (
    FACT_ASPECTS,
    Intent,
    closest_names,
    is_about_this_file,
    named_in,
    read_intent,
    same_question,
)
from forethought.prompts import ANSWER_BUDGETS, enriched_prompt, full_prompt
from forethought.workspace import Workspace

Tier = Literal["facts", "predicted", "enriched", "full", "none"]
AskedTier = Literal["auto", "facts", "predicted", "enriched", "full"]
AnswerState = Literal["fresh", "stale", "live"]

MOST_LISTED = 20
"""Places that an answer of fact lists before it says how many more there are."""
MOST_MEANT = 3
"""Symbols that one question may be about."""


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    at: tuple[Workspace, str, Position | None] | None = None
    """The file, and the place in it, from which it was asked."""
    history: tuple[Message, ...] = ()
    verbosity: int = 1
    tier: AskedTier = "auto"
    fresh: bool = False
    """Skip what was predicted."""


@dataclass(frozen=True, slots=True)
class Source:
    workspace: Workspace
    path: str
    range: Range
    symbol: str


@dataclass(frozen=True, slots=True)
class Answer:
    id: str
    text: str
    tier: Tier
    matched_question: str | None = None
    sources: tuple[Source, ...] = ()
    state: AnswerState = "live"
    usage: Usage = field(default_factory=Usage)
    first_token_ms: float = 0.0
    total_ms: float = 0.0
    model: str | None = None
    subject: str | None = None
    """Of a stored answer: what “wrong” removes it from."""
    stored_text: str | None = None
    """The text as stored."""


@dataclass(frozen=True, slots=True)
class _Meant:
    """What a question is about, with everything known about it."""

    workspace: Workspace
    card: Card


class Answering:
    """Answers questions over the session's roots. Blocks: one call a thread."""

    def __init__(self, workspaces: Callable[[], Sequence[Workspace]], chat_engine: Callable[[], Engine]) -> None:
        self._workspaces = workspaces
        self._chat_engine = chat_engine

    def answer(self, question: Question, on_delta: Callable[[str], None], cancel: CancelToken) -> Answer:
        """Raises UsageError for an empty question, Cancelled, ContextOverflow, EngineError."""
        started = time.monotonic()
        if not question.text.strip():
            raise UsageError("The question is empty; ask about a symbol or a file.")
        answer = self._answer(question, on_delta, cancel)
        total = (time.monotonic() - started) * 1000
        if answer.tier not in ("enriched", "full"):
            on_delta(answer.text)
        first = answer.first_token_ms if answer.tier in ("enriched", "full") else total
        return replace(answer, id=uuid.uuid4().hex, first_token_ms=first, total_ms=total)

    def _answer(self, question: Question, on_delta: Callable[[str], None], cancel: CancelToken) -> Answer:
        intent = read_intent(question.text)
        wanted = question.tier
        if intent and intent.aspect in FACT_ASPECTS and wanted in ("auto", "facts"):
            return self._fact(question, intent)
        if wanted == "facts":
            return _none("This is not a question of fact that I understand; ask who calls, tests or raises something.")
        meant = self._meant(question, intent)
        if (
            wanted in ("auto", "predicted")
            and not question.fresh
            and (answer := self._predicted(question, intent, meant))
        ):
            return answer
        if wanted == "predicted":
            return _none(
                "No predicted question matches this one" + (" closely enough." if meant else "; name a symbol.")
            )
        if wanted == "auto" and intent and intent.name and intent.marked and not meant:
            return self._unknown_name(question, intent.name)
        return self._generated(question, meant, on_delta, cancel)

    # Which symbols a question means

    def _meant(self, question: Question, intent: Intent | None) -> list[_Meant]:
        """The symbols that the question names or points at; several definitions of one name are all meant."""
        if intent is not None:
            return self._cards(self._targets(question, intent))[:MOST_MEANT]
        of_file = question.at is not None and is_about_this_file(question.text)
        found: dict[tuple[Workspace, Target], None] = {}
        if of_file:
            found.update(dict.fromkeys(self._pointed(question, of_file=True)))
        marked = list(named_in(question.text, only_marked=True))
        for name in marked if of_file else named_in(question.text):
            if found and name not in marked:
                break  # plain words may happen to be names, too
            targets = self._named(question, name)
            if len(targets) == 1:
                found.update(dict.fromkeys(targets))
        if not found:
            for message in reversed(question.history):
                for name in named_in(message.content):
                    targets = self._named(question, name)
                    if len(targets) == 1:
                        found.update(dict.fromkeys(targets))
                if found:
                    break
        if not found:
            found.update(dict.fromkeys(self._pointed(question, of_file=False)))
        return self._cards(list(found)[:MOST_MEANT])

    def _targets(self, question: Question, intent: Intent) -> list[tuple[Workspace, Target]]:
        if intent.name is not None:
            return self._named(question, intent.name)
        return self._pointed(question, intent.of_file)

    def _pointed(self, question: Question, of_file: bool) -> list[tuple[Workspace, Target]]:
        if question.at is None:
            return []
        workspace, path, position = question.at
        if of_file or position is None:
            return [(workspace, Target(path, ""))]
        targets = workspace.targets_at(path, position)
        if not targets:
            enclosing = workspace.enclosing_symbol(path, position)
            targets = (enclosing,) if enclosing else ()
        return [(workspace, target) for target in targets]

    def _named(self, question: Question, name: str) -> list[tuple[Workspace, Target]]:
        """Every definition that the name can mean; in the file that was asked from when it has one."""
        order = list(self._workspaces())
        if question.at is not None:
            order.sort(key=lambda workspace: workspace is not question.at[0])  # type: ignore[index] # checked above
        for workspace in order:
            found = _definitions(workspace, name)
            if question.at is not None and workspace is question.at[0]:
                here = [target for target in found if target.path == question.at[1]]
                found = here or found
            if found:
                return [(workspace, target) for target in found]
            if (path := _file_named(workspace, name)) is not None:
                return [(workspace, Target(path, ""))]
        return []

    def _cards(self, targets: Sequence[tuple[Workspace, Target]]) -> list[_Meant]:
        return [_Meant(workspace, card) for workspace, target in targets if (card := workspace.insight_card(target))]

    # Tier: facts

    def _fact(self, question: Question, intent: Intent) -> Answer:
        targets = self._targets(question, intent)
        if not targets:
            if intent.name is None:
                return _none("Point at a symbol or name one: I do not know what “this” is.")
            return self._unknown_name(question, intent.name)
        if len(targets) > 1:
            return self._ambiguous(intent.name or "this", targets)
        workspace, target = targets[0]
        workspace.catch_up(target.path)
        card = workspace.quick_card(target)
        if card is None:
            return _none("The file changed while it was read; ask again.")
        item = _Meant(workspace, card)
        text, places = _fact_text(item, intent.aspect)
        return Answer(
            "", text, "facts", sources=(_source(item), *(_place_source(workspace, place) for place in places))
        )

    def _unknown_name(self, question: Question, name: str) -> Answer:
        known = {symbol for workspace in self._workspaces() for symbol in workspace.names()}
        if not known:
            return _none("Nothing is indexed yet; ask again in a moment.")
        close = closest_names(name.rpartition(".")[2], known)
        hint = f" Did you mean {' or '.join(f'`{candidate}`' for candidate in close)}?" if close else ""
        return Answer("", f"There is no `{name}` in this repository.{hint}", "facts")

    def _ambiguous(self, name: str, targets: Sequence[tuple[Workspace, Target]]) -> Answer:
        meant = self._cards(targets[:MOST_LISTED])
        lines = [f"- `{item.card.symbol.name}` in {_where(item.card)}" for item in meant]
        more = f"\n… and {len(targets) - len(meant)} more" if len(targets) > len(meant) else ""
        text = f"`{name}` could be one of {len(targets)}; which one?\n" + "\n".join(lines) + more
        return Answer("", text, "facts", sources=tuple(_source(item) for item in meant))

    # Tier: predicted

    def _predicted(self, question: Question, intent: Intent | None, meant: Sequence[_Meant]) -> Answer | None:
        if len(meant) != 1:
            return None
        card = meant[0].card
        insights = card.insights
        if insights is None or card.entry is None or (card.state == "stale" and question.tier == "auto"):
            return None
        matched = _matching_question(question.text, intent, card.symbol.name, insights.questions)
        if matched is None:
            return None
        note = "\n\n_Written for an older version of this code._" if card.state == "stale" else ""
        if card.callee_changed:
            note += "\n\n_A function that it uses has changed since._"
        provenance = card.entry.provenance
        return Answer(
            "",
            matched.answer + note,
            "predicted",
            matched_question=matched.question,
            sources=(_source(meant[0]),),
            state="stale" if card.state == "stale" else "fresh",
            model=_model_name(provenance.model, provenance.demo),
            subject=card.entry.subject,
            stored_text=matched.answer,
        )

    # Tiers: enriched and full

    def _generated(
        self, question: Question, meant: Sequence[_Meant], on_delta: Callable[[str], None], cancel: CancelToken
    ) -> Answer:
        known = [item for item in meant if item.card.state == "fresh" and item.card.insights]
        enriched = bool(known) and len(known) == len(meant) and question.tier != "full"
        if question.tier == "enriched" and not enriched:
            return _none("Nothing is thought about this yet, so c′ cannot answer; ask with the tier `full`.")
        if not meant:
            return _none("I do not know which symbol or file this is about; name one, or ask from inside a file.")
        try:
            engine = self._chat_engine()
        except ForethoughtError as error:
            return _none(f"This is not a question of fact, and no model can answer it: {error}")
        info = engine.info()
        budget = ANSWER_BUDGETS[question.verbosity]
        prompts = self._prompts(question, known if enriched else meant, enriched)
        for number, prompt in enumerate(prompts):
            request = GenerateRequest((prompt,), budget, "interactive")
            try:
                text, usage, first = _stream(engine, request, on_delta, cancel)
            except ContextOverflow:
                if number == len(prompts) - 1:
                    raise
                continue
            return Answer(
                "",
                text,
                "enriched" if enriched else "full",
                sources=tuple(_source(item) for item in meant),
                state="fresh" if enriched else "live",
                usage=usage,
                first_token_ms=first,
                model=_model_name(info.model, info.demo),
            )
        raise AssertionError("there is always one prompt")

    def _prompts(self, question: Question, meant: Sequence[_Meant], enriched: bool) -> list[Prompt]:
        """The prompt to try, and shorter ones for when it does not fit."""
        if enriched:
            signatures = [item.card.symbol.signature for item in meant if item.card.symbol.signature]
            insights = [(item.card.symbol.name, item.card.insights) for item in meant if item.card.insights]
            return [
                enriched_prompt(question.text, signatures, insights, question.verbosity, history)
                for history in (question.history, ())
            ]
        contexts = [text for item in meant if (text := _code_of(item))]
        return [
            full_prompt(question.text, contexts[:count], question.verbosity, history)
            for count, history in ((len(contexts), question.history), (len(contexts), ()), (1, ()))
        ]


def _stream(
    engine: Engine, request: GenerateRequest, on_delta: Callable[[str], None], cancel: CancelToken
) -> tuple[str, Usage, float]:
    """The text, what it cost, and milliseconds to the first token.

    A text that its budget cuts off ends in “…”; one that names what its prompt lacks says so at its end.
    """
    started = time.monotonic()
    first = 0.0
    for event in engine.generate(request, cancel):
        if isinstance(event, Delta):
            first = first or (time.monotonic() - started) * 1000
            on_delta(event.text)
        elif isinstance(event, Completion):
            if event.finish == "cancelled" or cancel.cancelled:
                raise Cancelled("The answer was cancelled.")
            text = event.text.strip()
            ending = " …" if event.finish == "length" else ""
            prompt = "\n".join(message.content for message in request.prompts[0].messages)
            if unknown := ungrounded(text, frozenset(IDENTIFIER.findall(prompt)), prompt):
                ending += f"\n\n_“{unknown}” is not in the code that this answer was made from._"
            if ending:
                on_delta(ending)
            return text + ending, event.usage, first
    raise Cancelled("The answer was cancelled.")


def _matching_question(
    text: str, intent: Intent | None, name: str, questions: Sequence[PredictedQuestion]
) -> PredictedQuestion | None:
    """The stored question that asks the same: in the same words, or the same aspect of the same symbol."""
    for item in questions:
        if same_question(text, item.question):
            return item
    if intent is None:
        return None
    for item in questions:
        stored = read_intent(item.question)
        if stored and stored.aspect == intent.aspect and (stored.of_file or stored.name == (name or None)):
            return item
    return None


def _definitions(workspace: Workspace, name: str) -> list[Target]:
    short = name.rpartition(".")[2]
    by_name: dict[tuple[str, str], list[str]] = {}
    for path, symbol_id, _, _ in workspace.overlay.definitions_named(short):
        by_name.setdefault((path, symbol_id.partition("#")[0]), []).append(symbol_id)
    found = [workspace.resolver().representative(path, same) for (path, _), same in by_name.items()]
    if "." not in name:
        return found
    wanted = f".{name}"
    return [
        target
        for target in found
        if f".{target.symbol_id.partition('#')[0]}".endswith(wanted) or _module_path(target).endswith(wanted)
    ]


def _module_path(target: Target) -> str:
    """`.pkg.module.Class.method`: how a symbol is named from outside its file."""
    module = target.path.rpartition(".")[0].replace("/", ".").removesuffix(".__init__")
    return f".{module}.{target.symbol_id.partition('#')[0]}"


def _file_named(workspace: Workspace, name: str) -> str | None:
    """The file of that path, else the one file whose path ends with the name."""
    paths = workspace.index.paths()
    found = [name] if name in paths else [path for path in paths if path.endswith(f"/{name}")]
    return found[0] if len(found) == 1 else None


def _code_of(item: _Meant) -> str | None:
    card = item.card
    view = item.workspace.view_from_disk(card.path)
    if view is None:
        return None
    return build_context(item.workspace.resolver(), card.path, view.tags, card.symbol, view.data).text


def _fact_text(item: _Meant, aspect: str) -> tuple[str, tuple[Place, ...]]:
    """The answer of fact, and the places that it names."""
    card = item.card
    symbol = card.symbol
    target = Target(card.path, symbol.id)
    name = f"`{symbol.name}`" if symbol.name else f"`{card.path}`"
    if aspect == "location":
        return f"{name} is defined in {_where(card)}.", ()
    if aspect == "parameters":
        if symbol.kind == "file":
            return f"{name} is a file; it takes no parameters.", ()
        takes = ", ".join(f"`{parameter}`" for parameter in symbol.parameters)
        return (f"{name} takes {takes}." if takes else f"{name} takes no parameters.") + f"\n\n`{symbol.signature}`", ()
    if aspect == "docs":
        return symbol.doc or f"{name} has no documentation.", ()
    if aspect == "bases":
        bases = ", ".join(f"`{base}`" for base in symbol.bases)
        return (f"{name} is based on {bases}." if bases else f"{name} names no base."), ()
    if aspect == "raises":
        raised = ", ".join(f"`{error}`" for error in symbol.raises)
        none = f"{name} raises nothing itself; what it calls may."
        return (f"{name} raises {raised} itself." if raised else none), ()
    if aspect == "last_change":
        return _last_change_text(item.workspace.last_change(target), name), ()
    if aspect == "members":
        return _members_text(item, name)
    if aspect == "callers":
        facts = item.workspace.facts(target, "callers")
        return _list_text(item, name, facts.called_by, facts.called_by_count, "is called from", "is not called"), (
            facts.called_by[:MOST_LISTED]
        )
    if aspect == "calls":
        facts = item.workspace.facts(target, "calls")
        return _list_text(item, name, facts.calls, len(facts.calls), "calls", "calls nothing"), facts.calls[
            :MOST_LISTED
        ]
    facts = item.workspace.facts(target, "tests")
    return _list_text(item, name, facts.tests, len(facts.tests), "is reached by", "is reached by no test"), (
        facts.tests[:MOST_LISTED]
    )


def _list_text(item: _Meant, name: str, places: Sequence[Place], count: int, verb: str, none: str) -> str:
    if not count:
        return f"{name} {none} in this repository, as far as names can be resolved."
    listed = places[:MOST_LISTED]
    lines = [f"- `{place.symbol_id or place.path}` ({place.path}:{place.range.start.row + 1})" for place in listed]
    more = f"\n… and {count - len(listed)} more" if count > len(listed) else ""
    unit = "place" if verb == "is called from" else ""
    return (
        f"{name} {verb} {count}{f' {unit}' if unit else ''}{'s' if unit and count > 1 else ''}:\n"
        + "\n".join(lines)
        + more
    )


def _last_change_text(change: LastChange | None, name: str) -> str:
    if change is None:
        return f"The last change of {name} is not committed, or its history is not here."
    return (
        f"{name} was last changed by {change.author} on {change.date[:10]} in `{change.commit[:10]}`: {change.subject}"
    )


def _members_text(item: _Meant, name: str) -> tuple[str, tuple[Place, ...]]:
    view = item.workspace.view_from_disk(item.card.path)
    symbols = view.tags.symbols if view else ()
    own = item.card.symbol
    children = [symbol for symbol in symbols if symbol.kind != "file" and symbol.parent == own.id]
    if own.kind not in CLASS_KINDS and own.kind != "file":
        children = [symbol for symbol in children if symbol.body]
    if not children:
        return f"{name} defines nothing by name.", ()
    places = tuple(Place(item.card.path, symbol.id, symbol.selection) for symbol in children)
    lines = [f"- `{symbol.signature}` (line {symbol.range.start.row + 1})" for symbol in children[: 2 * MOST_LISTED]]
    more = f"\n… and {len(children) - len(lines)} more" if len(children) > len(lines) else ""
    return f"{name} defines {len(children)}:\n" + "\n".join(lines) + more, places[:MOST_LISTED]


def _where(card: Card) -> str:
    return f"{card.path}:{card.symbol.selection.start.row + 1}"


def _source(item: _Meant) -> Source:
    symbol = item.card.symbol
    return Source(
        item.workspace, item.card.path, symbol.selection if symbol.kind != "file" else symbol.range, symbol.name
    )


def _place_source(workspace: Workspace, place: Place) -> Source:
    return Source(workspace, place.path, place.range, place.symbol_id)


def _model_name(model: str, demo: bool) -> str:
    return f"{model} (demo model)" if demo else model


def _none(reason: str) -> Answer:
    return Answer("", reason, "none")
