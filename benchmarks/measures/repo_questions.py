"""Whether the files are found that answer questions about whole repositories: BM25 on code, our ranking, and c′.

Questions of SWE-QA-Bench at pinned commits of four repositories. The ranking was developed on commit messages,
docstrings and the questions about requests; the pooled figure is that of the other three.
"""

import json
import random
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from benchmarks.baselines.bm25 import WholeFiles
from forethought.app.session import Session
from forethought.bench.bootstrap import bootstrap, paired_bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Cell, Plot, Report, Series, Table
from forethought.bench.trial import git
from forethought.config import load_settings
from forethought.engine.api import CancelToken, Engine
from forethought.errors import UsageError
from forethought.idle.pass_runner import method_of
from forethought.insights.entry import Entry
from forethought.insights.sleep_pass import PassOptions
from forethought.insights.sleep_pass import think as think_about
from forethought.names.resolver import Target
from forethought.qa.question import Question
from forethought.search.fulltext_index import FulltextIndex
from forethought.search.passages import FileWords, Passage, words
from forethought.search.ranking import is_test_path, question_words
from forethought.search.repository_search import RepositorySearch
from forethought.store.insight_store import DiskInsightStore
from forethought.workspace.workspace import Workspace

POOLED = ("pylint", "sqlfluff", "xarray")
HELD_IN = "requests"
"""Looked at while the ranking was developed."""
SOURCES = {
    "pylint": "https://github.com/pylint-dev/pylint",
    "requests": "https://github.com/psf/requests",
    "sqlfluff": "https://github.com/sqlfluff/sqlfluff",
    "xarray": "https://github.com/pydata/xarray",
}
PUBLISHED = {"requests": (80.0, 100, 100), "pylint": (22.2, 51.1, 66.7), "sqlfluff": (43.9, 78.0, 95.1)}
PUBLISHED |= {"xarray": (66.7, 92.9, 97.6)}
"""Hit@1, 5 and 10 of BM25 over code as published, in percent."""
BM25, CODE, ENRICHED, PREDICTED = "BM25 on code", "ours: code", "ours: code + c′", "predicted questions alone"
CUTS = (1, 5, 10)
NOT_FOUND = 0
"""The rank of a file that is not in the list."""


@dataclass(frozen=True, slots=True)
class Asked:
    key: str
    text: str
    gold: frozenset[str]


def run(
    measurement: Measurement,
    repositories: Annotated[Path | None, "The folder of the clones: pylint, requests, sqlfluff, xarray."] = None,
    limit: Annotated[int, "Questions of each repository; 0: all."] = 0,
    think: Annotated[int, "Files of each repository that are thought about first, as far as they are not."] = 0,
    seed: Annotated[int, "Of the intervals, and of which files are thought about."] = 7,
) -> Report:
    """Hit@1, 5, 10 and MRR of each ranking. Raises UsageError where a clone is missing or at another commit."""
    asked = read_questions()
    roots = {name: find_clone(repositories, name, commit) for name, (commit, _) in asked.items()}
    ranks: dict[str, dict[str, dict[str, Any]]] = {}
    thoughts: dict[str, int] = {}
    for name, (commit, questions) in asked.items():
        with _open(measurement, roots[name]) as (session, workspace):
            if think:
                _think(measurement, session, workspace, name, think, seed)
            entries = _entries(measurement, session, workspace)
            thoughts[name] = len(entries)
            rankings = _rankings(session, workspace, entries)
            thought = sorted((entry.context_hash, entry.generator_id) for entry in entries.values())
            ranks[name] = measurement.collect(
                f"questions about {name}",
                {item.key: item for item in (questions[:limit] if limit else questions)},
                partial(_measure, session, rankings),
                {"commit": commit, "thoughts": thought},
            )
    return _report(measurement, ranks, thoughts, limit, think, seed)


def read_questions() -> dict[str, tuple[str, list[Asked]]]:
    """Repository → its commit, and its questions."""
    found: dict[str, tuple[str, list[Asked]]] = {}
    data = files("benchmarks") / "data" / "repo_questions.jsonl"
    for line in data.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        questions = found.setdefault(item["repo"], (item["commit"], []))[1]
        questions.append(Asked(f"{item['repo']} {item['i']}", item["question"], frozenset(item["gold_files"])))
    return found


