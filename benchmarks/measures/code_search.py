"""Whether the function that answers a query is found among thousands: by words, by meaning, and by both.

The development set of CoSQA (Huang and others, 2021; MIT): 499 real web queries, 6,261 Python functions. It is also
where the number of tokens that are embedded was chosen.
"""

import ast
import json
import random
import textwrap
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated

from benchmarks.measures.repo_questions import reciprocals
from forethought.bench.bootstrap import bootstrap, paired_bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Cell, Goal, Report, Table
from forethought.embedding.embedder import Embedder, Vector
from forethought.embedding.source import EmbedderSource, missing_part
from forethought.errors import UsageError
from forethought.folders import model_folder
from forethought.names.resolver import Target
from forethought.search.fulltext_index import FulltextIndex
from forethought.search.passages import FileWords, Passage, words
from forethought.search.ranking import question_words, rank
from forethought.search.repository_search import MAX_NEAREST
from forethought.store.vector_store import PlacedVector, VectorStore

WORDS, MEANING, BOTH = "words", "meaning", "both"
GOALS = {"with docstrings": 0.54, "without docstrings": 0.44}
"""Mean reciprocal rank by words and meaning."""
MANY = 100_000
"""Vectors among which a look-up is timed."""
MAX_LOOKUP_MS = 20.0
MIN_VECTORS_A_SECOND = 25.0
_LOOKUPS = 50
_BATCH_TEXTS = 64


@dataclass(frozen=True, slots=True)
class Query:
    text: str
    function: str
    """Key of the function that answers it."""


def run(
    measurement: Measurement,
    cosqa: Annotated[Path | None, "The development set of CoSQA: a JSON file with `queries` and `functions`."] = None,
    seed: Annotated[int, "Seed of the intervals, and of the vectors that look-ups are timed with."] = 7,
) -> Report:
    """Report the mean reciprocal rank of each way, and the speed. Raises UsageError without the data or the model."""
    if cosqa is None or not cosqa.is_file():
        raise UsageError("Name the development set of CoSQA with --cosqa FILE; see benchmarks/README.md.")
    embedder = EmbedderSource(model_folder()).get()
    if embedder is None:
        missing = missing_part(model_folder())
        raise UsageError(f"There is no model: {missing[0]}. {missing[1]}" if missing else "The model does not load.")
    queries, functions = read_cosqa(cosqa)
    versions = {
        "with docstrings": functions,
        "without docstrings": {key: without_docstring(source) for key, source in functions.items()},
    }
    store = VectorStore(measurement.folder / "code-search-vectors.sqlite", embedder.digest, embedder.dimensions)
    ranks: dict[str, dict[str, list[int]]] = {}
    for version, sources in versions.items():
        vectors = _embedded(store, embedder, sources)
        ranks[version] = _ranks(queries, sources, vectors, embedder)
    store.close()
    lookup = _measure_lookup(list(vectors.values()), seed)
    return _report(measurement, ranks, _vectors_a_second(embedder, list(functions.values())), lookup, seed)


def read_cosqa(file: Path) -> tuple[list[Query], dict[str, str]]:
    """The queries, and the source of each function by key."""
    data = json.loads(file.read_text(encoding="utf-8"))
    queries = [Query(item["query"], str(item["function"])) for item in data["queries"]]
    return queries, dict(data["functions"])


def without_docstring(source: str) -> str:
    """The function without its docstring; as it is if Python cannot parse it, or if it has none."""
    try:
        tree = ast.parse(textwrap.dedent(source))
    except SyntaxError:
        return source
    function = tree.body[0]
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or ast.get_docstring(function) is None:
        return source
    function.body = function.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def _embedded(store: VectorStore, embedder: Embedder, sources: Mapping[str, str]) -> dict[str, Vector]:
    """The vector of each function. What an interrupted run embedded is kept."""
    keys = {key: sha256(source.encode()).digest()[:16] for key, source in sources.items()}
    known = store.known(keys.values())
    missing = [key for key in sources if keys[key] not in known]
    for start in range(0, len(missing), _BATCH_TEXTS):
        batch = missing[start : start + _BATCH_TEXTS]
        vectors = embedder.embed([sources[key] for key in batch])
        store.put_vectors({keys[key]: vector for key, vector in zip(batch, vectors, strict=True)})
    store.put_file("", "", ((key, keys[key]) for key in sources))
    return {target.symbol_id: vector for target, vector in store.load()}


def _ranks(
    queries: Sequence[Query], sources: Mapping[str, str], vectors: Mapping[str, Vector], embedder: Embedder
) -> dict[str, list[int]]:
    """The 1-based rank of the right function for each query, by each way; 0 if it is not found."""
    from forethought.search.vector_index import VectorIndex

    fulltext = FulltextIndex.in_memory()
    fulltext.put(
        FileWords(key, key, "", "", "", (Passage("", _name(source), " ".join(words(source))),))
        for key, source in sources.items()
    )
    index = VectorIndex([PlacedVector(Target(key, ""), vectors[key]) for key in sources], embedder.dimensions)
    ranks: dict[str, list[int]] = {WORDS: [], MEANING: [], BOTH: []}
    for query in queries:
        found = fulltext.search(question_words(query.text))
        nearest = index.nearest(embedder.embed([query.text])[0], MAX_NEAREST)
        orders = {
            WORDS: [target for target, _ in rank(query.text, found).symbols],
            MEANING: list(nearest),
            BOTH: [target for target, _ in rank(query.text, found, nearest).symbols],
        }
        right = Target(query.function, "")
        for way, order in orders.items():
            ranks[way].append(order.index(right) + 1 if right in order else 0)
    return ranks


