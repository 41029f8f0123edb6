"""Predict the files a commit changes from its message: our form of the paper's SWE-Features.

Each prediction uses only the tree and the history of the commit's parent. BM25 ranks whole files; we rank files,
functions and classes, and add which files changed together before.
"""

import json
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from benchmarks.baselines.bm25 import WholeFiles
from forethought.bench.bootstrap import bootstrap, paired_bootstrap
from forethought.bench.measurement import Measurement
from forethought.bench.report import Cell, Goal, Plot, Report, Series, Table
from forethought.bench.trial import git
from forethought.errors import UsageError
from forethought.names.resolver import Target
from forethought.repo.discovery import MAX_SOURCE_BYTES
from forethought.repo.git import Repository
from forethought.search.fulltext_index import FulltextIndex
from forethought.search.passages import read_words
from forethought.search.ranking import Hits, question_words, rank
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages

DATA = Path(__file__).parent.parent / "data" / "commit_files.jsonl"

BM25, WORDS, HISTORY = "BM25 on code", "ours: words", "ours: words + history"
WAYS = (BM25, WORDS, HISTORY)
CUTS = tuple(range(1, 11))
CUT = 5

SEEDS = 3
"""The best files by words; files that changed together with them earlier gain."""
TOGETHER_SHARE = 1.0
"""Weight of having changed together with the seeds, relative to the words."""
MAX_HISTORY = 1500
"""Number of earlier commits considered."""
MAX_BATCH = 30
"""A commit with more files does not show which of them belong together."""


@dataclass(frozen=True, slots=True)
class Change:
    key: str
    parent: str
    message: str
    gold: tuple[str, ...]


def run(
    measurement: Measurement,
    repositories: Annotated[Path | None, "Folder with the clones, each named like its repository."] = None,
    limit: Annotated[int, "Number of commits of each repository; 0 for all."] = 0,
    seed: Annotated[int, "Seed of the intervals."] = 7,
) -> Report:
    """Report F1 of each prediction. Repositories without a clone are skipped. Raises UsageError if all are."""
    changes = read_changes()
    predicted: dict[str, dict[str, dict[str, Any]]] = {}
    missing = []
    for repository, wanted in changes.items():
        root = find_clone(repositories, repository)
        if root is None:
            missing.append(repository)
            continue
        chosen = wanted[:limit] if limit else wanted
        predicted[repository] = measurement.collect(
            f"commits of {repository}",
            {
                change.key: change for change in reversed(chosen)
            },  # oldest first: fewer files change from one to the next
            partial(_measure, Snapshots(root)),
            {},
        )
    if not predicted:
        folder = repositories or Path("DIR")
        commands = "; ".join(
            f"git clone https://github.com/{name} {folder / name.partition('/')[2]}" for name in missing
        )
        raise UsageError(f"There are no clones; name a folder with --repositories after: {commands}")
    gold = {change.key: change.gold for wanted in changes.values() for change in wanted}
    return _report(measurement, predicted, gold, missing, limit, seed)


def read_changes() -> dict[str, list[Change]]:
    """Maps each repository to its commits, newest first."""
    found: dict[str, list[Change]] = {}
    for line in DATA.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        message = f"{item['subject']}\n{item['body']}"
        change = Change(item["commit"], item["parent"], message, tuple(item["gold"]))
        found.setdefault(item["repo"], []).append(change)
    return found


def find_clone(repositories: Path | None, repository: str) -> Path | None:
    """The clone of `owner/name`, in `name` in the folder, or None."""
    root = (repositories or Path()) / repository.partition("/")[2]
    return root if repositories is not None and (root / ".git").exists() else None


def f1(predicted: Sequence[str], gold: Iterable[str]) -> float:
    """The harmonic mean of precision and recall."""
    wanted = set(gold)
    right = len(wanted.intersection(predicted))
    return 2 * right / (len(predicted) + len(wanted)) if right else 0.0