def find_clone(repositories: Path | None, name: str, commit: str) -> Path:
    """The clone in the folder. Raises UsageError, saying how to get it, when it is missing or elsewhere."""
    root = (repositories or Path()) / name
    clone = f"git clone {SOURCES[name]} {root}"
    if repositories is None:
        raise UsageError(f"Name a folder with --repositories; for each of {', '.join(SOURCES)}: {clone}")
    if not (root / ".git").exists():
        raise UsageError(f"There is no clone of {name} at {root}; get it with: {clone}")
    try:
        head = git(root, "rev-parse", "HEAD").strip()
        changed = git(root, "status", "--porcelain", "--untracked-files=no").strip()
    except subprocess.CalledProcessError as error:
        raise UsageError(f"{root} cannot be read ({error.stderr.decode(errors='replace').strip()}).") from error
    if not head.startswith(commit):
        raise UsageError(f"{root} is not at the questions' commit; go there with: git -C {root} checkout {commit}")
    if changed:
        raise UsageError(f"{root} has changes that are not committed; measure on a clone without any.")
    return root


def rank_of(order: Sequence[str], gold: frozenset[str]) -> int:
    """The place of the first of the gold files, from 1; NOT_FOUND when none is there."""
    return next((number for number, path in enumerate(order, 1) if path in gold), NOT_FOUND)


def hits(ranks: Sequence[int], cut: int) -> list[float]:
    """1 for each question whose file is among the first `cut`, else 0."""
    return [float(0 < rank <= cut) for rank in ranks]


def reciprocals(ranks: Sequence[int]) -> list[float]:
    """Their mean is the mean reciprocal rank, MRR."""
    return [1 / rank if rank else 0.0 for rank in ranks]


def _measure(session: Session, rankings: Mapping[str, Callable[[str], list[str]]], item: Asked) -> dict[str, Any]:
    answer = session.ask(Question(item.text, tier="predicted"), _ignore, CancelToken())
    return {
        "ranks": {way: rank_of(order(item.text), item.gold) for way, order in rankings.items()},
        "predicted": answer.tier == "predicted",
    }


@contextmanager
def _open(measurement: Measurement, root: Path) -> Iterator[tuple[Session, Workspace]]:
    """A session over the clone with caches of its own, indexed."""
    environment = {**measurement.environment, "FORETHOUGHT_CACHE_DIR": str(measurement.folder / "repo-questions-cache")}
    loaded = load_settings(None, environment, flags={"engine": "none"})
    with closing(Session(loaded, environment)) as session:
        workspace = session.add_root(root)
        workspace.refresh(cancel=measurement.cancel)
        yield session, workspace


def _think(measurement: Measurement, session: Session, workspace: Workspace, name: str, count: int, seed: int) -> None:
    """Think about some files as wholes: no tests, and chosen without a look at the questions."""
    paths = sorted(path for path in workspace.index.paths() if not is_test_path(path))
    random.Random(seed).shuffle(paths)  # noqa: S311 - a sample, no secret
    engine = measurement.engine

    def measure(path: str) -> dict[str, Any]:
        return _think_about(session, workspace, path, engine)

    measurement.collect(f"files of {name} thought about", {path: path for path in paths[:count]}, measure, {})


def _think_about(session: Session, workspace: Workspace, path: str, engine: Engine) -> dict[str, Any]:
    context = workspace.saved.context(Target(path, ""))
    if context is None:
        return {"outcome": "not in the index"}
    thought = think_about(context, engine, method_of(session.settings, "requested"), PassOptions(), CancelToken())
    session.contexts.put_many([thought.entry])
    return {"outcome": thought.entry.outcome, "seconds": thought.entry.provenance.seconds}


def _entries(measurement: Measurement, session: Session, workspace: Workspace) -> dict[Target, Entry]:
    """What is thought about the repository: here, and in the user's own store."""
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
    """Each ranking: from a question to paths, best first. Without c′, those that rest on it are left out."""
    paths = sorted(workspace.index.paths())
    whole = WholeFiles()
    whole.put({path: (workspace.root / path).read_text(encoding="utf-8", errors="replace") for path in paths})

    def by(search: RepositorySearch) -> Callable[[str], list[str]]:
        return lambda question: [path for path, _ in search.rank(question, CancelToken()).files]

    def read(path: str) -> bytes:
        return (workspace.root / path).read_bytes()

    nothing = DiskInsightStore.in_memory()
    found = {BM25: whole.rank, CODE: by(RepositorySearch(workspace.index, nothing, FulltextIndex.in_memory(), read))}
    if entries:
        found[ENRICHED] = by(RepositorySearch(workspace.index, session.contexts, FulltextIndex.in_memory(), read))
        found[PREDICTED] = _by_predicted_questions(entries)
    return found


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
    """Nobody watches the answer grow."""


