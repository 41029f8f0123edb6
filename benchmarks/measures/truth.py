"""How much of what a model writes at sleep time is right, and what the rules keep of it.

The labels ship: each was given by reading the code that the text is about. `right`: every statement is true and says
something about this code; `vague`: true, but it says little; `wrong`: anything in it is false. With `--collect` the
items to be labelled are made by a real pass over a repository, what grounding dropped among them.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import forethought
from forethought.app.session import Session
from forethought.bench.bootstrap import bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Cell, Interval, Plot, Report, Series, Table
from forethought.bench.results import Results
from forethought.bench.trial import git
from forethought.config import load_settings
from forethought.engine.api import (
    CancelToken,
    Completion,
    Engine,
    EngineInfo,
    Event,
    GenerateRequest,
    ModelIdentity,
    Priority,
    Prompt,
    Usage,
)
from forethought.errors import ForethoughtError, UsageError
from forethought.facts.symbol_facts import is_test
from forethought.idle.pass_runner import method_of
from forethought.insights.context import Context
from forethought.insights.entry import AnswerBasis, Entry
from forethought.insights.grounding import ground
from forethought.insights.prompts import PROMPT_VERSION, thinking_prompt
from forethought.insights.question_predictor import asks_about
from forethought.insights.reliability import MAX_WRONG, TABLE, Reliability
from forethought.insights.sleep_pass import PassOptions, generator_id_of, think
from forethought.names.resolver import Target
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS
from forethought.syntax.tags import Symbol
from forethought.text.redaction import redact
from forethought.workspace.workspace import Workspace

SYMBOLS = 45
"""Collected at once, unless told."""

LABELS = "truth.jsonl"
TEXTS = "truth-texts.jsonl"
"""What models wrote, by prompt, in the folder of the measurement."""
Label = Literal["right", "vague", "wrong"]
LABEL_NAMES: tuple[str, ...] = get_args(Label)
MIN_LINES, MAX_LINES = 4, 70
"""Of a symbol that is collected: shorter ones say all there is to say themselves, longer ones nobody reads."""


@dataclass(frozen=True, slots=True)
class Item:
    """One text about one symbol, and what a reader of the code thinks of it."""

    repository: str
    commit: str
    path: str
    symbol: str
    symbol_kind: str
    language: str
    subject: str
    kind: str
    """Of the question: `purpose`, `when` …"""
    question: str
    text: str
    """As it was stored; of what was dropped, as the model wrote it."""
    basis: AnswerBasis
    model: str
    producer: str
    prompt_version: str
    kept: bool
    dropped: str = ""
    """Why it was not kept."""
    draft: str = ""
    """What the model wrote, where that is not what was stored."""
    label: str = ""
    draft_label: str = ""
    """Of `draft`."""
    note: str = ""
    readers: Sequence[str] = ()
    """What each said, where several read it without knowing of each other; `label` is the worst of it."""

    @property
    def label_before(self) -> str:
        """Of what the model wrote."""
        return self.draft_label or self.label


def run(
    measurement: Measurement,
    root: Path,
    collect: Annotated[Path | None, "Write items to be labelled, from a pass over the repository."] = None,
    limit: Annotated[int, "How many symbols to collect, or how many labels to read; 0: 45, and all."] = 0,
    labels: Annotated[Path | None, "Read the labels in this file; by default those that ship."] = None,
    write_reliability: Annotated[bool, "Keep what follows from the labels, for the answers of this release."] = False,
    seed: Annotated[int, "Of the sample and the intervals."] = 7,
) -> Report:
    """Rates of right, vague and wrong by model, kind and repository. Raises UsageError for labels that are none."""
    if collect is not None:
        items = _collect(measurement, root, limit or SYMBOLS, seed)
        collect.write_text("".join(f"{json.dumps(asdict(item), ensure_ascii=False)}\n" for item in items), "utf-8")
        return _collected(measurement, root, collect, items)
    items = read_labels(labels)
    if 0 < limit < len(items):
        items = random.Random(seed).sample(items, limit)  # noqa: S311 - a sample, no secret
    if write_reliability:
        table = json.dumps(reliability_of(items), indent=1, sort_keys=True)
        (Path(forethought.__file__).parent / "insights" / TABLE).write_text(f"{table}\n", "utf-8")
    return _report(measurement, items, seed)


def read_labels(file: Path | None = None) -> list[Item]:
    """The labelled items of a file; by default those that ship. Raises UsageError."""
    try:
        source = file or resources.files("benchmarks").joinpath("data", LABELS)
        lines = source.read_text("utf-8").splitlines()
        items = [Item(**json.loads(line)) for line in lines if line.strip()]
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"The labels cannot be read ({error}); name a file that `--collect` wrote.") from error
    faulty = [item for item in items if not {item.label, item.label_before} <= set(LABEL_NAMES)]
    if faulty or not items:
        what = f"“{faulty[0].question}” in {faulty[0].path} has no label" if faulty else "there are none"
        raise UsageError(f"The labels are not complete: {what}; label each item {', '.join(LABEL_NAMES)}.")
    return items


def reliability_of(items: Iterable[Item]) -> dict[str, Any]:
    """The table that decides what a model may serve: of what it wrote and grounding kept, by model and kind."""
    counts: dict[str, dict[str, Counter[str]]] = {}
    for item in items:
        if item.kept and item.basis == "model":
            counts.setdefault(item.model, {}).setdefault(item.kind, Counter())[item.label] += 1
    return {
        "models": {
            model: {kind: {label: found[label] for label in LABEL_NAMES} for kind, found in kinds.items()}
            for model, kinds in counts.items()
        }
    }


# Collecting


class _Recorded:
    """An engine whose texts and scores are kept: when the rules change, the same texts are judged anew."""

    def __init__(self, engine: Engine, kept: Results) -> None:
        self.written: dict[Prompt, Completion] = {}
        self._engine = engine
        self._kept = kept

    def generate(self, request: GenerateRequest, cancel: CancelToken) -> Iterator[Event]:
        keys = [sha256(repr((prompt, request.max_tokens, request.sampling)).encode()).hexdigest()
                for prompt in request.prompts]  # fmt: skip
        if not all(key in self._kept for key in keys):
            for event in self._engine.generate(request, cancel):
                if isinstance(event, Completion):
                    self._kept.add(keys[event.index], {"text": event.text, "finish": event.finish})
        for index, (key, prompt) in enumerate(zip(keys, request.prompts, strict=True)):
            completion = Completion(index, self._kept[key]["text"], self._kept[key]["finish"], Usage())
            self.written[prompt] = completion
            yield completion

    def identity(self) -> ModelIdentity:
        return self._engine.identity()

    def fetch_info(self) -> EngineInfo:
        return self._engine.fetch_info()

    def score(
        self, prompts: Sequence[Prompt], continuations: Sequence[str], priority: Priority, cancel: CancelToken
    ) -> list[float | None]:
        key = sha256(repr((list(prompts), list(continuations))).encode()).hexdigest()
        if key not in self._kept:
            self._kept.add(key, {"scores": self._engine.score(prompts, continuations, priority, cancel)})
        scores: list[float | None] = self._kept[key]["scores"]
        return scores

    def count_tokens(self, prompts: Sequence[Prompt]) -> list[int]:
        return self._engine.count_tokens(prompts)

    def report_activity(self) -> None:
        self._engine.report_activity()

    def close(self) -> None:
        self._engine.close()


def _collect(measurement: Measurement, root: Path, count: int, seed: int) -> list[Item]:
    model = measurement.engine
    texts = Results(measurement.folder / TEXTS, {"model": model.identity().digest})
    engine = _Recorded(model, texts)
    environment = {**measurement.environment, "FORETHOUGHT_CACHE_DIR": str(measurement.folder / "truth-cache")}
    with closing(Session(load_settings(root, environment), environment, engine=engine)) as session:
        workspace = session.add_root(root)
        workspace.refresh()
        targets = _sample(workspace, count, seed)
        found = measurement.collect(
            "symbols",
            {f"{target.path}:{target.symbol_id}": target for target in targets},
            lambda target: {"items": [asdict(item) for item in _items_of(session, workspace, engine, target)]},
            {"root": root.name, "commit": git(root, "rev-parse", "HEAD").strip(), "prompts": PROMPT_VERSION},
        )
    return [Item(**item) for value in found.values() for item in value["items"]]


def _sample(workspace: Workspace, count: int, seed: int) -> list[Target]:
    """Functions and methods, classes and files, about 7 : 2 : 1, with and without docs, no tests. Raises UsageError."""
    pools: dict[str, list[Target]] = {"function": [], "documented": [], "class": [], "file": []}
    for path in sorted(workspace.index.paths()):
        tags = workspace.index.tags(path)
        if tags is None or is_test(path, tags, "") or path.startswith(("test", "docs/", "doc/", "example")):
            continue
        for symbol in tags.symbols:
            lines = symbol.range.end.row - symbol.range.start.row + 1
            pool = _pool_of(symbol)
            if pool == "file" and 2 < len(tags.symbols) < 40:
                pools[pool].append(Target(path, ""))
            elif pool not in ("", "file") and MIN_LINES <= lines <= MAX_LINES:
                pools[pool].append(Target(path, symbol.id))
    chooser = random.Random(seed)  # noqa: S311 - a sample, no secret
    for targets in pools.values():
        chooser.shuffle(targets)
    shares = {"function": 0.35, "documented": 0.35, "class": 0.2, "file": 0.1}
    chosen = [target for name, share in shares.items() for target in pools[name][: round(share * count)]]
    if not chosen:
        raise UsageError(f"{workspace.root} has nothing to think about; name another repository with --root.")
    return sorted(target for target in chosen if not _is_test(workspace, target))


def _is_test(workspace: Workspace, target: Target) -> bool:
    tags = workspace.index.tags(target.path)
    return "_test." in target.path or (tags is not None and is_test(target.path, tags, target.symbol_id))


def _pool_of(symbol: Symbol) -> str:
    if symbol.kind == "file":
        return "file"
    if symbol.kind in FUNCTION_KINDS:
        return "documented" if symbol.doc else "function"
    return "class" if symbol.kind in CLASS_KINDS and symbol.body else ""


def _items_of(session: Session, workspace: Workspace, engine: _Recorded, target: Target) -> Iterator[Item]:
    """What one pass writes about one symbol: what is stored, and what grounding dropped."""
    context = workspace.saved.context(target)
    if context is None:
        raise ForethoughtError(f"{target.path} changed while it was read; run it again.")
    method = method_of(session.settings, "requested")
    # Without a round nothing is scored; one round with an empty log writes the same.
    entry = think(context, engine, replace(method, rounds=0), PassOptions(), CancelToken()).entry
    entry = replace(entry, generator_id=generator_id_of(engine.identity(), method))
    make = _item_maker(workspace, target, context, entry)
    stored = {question.question: question for question in entry.insights.questions}
    for ask in asks_about(context):
        completion = engine.written.get(thinking_prompt(context, ask))
        kept = stored.get(ask.question)
        if kept is not None and kept.basis == "model":
            text = redact(completion.text).strip() if completion else kept.answer
            yield make(
                ask.kind,
                ask.question,
                kept.answer,
                "model",
                True,
                draft="" if text.rstrip(".") == kept.answer.rstrip(".") else text,
            )
        elif completion is not None and completion.text.strip():
            reasons = ground(redact(completion.text), context, completion.finish == "stop").dropped
            reason = ", ".join(reasons) or "it repeats another answer"
            yield make(ask.kind, ask.question, redact(completion.text).strip(), "model", False, dropped=reason)
    for question in entry.insights.questions:
        if question.basis == "facts":
            yield make(question.kind, question.question, question.answer, "facts", True)


def _item_maker(workspace: Workspace, target: Target, context: Context, entry: Entry) -> Callable[..., Item]:
    commit = git(workspace.root, "rev-parse", "HEAD").strip()

    def make(
        kind: str, question: str, text: str, basis: AnswerBasis, kept: bool, dropped: str = "", draft: str = ""
    ) -> Item:
        return Item(
            repository=workspace.root.name,
            commit=commit,
            path=target.path,
            symbol=target.symbol_id,
            symbol_kind=context.kind,
            language=context.language,
            subject=context.context_hash,
            kind=kind,
            question=question,
            text=text,
            basis=basis,
            model=entry.provenance.model,
            producer=entry.generator_id,
            prompt_version=entry.provenance.prompt_version,
            kept=kept,
            dropped=dropped,
            draft=draft,
        )

    return make


def _collected(measurement: Measurement, root: Path, file: Path, items: Sequence[Item]) -> Report:
    counts = Counter((item.basis, item.kept) for item in items)
    return Report(
        name="truth-items",
        title=f"Items to be labelled, from {root.name}",
        shows="What one pass wrote about a sample of symbols; each item waits for somebody who reads the code.",
        verdict=(
            f"{len(items)} items about {len({(item.path, item.symbol) for item in items})} symbols are in {file}: give "
            f"each a `label`, one of {', '.join(LABEL_NAMES)}.",
        ),
        tables=(
            Table(
                "Items",
                ("made of", "kept", "dropped"),
                tuple((basis, counts[basis, True], counts[basis, False]) for basis in ("model", "facts")),
            ),
        ),
        settings=measurement.settings(root=root.name, prompts=PROMPT_VERSION),
    )


# Reading


def _report(measurement: Measurement, items: Sequence[Item], seed: int) -> Report:
    models = sorted({item.model for item in items})
    stages = [row for model in models for row in _stage_rows([item for item in items if item.model == model], seed)]
    written = [item for item in items if item.basis == "model"]
    columns = ("model", "what", "items", "right", "vague", "wrong")
    return Report(
        name="truth",
        title="How much of what was thought beforehand is right",
        shows="How many of the stored insights and predicted answers are right, read against the code; and what the "
        "rules (grounding, and no kind of answer that is wrong too often) take away.",
        verdict=(
            *(sentence for model in models for sentence in _sentences(model, items, seed)),
            *_agreement([item.readers for item in items if len(item.readers) == 2]),
        ),
        tables=(
            Table("What a model wrote, what was kept, and what is served as predicted", columns, tuple(stages),
                  "95 % intervals; whole symbols are drawn. “Kinds decided elsewhere”: which kinds may be served was "
                  "decided from the other repositories’ labels alone."),
            Table("What grounding kept, by kind of question", ("model", "kind", "items", "right", "vague", "wrong",
                  "served"), tuple(_kind_rows(written, seed)),
                  f"Served: at most {MAX_WRONG:.0%} is expected to be wrong; few labels are drawn towards the model's "
                  "other kinds."),
            Table("By repository, what grounding kept", ("model", "repository", "items", "right", "vague", "wrong"),
                  tuple((model, name, *_rates([item for item in written if item.kept
                                               and (item.model, item.repository) == (model, name)], seed))
                        for model, name in sorted({(item.model, item.repository) for item in items}))),
            Table("What grounding dropped, and why", ("reason", "items", "right", "vague", "wrong"),
                  tuple(_drop_rows(written))),
        ),
        plots=(
            Plot("Wrong answers at each stage", "stage", "share wrong", tuple(
                Series(model, tuple((str(row[1]), row[5].mean) for row in stages
                                    if row[0] == model and isinstance(row[5], Interval)),
                       tuple((row[5].low, row[5].high) for row in stages
                             if row[0] == model and isinstance(row[5], Interval)))
                for model in models), "bar"),
        ),
        settings=measurement.settings(
            labels=len(items), repositories=sorted({f"{item.repository} {item.commit[:12]}" for item in items}),
            prompts=sorted({item.prompt_version for item in items}), seed=seed),
        data={"reliability": reliability_of(items), "labels": dict(Counter(item.label for item in items))},
    )  # fmt: skip


def _stages(items: Sequence[Item]) -> dict[str, list[tuple[Item, str]]]:
    """Stage → what there is of it, with its labels; of one model."""
    written = [item for item in items if item.basis == "model"]
    kept = [item for item in written if item.kept]
    refused = _refused(kept)
    refused_elsewhere = {
        name: _refused([item for item in kept if item.repository != name])
        for name in {item.repository for item in kept}
    }
    return {
        "as the model wrote it": [(item, item.label_before) for item in written],
        "kept by grounding": [(item, item.label) for item in kept],
        "served of that": [(item, item.label) for item in kept if item.kind not in refused],
        "served, kinds decided elsewhere": [
            (item, item.label) for item in kept if item.kind not in refused_elsewhere[item.repository]
        ],
        "quoted from the code": [(item, item.label) for item in items if item.basis == "facts"],
        "all that is served as predicted": [
            (item, item.label) for item in items if item.basis == "facts" or (item.kept and item.kind not in refused)
        ],
    }


def _refused(kept: Sequence[Item]) -> frozenset[str]:
    """Kinds that their model may not serve; of one model."""
    return Reliability.from_json(reliability_of(kept)).unreliable_kinds(kept[0].model) if kept else frozenset()


def _stage_rows(items: Sequence[Item], seed: int) -> Iterator[tuple[Cell, ...]]:
    for stage, found in _stages(items).items():
        yield items[0].model, stage, *_rates([item for item, _ in found], seed, [label for _, label in found])


def _rates(items: Sequence[Item], seed: int, labels: Sequence[str] | None = None) -> tuple[Cell, ...]:
    """How many, and the share of each label."""
    if not items:
        return 0, None, None, None
    found = [item.label for item in items] if labels is None else labels
    symbols = [(item.repository, item.path, item.symbol) for item in items]
    return len(items), *(bootstrap([float(label == name) for label in found], seed, symbols) for name in LABEL_NAMES)


def _kind_rows(written: Sequence[Item], seed: int) -> Iterator[tuple[Cell, ...]]:
    models = {item.model for item in written}
    refused = {model: _refused([item for item in written if item.model == model and item.kept]) for model in models}
    for model, kind in sorted({(item.model, item.kind) for item in written}):
        kept = [item for item in written if (item.model, item.kind) == (model, kind) and item.kept]
        yield model, kind, *_rates(kept, seed), "no" if kind in refused[model] else "yes"


def _drop_rows(written: Sequence[Item]) -> Iterator[tuple[Cell, ...]]:
    dropped = [item for item in written if not item.kept]
    for reason, count in Counter(item.dropped for item in dropped).most_common():
        labels = Counter(item.label for item in dropped if item.dropped == reason)
        yield reason, count, *(labels[name] for name in LABEL_NAMES)


def _sentences(model: str, items: Sequence[Item], seed: int) -> Iterator[str]:
    stages = _stages([item for item in items if item.model == model])
    before = _wrong(stages["as the model wrote it"], seed)
    after = _wrong(stages["served of that"], seed)
    elsewhere = _wrong(stages["served, kinds decided elsewhere"], seed)
    count = len(stages["as the model wrote it"])
    if before is None:
        return
    yield f"{model}: {_share(before)} of {count} texts that it wrote are wrong."
    if after is None:
        yield f"{model}: after the rules nothing that it wrote is served as predicted."
    else:
        served = len(stages["served of that"])
        yield f"{model}: after the rules {served} are served as predicted, of which {_share(after)} are wrong."
    if elsewhere is not None:
        yield f"{model}: with kinds decided from the other repositories {_share(elsewhere)} of what is served is wrong."
    for stage in ("quoted from the code", "all that is served as predicted"):
        if (wrong := _wrong(stages[stage], seed)) is not None:
            yield f"{model}: {stage}: {len(stages[stage])}, of which {_share(wrong)} are wrong."


def _agreement(pairs: Sequence[Sequence[str]]) -> Iterator[str]:
    """How far two readers agree, beyond what chance would give: Cohen's κ."""
    if not pairs:
        return
    agreed = sum(one == other for one, other in pairs) / len(pairs)
    shares = [Counter(pair[place] for pair in pairs) for place in (0, 1)]
    by_chance = sum(shares[0][name] * shares[1][name] for name in LABEL_NAMES) / len(pairs) ** 2
    kappa = (agreed - by_chance) / (1 - by_chance) if by_chance < 1 else 1.0
    yield (
        f"{len(pairs)} texts were read by two, who did not know what was kept: they agree on {agreed:.0%} "
        f"(κ = {kappa:.2f}), and the worse label counts."
    )


def _wrong(found: Sequence[tuple[Item, str]], seed: int) -> Interval | None:
    if not found:
        return None
    symbols = [(item.repository, item.path, item.symbol) for item, _ in found]
    return bootstrap([float(label == "wrong") for _, label in found], seed, symbols)


def _share(interval: Interval) -> str:
    return f"{interval.mean:.0%} ({interval.low:.0%} to {interval.high:.0%})"
