"""What a question of fact is answered with: exact, short, from the index, and never more than is known."""

import pytest

from forethought.engine.api import Message
from forethought.syntax.tags import Position
from support.session_world import SessionWorld, ask

SOURCES = {
    "shop.py": """from abc import ABC, abstractmethod
from far import Remote


class Base(ABC):
    @abstractmethod
    def send(self, cents: int) -> str: ...

    @staticmethod
    def clean(text: str) -> str:
        return text.strip()


class Card(Base):
    def __init__(self, number: str, limit: int = 100) -> None:
        self.number = number

    def send(self, cents: int, *, tries: int = 3, **options: str) -> str:
        if cents < 0:
            raise ValueError(cents)
        return pay(cents)


class Bank(Base, Remote):
    def send(self, cents: int) -> str:
        return "bank"


def pay(cents: int) -> str:
    return f"{cents}"


def pieces(size):
    yield size
    yield from range(size)


async def fetch(url):
    return url


def quiet() -> None:
    pay(1)
""",
    "other.py": "from shop import Base\n\n\nclass Cash(Base):\n    pass\n",
}


def check(world: SessionWorld, question: str, *expected: str, aspect: str | None = None, **options: object) -> str:
    """The answer is a fact and says all of what is expected."""
    for path, text in SOURCES.items():
        world.write(path, text)
    session, workspace = world.open(engine=False)
    workspace.refresh()
    if "at" in options:
        path, row, column = options["at"]  # type: ignore[misc] # as written in each test
        options["at"] = (workspace, path, Position(row, column))
    answer = ask(session, question, **options)
    assert answer.tier == "facts", answer.text
    for text in expected:
        assert text in answer.text
    assert aspect in (None, answer.aspect)
    return answer.text


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what is the default of tries in Card.send?", "`tries` of `Card.send` defaults to `3`."),
        ("what is the default of cents in Card.send?", "`cents` of `Card.send` has no default."),
        ("what is the default of number in Card?", "has no default"),
        ("what is the default of limit in Card?", "defaults to `100`"),
        ("what is the default of retries in Card.send?", "has no parameter `retries`; it takes 3 parameters"),
        ("what is the default of retries in Card.send?", "`**options: str` may accept it. Did you mean `tries`?"),
        ("what are the defaults of Card.send?", "1 default: `tries` = `3`"),
        (
            "what parameters does Card take?",
            "`Card.__init__` (the constructor of `Card`) takes 2 parameters besides `self`",
        ),
        ("how many parameters does pay take?", "`pay` takes 1 parameter: `cents: int`."),
        ("does pay take a parameter called euros?", "`pay` has no parameter `euros`; it takes 1 parameter"),
        ("does pay take a cents parameter?", "Yes: `pay` takes `cents: int`."),
        ("what does pay return?", '`pay` is declared to return `str` and returns `f"{cents}"`.'),
        ("what does quiet return?", "`quiet` is declared to return `None`."),
        ("what does pieces yield?", "`pieces` yields `size`, `from range(size)`."),
        ("what does fetch return?", "`fetch` returns `url`. It is async, so its result must be awaited."),
        ("what does Card return?", "`Card` is a class; calling it creates an instance."),
        (
            "what are the subclasses of Base?",
            "`Base` has 3 direct subclasses:\n- `Cash` (other.py:4)\n- `Card` (shop.py",
        ),
        ("what are the subclasses of Card?", "`Card` has no subclasses in this repository"),
        (
            "what are the subclasses of Remote?",
            "`Remote` is not defined in this repository. Classes here that inherit from it (1):\n- `Bank`",
        ),
        ("what does Bank inherit from?", "`Bank` inherits from `Base`, `Remote`."),
        ("does Card inherit from Base?", "Yes: `Card` inherits from `Base`."),
        ("does Card inherit from Bank?", "No: `Card` does not inherit from `Bank`"),
        ("what methods does Card have?", "It inherits:\n- from `Base` (shop.py): `clean`"),
        ("what methods does Bank have?", "- the members of `Remote`, which is defined outside this repository"),
        ("does Card have a method clean?", "Yes, inherited: `def clean(text: str) -> str`"),
        ("does Card have a method burn?", "No: `Card` has no `burn`."),
        ("does Card.send raise ValueError?", "Yes: `Card.send` raises `ValueError` itself."),
        ("does Card.send raise KeyError?", "`Card.send` does not raise `KeyError` itself; the functions it calls may."),
        ("does quiet call pay?", "Yes: `quiet` calls `pay`"),
        ("does Card.send call fetch?", "No: `Card.send` does not call `fetch` itself"),
        ("does pay call quiet?", "No: `pay` does not call `quiet` itself"),
        ("is pay called by quiet?", "Yes: `quiet` calls `pay`"),
        ("is fetch async?", "Yes: `fetch` is async."),
        ("is pay async?", "No: nothing indicates that `pay` is async."),
        ("is Base abstract?", "Yes: `Base` is abstract."),
        ("is Base.clean a static method?", "Yes: `Base.clean` is static."),
        ("is pieces a generator?", "Yes: `pieces` is a generator."),
        ("is Card a function?", "No: `Card` is a class"),
        ("is there a function called pay?", "Yes: `pay` is a function in shop.py:"),
        ("who calls Card.clean?", "`Base.clean` is not called"),
        ("what are the bases of Base.send?", "`Base.send` has no base classes."),
        ("what parameters does Bank take?", "`Bank` does not define a constructor."),
        ("what is defined in Cash?", "`Cash` defines nothing."),
        (
            "what methods does Cash have?",
            "`Cash` defines no method.\n\nIt inherits:\n- from `Base` (shop.py): `send`, `clean`",
        ),
        ("what does shop.py define?", "`shop.py` defines 7 symbols:"),
        ("what does quiet call?", "`quiet` calls 1 symbol:\n- `pay` (shop.py:"),
        ("what decorators does pay have?", "`pay` has no decorators."),
        ("what does Card.send raise?", "`Card.send` raises `ValueError` itself."),
        ("what does pay raise?", "`pay` raises nothing itself; the functions it calls may."),
        ("which tests cover pay?", "`pay` is not reached by any test in this repository"),
        ("what is the default of options in Card.send?", "collects any number of arguments and has no default."),
    ],
)
def test_facts_are_exact(world: SessionWorld, question: str, expected: str) -> None:
    check(world, question, expected)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("who calls Card.sent?", "`Card` (shop.py:14) has no member `sent`. Did you mean `send`?"),
        ("what does Bank.fly return?", "It may be inherited from `Remote`, which is defined outside this repository."),
        ("who calls Shelf.add?", "Nothing named `Shelf.add` is defined in this repository."),
        ("what does pays return?", "Nothing named `pays` is defined in this repository. Did you mean `pay`?"),
    ],
)
def test_what_does_not_exist_is_said(world: SessionWorld, question: str, expected: str) -> None:
    check(world, question, expected, aspect="unknown")


