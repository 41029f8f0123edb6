"""The languages: which files belong to each, and how its files are parsed.

A folder of grammars holds `languages.toml` and one `<language>/tags.scm` per entry; `behavior.toml` and `effects.toml`
are optional. The shipped folder comes first; the user's own folders add languages or replace shipped ones. An entry
names a Python module, which is imported, so only folders that the user chose may be passed in, never a repository's.
"""

import hashlib
import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import tree_sitter

from forethought.syntax.behavior_rules import BehaviorRules, read_behavior_rules
from forethought.syntax.captures import DEFINITION_KINDS
from forethought.syntax.effect_rules import EffectRules, read_effect_rules
from forethought.toml_files import read_toml

CLASS_NAME = "{class}"
"""Among a language's `constructors`: a method named after its class is a constructor."""

_GRAMMAR_RULES: dict[str, type] = {"module": str, "function": str, "query": str}
_DETECTION_RULES: dict[str, type] = {"files": tuple, "extensions": tuple, "shebangs": tuple}
_LANGUAGE_RULES: dict[str, type] = {
    "doc_prefixes": tuple,
    "file_doc_prefixes": tuple,
    "wrappers": frozenset,
    "attributes": frozenset,
    "bodies": tuple,
    "heads": tuple,
    "parameters": tuple,
    "returns": tuple,
    "bases": tuple,
    "annotations": tuple,
    "values": tuple,
    "blocks": frozenset,
    "results": frozenset,
    "member_nodes": frozenset,
    "hoisted": frozenset,
    "constructors": frozenset,
    "docstrings": bool,
    "bare_calls": bool,
    "data": bool,
    "imports": str,
}
"""The fields of `Language` that a table entry may set. A tuple or frozenset is written as a list of strings."""
_RULES = _GRAMMAR_RULES | _DETECTION_RULES | _LANGUAGE_RULES
_Rules = TypeVar("_Rules")


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """One language, ready to parse. Its rules name node types and fields of its grammar."""

    name: str
    grammar: tree_sitter.Language
    query: tree_sitter.Query
    """The tags query: see `captures.py`."""
    doc_prefixes: tuple[str, ...] = ()
    """A comment above a definition documents it if it starts with one of these."""
    file_doc_prefixes: tuple[str, ...] = ()
    """The same for comments that document the file (`//!`); they never document a definition."""
    wrappers: frozenset[str] = frozenset()
    """Node types around a definition that are part of it: `export_statement`, `decorated_definition`."""
    attributes: frozenset[str] = frozenset()
    """Node types of decorators, annotations and attributes: part of the range but not of the signature."""
    bodies: tuple[str, ...] = ("body",)
    """Where a definition has its body. Like the next six, these are fields, or else node types of children."""
    heads: tuple[str, ...] = ()
    """Where no node holds the body: it begins after this one."""
    parameters: tuple[str, ...] = ("parameters",)
    """If empty, the parameters are those that the query captures as bindings."""
    returns: tuple[str, ...] = ("return_type",)
    bases: tuple[str, ...] = ()
    annotations: tuple[str, ...] = ("type",)
    """Where a bound name has its type."""
    values: tuple[str, ...] = ("value", "right")
    """Where a bound name has its value."""
    blocks: frozenset[str] = frozenset()
    """If a body may be an expression, the node types of bodies that are not: any other body is the returned value."""
    results: frozenset[str] = frozenset()
    """Node types of bodies that return their last expression."""
    member_nodes: frozenset[str] = frozenset()
    """Node types of definitions that their bare names do not mean, such as those in an object literal."""
    hoisted: frozenset[str] = frozenset()
    """Node types of declarations that are visible outside the block they are in, such as JavaScript's `var`."""
    constructors: frozenset[str] = frozenset()
    """Names of the methods that initialize a new instance; `CLASS_NAME` stands for the name of the class."""
    docstrings: bool = False
    """A string that is the first statement of a body documents its definition."""
    bare_calls: bool = False
    """A name that its function does not bind calls a method: in Ruby `open` is `open()`."""
    data: bool = False
    """Prose, markup or data: its files have symbols, but are not thought about, searched or described as code."""
    fields: frozenset[str] = frozenset()
    """The grammar's field names."""
    behavior: BehaviorRules | None = None
    """How to read what its functions do; None if no table says so."""
    effects: EffectRules | None = None
    """Which library calls have effects; None if no table says so."""
    imports: str = ""
    """Which reader in `imports.py` reads the import statements; by default that of the language's name."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a languages table, before its grammar is imported."""

    name: str
    table: Path
    rules: Mapping[str, Any]

    @property
    def query_file(self) -> Path:
        return self.table.parent / (self.rules.get("query") or self.name) / "tags.scm"


