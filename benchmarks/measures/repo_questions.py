"""Whether the files that answer questions about whole repositories are found.

By BM25, by our ranking of words, by meaning, by both, and with insights (c′).

Questions of SWE-QA-Bench at pinned commits of four repositories. The ranking was developed on commit messages,
docstrings and the questions about requests; the pooled figure is that of the other three.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from benchmarks.baselines.bm25 import WholeFiles
from benchmarks.harness.clones import check_clone
from forethought.app.session import Session
from forethought.bench.bootstrap import bootstrap, paired_bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Cell, Goal, Plot, Report, Series, Table
from forethought.config import load_settings
from forethought.engine.api import CancelToken, Engine
from forethought.errors import UsageError
from forethought.idle.pass_runner import method_of
from forethought.insights.entry import Entry
from forethought.insights.sleep_pass import PassOptions, think
from forethought.names.resolver import Target
from forethought.qa.question import Question
from forethought.search.fulltext_index import FulltextIndex
from forethought.search.passages import FileWords, Passage, words
from forethought.search.ranking import is_test_path, question_words
from forethought.search.repository_search import MAX_NEAREST, RepositorySearch
from forethought.search.semantic_index import SemanticIndex
from forethought.store.insight_store import DiskInsightStore
from forethought.workspace.workspace import Workspace

DATA = Path(__file__).parent.parent / "data" / "repo_questions.jsonl"

POOLED = ("pylint", "sqlfluff", "xarray")
DEVELOPED_ON = "requests"
"""Its questions were seen while the ranking was developed."""
SOURCES = {
    "pylint": "https://github.com/pylint-dev/pylint",
    "requests": "https://github.com/psf/requests",
    "sqlfluff": "https://github.com/sqlfluff/sqlfluff",
    "xarray": "https://github.com/pydata/xarray",
}
PUBLISHED = {"requests": (80.0, 100, 100), "pylint": (22.2, 51.1, 66.7), "sqlfluff": (43.9, 78.0, 95.1)}
PUBLISHED |= {"xarray": (66.7, 92.9, 97.6)}
"""Published Hit@1, 5 and 10 of BM25 over code, in percent."""
BM25, CODE, ENRICHED, PREDICTED = "BM25 on code", "ours: code", "ours: code + insights", "predicted questions alone"
MEANING, BOTH = "meaning alone", "ours: words and meaning"
WAYS = (BM25, CODE, MEANING, BOTH, ENRICHED, PREDICTED)
CUTS = (1, 5, 10)
NOT_FOUND = 0
"""The rank of a file that is not in a list."""


@dataclass(frozen=True, slots=True)
class Asked:
    key: str
    text: str
    gold: frozenset[str]


def run(
    measurement: Measurement,
    repositories: Annotated[Path | None, "Folder with the clones pylint, requests, sqlfluff and xarray."] = None,
    limit: Annotated[int, "Number of questions about each repository; 0 for all."] = 0,
    precompute: Annotated[int, "Number of files of each repository to precompute first."] = 0,
    seed: Annotated[int, "Seed of the intervals, and of the choice of files."] = 7,
) -> Report:
    """Report Hit@1, 5, 10 and MRR of each ranking. Raises UsageError if a clone is missing or at another commit."""
    asked = read_questions()
    roots = {name: find_clone(repositories, name, commit) for name, (commit, _) in asked.items()}
    ranks: dict[str, dict[str, dict[str, Any]]] = {}
    stored: dict[str, int] = {}
    for name, (commit, questions) in asked.items():
        with _open(measurement, roots[name]) as (session, workspace):
            if precompute:
                _precompute(measurement, session, workspace, name, precompute, seed)
            entries = _entries(measurement, session, workspace)
            stored[name] = len(entries)
            rankings = _rankings(session, workspace, entries)
            known = sorted((entry.context_hash, entry.generator_id) for entry in entries.values())
            ranks[name] = measurement.collect(
                f"questions about {name}",
                {item.key: item for item in (questions[:limit] if limit else questions)},
                partial(_measure, session, rankings),
                {"commit": commit, "entries": known, "rankings": sorted(rankings)},
            )
    return _report(measurement, ranks, stored, limit, precompute, seed)


def read_questions() -> dict[str, tuple[str, list[Asked]]]:
    """Maps each repository to its commit and its questions."""
    found: dict[str, tuple[str, list[Asked]]] = {}
    for line in DATA.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        questions = found.setdefault(item["repo"], (item["commit"], []))[1]
        questions.append(Asked(f"{item['repo']} {item['i']}", item["question"], frozenset(item["gold_files"])))
    return found


def find_clone(repositories: Path | None, name: str, commit: str) -> Path:
    """The clone in the folder. Raises UsageError, saying how to get it, if it is missing or at another commit."""
    root = (repositories or Path()) / name
    clone = f"git clone {SOURCES[name]} {root}"
    if repositories is None:
        raise UsageError(f"Name a folder with --repositories; for each of {', '.join(SOURCES)}: {clone}")
    if not (root / ".git").exists():
        raise UsageError(f"There is no clone of {name} at {root}; get it with: {clone}")
    check_clone(root, commit)
    return root


def rank_of(order: Sequence[str], gold: frozenset[str]) -> int:
    """1-based rank of the first gold file, or NOT_FOUND."""
    return next((number for number, path in enumerate(order, 1) if path in gold), NOT_FOUND)


def hits(ranks: Sequence[int], cut: int) -> list[float]:
    """1 for each question whose file is among the first `cut`, else 0. Their mean is Hit@cut."""
    return [float(0 < rank <= cut) for rank in ranks]


def reciprocals(ranks: Sequence[int]) -> list[float]:
    """Reciprocal ranks; their mean is MRR."""
    return [1 / rank if rank else 0.0 for rank in ranks]


def _measure(session: Session, rankings: Mapping[str, Callable[[str], list[str]]], item: Asked) -> dict[str, Any]:
    answer = session.ask(Question(item.text, tier="predicted"), _ignore, CancelToken())
    return {
        "ranks": {way: rank_of(order(item.text), item.gold) for way, order in rankings.items()},
        "predicted": answer.tier == "predicted",
    }


@contextmanager
def _open(measurement: Measurement, root: Path) -> Iterator[tuple[Session, Workspace]]:
    """Open a session over the indexed clone, with its own caches."""
    environment = {**measurement.environment, "FORETHOUGHT_CACHE_DIR": str(measurement.folder / "repo-questions-cache")}
    loaded = load_settings(None, environment, flags={"engine": "none"})
    with closing(Session(loaded, environment)) as session:
        workspace = session.add_root(root)
        workspace.refresh(cancel=measurement.cancel)
        yield session, workspace


def _precompute(
    measurement: Measurement, session: Session, workspace: Workspace, name: str, count: int, seed: int
) -> None:
    """Compute insights about some files as a whole: no tests, and chosen independently of the questions."""
    paths = sorted(path for path in workspace.index.paths() if not is_test_path(path))
    random.Random(seed).shuffle(paths)  # noqa: S311 - sampling, not cryptography
    engine = measurement.engine

    def measure(path: str) -> dict[str, Any]:
        return _precompute_file(session, workspace, path, engine)

    measurement.collect(f"files of {name} precomputed", {path: path for path in paths[:count]}, measure, {})


def _precompute_file(session: Session, workspace: Workspace, path: str, engine: Engine) -> dict[str, Any]:
    context = workspace.saved.context(Target(path, ""))
    if context is None:
        return {"outcome": "not in the index"}
    thought = think(context, engine, method_of(session.settings, "requested"), PassOptions(), CancelToken())
    session.contexts.put_many([thought.entry])
    return {"outcome": thought.entry.outcome, "seconds": thought.entry.provenance.seconds}


def _entries(measurement: Measurement, session: Session, workspace: Workspace) -> dict[Target, Entry]:
    """Fresh entries about the repository, from this benchmark and from the user's own store."""
    with closing(DiskInsightStore.open(measurement.user_settings.cache_folder / "contexts", 1 << 40)) as own:
        known = frozenset(own.context_hashes())
        if not known and not session.contexts.info()["entries"]:
            return {}
        found: dict[Target, Entry] = {}
        for path in sorted(workspace.index.paths()):
            saved = workspace.saved.symbols(path)
            session.contexts.put_many(
                entry
                for entries in own.get_many(known & {item.context_hash for item in saved}).values()
                for entry in entries
            )
            for symbol_id, insight_status in workspace.saved.insight_statuses(path, saved).items():
                if insight_status.state == "fresh" and insight_status.entry is not None:
                    found[Target(path, symbol_id)] = insight_status.entry
        return found


