"""Which share of secrets is redacted, by where they are written, and how much else is redacted by mistake."""

import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from benchmarks.datasets.secrets import KINDS, PLACES, Place, Planted, planted
from forethought.bench.machine import describe_machine
from forethought.bench.report import Cell, Goal, Report, Table
from forethought.bench.trial import git
from forethought.errors import UsageError
from forethought.repo.discovery import MAX_SOURCE_BYTES
from forethought.text.redaction import find_secrets, is_secret_path, redact

MIN_FOUND = 0.95
MAX_FALSE_ALARMS = 1.0
"""Per 10,000 lines."""

_SURVIVING = 8
"""Characters in a row of a value that may not survive redaction; of a shorter value, all."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something found in an ordinary repository."""

    repository: str
    path: str
    row: int
    kind: str
    line: str


def run(
    repositories: Annotated[
        Path | None, "Folder with clones of ordinary repositories, whose finds are counted as false alarms."
    ] = None,
    rounds: Annotated[int, "Random values for each way of writing each kind."] = 3,
    seed: Annotated[int, "Seed of the values."] = 7,
    held_out: Annotated[bool, "Name the held-out kinds that are missed, too. Do not look before you tune."] = False,
) -> Report:
    """Report the share found by place and half, the kinds that are missed, and false alarms by repository.

    Raises UsageError if the folder holds no clones.
    """
    cases = list(_cases(rounds, seed))
    leaked = [case for case in cases if leaks(case)]
    alarms, lines = {}, {}
    speed: list[tuple[int, float]] = []
    for root in _clones(repositories):
        texts = dict(_texts(root))
        lines[root.name] = sum(text.count("\n") + 1 for text in texts.values())
        started = time.perf_counter()
        alarms[root.name] = list(_alarms(root.name, texts))
        speed.append((sum(map(len, texts.values())), time.perf_counter() - started))
    return _report(cases, leaked, alarms, lines, speed, seed, held_out)


def leaks(case: Planted) -> bool:
    """Tell whether a piece of the secret survives redaction."""
    shown = redact(case.text)
    size = min(len(case.value), _SURVIVING)
    starts = range(len(case.value) - size + 1)
    surroundings = case.text.replace(case.value, "")
    pieces = (case.value[start : start + size] for start in starts)
    return any(piece in shown and piece not in surroundings and not _is_published(case, piece) for piece in pieces)


def _is_published(case: Planted, piece: str) -> bool:
    """Tell whether this piece is part of the format (a webhook's host), not of the random value."""
    return piece in case.kind.format.replace("¦", "")


def _cases(rounds: int, seed: int) -> Iterator[Planted]:
    chance = random.Random(seed)  # noqa: S311 - the secrets are made up
    for kind in KINDS:
        for _ in range(rounds):
            yield from planted(kind, chance)


def _clones(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    clones = [path for path in sorted(folder.iterdir()) if (path / ".git").exists()]
    if not clones:
        raise UsageError(f"{folder} holds no clones. Example: git clone https://github.com/encode/httpx {folder}/httpx")
    return clones


def _texts(root: Path) -> Iterator[tuple[str, str]]:
    """Path and text of each tracked file that would be read."""
    for path in git(root, "ls-files", "-z").split("\0"):
        file = root / path
        if path and not is_secret_path(path) and file.is_file() and file.stat().st_size <= MAX_SOURCE_BYTES:
            try:
                yield path, file.read_bytes().decode("utf-8")
            except UnicodeDecodeError:
                continue


def _alarms(repository: str, texts: dict[str, str]) -> Iterator[Alarm]:
    for path, text in texts.items():
        for secret in find_secrets(text):
            row = text.count("\n", 0, secret.start)
            yield Alarm(repository, path, row + 1, secret.kind, text.splitlines()[row].strip()[:120])


def _share(cases: Iterable[Planted], leaked: Iterable[Planted]) -> float | None:
    total = sum(1 for _ in cases)
    return 1 - sum(1 for _ in leaked) / total if total else None


def _report(
    cases: list[Planted],
    leaked: list[Planted],
    alarms: dict[str, list[Alarm]],
    lines: dict[str, int],
    speed: list[tuple[int, float]],
    seed: int,
    held_out: bool,
) -> Report:
    def row(name: str, half: bool | None) -> tuple[Cell, ...]:
        def share(place: Place | None) -> float | None:
            def belongs(case: Planted) -> bool:
                return half in (None, case.kind.held_out) and place in (None, case.place)

            return _share(filter(belongs, cases), filter(belongs, leaked))

        kinds = sum(half in (None, kind.held_out) for kind in KINDS)
        return name, kinds, *map(share, PLACES), share(None)

    rows = (row("used while tuning", False), row("held out", True), row("all", None))
    missed = Counter((case.kind.name, case.place) for case in leaked if held_out or not case.kind.held_out)
    of = Counter((case.kind.name, case.place) for case in cases)
    total_lines = sum(lines.values())
    total_alarms = sum(map(len, alarms.values()))
    found = [share for share in (rows[0][-1], rows[1][-1]) if isinstance(share, float)]
    goals = [Goal("Smaller share found of the two halves", min(found), "≥", MIN_FOUND)]
    if total_lines:
        goals.append(Goal("Alarms per 10,000 lines", total_alarms / total_lines * 1e4, "≤", MAX_FALSE_ALARMS))
    characters, seconds = (sum(part) for part in zip(*speed, strict=True)) if speed else (0, 0.0)
    return Report(
        name="secrets",
        title="Secrets found, and false alarms",
        shows="Whether a secret that is written in code, configuration, prose or a URL is kept out of what a model or"
        " an export gets to see.",
        verdict=(
            f"{len(KINDS)} kinds in {len(cases):,} texts: {rows[0][-1]:.1%} of those used while tuning and"
            f" {rows[1][-1]:.1%} of those held out are redacted completely.",
            f"{total_alarms} alarms in {total_lines:,} lines of ordinary repositories."
            if total_lines
            else "No repositories were named, so false alarms were not counted.",
            *([f"{seconds / characters * 1e9:.0f} ns per character of ordinary text."] if characters else []),
        ),
        goals=tuple(goals),
        tables=(
            Table("Share redacted completely", ("kinds", "number", *PLACES, "all"), rows),
            Table(
                "Missed" if held_out else "Missed, of those used while tuning",
                ("kind", "place", "missed", "of"),
                tuple((*key, count, of[key]) for key, count in sorted(missed.items())),
            ),
            Table(
                "Alarms in ordinary repositories",
                ("repository", "lines", "alarms", "per 10,000 lines"),
                tuple(
                    (name, lines[name], len(found), round(len(found) / lines[name] * 1e4, 2))
                    for name, found in alarms.items()
                ),
                "Nobody looked whether one of them is a real secret.",
            ),
            Table(
                "Each alarm",
                ("repository", "file", "kind", "line"),
                tuple(
                    (one.repository, f"{one.path}:{one.row}", one.kind, one.line)
                    for found in alarms.values()
                    for one in found
                ),
            ),
        ),
        settings={**describe_machine(), "seed": seed},
        data={"kinds": len(KINDS), "texts": len(cases), "leaked": len(leaked)},
    )
