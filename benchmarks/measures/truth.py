"""How much of what a model writes in a sleep-time pass is right, before and after verification.

The labels in data/truth.jsonl come from people who read the code a text is about. `right`: every statement is true and
says something about this code; `vague`: true, but it says little; `wrong`: anything in it is false. `--collect` creates
items to label by a real pass over a repository, including what grounding dropped.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
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

DEFAULT_SYMBOLS = 45
"""Number of symbols collected by default."""

LABELS = Path(__file__).parent.parent / "data" / "truth.jsonl"
TEXTS = "truth-texts.jsonl"
"""What models wrote, by prompt, in the measurement's folder."""
Label = Literal["right", "vague", "wrong"]
LABEL_NAMES: tuple[str, ...] = get_args(Label)
MIN_LINES, MAX_LINES = 4, 70
"""Lines of a collected symbol: shorter ones are self-explanatory, longer ones are too much to read."""


@dataclass(frozen=True, slots=True)
class Item:
    """One text about one symbol, and how readers of the code judge it."""

    repository: str
    commit: str
    path: str
    symbol: str
    symbol_kind: str
    language: str
    subject: str
    kind: str
    """Kind of the question: `purpose`, `when` …"""
    question: str
    text: str
    """As stored or, if it was dropped, as the model wrote it."""
    basis: AnswerBasis
    model: str
    producer: str
    prompt_version: str
    kept: bool
    dropped: str = ""
    """Why it was dropped."""
    draft: str = ""
    """What the model wrote, if that differs from what was stored."""
    label: str = ""
    draft_label: str = ""
    """Label of `draft`."""
    note: str = ""
    readers: Sequence[str] = ()
    """Labels of independent readers, if there were several; `label` is the worst of them."""

    @property
    def label_before(self) -> str:
        """Label of what the model wrote."""
        return self.draft_label or self.label


def run(
    measurement: Measurement,
    root: Path,
    collect: Annotated[Path | None, "File to write items to label into, from a pass over the repository."] = None,
    limit: Annotated[int, "Number of symbols to collect (0 for 45), or of labels to read (0 for all)."] = 0,
    labels: Annotated[Path | None, "File with labels; by default data/truth.jsonl."] = None,
    write_reliability: Annotated[
        bool, "Update the table of reliable kinds of answers that ships with Forethought."
    ] = False,
    seed: Annotated[int, "Seed of the sample and the intervals."] = 7,
) -> Report:
    """Report shares of right, vague and wrong by model, kind and repository. Raises UsageError for faulty labels."""
    if collect is not None:
        items = _collect(measurement, root, limit or DEFAULT_SYMBOLS, seed)
        collect.write_text("".join(f"{json.dumps(asdict(item), ensure_ascii=False)}\n" for item in items), "utf-8")
        return _collected(measurement, root, collect, items)
    items = read_labels(labels)
    if 0 < limit < len(items):
        items = random.Random(seed).sample(items, limit)  # noqa: S311 - sampling, not cryptography
    if write_reliability:
        table = json.dumps(reliability_of(items), indent=1, sort_keys=True)
        (Path(forethought.__file__).parent / "insights" / TABLE).write_text(f"{table}\n", "utf-8")
    return _report(measurement, items, seed)


def read_labels(file: Path | None = None) -> list[Item]:
    """Read labeled items, by default those in data/truth.jsonl. Raises UsageError if any is unlabeled or malformed."""
    try:
        lines = (file or LABELS).read_text("utf-8").splitlines()
        items = [Item(**json.loads(line)) for line in lines if line.strip()]
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"The labels cannot be read ({error}); name a file written by `--collect`.") from error
    faulty = [item for item in items if not {item.label, item.label_before} <= set(LABEL_NAMES)]
    if faulty or not items:
        what = f"“{faulty[0].question}” in {faulty[0].path} has no label" if faulty else "there are none"
        raise UsageError(f"The labels are incomplete: {what}; label each item one of {', '.join(LABEL_NAMES)}.")
    return items