def _rankings(
    session: Session, workspace: Workspace, entries: Mapping[Target, Entry]
) -> dict[str, Callable[[str], list[str]]]:
    """Maps each ranking to a function from a question to paths, best first. Without entries, those based on them are
    left out."""
    paths = sorted(workspace.index.paths())
    whole = WholeFiles()
    whole.put({path: (workspace.root / path).read_text(encoding="utf-8", errors="replace") for path in paths})

    def by(search: RepositorySearch) -> Callable[[str], list[str]]:
        return lambda question: [path for path, _ in search.rank(question, CancelToken()).files]

    def read(path: str) -> bytes:
        return (workspace.root / path).read_bytes()

    nothing = DiskInsightStore.in_memory()
    words_only = RepositorySearch(workspace.index, nothing, FulltextIndex.in_memory(), read)
    found = {BM25: whole.rank, CODE: by(words_only)}
    semantic_index = workspace.semantic_index
    while semantic_index.pending:
        semantic_index.embed_next(lambda: False)
    if semantic_index.nearest("", 1) is not None:
        found[MEANING] = lambda question: _by_meaning(semantic_index, question)
        found[BOTH] = by(RepositorySearch(workspace.index, nothing, FulltextIndex.in_memory(), read, semantic_index))
    if entries:
        found[ENRICHED] = by(RepositorySearch(workspace.index, session.contexts, FulltextIndex.in_memory(), read))
        found[PREDICTED] = _by_predicted_questions(entries)
    return found


