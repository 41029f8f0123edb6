"""How often name resolution gives an answer, and how often it agrees with Jedi, on real Python packages.

A reference counts if Jedi resolves it inside the package to a function, method or class. *Answered* means exactly one
definition; *ambiguous* (several candidates) and *unknown* are not answers. Two answers agree if file and line do.
Definitions with the same qualified name in one file (overloads, a property and its setter, `if`/`else` variants) count
as one, because the text does not say which of them runs.
"""

import ast
import importlib.metadata
import importlib.util
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from forethought.bench.machine import describe_machine
from forethought.bench.report import Cell, Goal, Report, Table
from forethought.errors import UsageError
from forethought.names.resolver import Resolver
from forethought.store.index_store import IndexedFile, IndexStore
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages
from forethought.syntax.tags import FileTags, Position, Symbol

MIN_ANSWERED = 0.85
MIN_SAME = 0.97
"""Share of the answers that agree with Jedi."""
_MAX_FILE_BYTES = 400_000
_MIN_FILES = 8
_MAX_PACKAGES = 10
_EXAMPLES = 40
_EXAMPLES_SHOWN = 30


@dataclass
class PackageFigures:
    package: str
    files: int
    references: int = 0
    """References that Jedi resolves inside the package to a function, method or class."""
    answered: int = 0
    same: int = 0
    ambiguous: int = 0
    seconds: float = 0.0
    """Spent in our resolver, including the first look-up of each file."""
    jedi_seconds: float = 0.0
    examples: list[dict[str, Any]] = field(default_factory=list)
    """References on which we do not agree: `{at, name, kind: wrong|ambiguous|unknown, jedi, ours}`."""


def run(
    package_folders: Sequence[Path] = (),
    limit: Annotated[int, "Approximate number of references to compare."] = 1500,
    seed: Annotated[int, "Seed that chooses the references."] = 0,
) -> Report:
    """Compare about `limit` references, spread evenly over the package folders.

    Without folders: over packages installed in the running environment. Raises UsageError if Jedi is missing or a
    folder has no Python files.
    """
    if importlib.util.find_spec("jedi") is None:
        raise UsageError("The comparison needs Jedi, which is not installed; run `pip install jedi`.")
    folders = list(package_folders) or installed_packages()
    if not folders:
        raise UsageError("No installed package has enough Python files to compare; name package folders.")
    machine = describe_machine()
    figures: list[PackageFigures] = []
    for number, folder in enumerate(folders):
        wanted = (limit - sum(item.references for item in figures)) // (len(folders) - number)
        chooser = random.Random(f"{seed}:{folder.name}")  # noqa: S311 - sampling, not cryptography
        figures.append(_measure(folder, wanted, chooser))
    return _report(figures, {"limit": limit, "seed": seed, **machine})


def _report(figures: Sequence[PackageFigures], settings: dict[str, Any]) -> Report:
    total = PackageFigures("all", 0)
    for item in figures:
        for name in ("files", "references", "answered", "same", "ambiguous", "seconds"):
            setattr(total, name, getattr(total, name) + getattr(item, name))
    answered, same = _share(total.answered, total.references), _share(total.same, total.answered)
    examples = [example for item in figures for example in item.examples]
    return Report(
        name="resolve",
        title="Name resolution compared with Jedi",
        shows="How many references to functions, methods and classes of a package are resolved, and how many to the "
        "same definition as by Jedi?",
        goals=(
            Goal("share answered", answered, "≥", MIN_ANSWERED),
            Goal("share of the answers that agree with Jedi", same, "≥", MIN_SAME),
        ),
        tables=(
            Table(
                "Packages",
                ("package", "files", "references", "answered", "agree with Jedi", "ambiguous", "µs a reference"),
                tuple(map(_row, (*figures, total))),
            ),
            Table(
                f"The first {min(_EXAMPLES_SHOWN, len(examples))} of {len(examples)} examples without agreement",
                ("kind", "at", "code", "Jedi", "ours"),
                tuple(
                    (one["kind"], one["at"], one["name"], one["jedi"], one["ours"])
                    for one in examples[:_EXAMPLES_SHOWN]
                ),
                f"At most {_EXAMPLES} a package are kept; all of those are in the JSON output.",
            ),
        ),
        settings=settings,
        data={
            "references": total.references,
            "answered": answered,
            "same": same,
            "packages": [asdict(item) for item in figures],
        },
    )


def _row(item: PackageFigures) -> tuple[Cell, ...]:
    return (
        item.package,
        item.files,
        item.references,
        _share(item.answered, item.references),
        _share(item.same, item.answered),
        _share(item.ambiguous, item.references),
        _share(item.seconds, item.references) * 1e6,
    )


def _share(part: float, whole: int) -> float:
    return part / whole if whole else 0.0


def installed_packages() -> list[Path]:
    """Folders of installed pure Python packages of medium size, by name."""
    found: dict[str, tuple[int, Path]] = {}
    for distribution in importlib.metadata.distributions():
        files = Counter(
            file.parts[0] for file in distribution.files or () if file.suffix == ".py" and len(file.parts) > 1
        )
        for top, count in files.items():
            folder = Path(str(distribution.locate_file(top)))
            if count >= _MIN_FILES and top.isidentifier() and (folder / "__init__.py").is_file():
                found[top] = (count, folder)
    nearest = sorted(found.items(), key=lambda item: abs(item[1][0] - 40))[:_MAX_PACKAGES]
    return [folder for _, (_, folder) in sorted(nearest)]


