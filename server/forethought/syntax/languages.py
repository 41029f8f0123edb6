"""The languages: which files they own, how they are parsed, and the rules of their table entry.

A folder of grammars holds `languages.toml` and one `<language>/tags.scm` per entry. The shipped folder comes first; a
user's own folders add languages or replace shipped ones. A table entry names a Python module, which is imported: only
folders that the user chose may be passed in, never a repository's.
"""

import hashlib
import importlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import tree_sitter

_LIST_RULES = (
    "files",
    "extensions",
    "shebangs",
    "doc_prefixes",
    "file_doc_prefixes",
    "wrappers",
    "attributes",
    "bodies",
    "parameters",
    "returns",
    "bases",
    "annotations",
    "values",
    "blocks",
    "results",
)
_TEXT_RULES = ("module", "function", "imports", "query")
_FLAG_RULES = ("docstrings", "bare_calls")


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """One language, ready to parse. The rules name node types and fields of its grammar."""

    name: str
    grammar: tree_sitter.Language
    query: tree_sitter.Query
    """Standard captures: `@name`, `@definition.kind`, `@reference.kind`, `@local.scope`, `@doc`, `@ignore`."""
    doc_prefixes: tuple[str, ...] = ()
    """A comment above a definition is its documentation when it begins with one of these."""
    file_doc_prefixes: tuple[str, ...] = ()
    """The same for comments that document the file (`//!`); they never belong to a definition."""
    wrappers: frozenset[str] = frozenset()
    """Node types around a definition that belong to it: `export_statement`, `decorated_definition`."""
    attributes: frozenset[str] = frozenset()
    """Node types of decorators, annotations and attributes: part of the range, not of the signature."""
    bodies: tuple[str, ...] = ("body",)
    """Like the next ones: fields, or node types of children where the grammar has no such field."""
    parameters: tuple[str, ...] = ("parameters",)
    returns: tuple[str, ...] = ("return_type",)
    bases: tuple[str, ...] = ()
    annotations: tuple[str, ...] = ("type",)
    """Where a bound name has its type."""
    values: tuple[str, ...] = ("value", "right")
    """Where a bound name has its value."""
    blocks: frozenset[str] = frozenset()
    """Where a body may be an expression, the node types of those that are none: the expression is what it returns."""
    results: frozenset[str] = frozenset()
    """Node types of bodies whose last expression is what they return."""
    docstrings: bool = False
    """A string that stands first in a body documents its definition."""
    bare_calls: bool = False
    """A name that is bound nowhere in its function calls a method: Ruby's `open` is `open()`."""
    fields: frozenset[str] = frozenset()
    """The grammar's field names."""
    imports: str = ""
    """Which of the import readers in `imports.py` reads this language's imports; its own name where one exists."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row of a languages table, before its grammar is imported."""

    name: str
    table: Path
    rules: Mapping[str, Any]

    @property
    def query_file(self) -> Path:
        return self.table.parent / (self.rules.get("query") or self.name) / "tags.scm"


