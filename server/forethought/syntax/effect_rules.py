"""Which names of a language's libraries have effects: its table in `effects.toml`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Category = Literal[
    "file_read", "file_write", "file", "network", "process", "environment", "clock", "sleep", "random", "database",
    "log", "wait",
]  # fmt: skip
"""`file` reads or writes, and it is not known which; `wait` covers locks, joins and the like."""
CATEGORIES: tuple[Category, ...] = get_args(Category)
_LISTS = frozenset({*CATEGORIES, "open", "pure", "implicit", "globals"})
_NOTHING = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class EffectRules:
    """One language's table. Names are dotted: `os.path.exists`, `net/http.Get`, `java.io.File.delete`."""

    called: Mapping[Category, re.Pattern[str]] = field(default_factory=dict)
    """Category → a pattern for the whole name of the callee."""
    methods: Mapping[str, Category] = field(default_factory=dict)
    """Methods whose name alone tells, whatever they are called on."""
    read: Mapping[str, Category] = field(default_factory=dict)
    """Names that are read rather than called: `os.environ`."""
    open: re.Pattern[str] = _NOTHING
    """Functions that read or write depending on their arguments."""
    without_arguments: Mapping[str, Category] = field(default_factory=dict)
    """Names with an effect only if called without arguments: `os.time` in Lua."""
    pure: re.Pattern[str] = _NOTHING
    """Callees without any effect."""
    implicit: tuple[str, ...] = ()
    """Modules whose names are visible without an import."""
    partial: bool = False
    """Some effects are not calls: redirections, backticks, PHP's `echo`."""
    globals: frozenset[str] | None = None
    """First parts of the dotted names that are visible without an import; None if any may be."""

    def category(self, name: str) -> Category | None:
        """The category of a call of this name; None if it has no known effect."""
        if self.pure.fullmatch(name):
            return None
        return next((category for category, pattern in self.called.items() if pattern.fullmatch(name)), None)


def read_effect_rules(tables: Mapping[str, object], language: str) -> EffectRules | None:
    """The rules of a language; None when no table is about it.

    Raises ValueError, with the end of a sentence, when a table is faulty.
    """
    if language not in tables:
        return None
    lists: dict[str, list[str]] = {}
    partial = False
    name: object = language
    seen: set[object] = set()
    while name is not None:
        table = tables.get(name) if isinstance(name, str) else None
        if not isinstance(table, dict):
            raise ValueError(f"“{name}” is not a table")
        if name in seen:
            raise ValueError("it inherits from itself")
        seen.add(name)
        for key, value in table.items():
            if key == "inherits":
                continue
            if key == "partial" and isinstance(value, bool):
                partial = partial or value
                continue
            if key not in _LISTS:
                raise ValueError(f"“{key}” is not a known rule")
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise ValueError(f"“{key}” is not a list of strings")
            lists.setdefault(key, value)
        name = table.get("inherits")
    marked = [(category, item) for category in CATEGORIES for item in lists.get(category, ())]
    return EffectRules(
        called={
            category: _pattern((item for item in lists[category] if item[0] not in "=." and item[-1] != ")"), "[^.]*")
            for category in CATEGORIES
            if category in lists
        },
        methods={item[1:]: category for category, item in marked if item.startswith(".")},
        read={item[1:]: category for category, item in marked if item.startswith("=")},
        open=_pattern(lists.get("open", ()), ".*"),
        pure=_pattern(lists.get("pure", ()), ".*"),
        without_arguments={item[:-2]: category for category, item in marked if item.endswith("()")},
        implicit=tuple(lists.get("implicit", ())),
        partial=partial,
        globals=frozenset(lists["globals"]) if "globals" in lists else None,
    )


def _pattern(names: Iterable[str], last: str) -> re.Pattern[str]:
    """`last` is what a final `.*` stands for, as a regular expression; every other `*` stands for anything."""
    parts = [re.escape(name).replace(r"\*", ".*") for name in names]
    parts = [f"{part[:-2]}{last}" if part.endswith(r"\..*") else part for part in parts]
    return re.compile("|".join(parts)) if parts else _NOTHING