def reliability_of(items: Iterable[Item]) -> dict[str, Any]:
    """The table that decides which kinds of answers a model may serve: label counts of what grounding kept."""
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
    """Records an engine's texts and scores, so that the same texts can be judged again after the rules change."""

    def __init__(self, engine: Engine, recorded: Results) -> None:
        self.written: dict[Prompt, Completion] = {}
        self._engine = engine
        self._recorded = recorded

    def generate(self, request: GenerateRequest, cancel: CancelToken) -> Iterator[Event]:
        keys = [sha256(repr((prompt, request.max_tokens, request.sampling)).encode()).hexdigest()
                for prompt in request.prompts]  # fmt: skip
        if not all(key in self._recorded for key in keys):
            for event in self._engine.generate(request, cancel):
                if isinstance(event, Completion):
                    self._recorded.add(keys[event.index], {"text": event.text, "finish": event.finish})
        for index, (key, prompt) in enumerate(zip(keys, request.prompts, strict=True)):
            completion = Completion(index, self._recorded[key]["text"], self._recorded[key]["finish"], Usage())
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
        if key not in self._recorded:
            self._recorded.add(key, {"scores": self._engine.score(prompts, continuations, priority, cancel)})
        scores: list[float | None] = self._recorded[key]["scores"]
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
    """Choose functions (half of them documented), classes and files in proportions 7 : 2 : 1, without tests.

    Raises UsageError if there are none.
    """
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
    chooser = random.Random(seed)  # noqa: S311 - sampling, not cryptography
    for targets in pools.values():
        chooser.shuffle(targets)
    shares = {"function": 0.35, "documented": 0.35, "class": 0.2, "file": 0.1}
    chosen = [target for name, share in shares.items() for target in pools[name][: round(share * count)]]
    if not chosen:
        raise UsageError(f"{workspace.root} has no suitable symbols; name another repository with --root.")
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
    """What one pass writes about one symbol, stored or dropped by grounding."""
    context = workspace.saved.context(target)
    if context is None:
        raise ForethoughtError(f"{target.path} changed while it was read; run the benchmark again.")
    method = method_of(session.settings, "requested")
    # Rounds only add scores, which are not needed here.
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
        title=f"Items to label, from {root.name}",
        shows="What one pass wrote about a sample of symbols, to be labeled by somebody who reads the code.",
        verdict=(
            f"{file} has {len(items)} items about {len({(item.path, item.symbol) for item in items})} symbols: set the "
            f"`label` of each to one of {', '.join(LABEL_NAMES)}.",
        ),
        tables=(
            Table(
                "Items",
                ("basis", "kept", "dropped"),
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
        title="How much of the precomputed text is right",
        shows="How many of the stored insights and predicted answers are right according to the code, and what does "
        "verification (grounding, and dropping kinds of answers that are often wrong) remove?",
        verdict=(
            *(sentence for model in models for sentence in _sentences(model, items, seed)),
            *_agreement([item.readers for item in items if len(item.readers) == 2]),
        ),
        tables=(
            Table("What a model wrote, what was kept, and what is served", columns, tuple(stages),
                  "95 % intervals, bootstrap over symbols. “Kinds decided elsewhere”: which kinds may be served was "
                  "decided from labels of the other repositories only."),
            Table("What grounding kept, by kind of question", ("model", "kind", "items", "right", "vague", "wrong",
                  "served"), tuple(_kind_rows(written, seed)),
                  f"A kind is served if at most {MAX_WRONG:.0%} is expected to be wrong; with few labels, the estimate "
                  "is drawn towards the model's other kinds."),
            Table("What grounding kept, by repository", ("model", "repository", "items", "right", "vague", "wrong"),
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
    """Maps each stage to its items with their labels; of one model."""
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
    """Kinds of answers that the items' (one) model may not serve."""
    return Reliability.from_json(reliability_of(kept)).unreliable_kinds(kept[0].model) if kept else frozenset()


def _stage_rows(items: Sequence[Item], seed: int) -> Iterator[tuple[Cell, ...]]:
    for stage, found in _stages(items).items():
        yield items[0].model, stage, *_rates([item for item, _ in found], seed, [label for _, label in found])


def _rates(items: Sequence[Item], seed: int, labels: Sequence[str] | None = None) -> tuple[Cell, ...]:
    """Number of items, and the share of each label."""
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
    yield f"{model}: {_share(before)} of its {count} texts are wrong."
    if after is None:
        yield f"{model}: after verification nothing it wrote is served."
    else:
        served = len(stages["served of that"])
        yield f"{model}: after verification {served} are served, of which {_share(after)} are wrong."
    if elsewhere is not None:
        yield f"{model}: with kinds decided from other repositories, {_share(elsewhere)} of what is served is wrong."
    for stage in ("quoted from the code", "all that is served as predicted"):
        if (wrong := _wrong(stages[stage], seed)) is not None:
            yield f"{model}: {stage}: {len(stages[stage])}, of which {_share(wrong)} are wrong."


def _agreement(pairs: Sequence[Sequence[str]]) -> Iterator[str]:
    """Agreement of two readers beyond chance: Cohen's κ (Educational and Psychological Measurement 20, 1960)."""
    if not pairs:
        return
    agreed = sum(one == other for one, other in pairs) / len(pairs)
    shares = [Counter(pair[place] for pair in pairs) for place in (0, 1)]
    by_chance = sum(shares[0][name] * shares[1][name] for name in LABEL_NAMES) / len(pairs) ** 2
    kappa = (agreed - by_chance) / (1 - by_chance) if by_chance < 1 else 1.0
    yield (
        f"{len(pairs)} texts were labeled by two readers, who did not know which were kept. They agree on {agreed:.0%} "
        f"(κ = {kappa:.2f}); the worse label counts."
    )


def _wrong(found: Sequence[tuple[Item, str]], seed: int) -> Interval | None:
    if not found:
        return None
    symbols = [(item.repository, item.path, item.symbol) for item, _ in found]
    return bootstrap([float(label == "wrong") for _, label in found], seed, symbols)


def _share(interval: Interval) -> str:
    return f"{interval.mean:.0%} (95 % CI {interval.low:.0%} to {interval.high:.0%})"
