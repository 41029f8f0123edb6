"""Which fields a type has, in each language: what it declares, and what its methods assign."""

import pytest

from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages
from forethought.syntax.tags import Symbol


def fields_of(language_name: str, source: str) -> tuple[Symbol, ...]:
    language = load_languages().named(language_name)
    assert language is not None
    return read_tags(language, source.encode()).fields


def check(language_name: str, source: str, *expected: str) -> None:
    assert [f"{field.kind} {field.id}: {field.signature}" for field in fields_of(language_name, source)] == list(
        expected
    )


def check_docs(language_name: str, source: str, *expected: str | None) -> None:
    assert [field.doc for field in fields_of(language_name, source)] == list(expected)


@pytest.mark.parametrize("language", ["typescript", "tsx"])
def test_typescript(language: str) -> None:
    check(
        language,
        "export class Tram {\n  speed = 3;\n  #key?: string;\n"
        "  constructor(private bell: Bell, x: number) { this.y = x; }\n}\n"
        "interface Rail { gauge: number; ends: { left: string } }\ntype Options = { size?: number };\n"
        "enum Line { Red, Blue = 2 }\nfunction f(options: { a: string }) {}\n",
        "field Tram.speed: speed = 3",
        "field Tram.#key: #key?: string",
        "field Tram.bell: private bell: Bell",
        "field Tram.y: this.y = x",
        "field Rail.gauge: gauge: number",
        "field Rail.ends: ends: { left: string }",
        "field Rail.ends.left: left: string",
        "field Options.size: size?: number",
        "enumerator Line.Red: Red",
        "enumerator Line.Blue: Blue = 2",
    )


def test_javascript() -> None:
    check(
        "javascript",
        "class Tram {\n  speed = 3;\n  go() { this.far = true; this.far = false; other.near = 1; }\n}\n",
        "field Tram.speed: speed = 3",
        "field Tram.far: this.far = true",
    )


def test_python() -> None:
    check(
        "python",
        "class Yarn:\n    ply: int\n    ply = 2\n"
        "    def __init__(self, other):\n        self.length: int = 3\n        self.ply = 4\n"
        "        other.mate = self\n    @staticmethod\n    def of(self_): ...\n"
        "class Color(enum.Enum):\n    RED = 1\n    note: str\n",
        "field Yarn.ply: ply: int",
        "field Yarn.length: self.length: int = 3",
        "enumerator Color.RED: RED = 1",
        "field Color.note: note: str",
    )


def test_a_field_with_the_name_of_a_method_has_an_id_of_its_own() -> None:
    check(
        "java",
        "class Jet {\n  private int thrust;\n  static final int MAX = 9;\n  int thrust() { return thrust; }\n}\n"
        "record Rim(int width) {}\n"
        "enum Mode { IDLE, FULL { void log() {} } }\n",
        "field Jet.thrust#2: private int thrust",
        "field Rim.width: int width",
        "enumerator Mode.IDLE: IDLE",
        "enumerator Mode.FULL: FULL { void log() {} }",
    )


def test_go() -> None:
    check(
        "go",
        "package g\ntype Gear struct {\n\tTeeth, Size int\n\tAxle\n}\n",
        "field Gear.Teeth: Teeth, Size int",
        "field Gear.Size: Teeth, Size int",
        "field Gear.Axle: Axle",
    )


def test_rust() -> None:
    check(
        "rust",
        "pub struct Rope { pub len: i32 }\npub enum Knot { Bow, Reef(i32), Slip { turns: u8 } }\n",
        "field Rope.len: pub len: i32",
        "enumerator Knot.Bow: Bow",
        "enumerator Knot.Reef: Reef(i32)",
        "enumerator Knot.Slip: Slip { turns: u8 }",
        "field Knot.Slip.turns: turns: u8",
    )


def test_c() -> None:
    check(
        "c",
        "struct crane { int arm, *hook; char name[8]; int (*lift)(int); };\nenum { NORTH };\nenum side { LEFT = 1 };\n",
        "field crane.arm: int arm, *hook",
        "field crane.hook: int arm, *hook",
        "field crane.name: char name[8]",
        "field crane.lift: int (*lift)(int)",
        "enumerator NORTH: NORTH",
        "enumerator side.LEFT: LEFT = 1",
    )


def test_cpp() -> None:
    check(
        "cpp",
        "class Crane { Arm &arm; void go(); };\nenum class Hook { Small };\n",
        "field Crane.arm: Arm &arm",
        "enumerator Hook.Small: Small",
    )


def test_c_sharp() -> None:
    check(
        "c-sharp",
        "class Wheel { public int Size { get; set; } = 3; public event Action Spun; int hub;\n"
        "  void F(int x) { int y; } }\n"
        "enum Grip { Low, High = 2 }\nrecord Rim(int Width);\n",
        "property Wheel.Size: public int Size { get; set; } = 3",
        "event Wheel.Spun: public event Action Spun",
        "field Wheel.hub: int hub",
        "enumerator Grip.Low: Low",
        "enumerator Grip.High: High = 2",
        "property Rim.Width: int Width",
    )


def test_kotlin() -> None:
    check(
        "kotlin",
        "class Kite(val span: Int, size: Int) {\n  var tail = 2\n  fun f() { val x = 1 }\n}\nenum class Dir { N, S }\n",
        "property Kite.span: val span: Int",
        "property Kite.tail: var tail = 2",
        "enumerator Dir.N: N",
        "enumerator Dir.S: S",
    )


def test_php() -> None:
    check(
        "php",
        "<?php\nclass Pump {\n  public int $rate = 3;\n"
        "  public function __construct(public readonly string $brand, $x) { $this->valve = $x; }\n}\n"
        "enum Suit: string { case Hearts = 'h'; }\n",
        "property Pump.rate: public int $rate = 3",
        "property Pump.brand: public readonly string $brand",
        "field Pump.valve: $this->valve = $x",
        "enumerator Suit.Hearts: case Hearts = 'h'",
    )


def test_ruby() -> None:
    check(
        "ruby",
        "class Raft\n  attr_accessor :logs, :oars\n  def initialize(n)\n    @logs = n\n  end\nend\n",
        "property Raft.logs: attr_accessor :logs, :oars",
        "property Raft.oars: attr_accessor :logs, :oars",
        "field Raft.@logs: @logs = n",
    )


def test_a_field_is_documented_above_behind_or_below() -> None:
    check_docs(
        "python",
        'class A:\n    #: Above.\n    a = 1\n    b = 2  #: Behind.\n    c = 3\n    """Below."""\n    d = 4  # noqa\n',
        "Above.",
        "Behind.",
        "Below.",
        None,
    )
    check_docs(
        "go",
        "package g\ntype A struct {\n\t// Above.\n\tX int\n\tY int // Behind.\n\tZ int\n}\n",
        "Above.",
        "Behind.",
        None,
    )
    check_docs("cpp", "struct A { int x; ///< Behind.\n int y; };\n", "Behind.", None)
    check_docs(
        "javascript",
        "class A { f() {\n  // a step\n  this.x = 1;\n  /** The width. */\n  this.y = 2;\n} }\n",
        None,
        "The width.",
    )


def test_a_field_encloses_nothing() -> None:
    language = load_languages().named("python")
    assert language is not None
    tags = read_tags(language, b"class A:\n    size = make()\n")
    assert [reference.scope for reference in tags.references] == ["A"]
    assert tags.enclosing(tags.fields[0].selection.start).id == "A"
