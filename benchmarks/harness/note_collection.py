"""Statements to label, from a real pass over a sample of a repository's functions."""

import json
import random
from contextlib import closing
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.datasets.labeled_notes import LABEL_NAMES, Statement
from forethought.app.session import Session
from forethought.bench.measurement import Measurement
from forethought.bench.report import Report, Table
from forethought.bench.trial import git
from forethought.config import load_settings
from forethought.engine.api import ModelIdentity
from forethought.errors import ForethoughtError, UsageError
from forethought.facts.symbol_facts import is_test
from forethought.idle.pass_runner import method_of
from forethought.insights.prompts import PROMPT_VERSION
from forethought.insights.selection import Calibration, Calibrations, shipped_calibrations
from forethought.insights.sleep_pass import Method, PassOptions, generator_id_of, think
from forethought.names.resolver import Target
from forethought.search.ranking import is_test_path
from forethought.syntax.symbol_kinds import FUNCTION_KINDS
from forethought.workspace.workspace import Workspace

DEFAULT_FUNCTIONS = 40
MIN_LINES, MAX_LINES = 5, 60
"""Of a function: shorter ones explain themselves, longer ones take a reader long."""


class _ForAll(Calibrations):
    """Measures the statements of demo models, too, of which nothing is shown."""

    def of(self, model: ModelIdentity) -> Calibration:
        return self.by_digest.get(model.digest) or self.default


def collect_statements(measurement: Measurement, root: Path, file: Path, count: int, seed: int) -> Report:
    """Write the statements into the file. Raises EngineError, ModelError, UsageError if there are no functions."""
    engine = measurement.engine
    method = method_of(measurement.user_settings, "requested")
    environment = {**measurement.environment, "FORETHOUGHT_CACHE_DIR": str(measurement.folder / "notes-cache")}
    commit = git(root, "rev-parse", "HEAD").strip()
    with closing(Session(load_settings(root, environment), environment, engine=engine)) as session:
        workspace = session.add_root(root)
        workspace.refresh(cancel=measurement.cancel)
        targets = _sample(workspace, count, seed)
        found = measurement.collect(
            "functions",
            {f"{target.path}:{target.symbol_id}": target for target in targets},
            partial(_think, measurement, workspace, method, commit),
            {"root": root.name, "commit": commit, "generator": generator_id_of(engine.identity(), method)},
        )
    statements = [one for value in found.values() for one in value["statements"]]
    file.write_text("".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in statements), "utf-8")
    return Report(
        name="notes-to-label",
        title=f"Statements to label, from {root.name}",
        shows="What a pass wrote about a sample of functions, to be labeled by two people who read the code.",
        verdict=(
            f"{file} has {len(statements)} statements about {len(found)} functions. Give each a `role` and two "
            f"readers' labels: `right`, each one of {', '.join(LABEL_NAMES)}, and `adds`, each true or false.",
        ),
        tables=(
            Table(
                "Cost of a function, on average",
                ("functions", "statements", "seconds", "prompt tokens", "completion tokens"),
                (
                    (
                        len(found),
                        len(statements) / len(found),
                        *(
                            sum(value[name] for value in found.values()) / len(found)
                            for name in ("seconds", "prompt_tokens", "completion_tokens")
                        ),
                    ),
                ),
            ),
        ),
        settings=measurement.settings(root=root.name, prompts=PROMPT_VERSION, **_method_settings(method), seed=seed),
    )


def _method_settings(method: Method) -> dict[str, int]:
    return {"rounds": method.rounds, "candidates": method.candidates}


def _sample(workspace: Workspace, count: int, seed: int) -> list[Target]:
    """Choose functions without tests. Raises UsageError if there are none."""
    pool = []
    for path in sorted(workspace.index.paths()):
        tags = workspace.index.tags(path)
        if tags is None or is_test_path(path):
            continue
        for symbol in tags.symbols:
            lines = symbol.range.end.row - symbol.range.start.row + 1
            is_function = symbol.kind in FUNCTION_KINDS and symbol.body is not None
            if is_function and MIN_LINES <= lines <= MAX_LINES and not is_test(path, tags, symbol.id):
                pool.append(Target(path, symbol.id))
    if not pool:
        raise UsageError(f"{workspace.root} has no suitable functions; name another repository with --root.")
    random.Random(seed).shuffle(pool)  # noqa: S311 - sampling, not cryptography
    return sorted(pool[:count])


def _think(
    measurement: Measurement, workspace: Workspace, method: Method, commit: str, target: Target
) -> dict[str, Any]:
    """Every statement that a pass measured about a function, whether it is shown or not."""
    context = workspace.saved.context(target)
    if context is None:
        raise ForethoughtError(f"{target.path} changed while it was read; run the benchmark again.")
    engine, shipped = measurement.engine, shipped_calibrations()
    options = PassOptions(calibrations=_ForAll(shipped.by_digest, shipped.default))
    thought = think(context, engine, method, options, measurement.cancel)
    identity, provenance = engine.identity(), thought.entry.provenance
    statements = [
        Statement(
            repository=workspace.root.name,
            commit=commit,
            path=target.path,
            symbol=target.symbol_id,
            language=context.language,
            model=identity.model,
            digest=identity.digest,
            kind=kind,
            text=text,
            measurements=measurements,
        )
        for text, kind, measurements in thought.measured
    ]
    return {
        "statements": [asdict(one) for one in statements],
        "seconds": provenance.seconds,
        "prompt_tokens": provenance.prompt_tokens,
        "completion_tokens": provenance.completion_tokens,
    }