@dataclass(slots=True)
class Languages:
    """Finds a file's language. A language is imported and compiled when it is first asked for.

    One whose grammar or query is faulty is left out, and `problems` gains a line that names the file: a bad grammar
    costs its own language only.
    """

    _entries: dict[str, _Entry] = field(default_factory=dict)
    _by_file: dict[str, str] = field(default_factory=dict)
    _by_extension: dict[str, str] = field(default_factory=dict)
    _by_shebang: dict[str, str] = field(default_factory=dict)
    _loaded: dict[str, Language | None] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """One sentence per folder or language that could not be loaded."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._entries)

    @property
    def digest(self) -> str:
        """Names every rule and query: what was read off a file with others is read again."""
        found = hashlib.sha256()
        for name in sorted(self._entries):
            entry = self._entries[name]
            found.update(repr((name, sorted(entry.rules.items(), key=str))).encode())
            found.update(entry.query_file.read_bytes() if entry.query_file.is_file() else b"")
        return found.hexdigest()[:16]

    def detect(self, path: str, first_bytes: bytes = b"") -> Language | None:
        """By file name, then extension, then the `#!` line; None for a file of no known language.

        `first_bytes` (a few kB) also tell a C++ header from a C one.
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
        """The language of that name; None when it is unknown or its grammar cannot be loaded."""
        if name not in self._loaded:
            entry = self._entries.get(name)
            self._loaded[name] = self._load(entry) if entry else None
        return self._loaded[name]

    def add_folder(self, folder: Path) -> None:
        """Reads a folder's table; its languages replace those of the same name or extension."""
        table = folder / "languages.toml"
        try:
            rows = tomllib.loads(table.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            self.problems.append(f"{table}: the languages table cannot be read ({error}); it is left out.")
            return
        for name, rules in rows.items():
            fault = _fault(rules)
            if fault:
                self.problems.append(f"{table}: the language “{name}” is left out because {fault}.")
                continue
            self._entries[name] = _Entry(name, table, rules)
            self._by_file.update(dict.fromkeys(rules.get("files", ()), name))
            self._by_extension.update(dict.fromkeys(rules.get("extensions", ()), name))
            self._by_shebang.update(dict.fromkeys(rules.get("shebangs", ()), name))

    def _load(self, entry: _Entry) -> Language | None:
        rules = entry.rules
        try:
            module = importlib.import_module(rules["module"])
            grammar = tree_sitter.Language(getattr(module, rules.get("function", "language"))())
            query = tree_sitter.Query(grammar, entry.query_file.read_text(encoding="utf-8"))
        except (ImportError, AttributeError, TypeError, ValueError, OSError, tree_sitter.QueryError) as error:
            fault = f"{type(error).__name__}: {error}"
            self.problems.append(f"{entry.query_file}: the language “{entry.name}” is left out ({fault}).")
            return None
        return Language(
            name=entry.name,
            grammar=grammar,
            query=query,
            doc_prefixes=tuple(rules.get("doc_prefixes", ())),
            file_doc_prefixes=tuple(rules.get("file_doc_prefixes", ())),
            wrappers=frozenset(rules.get("wrappers", ())),
            attributes=frozenset(rules.get("attributes", ())),
            bodies=tuple(rules.get("bodies", ("body",))),
            parameters=tuple(rules.get("parameters", ("parameters",))),
            returns=tuple(rules.get("returns", ("return_type",))),
            bases=tuple(rules.get("bases", ())),
            annotations=tuple(rules.get("annotations", ("type",))),
            values=tuple(rules.get("values", ("value", "right"))),
            fields=frozenset(
                field_name
                for index in range(1, grammar.field_count + 1)
                if (field_name := grammar.field_name_for_id(index))
            ),
            blocks=frozenset(rules.get("blocks", ())),
            results=frozenset(rules.get("results", ())),
            docstrings=rules.get("docstrings", False),
            bare_calls=rules.get("bare_calls", False),
            imports=rules.get("imports", entry.name),
        )


def load_languages(folders: Sequence[Path] = ()) -> Languages:
    """The shipped languages and those of a user's own folders, later folders winning."""
    languages = Languages()
    for folder in (_shipped_folder(), *folders):
        languages.add_folder(folder)
    return languages


def _shipped_folder() -> Path:
    package = Path(__file__).resolve().parent.parent
    in_wheel = package / "grammars"
    return in_wheel if in_wheel.is_dir() else package.parent.parent / "grammars"


def _fault(rules: object) -> str | None:
    """What is wrong with a table entry, as the end of a sentence."""
    if not isinstance(rules, dict):
        return "it is not a table"
    if not isinstance(rules.get("module"), str):
        return 'it names no Python module (module = "tree_sitter_…")'
    for key, value in rules.items():
        if key in _LIST_RULES:
            if not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
                return f"“{key}” is not a list of strings"
        elif key in _TEXT_RULES:
            if not isinstance(value, str):
                return f"“{key}” is not a string"
        elif key in _FLAG_RULES:
            if not isinstance(value, bool):
                return f"“{key}” is neither true nor false"
        else:
            return f"“{key}” is not a known rule"
    return None


def _interpreter(first_bytes: bytes) -> str:
    """The program of a `#!` line without its folder and version: `python` for `#!/usr/bin/env python3.11`."""
    if not first_bytes.startswith(b"#!"):
        return ""
    words = first_bytes[2:256].split(b"\n", 1)[0].decode("utf-8", "replace").split()
    programs = [word.rpartition("/")[2] for word in words if not word.startswith("-") and "=" not in word]
    program = next((word for word in programs if word != "env"), "")
    return program.rstrip("0123456789.")


def _looks_like_cpp(first_bytes: bytes) -> bool:
    """Whether a `.h` file has what C lacks, outside of comments."""
    code = re.sub(rb"/\*.*?(?:\*/|\Z)|//[^\n]*", b"", first_bytes, flags=re.S)
    only_cpp = (
        rb"^\s*(?:class\s+\w|template\s*<|(?:inline\s+)?namespace\b|using\s+(?:namespace\s|\w+\s*=|\w+::)"
        rb"|enum\s+class\b|(?:public|private|protected)\s*:)"
    )
    return bool(re.search(only_cpp, code, re.M))