def test_a_plain_word_that_nothing_is_named_by_may_be_no_name(world: SessionWorld) -> None:
    session, workspace = world.open(engine=False)
    workspace.refresh()
    assert ask(session, "where is authentication implemented?").tier == "none"


def test_it_means_what_was_spoken_of_and_this_the_place(world: SessionWorld) -> None:
    history = (Message("user", "what does pay return?"), Message("assistant", "A `str`, like `fetch`."))
    at = ("shop.py", SOURCES["shop.py"].splitlines().index("def pieces(size):"), 6)
    check(world, "who calls it?", "`pay` is called from", history=history, at=at)
    check(world, "what does this yield?", "`pieces` yields", history=history, at=at)


def test_the_kind_that_is_said_chooses_among_namesakes(world: SessionWorld) -> None:
    world.write("names.py", "class token: ...\n")
    world.write("more.py", "def token() -> int:\n    return 1\n")
    check(world, "where is the class token?", "names.py:1")
    check(world, "what does the function token return?", "returns `1`")
    check(world, "where is token defined?", "could be one of 2", aspect="ambiguous")


def test_a_file_that_is_said_chooses_among_namesakes(world: SessionWorld) -> None:
    world.write("names.py", "def token() -> int:\n    return 2\n")
    world.write("more.py", "def token() -> int:\n    return 1\n")
    check(world, "what does token in more.py return?", "returns `1`")


def test_files_of_one_name_are_all_offered(world: SessionWorld) -> None:
    world.write("a/tools.py", "def one() -> None: ...\n")
    world.write("b/tools.py", "def two() -> None: ...\n")
    check(world, "what does tools.py define?", "- `a/tools.py`\n- `b/tools.py`", aspect="ambiguous")
    check(world, "what does b/tools.py define?", "`def two() -> None`")


def test_a_name_with_a_line_end_stays_on_its_line(world: SessionWorld) -> None:
    world.write("new\nline.py", "def odd(): ...\n")
    session, workspace = world.open(engine=False)
    workspace.refresh()
    assert "new\N{REPLACEMENT CHARACTER}line.py:1" in ask(session, "where is odd?").text


def test_a_folder_without_definitions_is_not_said_to_be_indexed_soon(world: SessionWorld) -> None:
    for file in world.folder.glob("*.py"):
        file.unlink()
    session, workspace = world.open(engine=False)
    workspace.refresh()
    assert "ask again" not in ask(session, "who calls odd?").text