def _name(source: str) -> str:
    return " ".join(words(source.partition("(")[0].rpartition(" ")[2]))


def _vectors_a_second(embedder: Embedder, texts: Sequence[str]) -> float:
    """On one core: by the time of the processor, which other programs do not change."""
    sample = random.Random(1).sample(texts, min(len(texts), 200))  # noqa: S311 - sampling, not cryptography
    started = time.process_time()
    embedder.embed(sample)
    return len(sample) / (time.process_time() - started)


@dataclass(frozen=True, slots=True)
class _Lookup:
    milliseconds: list[float]
    """Of each look-up among MANY vectors."""
    recall: float
    """Share of the nearest MAX_NEAREST that are found: the rest have too many other signs to be compared in full."""


def _measure_lookup(vectors: Sequence[Vector], seed: int) -> _Lookup:
    """Look up vectors among MANY: those given, and each again and again with some of its values changed."""
    import numpy as np

    from forethought.search.vector_index import VectorIndex

    chance = np.random.default_rng(seed)
    given = np.stack([np.frombuffer(vector.values, dtype=np.int8).astype(np.float32) for vector in vectors])
    copies = np.tile(given, (-(-MANY // len(given)), 1))[:MANY]
    copies[len(given) :] += chance.normal(0, 20, (max(0, MANY - len(given)), given.shape[1])).astype(np.float32)
    unit = copies / np.linalg.norm(copies, axis=1, keepdims=True)
    scales = np.abs(unit).max(axis=1) / 127
    values = np.rint(unit / scales[:, np.newaxis]).astype(np.int8)
    many = [
        PlacedVector(Target(str(number), ""), Vector(float(scale), row.tobytes()))
        for number, (scale, row) in enumerate(zip(scales, values, strict=True))
    ]
    index = VectorIndex(many, given.shape[1])
    questions = [
        unit[number] + chance.normal(0, 0.04, given.shape[1]) for number in chance.choice(len(given), _LOOKUPS)
    ]
    seconds, found = [], []
    for direction in questions:
        scale = float(np.abs(direction).max()) / 127
        question = Vector(scale, np.rint(direction / scale).astype(np.int8).tobytes())
        started = time.perf_counter()
        found.append(index.nearest(question, MAX_NEAREST))
        seconds.append(time.perf_counter() - started)
    recalls = []
    for direction, nearest in zip(questions, found, strict=True):
        exact = np.argsort(-(values.astype(np.float32) @ direction) * scales)[:MAX_NEAREST]
        recalls.append(len({str(row) for row in exact} & {target.path for target in nearest}) / MAX_NEAREST)
    return _Lookup([1000 * item for item in seconds], float(np.mean(recalls)))


def _report(
    measurement: Measurement,
    ranks: Mapping[str, Mapping[str, Sequence[int]]],
    vectors_a_second: float,
    lookup: _Lookup,
    seed: int,
) -> Report:
    rows: list[tuple[Cell, ...]] = []
    goals = [
        Goal("functions embedded a second on one core", round(vectors_a_second, 1), "≥", MIN_VECTORS_A_SECOND),
        Goal(f"look-up among {MANY:,}, median", _median(lookup.milliseconds), "≤", MAX_LOOKUP_MS, "ms"),
    ]
    verdict = []
    for version, by_way in ranks.items():
        for way, own in by_way.items():
            gain = paired_bootstrap(reciprocals(own), reciprocals(by_way[WORDS]), seed) if way != WORDS else None
            rows.append((version, way, len(own), bootstrap(reciprocals(own), seed), gain))
        reached = sum(reciprocals(by_way[BOTH])) / len(by_way[BOTH])
        by_words = sum(reciprocals(by_way[WORDS])) / len(by_way[WORDS])
        verdict.append(f"Functions {version}: MRR {reached:.3f} by words and meaning, {by_words:.3f} by words alone.")
        goals.append(Goal(f"MRR by words and meaning, {version}", round(reached, 3), "≥", GOALS[version]))
    verdict.append(
        f"{vectors_a_second:.0f} functions are embedded in a second of one core; a look-up among {MANY:,} vectors"
        f" takes {_median(lookup.milliseconds):.1f} ms (median; fastest {min(lookup.milliseconds):.1f}, slowest"
        f" {max(lookup.milliseconds):.1f}) and finds {lookup.recall:.1%} of the nearest {MAX_NEAREST}."
    )
    return Report(
        name="code-search",
        title="Is the function that answers a query found?",
        shows="How high does the right one of 6,261 Python functions rank for a real web query: by its words, by its "
        "meaning, and by both?",
        verdict=tuple(verdict),
        goals=tuple(goals),
        tables=(
            Table(
                "Functions found",
                ("functions", "way", "queries", "MRR", "gain over words"),
                tuple(rows),
                "95 % intervals by bootstrap over queries. The number of tokens that are embedded was chosen on a part "
                "of these functions; the weight of meaning was not.",
            ),
        ),
        settings=measurement.settings(seed=seed),
        data={"ranks": ranks, "milliseconds": lookup.milliseconds, "recall": lookup.recall},
    )


def _median(values: Sequence[float]) -> float:
    return round(sorted(values)[len(values) // 2], 1)
