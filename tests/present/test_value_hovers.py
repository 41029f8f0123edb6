"""Hovers about what holds a value: fields, enum members, parameters and local variables, in each language."""

import pytest

from forethought.facts.value_facts import exported_names, local_name_at, places_set
from forethought.names.resolver import Resolver
from forethought.present.hover_markdown import hover_markdown, local_name_markdown
from forethought.syntax.tags import Position
from forethought.workspace.symbol_info import SymbolInfo
from support.indexing import MARK, index_of


def hover_of(path: str, source: str) -> str:
    """The hover at the mark, without the line that names its origin; "" if there is none."""
    before = source[: source.index(MARK)]
    position = Position(before.count("\n"), len(before.rpartition("\n")[2].encode()))
    store = index_of({path: source.replace(MARK, "")})
    resolver = Resolver(store)
    tags = store.tags(path)
    assert tags is not None
    symbols = [symbol for target in resolver.resolve_at(path, position).targets if (symbol := resolver.symbol(target))]
    if symbols:
        infos = [SymbolInfo(path, tags.language, symbol, set_at=places_set(tags, symbol)) for symbol in symbols]
        text = hover_markdown(infos)
    else:
        local_name = local_name_at(resolver, path, position)
        text = local_name_markdown(path, local_name) if local_name is not None else ""
    return text.removesuffix("\n\n— Forethought · facts")