@dataclass(frozen=True, slots=True)
class _Table:
    """A parsed `behavior.toml` or `effects.toml`, which has one entry per language."""

    path: Path
    entries: Mapping[str, Any]


@dataclass(slots=True)
class Languages:
    """Finds a file's language. A grammar is imported, and its query compiled, when the language is first used.

    A language with a faulty grammar or query is left out; the others keep working. `problems` says what is wrong.
    """

    _entries: dict[str, _Entry] = field(default_factory=dict)
    _by_file: dict[str, str] = field(default_factory=dict)
    _by_extension: dict[str, str] = field(default_factory=dict)
    _by_shebang: dict[str, str] = field(default_factory=dict)
    _loaded: dict[str, Language | None] = field(default_factory=dict)
    _behavior: dict[str, _Table] = field(default_factory=dict)
    """Language → the last `behavior.toml` with an entry for it."""
    _effects: dict[str, _Table] = field(default_factory=dict)
    """Language → the last `effects.toml` with an entry for it."""
    problems: list[str] = field(default_factory=list)
    """One sentence for each fault in a folder or language, with the path of the file to correct."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._entries)

    @property
    def data_names(self) -> frozenset[str]:
        """The names of the languages that are prose, markup or data. Loads no grammar."""
        return frozenset(name for name, entry in self._entries.items() if entry.rules.get("data", False))

    @property
    def digest(self) -> str:
        """Hash of every rule and query. Tags that were extracted under another digest are out of date."""
        digest = hashlib.sha256()
        for name in sorted(self._entries):
            entry = self._entries[name]
            digest.update(repr((name, sorted(entry.rules.items(), key=str))).encode())
            digest.update(entry.query_file.read_bytes() if entry.query_file.is_file() else b"")
        return digest.hexdigest()[:16]

    def detect(self, path: str, first_bytes: bytes = b"") -> Language | None:
        """The language by file name, else by extension, else by the `#!` line; None if none of them is known.

        `first_bytes` (a few kB) are also used to tell C++ headers from C headers.
        """
        file_name = PurePosixPath(path).name
        extension = file_name.rpartition(".")[2] if "." in file_name[1:] else ""
        name = self._by_file.get(file_name) or self._by_extension.get(extension)
        if name is None and extension != extension.lower():
            name = self._by_extension.get(extension.lower())
        if name is None and not extension:
            name = self._by_shebang.get(_interpreter(first_bytes))
        if name == "c" and extension == "h" and _looks_like_cpp(first_bytes):
            name = "cpp"
        return self.named(name) if name else None

    def named(self, name: str) -> Language | None:
        """The language of that name; None if it is unknown or its grammar cannot be loaded."""
        if name not in self._loaded:
            entry = self._entries.get(name)
            self._loaded[name] = self._load(entry) if entry else None
        return self._loaded[name]

    def add_folder(self, folder: Path) -> None:
        """Add the languages of a folder's tables; they replace earlier ones of the same name or extension."""
        table = folder / "languages.toml"
        rows = self._read_table(table, "its languages are")
        for what, tables in (("behavior", self._behavior), ("effects", self._effects)):
            path = folder / f"{what}.toml"
            entries = self._read_table(path, "it is") if path.is_file() else {}
            tables.update(dict.fromkeys(entries, _Table(path, entries)))
        for name, rules in rows.items():
            fault = _fault(rules)
            if fault:
                self.problems.append(f"{table}: the language “{name}” is left out because {fault}.")
                continue
            self._entries[name] = _Entry(name, table, rules)
            self._by_file.update(dict.fromkeys(rules.get("files", ()), name))
            self._by_extension.update(dict.fromkeys(rules.get("extensions", ()), name))
            self._by_shebang.update(dict.fromkeys(rules.get("shebangs", ()), name))

    def _read_table(self, table: Path, left_out: str) -> dict[str, Any]:
        try:
            return read_toml(table)
        except (OSError, ValueError) as error:
            self.problems.append(f"{table}: the {table.stem} table cannot be read ({error}), so {left_out} left out.")
            return {}

    def _read_rules(
        self, tables: Mapping[str, _Table], name: str, read: Callable[[Mapping[str, object], str], _Rules]
    ) -> _Rules | None:
        table = tables.get(name)
        if table is None:
            return None
        try:
            return read(table.entries, name)
        except ValueError as error:
            self.problems.append(f"{table.path}: the entry “{name}” is left out because {error}.")
            return None

    def _load(self, entry: _Entry) -> Language | None:
        rules = entry.rules
        try:
            module = importlib.import_module(rules["module"])
            grammar = tree_sitter.Language(getattr(module, rules.get("function", "language"))())
            query = tree_sitter.Query(grammar, entry.query_file.read_text(encoding="utf-8"))
        except ModuleNotFoundError as error:
            package = rules["module"].replace("_", "-")
            fault = f"is left out ({error}); install the package {package}"
            self.problems.append(f"{entry.table}: the language “{entry.name}” {fault}.")
            return None
        except (ImportError, AttributeError, TypeError, ValueError, OSError, tree_sitter.QueryError) as error:
            fault = f"{type(error).__name__}: {error}"
            self.problems.append(f"{entry.query_file}: the language “{entry.name}” is left out ({fault}).")
            return None
        unknown = sorted(_definition_kinds(query) - DEFINITION_KINDS)
        for kind in unknown:
            query.disable_capture(f"definition.{kind}")
        if unknown:
            kinds = ", ".join(f"“{kind}”" for kind in unknown)
            self.problems.append(
                f"{entry.query_file}: definitions of the unknown kinds {kinds} are left out of “{entry.name}”; "
                f"the known kinds are {', '.join(sorted(DEFINITION_KINDS))}."
            )
        fields = (grammar.field_name_for_id(number) for number in range(1, grammar.field_count + 1))
        options = {rule: kind(rules[rule]) for rule, kind in _LANGUAGE_RULES.items() if rule in rules}
        return Language(
            entry.name,
            grammar,
            query,
            fields=frozenset(filter(None, fields)),
            behavior=self._read_rules(self._behavior, entry.name, read_behavior_rules),
            effects=self._read_rules(self._effects, entry.name, read_effect_rules),
            **({"imports": entry.name} | options),
        )


