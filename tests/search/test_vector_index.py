"""The nearest vectors are found."""

import random

import pytest

np = pytest.importorskip("numpy", reason="comes with the extra `semantic`")

from forethought.embedding.embedder import Vector  # noqa: E402
from forethought.names.resolver import Target  # noqa: E402
from forethought.search import vector_index  # noqa: E402
from forethought.search.vector_index import VectorIndex  # noqa: E402
from forethought.store.vector_store import PlacedVector  # noqa: E402

DIMENSIONS = 128


def vector(values: list[int]) -> Vector:
    length = float(np.linalg.norm(values))
    return Vector(1 / length, np.array(values, dtype=np.int8).tobytes())


def cosine(some: Vector, other: Vector) -> float:
    some_values, other_values = (np.frombuffer(item.values, dtype=np.int8).astype(float) for item in (some, other))
    return float(some_values @ other_values) * some.scale * other.scale


def test_the_nearest_come_first_with_their_cosines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_index, "COMPARED", 50)
    chance = random.Random(7)
    center = [chance.randint(-100, 100) for _ in range(DIMENSIONS)]
    near = [vector([value + chance.randint(-20, 20) for value in center]) for _ in range(5)]
    far = [vector([chance.randint(-100, 100) for _ in range(DIMENSIONS)]) for _ in range(500)]
    index = VectorIndex([PlacedVector(Target(f"{at}.py", ""), item) for at, item in enumerate(far + near)], DIMENSIONS)
    found = index.nearest(vector(center), 5)
    assert {target.path for target in found} == {f"{500 + at}.py" for at in range(5)}
    assert list(found.values()) == sorted(found.values(), reverse=True)
    for target, value in found.items():
        assert value == pytest.approx(cosine(vector(center), near[int(target.path[:-3]) - 500]), abs=1e-4)


def test_a_place_with_several_texts_counts_by_the_nearest() -> None:
    question = vector([1] * DIMENSIONS)
    other = vector([1] * 64 + [-1] * 64)
    place = Target("a.py", "f")
    index = VectorIndex([PlacedVector(place, other), PlacedVector(place, question)], DIMENSIONS)
    assert index.nearest(question, 10) == {place: pytest.approx(1.0)}


def test_nothing_is_nearest_among_nothing() -> None:
    assert VectorIndex([], DIMENSIONS).nearest(vector([1] * DIMENSIONS), 10) == {}
