"""What Python's tuples, containers, comprehensions, generators and library functions hold."""

from support.indexing import check

CLASSES = """
import asyncio, copy, functools, itertools
from collections import defaultdict
from contextlib import contextmanager
from enum import Enum
from typing import *
class Lid:
    def turn(self): ...
class Jar:
    def turn(self): ...
    def other(self) -> "Jar": ...
"""


def turns(text: str, *owners: str) -> None:
    """`turn` at the mark is the method of these classes."""
    check(CLASSES + text, *(f"main.py:{owner}.turn" for owner in owners))


def test_the_places_of_a_tuple() -> None:
    turns("def f(pair: tuple[Lid, Jar]):\n    pair[1].‸turn()\n", "Jar")
    turns("def f(pair: tuple[Lid, Jar]):\n    pair[-2].‸turn()\n", "Lid")
    turns("def f(pair: tuple[Lid, Jar]):\n    lid, jar = pair\n    jar.‸turn()\n", "Jar")
    turns("def f(jars: tuple[Jar, ...]):\n    jars[3].‸turn()\n", "Jar")
    turns("def pair(): return Lid(), Jar()\ndef f():\n    lid, jar = pair()\n    jar.‸turn()\n", "Jar")
    turns("lid, jar = Lid(), Jar()\njar.‸turn()\n", "Jar")
    turns("(lid, (a, jar)) = (Lid(), (1, Jar()))\njar.‸turn()\n", "Jar")
    turns("def f(pairs: list[tuple[Lid, Jar]]):\n    for lid, jar in pairs:\n        jar.‸turn()\n", "Jar")
    turns("first, *rest = (Lid(), Jar())\nfirst.‸turn()\n", "Lid")
    turns("first, *rest = (Lid(), Jar())\nrest.‸turn()\n")


def test_attributes_that_an_unpacked_tuple_gives() -> None:
    making = (
        "class Shelf:\n    def __init__(self):\n        self.lid, self.jar = Lid(), Jar()\n    def f(self):\n        "
    )
    turns(f"{making}self.jar.‸turn()\n", "Jar")
    check(f"{CLASSES}{making}self.‸jar\n", "main.py:Shelf.jar")


def test_the_fields_of_a_named_tuple_and_a_typed_dictionary() -> None:
    named = "class Pair(NamedTuple):\n    lid: Lid\n    jar: Jar\ndef f(pair: Pair):\n    "
    turns(f"{named}pair.jar.‸turn()\n", "Jar")
    turns(f"{named}pair[1].‸turn()\n", "Jar")
    turns(f"{named}lid, jar = pair\n    jar.‸turn()\n", "Jar")
    turns("class Shelf(TypedDict):\n    jar: Jar\ndef f(shelf: Shelf):\n    shelf['jar'].‸turn()\n", "Jar")


def test_keys_values_and_items() -> None:
    for loop in ("for lid in them", "for lid in them.keys()", "for lid, jar in them.items()"):
        turns(f"def f(them: dict[Lid, Jar]):\n    {loop}:\n        lid.‸turn()\n", "Lid")
    for loop in ("for jar in them.values()", "for lid, jar in them.items()"):
        turns(f"def f(them: dict[Lid, Jar]):\n    {loop}:\n        jar.‸turn()\n", "Jar")
    turns("def f(them: dict[str, Jar]):\n    for jar in them:\n        jar.‸turn()\n")


def test_comprehensions() -> None:
    turns("def f(jars: list[Jar]):\n    for jar in [jar.other() for jar in jars]:\n        jar.‸turn()\n", "Jar")
    turns("def f(them: dict[str, Jar]):\n    [jar for _, jar in them.items()][0].‸turn()\n", "Jar")
    turns("def f(rows: list[list[Jar]]):\n    [jar for row in rows for jar in row][0].‸turn()\n", "Jar")
    turns("def f(jars: list[Jar]):\n    next(jar for jar in jars if jar).‸turn()\n", "Jar")
    turns("{name: Jar() for name in 'ab'}['a'].‸turn()\n", "Jar")
    turns("def f(them: dict[str, Jar]):\n    return {n: jar.‸turn() for n, jar in them.items()}\n", "Jar")


def test_slices_are_containers() -> None:
    turns("def f(jars: list[Jar]):\n    jars[1:][0].‸turn()\n", "Jar")
    turns("def f(jars: list[Jar]):\n    jars[1:].‸turn()\n")


def test_what_library_functions_make_of_their_arguments() -> None:
    for text in (
        "next(jars)",
        "max(jars)",
        "list(jars)[0]",
        "sorted(jars, key=len)[0]",
        "copy.copy(jars[0])",
        "functools.partial(Jar, 1)()",
        "next(itertools.chain(jars, jars))",
        "next(zip(lids, jars))[1]",
        "next(enumerate(jars))[1]",
        "list(filter(None, jars))[0]",
        "list(map(Jar, lids))[0]",
        "defaultdict(Jar)['x']",
        "(jars + [Jar()])[0]",
    ):
        turns(f"def f(jars: list[Jar], lids: list[Lid]):\n    {text}.‸turn()\n", "Jar")
    turns("def f(jars: list[Jar], lids: list[Lid]):\n    list(jars).‸turn()\n")
    turns("def sorted(them) -> Lid: ...\ndef f(jars: list[Jar]):\n    sorted(jars).‸turn()\n", "Lid")


