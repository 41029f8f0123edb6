"""What a sentence model does for us, whichever it is."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Vector(NamedTuple):
    """A direction: a vector of length 1, rounded to a byte a dimension."""

    scale: float
    """What each value has to be multiplied by."""
    values: bytes
    """Signed bytes, one a dimension."""


class Embedder(Protocol):
    """A sentence model. Safe from several threads."""

    @property
    def digest(self) -> str:
        """Identifies the weights and everything else that vectors depend on. Vectors of two digests do not compare."""
        ...

    @property
    def dimensions(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """The vector of each text. What is too long for the model is cut off. The same text gives the same vector."""
        ...
