"""Imports of a package by the name in its manifest refer to the repository."""

from forethought.syntax.package_manifests import read_manifest
from support.indexing import check

GO = {"go.mod": "module example.com/shelf/v2\n\ngo 1.22\n", "jar.go": "package shelf\nfunc Open() {}\n"}


def test_package_names_are_read_and_garbage_gives_none() -> None:
    for path, text, expected in (
        ("package.json", '{"name": "@a/b", "main": "lib/x.js"}', ("", "@a/b")),
        ("packages/b/package.json", '{"name": "b"}', ("packages/b", "b")),
        ("go.mod", "// c\nmodule example.com/a/b // x\n", ("", "example.com/a/b")),
        ("Cargo.toml", '[package]\nname = "my-crate"\n', ("", "my_crate")),
        ("Cargo.toml", '[package]\nname = "a"\n[lib]\nname = "b"\n', ("", "b")),
    ):
        found = read_manifest(path, text)
        assert found is not None and (found.folder, found.name) == expected
    for path, text in (
        ("package.json", "{"),
        ("package.json", "[" * 100_000),
        ("package.json", "[]"),
        ("Cargo.toml", "[workspace]"),
        ("Cargo.toml", "package = 1"),
        ("go.mod", ""),
        ("setup.py", ""),
    ):
        assert read_manifest(path, text) is None


def test_a_go_module_is_imported_by_its_own_name() -> None:
    start = 'package shelf_test\nimport "example.com/shelf/v2"\nfunc f() { shelf.‸Open() }\n'
    check({**GO, "jar_test.go": start}, "jar.go:Open")
    check({**GO, "jar_test.go": start.replace("example.com/shelf/v2", "example.com/other/shelf")})


def test_a_script_package_is_imported_by_its_own_name_and_by_its_folder() -> None:
    files = {
        "package.json": '{"name": "shelf", "main": "dist/cjs/index.js"}',
        "src/index.ts": 'export { open } from "./jar";\nexport { shut as close } from "./jar";\n',
        "src/jar.ts": "export function open() {}\nexport function shut() {}\n",
    }
    check({**files, "test/a.ts": 'import { open as o } from "shelf";\n‸o();\n'}, "src/jar.ts:open")
    check({**files, "test/a.ts": 'import { close } from "..";\n‸close();\n'}, "src/jar.ts:shut")
    check({**files, "test/a.ts": 'import { open } from "other";\n‸open();\n'})


def test_a_crate_is_used_by_its_own_name_and_a_test_is_a_crate_of_its_own() -> None:
    files = {
        "Cargo.toml": '[package]\nname = "shelf"\n',
        "src/lib.rs": "pub struct Jar {}\nimpl Jar { pub fn open() {} }\n",
        "tests/aid/mod.rs": "pub fn help() {}\n",
    }
    check({**files, "tests/a.rs": "use shelf::Jar;\nfn f() { Jar::‸open(); }\n"}, "src/lib.rs:Jar.open")
    check({**files, "tests/a.rs": "mod aid;\nuse crate::aid::*;\nfn f() { ‸help(); }\n"}, "tests/aid/mod.rs:help")
    check({**files, "tests/a.rs": "use other::Jar;\nfn f() { Jar::‸open(); }\n"})


def test_path_aliases_lead_to_files_of_the_repository() -> None:
    sources = {
        "web/src/lib/fmt.ts": "export function fmt() {}\n",
        "web/legacy/lib/fmt.ts": "export function fmt() {}\n",
    }
    for name, config, module in (
        ("tsconfig.json", '{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["src/*"]}}}', "@/lib/fmt"),
        ("tsconfig.json", '{"compilerOptions": {"paths": {"@/*": ["./src/*"],}}} // c', "@/lib/fmt"),
        ("tsconfig.json", '{"compilerOptions": {"paths": {"fmt": ["./nowhere", "./src/lib/fmt"]}}}', "fmt"),
        ("tsconfig.json", '{"compilerOptions": {"baseUrl": "./src"}}', "lib/fmt"),
        ("jsconfig.json", '{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}', "@/lib/fmt"),
        ("tsconfig.json", '{"extends": "./base.json"}', "@/lib/fmt"),
        ("tsconfig.json", '{"extends": ["../x", "./base"], "compilerOptions": {"strict": true}}', "@/lib/fmt"),
    ):
        base = {"web/base.json": '{"compilerOptions": {/* c */ "paths": {"@/*": ["./src/*"]}}}'}
        use = {"web/src/use.ts": f'import {{ fmt }} from "{module}";\n‸fmt();\n'}
        check({**sources, **base, f"web/{name}": config, **use}, "web/src/lib/fmt.ts:fmt")
    for garbage in ("", "[]", '{"extends": "./tsconfig.json"}', '{"compilerOptions": {"paths": 1}}'):
        assert read_manifest("tsconfig.json", garbage, lambda _: garbage) is None  # noqa: B023 # called at once