def test_generators_and_iterators() -> None:
    turns("def g():\n    yield Jar()\nfor jar in g():\n    jar.‸turn()\n", "Jar")
    turns("def g():\n    yield Jar()\ndef h():\n    yield from g()\nfor jar in h():\n    jar.‸turn()\n", "Jar")
    turns("@contextmanager\ndef g():\n    yield Jar()\nwith g() as jar:\n    jar.‸turn()\n", "Jar")
    shelf = "class Shelf:\n    def __iter__(self): return self\n    def __next__(self) -> Jar: ...\n"
    turns(f"{shelf}for jar in Shelf():\n    jar.‸turn()\n", "Jar")
    turns("class Shelf(list[Jar]): ...\nfor jar in Shelf():\n    jar.‸turn()\n", "Jar")
    turns("class Size(Enum):\n    BIG = 1\n    def turn(self): ...\nfor size in Size:\n    size.‸turn()\n", "Size")


def test_asynchronous_loops_and_contexts() -> None:
    room = (
        "class Room:\n    async def __aenter__(self) -> Jar: ...\n    def __aiter__(self) -> AsyncIterator[Jar]: ...\n"
    )
    turns(f"{room}async def f():\n    async with Room() as jar:\n        jar.‸turn()\n", "Jar")
    turns(f"{room}async def f():\n    async for jar in Room():\n        jar.‸turn()\n", "Jar")
    turns("async def g() -> Jar: ...\nasync def f():\n    (await asyncio.wait_for(g(), 1)).‸turn()\n", "Jar")


def test_gathered_parameters() -> None:
    turns("def f(*jars: Jar):\n    jars[0].‸turn()\n", "Jar")
    turns("def f(**jars: Jar):\n    jars['a'].‸turn()\n", "Jar")
    turns("def f(*jars: Jar):\n    jars.‸turn()\n")


def test_operators() -> None:
    adding = "class Sum:\n    def __add__(self, other) -> Jar: ...\n    def __truediv__(self, other) -> Lid: ...\n"
    turns(f"{adding}(Sum() + 1).‸turn()\n", "Jar")
    turns(f"{adding}(Sum() / 1).‸turn()\n", "Lid")
    turns(f"{adding}(Sum() - 1).‸turn()\n")


def test_a_method_that_returns_its_receiver_or_a_new_one_of_its_class() -> None:
    for result in ("return self", "return type(self)()", "return self.__class__(1)"):
        base = f"class Pot:\n    def own(self):\n        {result}\n    def turn(self): ...\n"
        turns(f"{base}Pot().own().‸turn()\n", "Pot")
        turns(f"{base}class Pan(Pot):\n    def turn(self): ...\nPan().own().‸turn()\n", "Pan")
    made = "class Pot:\n    @classmethod\n    def make(cls):\n        return cls()\n    def turn(self): ...\n"
    turns(f"{made}class Pan(Pot):\n    def turn(self): ...\nPan.make().‸turn()\n", "Pan")
    making = "def __new__(cls):\n        it = super().__new__(cls)\n        it.‸turn()\n"
    turns(f"class Pot:\n    {making}    def turn(self): ...\n", "Pot")


def test_type_variables_new_types_and_callables() -> None:
    turns("T = TypeVar('T', bound=Jar)\ndef f(jar: T):\n    jar.‸turn()\n", "Jar")
    turns("T = TypeVar('T', bound=Jar)\ndef same(jar: T) -> T: ...\ndef f(it):\n    same(it).‸turn()\n")
    turns("Own = NewType('Own', Jar)\ndef f(jar: Own):\n    jar.‸turn()\n", "Jar")
    turns("Make = Callable[[], Jar]\ndef f(make: Make):\n    make().‸turn()\n", "Jar")


def test_types_that_sphinx_documentation_declares() -> None:
    turns("def f(jar):\n    '''Opens.\n\n    :type jar: Jar or None\n    '''\n    jar.‸turn()\n", "Jar")
    turns("def make(it):\n    '''Makes.\n\n    :rtype: list[Jar]\n    '''\nmake(1)[0].‸turn()\n", "Jar")


def test_an_overloaded_function_gives_what_any_overload_gives() -> None:
    text = "@overload\ndef make(a: int) -> Lid: ...\n@overload\ndef make(a: str) -> Jar: ...\ndef make(a): ...\n"
    turns(f"{text}make(1).‸turn()\n", "Jar", "Lid")


def test_several_caught_exceptions() -> None:
    bad = "class Bad(Exception):\n    def turn(self): ...\n"
    turns(f"{bad}try: ...\nexcept (Bad, ValueError) as error:\n    error.‸turn()\n", "Bad")


def test_a_global_that_a_function_assigns() -> None:
    turns("jar = None\ndef open_it():\n    global jar\n    jar = Jar()\ndef f():\n    jar.‸turn()\n", "Jar")


def test_a_loop_over_several_values_gives_each_of_them() -> None:
    classes = "class Jar:\n    def open(self): ...\nclass Box:\n    def shut(self): ...\n"
    check(f"{classes}for one in Jar(), Box():\n    one.‸open()\n", "main.py:Jar.open")
    check(f"{classes}for one in Jar(), Box():\n    one.‸shut()\n", "main.py:Box.shut")
    check(f"{classes}for one, _ in (Jar(), 1), (Box(), 2):\n    one.‸shut()\n", "main.py:Box.shut")
