"""What a question asks, and of which symbol."""

from dataclasses import dataclass
from typing import Literal, get_args

FactAspect = Literal[
    "callers",
    "calls",
    "raises",
    "tests",
    "location",
    "parameters",
    "default",
    "returns",
    "last_change",
    "changed_since",
    "members",
    "bases",
    "subclasses",
    "docs",
    "nature",
    "decorators",
    "exists",
    "effects",
    "writes",
    "cases",
    "early_returns",
    "catches",
    "parameter_type",
    "fields",
    "raisers",
    "catchers",
    "overrides",
    "overridden",
    "exports",
    "visibility",
    "value",
    "comparison",
    "setters",
    "readers",
]
PredictedAspect = Literal["purpose", "when", "how", "mechanism"]
Aspect = FactAspect | PredictedAspect

FACT_ASPECTS: frozenset[str] = frozenset(get_args(FactAspect))
"""Aspects that the index answers; any other needs a stored text or a model."""

BEHAVIOR_ASPECTS: frozenset[str] = frozenset({"effects", "writes", "cases", "early_returns", "catches"})
"""Aspects that are read off a function's body."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What a question asks, and of which symbol."""

    aspect: Aspect
    name: str | None
    """The symbol as the question names it, its parts joined by dots; None for “this” and “it”."""
    of_file: bool = False
    """“this file”: the file itself."""
    marked: bool = False
    """The name can only mean a symbol: back-ticks, brackets, dots, underscores, capitals, “the function …”."""
    other: str | None = None
    """What else the aspect needs: a parameter (`default`, `parameters`, `parameter_type`), a second symbol (`calls`,
    `bases`, `comparison`), an exception (`raises`, `catches`), a word such as `async` or `class` (`nature`), a kind of
    effect (`effects`), a name in conditions (`cases`), a revision (`changed_since`)."""
    kind: str | None = None
    """What the question says the symbol is: `class` of “the class Session” and “this class”."""
    part: str | None = None
    """Which ones are asked for: a kind of member such as `method` (`members`), `required` or `optional` (`parameters`),
    `in_tests` or `outside_tests` (`callers`)."""
    in_file: str | None = None
    """The file that the question says the symbol is in."""
    refers_back: bool = False
    """“it”, “its tests”: the symbol that the conversation was about, rather than the one at the cursor."""
    guessed: bool = False
    """`other` may be an ordinary word: “does f take long?” The intent holds only if it names a parameter."""
    also: "Intent | None" = None
    """What else is asked of the same symbol: “what does f return and raise?”."""
