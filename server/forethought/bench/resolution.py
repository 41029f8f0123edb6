"""How often name resolution answers, and how often with the same definition as Jedi, on real Python packages.

A reference counts when Jedi resolves it inside the package to a function, method or class. *Answered* means exactly one
definition; *ambiguous* (several candidates) and *unknown* are not answers. An answer is the same definition when file
and line are; definitions of one qualified name in one file (overloads, a property and its setter, `if`/`else`
variants) count as one, because which of them runs cannot be read off the text.
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

from forethought.errors import UsageError
from forethought.names.resolver import Resolver
from forethought.store.index_store import IndexedFile, IndexStore
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages
from forethought.syntax.tags import FileTags, Position, Symbol

ANSWERED_GOAL = 0.85
SAME_GOAL = 0.97
_MAX_FILE_BYTES = 400_000
_MIN_FILES = 8
_MAX_PACKAGES = 10
_EXAMPLES = 40


@dataclass
class PackageFigures:
    package: str
    files: int
    references: int = 0
    """Those that Jedi resolves inside the package to a function, method or class."""
    answered: int = 0
    same: int = 0
    ambiguous: int = 0
    seconds: float = 0.0
    """Spent in our resolution, first look-up of each file included."""
    jedi_seconds: float = 0.0
    examples: list[dict[str, Any]] = field(default_factory=list)
    """What was not answered with the same definition: `{at, name, kind: wrong|ambiguous|unknown, jedi, ours}`."""


def run(
    package_folders: Sequence[Path] = (),
    limit: Annotated[int, "About how many references are compared."] = 1500,
    seed: Annotated[int, "Chooses the references."] = 0,
) -> dict[str, Any]:
    """Compare about `limit` references, spread evenly over the packages; each package's folder holds its files.

    With no folders: packages installed in the running environment. The result is plain JSON values: `references`,
    `answered`, `same` (shares), `met`, `seed`, `packages` (see PackageFigures). Raises UsageError when Jedi is missing
    or a folder holds no Python file.
    """
    if importlib.util.find_spec("jedi") is None:
        raise UsageError("The comparison needs Jedi, which is not installed; run `pip install jedi`.")
    folders = list(package_folders) or installed_packages()
    if not folders:
        raise UsageError("No installed package has enough Python files to compare; name package folders.")
    figures: list[PackageFigures] = []
    for number, folder in enumerate(folders):
        wanted = (limit - sum(item.references for item in figures)) // (len(folders) - number)
        figures.append(_measure(folder, wanted, random.Random(f"{seed}:{folder.name}")))  # noqa: S311 - a sample
    references = sum(item.references for item in figures)
    answered = sum(item.answered for item in figures)
    same = sum(item.same for item in figures)
    shares = (answered / references if references else 0.0, same / answered if answered else 0.0)
    return {
        "references": references,
        "answered": shares[0],
        "same": shares[1],
        "ambiguous": sum(item.ambiguous for item in figures) / references if references else 0.0,
        "goals": {"answered": ANSWERED_GOAL, "same": SAME_GOAL},
        "met": shares[0] >= ANSWERED_GOAL and shares[1] >= SAME_GOAL,
        "seed": seed,
        "packages": [asdict(item) for item in figures],
    }


def render(result: dict[str, Any], *, verbose: bool = False) -> str:
    """The result as a table; `verbose` adds what was not answered like Jedi."""
    lines = [f"{'package':<18}{'files':>6}{'refs':>7}{'answered':>10}{'same':>8}{'ambiguous':>11}{'µs/ref':>9}"]
    for item in result["packages"]:
        count = item["references"] or 1
        lines.append(
            f"{item['package']:<18}{item['files']:>6}{item['references']:>7}{item['answered'] / count:>10.1%}"
            f"{item['same'] / (item['answered'] or 1):>8.1%}{item['ambiguous'] / count:>11.1%}"
            f"{item['seconds'] / count * 1e6:>9.0f}"
        )
    goals = result["goals"]
    lines.append(
        f"{'all':<18}{sum(item['files'] for item in result['packages']):>6}{result['references']:>7}"
        f"{result['answered']:>10.1%}{result['same']:>8.1%}{result['ambiguous']:>11.1%}"
    )
    lines.append(
        f"goals: answered ≥ {goals['answered']:.0%}, same definition as Jedi ≥ {goals['same']:.0%} of the answers: "
        + ("met" if result["met"] else "not met")
    )
    if verbose:
        for item in result["packages"]:
            for example in item["examples"]:
                found = f"Jedi {example['jedi']}, we {example['ours']}"
                lines.append(f"{example['kind']:<10}{example['at']} {example['name']}: {found}")
    return "\n".join(lines)


def installed_packages() -> list[Path]:
    """Folders of pure Python packages installed in the running environment, of a middling size, by name."""
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


def _measure(folder: Path, wanted: int, chance: random.Random) -> PackageFigures:
    import jedi  # type: ignore[import-untyped]  # slow to import, not always installed, and without types

    folder = folder.resolve()
    store, sources = _index(folder)
    if not sources:
        raise UsageError(f"{folder} holds no Python file that can be read; name the folder of a package.")
    figures = PackageFigures(folder.name, len(sources))
    resolver = Resolver(store)
    project = jedi.Project(folder.parent, smart_sys_path=False, added_sys_path=[str(folder.parent)])
    environment = jedi.InterpreterEnvironment()
    candidates = [(path, position) for path, text in sources.items() for position in _uses(text)]
    chance.shuffle(candidates)
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
    """The package in an index in memory, its folder's name being the first part of each path, and its texts."""
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
            continue  # templates and deliberately broken test data
        path = file.relative_to(folder.parent).as_posix()
        sources[path] = text
        digest = sha256(content).hexdigest()
        batch.append(IndexedFile(path, len(content), 0, digest, "python", read_tags(language, content)))
    store.put(batch)
    return store, sources


def _uses(text: str) -> Iterator[Position]:
    """Every name and attribute that is read."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield Position(node.lineno - 1, node.col_offset)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.end_lineno is not None:
            column = (node.end_col_offset or 0) - len(node.attr.encode())
            yield Position(node.end_lineno - 1, column)


def _by_jedi(script: Any, text: str, position: Position, folder: Path) -> set[tuple[str, int]]:
    """(path, line) of each function, method or class of the package that Jedi finds."""
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
    except Exception:  # noqa: BLE001 - Jedi fails in many ways on odd code; such a reference has no truth to compare
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