def _by_meaning(semantic_index: SemanticIndex, question: str) -> list[str]:
    nearest = semantic_index.nearest(question, MAX_NEAREST) or {}
    return list(dict.fromkeys(target.path for target in nearest))


def _by_predicted_questions(entries: Mapping[Target, Entry]) -> Callable[[str], list[str]]:
    by_path: dict[str, list[Passage]] = {}
    for target, entry in entries.items():
        asked = " ".join(words(" ".join(item.question for item in entry.insights.questions)))
        by_path.setdefault(target.path, []).append(Passage(target.symbol_id, "", asked))
    store = FulltextIndex.in_memory()
    store.put(FileWords(path, "", "", "", "", tuple(passages)) for path, passages in by_path.items())

    def order(question: str) -> list[str]:
        best: dict[str, float] = {}
        for (path, _), score in store.search(question_words(question)).passages.items():
            best[path] = max(score, best.get(path, 0.0))
        return sorted(best, key=lambda path: (-best[path], path))

    return order


def _ignore(delta: str) -> None:
    """The answer is not streamed."""


def _report(
    measurement: Measurement,
    found: Mapping[str, Mapping[str, Mapping[str, Any]]],
    stored: Mapping[str, int],
    limit: int,
    precompute: int,
    seed: int,
) -> Report:
    groups = {**{name: [name] for name in found}, "pooled": [name for name in found if name in POOLED]}
    ranks: dict[str, dict[str, list[int]]] = {}
    for group, names in groups.items():
        values = [value for name in names for value in found[name].values()]
        ways = [way for way in WAYS if any(way in value["ranks"] for value in values)]
        ranks[group] = {way: [value["ranks"].get(way, NOT_FOUND) for value in values] for way in ways}
    rows: list[tuple[Cell, ...]] = []
    differences: list[tuple[Cell, ...]] = []
    verdict: list[str] = []
    goals: list[Goal] = []
    for group, by_way in ranks.items():
        rows += [
            (
                group,
                way,
                len(own),
                *(bootstrap(hits(own, cut), seed).mean for cut in CUTS),
                bootstrap(reciprocals(own), seed),
            )
            for way, own in by_way.items()
        ]
        for way, over in ((CODE, BM25), (BOTH, CODE), (ENRICHED, BM25)):
            if way in by_way:
                own, base = by_way[way], by_way[over]
                gains = [paired_bootstrap(hits(own, cut), hits(base, cut), seed) for cut in CUTS]
                gains.append(paired_bootstrap(reciprocals(own), reciprocals(base), seed))
                differences.append((group, way, over, *gains))
                if group == "pooled":
                    verdict.append(
                        f"Over {', '.join(groups[group])}, {way} finds a file with the answer among the first five for "
                        f"{sum(hits(own, 5)) / len(own):.1%} of the questions, {over} for "
                        f"{sum(hits(base, 5)) / len(base):.1%}: the gain is {gains[1].mean:+.3f} (95 % CI "
                        f"{gains[1].low:+.3f} to {gains[1].high:+.3f}), of MRR {gains[-1].mean:+.3f} "
                        f"({gains[-1].low:+.3f} to {gains[-1].high:+.3f})."
                    )
                    goals += [
                        Goal(f"{way}: gain in {label} over {over}, lower bound", round(found_gain.low, 4), ">", 0)
                        for label, found_gain in (("Hit@5", gains[1]), ("MRR", gains[-1]))
                    ]
    if DEVELOPED_ON in ranks:
        own, base = ranks[DEVELOPED_ON][CODE], ranks[DEVELOPED_ON][BM25]
        goals += [
            Goal(f"{label} on {DEVELOPED_ON}, difference to BM25", round(difference / len(own), 4), "≥", 0)
            for label, difference in (
                ("Hit@5", sum(hits(own, 5)) - sum(hits(base, 5))),
                ("MRR", sum(reciprocals(own)) - sum(reciprocals(base))),
            )
        ]
    values = [value for by_key in found.values() for value in by_key.values()]
    recalled = sum(value["predicted"] for value in values)
    if any(stored.values()):
        verdict.append(
            f"There are insights about {sum(stored.values())} symbols and files of these repositories. Their predicted "
            f"questions answer {recalled} of the {len(values)} questions: a recall of {recalled / len(values):.1%}."
        )
    else:
        verdict.append(
            "There are no insights about these repositories, so their effect is not measured; see --precompute."
        )
    return Report(
        name="repo-questions",
        title="Which files answer a question about the repository?",
        shows="How often is a file named by the reference answer found from the question alone: by BM25 over whole "
        "files, and by our ranking over files, functions and classes?",
        verdict=tuple(verdict),
        goals=tuple(goals),
        tables=(
            Table(
                "Files found",
                ("repository", "ranking", "questions", "Hit@1", "Hit@5", "Hit@10", "MRR"),
                tuple(rows),
                "Published for BM25 (Hit@1, 5, 10 in percent): "
                + "; ".join(f"{name} {', '.join(map(str, PUBLISHED[name]))}" for name in found if name in PUBLISHED),
            ),
            Table(
                "Gains",
                ("repository", "ranking", "over", "Hit@1", "Hit@5", "Hit@10", "MRR"),
                tuple(differences),
                "95 % intervals, paired bootstrap over questions. The ranking was developed on commit messages, "
                f"docstrings and the questions about {DEVELOPED_ON}, the weight of meaning on the latter. “Pooled” is "
                f"{', '.join(POOLED)}. It was evaluated four times while words were ranked, never to choose a weight, "
                "and with two weights of meaning: the one that was chosen before, and its double, which code-search "
                "prefers and which was given up.",
            ),
        ),
        plots=tuple(
            Plot(
                f"{label} by repository",
                "repository",
                label,
                tuple(
                    Series(
                        way,
                        tuple(
                            (group, bootstrap(score(by_way[way]), seed).mean)
                            for group, by_way in ranks.items()
                            if way in by_way
                        ),
                    )
                    for way in WAYS
                    if any(way in by_way for by_way in ranks.values())
                ),
                "bar",
            )
            for label, score in (("Hit@5", lambda own: hits(own, 5)), ("MRR", reciprocals))
        ),
        settings=measurement.settings(seed=seed, limit=limit or "all", precompute=precompute),
        data={"ranks": ranks, "entries": dict(stored), "recalled": recalled},
    )