class Snapshots:
    """The source files of a repository at any commit, read from git without a checkout."""

    def __init__(self, root: Path) -> None:
        """Raises UsageError if `root` is no readable git repository."""
        repository = Repository.open(root)
        if repository is None:
            raise UsageError(f"{root} is no readable git repository; clone it again.")
        self._root = root
        self._repository = repository
        self._languages = load_languages()
        self._blobs: dict[str, str] = {}
        self._sources: set[str] = set()
        self._whole = WholeFiles()
        self._store = FulltextIndex.in_memory()

    def go_to(self, commit: str) -> None:
        """Load the files of this commit. Raises UsageError if the clone lacks it."""
        try:
            listing = git(self._root, "ls-tree", "-r", "-z", commit)
        except subprocess.CalledProcessError as error:
            raise UsageError(f"{self._root} lacks the commit {commit[:10]}; fetch the whole history.") from error
        entries = (line.partition("\t") for line in listing.split("\0") if line.startswith("100"))
        now = {path: head.split()[2] for head, _, path in entries}
        changed = sorted(path for path, blob in now.items() if self._blobs.get(path) != blob)
        stale = {*changed, *(self._blobs.keys() - now.keys())} & self._sources
        self._whole.remove(stale)
        self._store.remove(stale)
        self._sources -= stale
        for path, source in self._repository.cat_files(commit, changed).items():
            self._add(path, source)
        self._blobs = now

    def by_bm25(self, message: str) -> list[str]:
        return self._whole.rank(message)

    def by_words(self, message: str) -> dict[str, float]:
        """Maps each file with any word of the message to its score."""
        found = self._store.search(question_words(message))
        passages = {Target(*key): score for key, score in found.passages.items()}
        return dict(rank(f"{message} tests", Hits(passages, found.files, {})).files)

    def history(self, commit: str) -> list[list[str]]:
        """The files of each commit up to this one, newest first, by their names in its tree."""
        log = git(
            self._root, "log", f"--max-count={MAX_HISTORY}", "--no-merges", "--name-only", "--format=%x01", commit
        )  # fmt: skip
        by_suffix = _by_unique_suffix(self._sources)
        found = []
        for record in log.split("\x01")[1:]:
            names = (name for name in record.split("\n") if name)
            found.append([path for name in names if (path := name if name in self._sources else by_suffix.get(name))])
        return found

    def _add(self, path: str, source: bytes) -> None:
        language = self._languages.detect(path, source[:8192])
        if language is None or len(source) > MAX_SOURCE_BYTES:
            return
        self._whole.put({path: source.decode("utf-8", "replace")})
        self._store.put([read_words(path, "", read_tags(language, source), source)])
        self._sources.add(path)


def predict(words: Mapping[str, float], history: Sequence[Sequence[str]]) -> list[str]:
    """Return files, likeliest first, by the message's words and by how often they changed with the best of those.

    `words` maps files to scores; `history` holds the files of each earlier commit.
    """
    best = max(words.values(), default=0.0) or 1.0
    said = {path: score / best for path, score in words.items()}
    seeds = dict(sorted(said.items(), key=lambda item: (-item[1], item[0]))[:SEEDS])
    groups = [paths for paths in history if len(paths) <= MAX_BATCH]
    seen = {
        seed: 1 + sum(seed in paths for paths in groups) for seed in seeds
    }  # add-one smoothing: rare events prove little
    scores = defaultdict(float, said)
    for paths in groups:
        for seed in seeds.keys() & paths:
            for path in paths:
                if path != seed:
                    scores[path] += TOGETHER_SHARE * seeds[seed] / seen[seed] / sum(seeds.values())
    return sorted(scores, key=lambda path: (-scores[path], path))


def _by_unique_suffix(paths: Iterable[str]) -> dict[str, str]:
    """Maps unique path suffixes to their paths, so that a file is found after it was moved into a folder."""
    found: dict[str, str | None] = {}
    for path in paths:
        parts = path.split("/")
        for start in range(1, len(parts) - 1):  # a bare file name is too ambiguous
            suffix = "/".join(parts[start:])
            found[suffix] = None if suffix in found else path
    return {suffix: path for suffix, path in found.items() if path is not None}


