"""Nearest neighbors among the vectors of one root, exactly enough and in milliseconds.

The sign of each dimension, a bit, decides which vectors are compared in full: the angle between two vectors is roughly
proportional to the number of signs in which they differ (Charikar, “Similarity estimation techniques from rounding
algorithms”, 2002).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from forethought.embedding.embedder import Vector
from forethought.names.resolver import Target
from forethought.store.vector_store import PlacedVector

COMPARED: Final = 4000
"""Vectors that are compared in full. Among 100,000 made of those of xarray, they hold 95 % of the nearest 400."""


class VectorIndex:
    """Immutable. Holds 432 bytes a vector."""

    def __init__(self, vectors: Sequence[PlacedVector], dimensions: int) -> None:
        """`dimensions` is a multiple of 64."""
        self._targets = [target for target, _ in vectors]
        self._scales = np.array([vector.scale for _, vector in vectors], dtype=np.float32)
        joined = b"".join(vector.values for _, vector in vectors)
        self._values = np.frombuffer(joined, dtype=np.int8).reshape(len(vectors), dimensions)
        self._signs = np.ascontiguousarray(_signs(self._values).T)
        """A row for each 64 dimensions, so that a row is read in one go."""

    def __len__(self) -> int:
        return len(self._targets)

    def nearest(self, vector: Vector, count: int) -> dict[Target, float]:
        """What the nearest `count` vectors are about, with the cosine of the nearest of each, the nearest first."""
        if not self._targets:
            return {}
        values = np.frombuffer(vector.values, dtype=np.int8)
        direction = values.astype(np.float32) * np.float32(vector.scale)
        rows = self._candidates(_signs(values[np.newaxis])[0], max(count, COMPARED))
        # Not `@`: its threads wait for each other, which on a busy machine takes ten times as long as the work.
        cosines = np.einsum("ij,j->i", self._values[rows].astype(np.float32), direction) * self._scales[rows]
        found: dict[Target, float] = {}
        for at in np.argsort(-cosines, kind="stable")[:count]:
            found.setdefault(self._targets[rows[at]], float(cosines[at]))
        return found

    def _candidates(self, signs: np.ndarray, count: int) -> np.ndarray:
        """The rows that differ in the fewest signs, in ascending order."""
        if count >= len(self._targets):
            return np.arange(len(self._targets))
        differing = np.zeros(len(self._targets), dtype=np.uint16)
        for column, word in zip(self._signs, signs, strict=True):
            differing += np.bitwise_count(column ^ word)
        return np.sort(np.argpartition(differing, count)[:count])


def _signs(values: np.ndarray) -> np.ndarray:
    """The signs of int8 vectors (rows × dimensions) as bits in 64-bit words (rows × dimensions / 64)."""
    return np.packbits(values > 0, axis=1).view(np.uint64)
