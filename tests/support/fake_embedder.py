"""An embedder for tests: texts that share words, or words of the same meaning, are near each other."""

import hashlib
import math
import re
from collections.abc import Mapping, Sequence

from forethought.embedding.embedder import Vector
from forethought.search.ranking import STOP_WORDS

DIMENSIONS = 128


class FakeEmbedder:
    """Adds up a direction for each word that says something."""

    def __init__(self, synonyms: Mapping[str, str] | None = None, digest: str = "fake") -> None:
        """`synonyms` maps a word to the one whose direction it takes."""
        self.digest = digest
        self.dimensions = DIMENSIONS
        self.embedded: list[str] = []
        """Every text, in order."""
        self._synonyms = synonyms or {}

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        self.embedded += texts
        return [self._embed(text) for text in texts]

    def _embed(self, text: str) -> Vector:
        total = [0.0] * DIMENSIONS
        for word in sorted(set(re.findall(r"[a-z]+", text.lower())) - STOP_WORDS):
            for at, sign in enumerate(_direction(self._synonyms.get(word, word))):
                total[at] += sign
        length = math.sqrt(sum(value * value for value in total)) or 1.0
        scale = (max(map(abs, total)) or 1.0) / length / 127
        values = bytes(round(value / length / scale) & 0xFF for value in total)
        return Vector(scale, values)


def _direction(word: str) -> list[int]:
    bits = int.from_bytes(hashlib.sha256(word.encode()).digest()[: DIMENSIONS // 8], "big")
    return [1 if bits >> at & 1 else -1 for at in range(DIMENSIONS)]
