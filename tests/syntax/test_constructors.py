"""Which methods are constructors, in each language, and what follows from that."""

import pytest

from forethought.facts import class_hierarchy
from forethought.insights.context import Context, build_context
from forethought.insights.question_predictor import shown_by
from forethought.names.resolver import Resolver, Target
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages
from support.indexing import index_of

LANGUAGES = load_languages()


CASES = [
    ("python", "class A:\n def __init__(self): ...\n def __new__(cls): ...\n def init(self): ...\n", ["A.__init__"]),
    ("python", "def __init__(): ...\n", []),
    ("javascript", "class A { constructor() {} make() {} }", ["A.constructor"]),
    ("javascript", "const a = { constructor() {} };\nfunction constructor() {}", []),
    ("typescript", "class A { constructor(a: X); constructor(a: X | Y) {} }", ["A.constructor", "A.constructor#2"]),
    ("tsx", "export class A extends B { constructor() { super() } }", ["A.constructor"]),
    ("java", "class A { A() {} A(int a) {} void a() {} class B { B() {} } }", ["A.A", "A.A#2", "A.B.B"]),
    ("java", "record A(int a) { A {} }", ["A.A"]),
    ("java", "class A { void initialize() {} }", []),
    ("c-sharp", "namespace N { class A { public A() {} static A() {} void B() {} } }", ["A.A", "A.A#2"]),
    ("cpp", "class A { A(); ~A(); void a(); };\nA::A() {}\n", ["A.A", "A.A#2"]),
    ("cpp", "namespace n { struct A { A() {} }; }\nn::A::A(int a) {}\n", ["n.A.A", "n.A.A#2"]),
    ("cpp", "namespace a { void a() {} }\nvoid b::b();\n", ["b.b"]),
    ("php", "<?php class A { function __construct() {} function A() {} }", ["A.__construct"]),
    ("php", "<?php function __construct() {}", []),
    ("ruby", "class A\n def initialize; end\n def self.new; end\nend\ndef initialize; end\n", ["A.initialize"]),
    ("kotlin", "class A(val a: Int) {\n constructor() : this(1) {}\n fun A() {}\n}", ["A.constructor"]),
    ("rust", "struct A;\nimpl A { fn new() -> A { A } fn A() {} }", []),
    ("go", "type A struct{}\nfunc NewA() *A { return nil }\nfunc (a A) A() {}", []),
    ("c", "struct A { int a; };\nstruct A *A_new(void) { return 0; }", []),
    ("lua", "local A = {}\nfunction A.new() end\nfunction A:init() end", []),
    ("bash", "init() { :; }", []),
    ("sql", "CREATE FUNCTION a() RETURNS int AS $$ SELECT 1 $$ LANGUAGE sql;", []),
    ("scala", "class A(x: Int) { def a() = 1 }\nobject A { def apply() = 1 }", []),
    ("swift", "class A { init() {} }\nextension A { init(a: Int) {} }", ["A.init", "A.init#2"]),
    ("elixir", "defmodule A do\n def new, do: 1\nend", []),
    ("haskell", "data A = A Int\nnewA = A 1", []),
    ("julia", "struct A\n a\n A(a) = new(a)\nend", []),
    ("zig", "const A = struct { fn init() A { return A{}; } };", []),
    ("ocaml", "class a = object method m = 1 end", []),
    ("ocaml-interface", "val a : int -> int", []),
]
WITHOUT_CLASSES = LANGUAGES.data_names


@pytest.mark.parametrize(("language", "source", "constructors"), CASES)
def test_constructors_by_language(language: str, source: str, constructors: list[str]) -> None:
    loaded = LANGUAGES.named(language)
    assert loaded is not None
    symbols = read_tags(loaded, source.encode()).symbols
    assert [symbol.id for symbol in symbols if symbol.is_constructor] == constructors


def test_every_shipped_language_has_a_case() -> None:
    assert {language for language, _, _ in CASES} == set(LANGUAGES.names) - WITHOUT_CLASSES


def context_of(path: str, source: str, symbol_id: str) -> Context:
    index = index_of({path: source})
    tags = index.tags(path)
    assert tags is not None
    symbol = tags.symbol(symbol_id)
    assert symbol is not None
    return build_context(Resolver(index), path, tags, symbol, source.encode())


@pytest.mark.parametrize(
    ("path", "source", "symbol_id"),
    [
        ("a.py", "class A:\n    def __init__(self, b):\n        return self.reset(b)\n", "A.__init__"),
        ("a.js", "class A { constructor(b) { return wrap(this, b) } }", "A.constructor"),
        ("a.rb", "class A\n  def initialize(b)\n    reset(b)\n  end\nend\n", "A.initialize"),
    ],
)
def test_nobody_asks_what_a_constructor_returns(path: str, source: str, symbol_id: str) -> None:
    context = context_of(path, source, symbol_id)
    assert context.returns_nothing
    assert context.returned
    questions = [ask.question for ask in shown_by(context)]
    assert not [question for question in questions if "return" in question]


def test_what_another_method_returns_is_asked() -> None:
    context = context_of("a.py", "class A:\n    def get(self, key):\n        return self.table[key]\n", "A.get")
    assert not context.returns_nothing
    assert any("return" in ask.question for ask in shown_by(context))


@pytest.mark.parametrize(
    ("sources", "target", "constructor"),
    [
        ({"a.py": "class A:\n    def init(self): ...\n"}, "A", None),
        ({"a.java": "class A { A() {} }\nclass B extends A {}\n"}, "A", "A.A"),
        ({"a.java": "class A { A() {} }\nclass B extends A {}\n"}, "B", None),
        ({"a.php": "<?php class A { function __construct() {} }\nclass B extends A {}\n"}, "B", "A.__construct"),
    ],
)
def test_a_class_has_its_own_constructor_or_inherits_one(
    sources: dict[str, str], target: str, constructor: str | None
) -> None:
    (path,) = sources
    found = class_hierarchy.constructor(Resolver(index_of(sources)), Target(path, target))
    assert found == (Target(path, constructor) if constructor else None)