def _measure(folder: Path, wanted: int, chooser: random.Random) -> PackageFigures:
    import jedi  # type: ignore[import-untyped]  # slow to import, optional, and untyped

    folder = folder.resolve()
    store, sources = _index(folder)
    if not sources:
        raise UsageError(f"{folder} has no readable Python file; name the folder of a package.")
    figures = PackageFigures(folder.name, len(sources))
    resolver = Resolver(store)
    project = jedi.Project(folder.parent, smart_sys_path=False, added_sys_path=[str(folder.parent)])
    environment = jedi.InterpreterEnvironment()
    candidates = [(path, position) for path, text in sources.items() for position in _uses(text)]
    chooser.shuffle(candidates)
    scripts: dict[str, Any] = {}
    for path, position in candidates:
        if figures.references >= wanted:
            break
        text = sources[path]
        script = scripts.get(path)
        if script is None:
            script = scripts[path] = jedi.Script(
                text, path=folder.parent / path, project=project, environment=environment
            )
        started = time.perf_counter()
        truth = _by_jedi(script, text, position, folder)
        figures.jedi_seconds += time.perf_counter() - started
        if not truth:
            continue
        figures.references += 1
        started = time.perf_counter()
        targets = resolver.resolve_at(path, position).targets
        figures.seconds += time.perf_counter() - started
        ours = [(target.path, symbol) for target in targets if (symbol := _symbol(store, target))]
        kind = "unknown" if not targets else "ambiguous"
        if len(targets) == 1:
            figures.answered += 1
            same = any(_same(store, found, expected) for found in ours for expected in truth)
            figures.same += same
            kind = "" if same else "wrong"
        figures.ambiguous += len(targets) > 1
        if kind and len(figures.examples) < _EXAMPLES:
            figures.examples.append(
                {
                    "at": f"{path}:{position.row + 1}:{position.column}",
                    "name": text.splitlines()[position.row].strip()[:100],
                    "kind": kind,
                    "jedi": ", ".join(f"{place}:{line}" for place, line in sorted(truth)),
                    "ours": ", ".join(f"{place}:{symbol.selection.start.row + 1}" for place, symbol in ours) or "none",
                }
            )
    return figures


def _index(folder: Path) -> tuple[IndexStore, dict[str, str]]:
    """Index the package in memory; returns the index and the texts by path. Paths start with the folder's name."""
    language = load_languages().named("python")
    assert language is not None
    store = IndexStore.in_memory()
    sources: dict[str, str] = {}
    batch: list[IndexedFile] = []
    for file in sorted(folder.rglob("*.py")):
        if file.stat().st_size > _MAX_FILE_BYTES:
            continue
        content = file.read_bytes()
        try:
            text = content.decode("utf-8")
            ast.parse(text)
        except (UnicodeDecodeError, SyntaxError, ValueError):
            continue  # templates, and test data that is broken on purpose
        path = file.relative_to(folder.parent).as_posix()
        sources[path] = text
        digest = sha256(content).hexdigest()
        batch.append(IndexedFile(path, len(content), 0, digest, "python", read_tags(language, content)))
    store.put(batch)
    return store, sources


def _uses(text: str) -> Iterator[Position]:
    """Position of every name and attribute that is read."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield Position(node.lineno - 1, node.col_offset)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.end_lineno is not None:
            column = (node.end_col_offset or 0) - len(node.attr.encode())
            yield Position(node.end_lineno - 1, column)


def _by_jedi(script: Any, text: str, position: Position, folder: Path) -> set[tuple[str, int]]:
    """(path, 1-based line) of each function, method or class of the package that Jedi resolves the position to."""
    line = text.split("\n")[position.row].encode()[: position.column].decode()
    try:
        names = script.goto(position.row + 1, len(line), follow_imports=True, follow_builtin_imports=False)
        return {
            (Path(name.module_path).resolve().relative_to(folder.parent).as_posix(), name.line)
            for name in names
            if name.type in ("function", "class")
            and name.module_path is not None
            and name.line is not None
            and Path(name.module_path).resolve().is_relative_to(folder)
        }
    except Exception:  # noqa: BLE001 - Jedi fails in many ways on odd code; such a reference cannot be compared
        return set()


def _symbol(store: IndexStore, target: tuple[str, str]) -> Symbol | None:
    tags = store.outline(target[0])
    return tags.symbol(target[1]) if tags is not None else None


def _same(store: IndexStore, found: tuple[str, Symbol], expected: tuple[str, int]) -> bool:
    path, symbol = found
    if path != expected[0]:
        return False
    if symbol.selection.start.row + 1 == expected[1]:
        return True
    outline: FileTags | None = store.outline(path)
    return outline is not None and any(
        other.selection.start.row + 1 == expected[1] and other.name == symbol.name for other in outline.symbols
    )