def _report(
    measurement: Measurement,
    found: Mapping[str, Mapping[str, Mapping[str, Any]]],
    thoughts: Mapping[str, int],
    limit: int,
    think: int,
    seed: int,
) -> Report:
    groups = {**{name: [name] for name in found}, "pooled": [name for name in found if name in POOLED]}
    ranks: dict[str, dict[str, list[int]]] = {}
    for group, names in groups.items():
        values = [value for name in names for value in found[name].values()]
        ways = [way for way in (BM25, CODE, ENRICHED, PREDICTED) if any(way in value["ranks"] for value in values)]
        ranks[group] = {way: [value["ranks"].get(way, NOT_FOUND) for value in values] for way in ways}
    rows: list[tuple[Cell, ...]] = []
    differences: list[tuple[Cell, ...]] = []
    verdict: list[str] = []
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
        for way in (CODE, ENRICHED):
            if way in by_way:
                own, base = by_way[way], by_way[BM25]
                gains = [paired_bootstrap(hits(own, cut), hits(base, cut), seed) for cut in CUTS]
                gains.append(paired_bootstrap(reciprocals(own), reciprocals(base), seed))
                differences.append((group, way, *gains))
                if group == "pooled":
                    met = gains[1].low > 0 and gains[-1].low > 0
                    verdict.append(
                        f"Over {', '.join(groups[group])}, {way} finds an answering file among the first five for "
                        f"{sum(hits(own, 5)) / len(own):.1%} of the questions, BM25 for "
                        f"{sum(hits(base, 5)) / len(base):.1%}: the gain is {gains[1].mean:+.3f} "
                        f"({gains[1].low:+.3f} to {gains[1].high:+.3f}), of MRR {gains[-1].mean:+.3f} "
                        f"({gains[-1].low:+.3f} to {gains[-1].high:+.3f}). "
                        + ("Both intervals exclude 0." if met else "An interval holds 0: no gain is shown.")
                    )
    if HELD_IN in ranks:
        own, base = ranks[HELD_IN][CODE], ranks[HELD_IN][BM25]
        at_five, better = sum(hits(own, 5)) >= sum(hits(base, 5)), sum(reciprocals(own)) >= sum(reciprocals(base))
        verdict.append(f"On {HELD_IN}, we are {'not below' if at_five and better else 'BELOW'} BM25 in Hit@5 and MRR.")
    values = [value for by_key in found.values() for value in by_key.values()]
    recalled = sum(value["predicted"] for value in values)
    if any(thoughts.values()):
        verdict.append(
            f"c′ holds something about {sum(thoughts.values())} symbols and files of these repositories."
            f" Its predicted questions answer {recalled} of the {len(values)} questions: a recall of"
            f" {recalled / len(values):.1%}."
        )
    else:
        verdict.append("Nothing is thought about these repositories: what c′ adds is not measured; see --think.")
    return Report(
        "repo-questions",
        "Which files answer a question about the repository?",
        "How often a file that the reference answer names is found from the question alone: by BM25 over whole files, "
        "and by our ranking over files, functions and classes.",
        tuple(verdict),
        (
            Table(
                "Files found",
                ("repository", "ranking", "questions", "Hit@1", "Hit@5", "Hit@10", "MRR"),
                tuple(rows),
                "BM25 as published (Hit@1, 5, 10 in percent): "
                + "; ".join(f"{name} {', '.join(map(str, PUBLISHED[name]))}" for name in found if name in PUBLISHED),
            ),
            Table(
                "Gain over BM25",
                ("repository", "ranking", "Hit@1", "Hit@5", "Hit@10", "MRR"),
                tuple(differences),
                "Paired bootstrap over questions, 95 %. The ranking was developed on commit messages, docstrings and "
                f"the questions about {HELD_IN}; “pooled” is {', '.join(POOLED)}, looked at four times on the way and "
                "never to choose a weight.",
            ),
        ),
        tuple(
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
                    for way in (BM25, CODE, ENRICHED, PREDICTED)
                    if any(way in by_way for by_way in ranks.values())
                ),
                "bar",
            )
            for label, score in (("Hit@5", lambda own: hits(own, 5)), ("MRR", reciprocals))
        ),
        measurement.settings(seed=seed, limit=limit or "all", think=think),
        {"ranks": ranks, "thoughts": dict(thoughts), "recalled": recalled},
    )
