"""JavaScript and TypeScript: type parameters, patterns, functions that are passed on, and JSX attributes."""

import pytest

from forethought.facts.local_names import local_name_at
from forethought.syntax.extraction import read_tags
from forethought.syntax.languages import load_languages
from forethought.syntax.tags import Position
from support.indexing import check

CLASSES = """export class Jar { zork() {} lid: Lid; lids: Lid[]; each(f: (lid: Lid, jar: Jar) => void) {} }
export class Lid { zork() {} }
export type Visit<T = Jar> = (jar: Jar, lid: Lid) => void;
export interface Shelf { jar: Jar; lids: Map<string, Lid>; pair: [Lid] }
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("const {lid} = new Jar(); lid.‸zork();", "Lid"),
        ("const {lid: top} = new Jar(); top.‸zork();", "Lid"),
        ("const {jar: {lid}} = shelf; lid.‸zork();", "Lid"),
        ("const [first] = new Jar().lids; first.‸zork();", "Lid"),
        ("function g({jar}: Shelf) { jar.‸zork(); }", "Jar"),
        ("function g({jar: {lid}}: Shelf) { lid.‸zork(); }", "Lid"),
        ("function g({jar, lid}: {jar: Jar, lid: Lid}) { lid.‸zork(); }", "Lid"),
        ("function g(jar: Shelf['jar']) { jar.‸zork(); }", "Jar"),
        ("new Jar().lids.forEach(lid => lid.‸zork());", "Lid"),
        ("new Jar().lids.filter(Boolean).map(function (lid) { lid.‸zork(); });", "Lid"),
        ("shelf.lids.forEach((lid) => lid.‸zork());", "Lid"),
        ("for (const [key, lid] of shelf.lids) lid.‸zork();", "Lid"),
        ("new Jar().each((lid, jar) => jar.‸zork());", "Jar"),
        ("function walk(visit: Visit<Jar>) {}\nwalk((jar, lid) => lid.‸zork());", "Lid"),
        ("const visit: Visit = (jar, lid) => { lid.‸zork(); };", "Lid"),
        ("async function make() { return new Lid(); }\nmake().then(lid => lid.‸zork());", "Lid"),
        ("function g<T extends Lid>(x: T) { x.‸zork(); }", "Lid"),
        ("function g(x: Omit<Lid, 'a'>) { x.‸zork(); }", "Lid"),
    ],
)
def test_the_value_of_a_name_without_an_assignment(text: str, expected: str) -> None:
    check({"a.ts": f"{CLASSES}function f(shelf: Shelf) {{ {text} }}"}, f"a.ts:{expected}.zork")


def test_what_is_passed_is_not_known_for_every_argument() -> None:
    for text in ("lids.forEach((lid, n) => n.‸zork());", "lids.reduce((sum, lid) => sum.‸zork());"):
        check({"a.ts": f"{CLASSES}function f(lids: Lid[]) {{ {text} }}"})


@pytest.mark.parametrize(
    "component",
    [
        "function Box(props: Props) {}",
        "const Box = ({size}: Props) => null;",
        "const Box: React.FC<Props> = (props) => null;",
        "const Box = React.forwardRef<HTMLElement, Props>((props, ref) => null);",
        "const Box = memo(({size}: Props) => null);",
        "class Box extends React.Component<Props> {}",
    ],
)
def test_an_attribute_in_jsx_is_a_field_of_the_properties(component: str) -> None:
    props = "interface Sized { size: number }\ntype Props = Sized & { color: string };\n"
    check({"a.tsx": f"{props}{component}\nconst a = <Box ‸size={{1}} />;"}, "a.tsx:Sized.size")
    check({"a.tsx": f"{props}{component}\nconst a = <Box ‸color='red'></Box>;"}, "a.tsx:Props.color")
    check({"a.tsx": f"{props}{component}\nconst a = <div ‸color='red'></div>;"})


def test_first_names_of_imports_and_exports() -> None:
    files = {"b.ts": "export function pour() {}\n"}
    check({**files, "a.ts": "import {‸pour as fill} from './b';"}, "b.ts:pour")
    check({**files, "a.ts": "export {‸pour as fill} from './b';"}, "b.ts:pour")
    check({**files, "a.js": "const {‸pour: fill} = require('./b');"}, "b.ts:pour")
    check({"a.ts": "function pour() {}\nexport {‸pour as fill};"}, "a.ts:pour")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.ts", "import {pour as fill} from './b';"),
        ("a.ts", "export {pour as fill} from './b';"),
        ("a.ts", "export {pour as fill};"),
        ("a.js", "const {pour: fill} = require('./b');"),
        ("a.py", "from b import pour as fill"),
    ],
)
def test_an_import_under_another_name_is_one_import(path: str, text: str) -> None:
    language = load_languages().detect(path, text.encode())
    assert language is not None
    tags = read_tags(language, text.encode())
    assert [(item.local, item.name) for item in tags.imports] == [("fill", "pour")]
    item = tags.imports[0]
    assert item.original is not None
    assert item.original.start.column == text.index("pour")
    assert item.range.start.column == text.index("fill")
    assert not tags.references or {reference.name for reference in tags.references} == {"require"}


def test_exported_patterns_define_what_they_name() -> None:
    files = {"b.ts": "export const {min, max: most} = Math;\n"}
    check({**files, "a.ts": "import {min} from './b';\n‸min(1);"}, "b.ts:min")
    check({**files, "a.ts": "import {most} from './b';\n‸most(1);"}, "b.ts:most")


def definition_of_local(source: str) -> tuple[int, int] | None:
    """Where the local name at the mark is bound first."""
    language = load_languages().named("typescript")
    assert language is not None
    row = source[: source.index("‸")].count("\n")
    column = len(source[: source.index("‸")].rpartition("\n")[2])
    local = local_name_at(read_tags(language, source.replace("‸", "").encode()), Position(row, column))
    return tuple(local.bindings[0].start) if local is not None else None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A<T> { f(x: ‸T) {} }", (0, 8)),
        ("class A<T> { f<T>(x: ‸T) {} }", (0, 15)),
        ("type M<V> = { [K in keyof V]: V[‸K] };", (0, 15)),
        ("type E<V> = V extends (infer U)[] ? ‸U : never;", (0, 29)),
        ("interface I { <T>(x: T): void\n <T>(x: ‸T): void }", (1, 2)),
        ("function T() {}\nfunction f<T>(x: ‸T) { return T(); }", (1, 11)),
        ("function T() {}\nfunction f<T>(x: T) { return ‸T(); }", None),
        ("function f() { let a = 1; function g() { a = 2; } return ‸a; }", (0, 19)),
        ("function f() { let a = 1; function g() { ‸a = 2; } return a; }", (0, 19)),
        ("function f() { let a = 1; function g() { a = 2; return ‸a; } }", (0, 19)),
        ("describe(() => { let go: Go; before(() => { go = () => 1; }); it(() => ‸go()); });", (0, 21)),
    ],
)
def test_where_a_local_name_is_bound(source: str, expected: tuple[int, int] | None) -> None:
    assert definition_of_local(source) == expected


def test_only_in_python_is_the_first_parameter_of_a_method_its_receiver() -> None:
    both = {"js": "class A { open(jar) { jar.‸shut() }\nshut() {} }\nclass B { shut() {} }"}
    both["rb"] = "class A\ndef open(jar)\njar.‸shut\nend\ndef shut\nend\nend\nclass B\ndef shut\nend\nend"
    both["php"] = (
        "<?php class A { function open($jar) { $jar->‸shut(); }\nfunction shut() {} }\nclass B { function shut() {} }"
    )
    for ending, text in both.items():
        check({f"a.{ending}": text})