def _measure(snapshots: Snapshots, change: Change) -> dict[str, Any]:
    snapshots.go_to(change.parent)
    words = snapshots.by_words(change.message)
    by_words = sorted(words, key=lambda path: (-words[path], path))
    orders = {
        BM25: snapshots.by_bm25(change.message),
        WORDS: by_words,
        HISTORY: predict(words, snapshots.history(change.parent)),
    }
    return {way: order[: CUTS[-1]] for way, order in orders.items()}


def _report(
    measurement: Measurement,
    found: Mapping[str, Mapping[str, Mapping[str, Any]]],
    gold: Mapping[str, Sequence[str]],
    missing: Sequence[str],
    limit: int,
    seed: int,
) -> Report:
    groups = {**{name: [name] for name in found}, "all": list(found)}

    def scores(names: Iterable[str], way: str, cut: int) -> list[float]:
        return [f1(value[way][:cut], gold[key]) for name in names for key, value in found[name].items()]

    rows: list[tuple[Cell, ...]] = []
    for group, names in groups.items():
        for way in WAYS:
            by_cut = {cut: bootstrap(scores(names, way, cut), seed) for cut in CUTS}
            cut = max(CUTS, key=lambda cut: by_cut[cut].mean)
            count = len(scores(names, way, CUT))
            rows.append((group, way, count, by_cut[CUT], by_cut[cut].mean, cut))
    gains = {
        (group, way): paired_bootstrap(scores(names, way, CUT), scores(names, BM25, CUT), seed)
        for group, names in groups.items()
        for way in WAYS[1:]
    }
    gain = gains["all", HISTORY]
    means = {way: bootstrap(scores(found, way, CUT), seed).mean for way in WAYS}
    verdict = [
        f"F1@{CUT} over {', '.join(found)} is {means[HISTORY]:.3f}, of BM25 {means[BM25]:.3f}; the gain is "
        f"{gain.mean:+.3f} (95 % CI {gain.low:+.3f} to {gain.high:+.3f}). By words alone it is {means[WORDS]:.3f}.",
    ]
    if missing:
        verdict.append(f"Not measured because there is no clone: {', '.join(missing)}.")
    return Report(
        name="commit-files",
        title="Which files will this change touch?",
        shows="How many of the 3 to 10 files that a commit changed are predicted from its message, with the tree and "
        "the history of its parent?",
        verdict=tuple(verdict),
        goals=(Goal(f"gain in F1@{CUT} over BM25, lower bound", round(gain.low, 4), ">", 0),),
        tables=(
            Table(
                "Files predicted",
                ("repository", "prediction", "commits", f"F1@{CUT}", "best F1", "at"),
                tuple(rows),
                f"F1@{CUT} is that of the first five files; best F1 that of the number of files (“at”) that is best on "
                "average. Published for BM25 over 17 repositories: F1@5 0.42.",
            ),
            Table(
                f"Gain in F1@{CUT} over BM25",
                ("repository", *WAYS[1:]),
                tuple((group, *(gains[group, way] for way in WAYS[1:])) for group in groups),
                "95 % intervals, paired bootstrap over commits. The weight of the history was chosen on commits of "
                "other repositories (pytest, sqlfluff, xarray).",
            ),
        ),
        plots=(
            Plot(
                "F1 by number of files predicted",
                "files predicted",
                "F1",
                tuple(
                    Series(way, tuple((cut, bootstrap(scores(found, way, cut), seed).mean) for cut in CUTS))
                    for way in WAYS
                ),
            ),
            Plot(
                f"F1@{CUT} by repository",
                "repository",
                f"F1@{CUT}",
                tuple(
                    Series(
                        way,
                        tuple(
                            (group, bootstrap(scores(names, way, CUT), seed).mean) for group, names in groups.items()
                        ),
                    )
                    for way in WAYS
                ),
                "bar",
            ),
        ),
        settings=measurement.settings(seed=seed, limit=limit or "all", repositories=list(found)),
        data={"predicted": {name: dict(values) for name, values in found.items()}},
    )
