"""Who calls a function and what it calls, with the places."""

from collections.abc import Callable

import pytest

from forethought.errors import Cancelled
from forethought.facts.call_hierarchy import Calls, find_call_chain, incoming_calls, outgoing_calls
from forethought.names.resolver import Resolver, Target
from support.indexing import index_of

PYTHON = {
    "a.py": (
        "class A:\n    def __init__(self): go()\n"
        "def go(): ...\n"
        "@go\ndef twice():\n    go()\n    def inner():\n        go()\n    inner()\n    return A()\n"
    ),
    "b.py": "from a import go as run, A\nrun()\nclass B(A): ...\n",
}


def calls(find: Callable[[Resolver, Target], Calls], sources: dict[str, str], path: str, symbol: str) -> list[str]:
    found = find(Resolver(index_of(sources)), Target(path, symbol))
    return [f"{end.path}:{end.symbol_id} {[r.start.row + 1 for r in ranges]}" for end, ranges in found.items()]


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("go", ["a.py:A.__init__ [2]", "a.py:twice [4, 6]", "a.py:twice.inner [8]", "b.py: [2]"]),
        ("A.__init__", ["a.py:twice [10]"]),
        ("A", ["a.py:twice [10]"]),
        ("twice", []),
        ("gone", []),
    ],
)
def test_incoming_calls(symbol: str, expected: list[str]) -> None:
    assert calls(incoming_calls, PYTHON, "a.py", symbol) == expected


def test_outgoing_calls_are_those_of_the_body() -> None:
    assert calls(outgoing_calls, PYTHON, "a.py", "twice") == ["a.py:go [6, 8]", "a.py:twice.inner [9]", "a.py:A [10]"]
    assert calls(outgoing_calls, PYTHON, "b.py", "") == ["a.py:go [2]"]
    assert calls(outgoing_calls, PYTHON, "a.py", "gone") == []


def test_go_calls_across_files() -> None:
    sources = {"a.go": "package p\nfunc A() { B() }\n", "b.go": "package p\nfunc B() {}\n"}
    assert calls(incoming_calls, sources, "b.go", "B") == ["a.go:A [2]"]
    assert calls(outgoing_calls, sources, "a.go", "A") == ["b.go:B [2]"]


def test_the_search_stops_when_it_is_cancelled() -> None:
    with pytest.raises(Cancelled):
        incoming_calls(Resolver(index_of(PYTHON)), Target("a.py", "go"), lambda: True)


CHAIN = {
    "a.py": "from b import B\ndef one(): two()\ndef two():\n    one()\n    return B()\n"
    "class K:\n    def go(self): two()\n",
    "b.py": "class B:\n    def __init__(self): three()\ndef three(): four()\ndef four(): five()\ndef five(): ...\n",
}


@pytest.mark.parametrize(
    ("start", "goal", "expected"),
    [
        ("one", "two", ["one", "two"]),
        ("one", "three", ["one", "two", "B", "three"]),
        ("one", "four", ["one", "two", "B", "three", "four"]),
        ("one", "five", []),
        ("K", "B", ["K", "K.go", "two", "B"]),
        ("two", "K", []),
    ],
)
def test_the_shortest_chain_of_calls(start: str, goal: str, expected: list[str]) -> None:
    goals = {Target("a.py", goal), Target("b.py", goal)}
    found = find_call_chain(Resolver(index_of(CHAIN)), Target("a.py", start), goals)
    assert [target.symbol_id for target in found] == expected


def test_the_search_for_a_chain_stops_when_it_is_cancelled() -> None:
    with pytest.raises(Cancelled):
        find_call_chain(Resolver(index_of(CHAIN)), Target("a.py", "one"), {Target("b.py", "five")}, lambda: True)
