"""What a question asks of what."""

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
]
PredictedAspect = Literal["purpose", "when", "how", "mechanism"]
Aspect = FactAspect | PredictedAspect

FACT_ASPECTS: frozenset[str] = frozenset(get_args(FactAspect))
"""What is answered from the index; anything else needs a stored text or a model."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What is asked of what."""

    aspect: Aspect
    name: str | None
    """The symbol as the question names it, with dots; None when it means what is pointed at or was spoken of."""
    of_file: bool = False
    """“this file”: the file itself."""
    marked: bool = False
    """The name can only mean a symbol: back-ticks, brackets, dots, underscores, capitals, “the function …”."""
    other: str | None = None
    """What the aspect is asked about: a parameter (`default`, `parameters`), a second symbol (`calls`, `bases`), an
    exception (`raises`), a word such as `async` or `class` (`nature`), a revision (`changed_since`)."""
    kind: str | None = None
    """What the question says the symbol is: `class` of “the class Session”, “this class”."""
    part: str | None = None
    """Of `members`: which of them are wanted, `method` …"""
    within: str | None = None
    """The file in which the question says that the symbol stands."""
    spoken_of: bool = False
    """“it”, “its tests”: the symbol that the conversation was about, before the one at the cursor."""
    guessed: bool = False
    """`other` is a plain word that may be no name: “does f take long?” Only where it is one, this was asked."""
    also: "Intent | None" = None
    """What else is asked of the same symbol: “what does f return and raise?”."""