JAVA = """class Jar extends Box {
    int lid;
    Jar() {}
    void open() { throw new IllegalStateException(); }
    int open(int turns) { if (turns < 0) throw new IllegalArgumentException(); return turns; }
}
"""


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("what are the bases of Jar?", ("`Box`",)),
        ("what does Jar.open raise?", ("`IllegalStateException`, `IllegalArgumentException`",)),
        ("which parameters does Jar.open take?", ("2 overloads", "no parameters", "`int turns`")),
        ("what does Jar.open return?", ("2 overloads", "returns `turns`")),
        ("what members does Jar have?", ("1 field: `int lid`",)),
    ],
)
def test_a_class_is_not_its_constructor_and_each_overload_counts(
    world: SessionWorld, question: str, expected: tuple[str, ...]
) -> None:
    world.write("Jar.java", JAVA)
    check(world, question, *expected)


def test_the_mark_at_the_end_of_a_ruby_name_counts(world: SessionWorld) -> None:
    world.write(
        "jar.rb",
        "class Jar\n  def seal\n    open()\n  end\n  def seal!\n    shut()\n  end\n"
        "  def open; end\n  def shut; end\nend\n",
    )
    assert "Jar.shut" in check(world, "what does Jar.seal! call?")
    assert "Jar.open" in check(world, "what does Jar.seal call?")


def test_calls_that_may_mean_the_symbol_are_told_apart(world: SessionWorld) -> None:
    world.write(
        "more.py",
        "class Till:\n    def settle(self): ...\nclass Desk:\n    def settle(self): ...\ndef f(x):\n    x.settle()\n",
    )
    text = check(
        world, "who calls Till.settle?", "is not called", "1 call to `settle` could not be resolved and may refer to it"
    )
    assert "more.py:6" in text


def test_a_call_on_an_unknown_receiver_is_possible_and_not_denied(world: SessionWorld) -> None:
    world.write(
        "more.py",
        "class Till:\n    def settle(self): ...\nclass Desk(Till):\n    def settle(self): ...\n"
        "def f(x):\n    x.settle()\n",
    )
    possible = "Possibly: `f` calls `settle` on line 6, but the receiver's type is unknown."
    check(world, "does f call Till.settle?", possible)
    check(world, "what does f call?", "These calls could not be resolved and may refer to this repository: `x.settle`.")


def test_a_base_of_a_base_is_an_indirect_one(world: SessionWorld) -> None:
    world.write("more.py", "class Root: ...\nclass Stem(Root): ...\nclass Leaf(Stem): ...\n")
    check(world, "does Leaf inherit from Root?", "Yes, indirectly. All bases of `Leaf`: `Stem`, `Root`.")


def test_overloads_that_a_header_declares_are_one_symbol(world: SessionWorld) -> None:
    world.write("jar.h", "class Jar {\npublic:\n  int turn(int a);\n  int turn(char *b);\n};\n")
    world.write("jar.cpp", '#include "jar.h"\nint Jar::turn(int a) { return a; }\nint Jar::turn(char *b) { return 1; }')
    check(world, "which parameters does Jar.turn take?", "2 overloads", "`int a`", "`char *b`")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("where is RATE used?", "`RATE` is used as a value in 1 place and imported in 1 place:\n- `fee` (till.py:6)"),
        ("is RATE unused?", "till.py:6"),
        ("what breaks if I change RATE?", "till.py:6"),
        ("who uses Coin?", "`Coin` is subclassed in 1 place, used as a type in 1 place and imported in 2 places"),
        ("is on_close dead code?", "`on_close` is passed on in 1 place:\n- `start` (till.py:11)"),
        ("who calls fee?", "`fee` is not called in this repository, as far as names can be resolved; no other use was"),
        ("who calls fee?", "It is public, so code outside this repository may use it."),
        ("is SPARE used?", "`SPARE` is not used in this repository"),
        ("who calls Silver.ring?", "It may also be called through `Coin.ring` (1 place: till.py:5)."),
    ],
)
def test_what_is_not_called_may_be_used(world: SessionWorld, question: str, expected: str) -> None:
    world.write("rates.py", "RATE = 3\nSPARE = 4\nclass Coin:\n    def ring(self): ...\n")
    till = "from rates import RATE, Coin\n\n\ndef fee(coin: Coin) -> int:\n    coin.ring()\n    return RATE\n"
    world.write("silver.py", "from rates import Coin\nclass Silver(Coin):\n    def ring(self): ...\n")
    world.write("till.py", till + "def on_close(): ...\n\n\ndef start(pool):\n    pool.submit(on_close)\n")
    check(world, question, expected)
