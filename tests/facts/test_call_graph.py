"""The calls of a file are packed for memory, and read back as they were found."""

from forethought.facts.call_graph import Call, FileCalls
from forethought.names.file_names import Target
from forethought.syntax.tags import Position, Range

JAR, LID = Target("jar.py", "Jar"), Target("jar.py", "Jar.lid")


def place(row: int, column: int) -> Range:
    return Range(Position(row, column), Position(row + 1, column + 70_000))


def test_packed_calls_are_read_back_in_order() -> None:
    calls = {
        "Jar": [
            Call((JAR,), False, (), None, "", place(0, 4)),
            Call((JAR,), False, (), None, "fill", place(100_000, 0)),
        ],
        "lid": [Call((LID, JAR), False, (JAR,), "fill", "fill", place(3, 9)), Call((), True, (), "x", "", place(4, 0))],
        "gone": [],
    }
    packed = FileCalls(calls)
    assert packed == calls
    assert list(packed) == ["Jar", "lid", "gone"]
    assert packed.get("absent", ()) == ()
    assert len(FileCalls({})) == 0