def _definition_kinds(query: tree_sitter.Query) -> set[str]:
    names = (query.capture_name(number) for number in range(query.capture_count))
    return {name.removeprefix("definition.") for name in names if name.startswith("definition.")}


def load_languages(folders: Sequence[Path] = ()) -> Languages:
    """The shipped languages and those of the user's own folders; later folders override earlier ones."""
    languages = Languages()
    for folder in (_shipped_folder(), *folders):
        languages.add_folder(folder)
    return languages


def _shipped_folder() -> Path:
    package = Path(__file__).resolve().parent.parent
    in_wheel = package / "grammars"
    return in_wheel if in_wheel.is_dir() else package.parent.parent / "grammars"


def _fault(rules: object) -> str | None:
    """What is wrong with a table entry, as the end of a sentence; None if nothing is."""
    if not isinstance(rules, dict):
        return "it is not a table"
    if not isinstance(rules.get("module"), str):
        return 'it names no Python module (module = "tree_sitter_…")'
    for key, value in rules.items():
        expected = _RULES.get(key)
        if expected is None:
            return f"“{key}” is not a known rule"
        if expected is str and not isinstance(value, str):
            return f"“{key}” is not a string"
        if expected is bool and not isinstance(value, bool):
            return f"“{key}” is neither true nor false"
        is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
        if expected in (tuple, frozenset) and not is_list:
            return f"“{key}” is not a list of strings"
    return None


def _interpreter(first_bytes: bytes) -> str:
    """The program in a `#!` line, without folder and version: `python` for `#!/usr/bin/env python3.11`."""
    if not first_bytes.startswith(b"#!"):
        return ""
    words = first_bytes[2:256].split(b"\n", 1)[0].decode("utf-8", "replace").split()
    programs = [word.rpartition("/")[2] for word in words if not word.startswith("-") and "=" not in word]
    program = next((word for word in programs if word != "env"), "")
    return program.rstrip("0123456789.")


def _looks_like_cpp(first_bytes: bytes) -> bool:
    """Whether a `.h` file has syntax that C lacks, outside comments."""
    code = re.sub(rb"/\*.*?(?:\*/|\Z)|//[^\n]*", b"", first_bytes, flags=re.S)
    only_cpp = (
        rb"^\s*(?:class\s+\w|template\s*<|(?:inline\s+)?namespace\b|using\s+(?:namespace\s|\w+\s*=|\w+::)"
        rb"|enum\s+class\b|(?:public|private|protected)\s*:)"
    )
    return bool(re.search(only_cpp, code, re.M))