PYTHON = '''class Yarn:
    ply: int = 2  #: strands

    def __init__(self, length: int = 4) -> None:
        """Spin.

        :param length: in meters
        """
        self.length = length

    def cut(self, at: int) -> "Yarn":
        rest = self.length - at
        self.length = at
        yarn = Yarn(rest)
        return yarn
'''


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("self.‸length - at", "`self.length = length` — field of `Yarn` · also set in line 13"),
        ("    ‸ply: int", "`ply: int = 2` — field of `Yarn`\n\nstrands"),
        ("(self, ‸length: int", "`length: int = 4` — parameter of `Yarn.__init__`\n\nin meters"),
        ("self.length - ‸at", "`at: int` — parameter of `Yarn.cut`"),
        ("return ‸yarn", "`yarn = Yarn(rest)` — local variable of `Yarn.cut` · type `Yarn` · set in line 14"),
    ],
)
def test_python(marked: str, expected: str) -> None:
    plain = marked.replace(MARK, "")
    assert PYTHON.count(plain) == 1
    assert hover_of("yarn.py", PYTHON.replace(plain, marked)) == expected


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("a.ts", "class A { size = 3; f(by: number) { return this.‸size + by; } }", "`size = 3` — field of `A`"),
        (
            "a.ts",
            "class A { constructor(private jar: Jar) {} f() { this.‸jar; } }",
            "`private jar: Jar` — field of `A`",
        ),
        ("a.ts", "enum Line { Red, Blue }\nLine.‸Red;", "`Red` — member of `Line`"),
        ("a.ts", "function f(by: number) { return ‸by; }", "`by: number` — parameter of `f`"),
        ("a.js", "class A { f() { this.size = 1; } g() { this.‸size; } }", "`this.size = 1` — field of `A`"),
        ("A.java", "class A { int size = 3; int f(A a) { return a.‸size; } }", "`int size = 3` — field of `A`"),
        ("A.java", "class A { enum M { ON } M f() { return M.‸ON; } }", "`ON` — member of `A.M`"),
        ("A.java", "record Rim(int width) { int f() { return ‸width; } }", "`int width` — field of `Rim`"),
        (
            "a.go",
            "package a\ntype A struct { Size int // wide\n}\nfunc (a *A) f() int { return a.‸Size }",
            "`Size int` — field of `A`\n\nwide",
        ),
        ("a.go", "package a\nfunc f(n int) int { return ‸n }", "`n int` — parameter of `f`"),
        ("a.rs", "struct A { len: i32 }\nimpl A { fn f(&self) -> i32 { self.‸len } }", "`len: i32` — field of `A`"),
        ("a.rs", "enum K { Bow, Reef(i32) }\nfn f() -> K { K::‸Reef(1) }", "`Reef(i32)` — member of `K`"),
        ("a.rs", "fn f(n: i32) -> i32 { ‸n }", "`n: i32` — parameter of `f`"),
        ("a.c", "struct a { int arm; };\nint f(struct a *x) { return x->‸arm; }", "`int arm` — field of `a`"),
        ("a.c", "enum side { LEFT, RIGHT };\nint f(void) { return ‸LEFT; }", "`LEFT` — member of `side`"),
        (
            "a.cpp",
            "struct A { int arm; ///< reach\n};\nint f(A &x) { return x.‸arm; }",
            "`int arm` — field of `A`\n\nreach",
        ),
        ("a.cpp", "enum class H { Small };\nH f() { return H::‸Small; }", "`Small` — member of `H`"),
        ("a.cpp", "enum class H { Small };\nint f() { return ‸Small; }", ""),
        (
            "a.cs",
            "class A { public int Size { get; set; } int F() { return ‸Size; } }",
            "`public int Size { get; set; }` — property of `A`",
        ),
        ("a.cs", "enum G { Low }\nclass A { G g = G.‸Low; }", "`Low` — member of `G`"),
        ("a.kt", "class A(val span: Int) { fun f() = this.‸span }", "`val span: Int` — property of `A`"),
        ("a.kt", "enum class D { N }\nfun f() = D.‸N", "`N` — member of `D`"),
        (
            "a.php",
            "<?php\nclass A { public int $rate = 3; function f() { return $this->‸rate; } }",
            "`public int $rate = 3` — property of `A`",
        ),
        ("a.php", "<?php\nfunction f(int $n) { return ‸$n; }", "`int $n` — parameter of `f`"),
        ("a.php", "<?php\nfunction f() { $n = 3; return ‸$n; }", "`$n = 3` — local variable of `f` · set in line 2"),
        ("a.php", "<?php\nenum S { case Hearts; }\nS::‸Hearts;", "`case Hearts` — member of `S`"),
        (
            "a.rb",
            "class A\n  attr_reader :logs\n  def f\n    logs + ‸@logs\n  end\n  def g\n    @logs = 1\n  end\nend\n",
            "`@logs = 1` — field of `A`",
        ),
        (
            "a.rb",
            "class A\n  attr_reader :logs\n  def f\n    ‸logs\n  end\nend\n",
            "`attr_reader :logs` — property of `A`",
        ),
    ],
)  # fmt: skip
def test_a_use_says_what_it_names(path: str, source: str, expected: str) -> None:
    assert hover_of(path, source) == expected


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("a.ts", "class A<K, T extends B = B> { f(x: ‸T) {} }", "`T extends B = B` — type parameter of `A`"),
        ("a.ts", "function f<T>(x: Map<string, ‸T>) {}", "`T` — type parameter of `f`"),
        ("A.java", "class A { <T extends Shape> T f() { ‸T x; } }", "`T extends Shape` — type parameter of `A.f`"),
        ("a.go", "package a\nfunc f[K comparable, T any](x ‸T) {}", "`T any` — type parameter of `f`"),
        ("a.rs", "fn f<'a, T: Into<String>>(x: &'a ‸T) {}", "`T: Into<String>` — type parameter of `f`"),
        ("a.cs", "class Box<T> { void F(‸T x) {} }", "`T` — type parameter of `Box`"),
        ("a.kt", "fun <T : Shape> f(x: ‸T) {}", "`T : Shape` — type parameter of `f`"),
        ("a.cpp", "template <typename K, class T = X> struct A { ‸T x; };", "`class T = X` — type parameter of `A`"),
        ("a.py", "def f[T: Shape](x: ‸T): ...", "`T: Shape` — type parameter of `f`"),
    ],
)  # fmt: skip
def test_type_parameters(path: str, source: str, expected: str) -> None:
    assert hover_of(path, source) == expected


def test_a_module_says_what_it_exports() -> None:
    files = {
        "lib/jars.py": '"""Jars."""\ndef make(): ...\ndef _hide(): ...\nclass Jar: ...\n',
        "a.py": "import lib.jars\n",
    }
    tags = index_of(files).tags("lib/jars.py")
    assert tags is not None
    info = SymbolInfo("lib/jars.py", "python", tags.symbols[0], exports=exported_names("lib/jars.py", tags))
    assert hover_markdown([info]).startswith("`lib/jars.py` — exports `make`, `Jar`\n\nJars.")


@pytest.mark.parametrize(
    "doc",
    [
        ":param size: the *width*",
        ":param int size: the *width*",
        "@param size the *width*",
        "@param {number} size - the *width*",
        "@param {number} [size=3] - the *width*",
        "Args:\n    size (int): the *width*",
        "Args:\n    size: the *width*",
        "Parameters\n----------\nsize : int\n    the *width*",
    ],
)
def test_a_parameter_has_the_docs_that_its_function_gives_it(doc: str) -> None:
    indented = doc.replace("\n", "\n    ")
    source = f'def f(other, size=3):\n    """Do it.\n\n    {indented}\n    """\n    return ‸size\n'
    assert hover_of("a.py", source) == "`size=3` — parameter of `f`\n\nthe \\*width\\*"
