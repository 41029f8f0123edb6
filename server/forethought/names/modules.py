"""Which file of the repository an import refers to, by language, from file paths and package names."""

import posixpath
import re
import sys
from collections.abc import Iterator, Sequence

from forethought.syntax.package_manifests import SCRIPT_CONFIGS, Package
from forethought.syntax.tags import Import

SCRIPT_LANGUAGES = frozenset({"javascript", "typescript", "tsx"})
FIELD_PARAMETERS = SCRIPT_LANGUAGES | {"php"}
"""Languages in which a parameter of a constructor may also be a field: `constructor(private jar: Jar)`."""
FIXTURE_TESTS = frozenset({"TEST_F", "TEST_P", "TYPED_TEST", "TYPED_TEST_P", "BENCHMARK_F"})
"""C++ macros whose body is a method of a subclass of their first argument."""
_SCRIPT_EXTENSIONS = ("", ".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
_ALIASED_ROOTS = ("@/", "~/", "#/", "$lib/")
"""Prefixes that bundlers are commonly configured to map to the source folder."""
_GLOBAL_OBJECTS = frozenset({"this", "super", "window", "globalThis", "global", "self", "module", "exports"})
"""JavaScript's names of objects that the repository may have added to."""
_PRIVATE = {
    "lua": re.compile("local "),
    "c": re.compile("(inline )?static "),
    "cpp": re.compile("(inline )?static "),
    "java": re.compile(r"(\w+ )*private "),
    "kotlin": re.compile(r"(\w+ )*private "),
    "c-sharp": re.compile(r"(\w+ )*private "),
    "php": re.compile(r"(\w+ )*private "),
    "typescript": re.compile(r"(\w+ )*private "),
    "tsx": re.compile(r"(\w+ )*private "),
}
"""How the signature of a definition starts that its file keeps to itself."""
RUST_LIBRARIES = frozenset({"std", "core", "alloc"})
_OWN_CRATE = re.compile(r"^((?!(.*/)?src/).*/)?(tests|examples|benches|src/bin)/[^/]+\.rs$")
"""Files that are crates of their own, with their modules beside them."""
_IMPLICIT_MEMBERS = frozenset({"java", "kotlin", "scala", "swift", "c-sharp", "cpp", "ruby"})
_OVERLOADS = frozenset({"java", "kotlin", "scala", "swift", "c-sharp", "cpp", "julia"})
_FUNCTIONS_APART = frozenset({"java"})
_SHADOWED_LATER = frozenset({"go", "rust"})
_FOLDER_IS_PACKAGE = frozenset({"go", "java", "kotlin", "scala"})
_NO_GLOBALS = SCRIPT_LANGUAGES | {"python", "go", "rust"}
_FAMILIES = (frozenset({"c", "cpp"}), frozenset({"java", "kotlin", "scala"}), SCRIPT_LANGUAGES)
_GO_STANDARD_TEXT = """
    archive bufio builtin bytes cmp compress container context crypto database debug embed encoding errors expvar
    flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime
    slices sort strconv strings structs sync syscall testing text time unicode unique unsafe weak C
"""
_GO_STANDARD = frozenset(_GO_STANDARD_TEXT.split())
_JVM_STANDARD = frozenset({"java", "javax", "jdk", "kotlin", "kotlinx", "android", "androidx", "scala", "sun"})
_JVM_EXTENSIONS = ("java", "kt", "scala")


def has_implicit_members(language: str) -> bool:
    """Whether a bare name may be a member of the enclosing class."""
    return language in _IMPLICIT_MEMBERS


def keeps_fields_apart(language: str) -> bool:
    """Whether a class may have a field and a method of one name."""
    return language in _IMPLICIT_MEMBERS or language == "rust"


def sees_class_names(language: str) -> bool:
    """Whether code in the body of a class, outside its methods, sees the names that the body defines."""
    return language == "python"


def declares_names(language: str, name: str) -> bool:
    """Whether a file that uses a name to reach a member, and sees no definition of it, means something external."""
    if language in SCRIPT_LANGUAGES:
        return name not in _GLOBAL_OBJECTS
    return language in ("java", "kotlin", "php") and name[:1].isupper()


def is_file_private(language: str, path: str, signature: str) -> bool:
    """Whether a definition outside functions says that other files cannot use it."""
    private = _PRIVATE.get(language)
    if private is None or (language in ("c", "cpp") and not is_source(language, path)):
        return False  # what a header defines is part of the files that include it
    return private.match(signature) is not None


def is_source(language: str, path: str) -> bool:
    """Whether a C or C++ file is compiled by itself rather than included."""
    return language in ("c", "cpp") and path.endswith((".c", ".cc", ".cpp", ".cxx", ".c++", ".C"))


def is_package_private(language: str, name: str) -> bool:
    """Whether only files in the folder of a definition with this name can use it."""
    return language == "go" and not name[:1].isupper()


def has_extensions(language: str) -> bool:
    """Whether a function outside a class may be called like a member of it."""
    return language in ("kotlin", "c-sharp")


def has_overloads(language: str) -> bool:
    """Whether functions of one name may stand side by side, each with its own return type."""
    return language in _OVERLOADS


def keeps_functions_apart(language: str) -> bool:
    """Whether a variable does not hide a function of its name from calls."""
    return language in _FUNCTIONS_APART


def shadows_later(language: str) -> bool:
    """Whether a variable hides an outer name only after the statement that declares it: `path := path(x)`."""
    return language in _SHADOWED_LATER


def has_clauses(language: str) -> bool:
    """Whether a later definition of a name adds a case to the first one rather than replacing it."""
    return language in ("elixir", "haskell", "julia")


def has_globals(language: str) -> bool:
    """Whether a bare name that nothing visible binds may be defined in any other file."""
    return language not in _NO_GLOBALS


def family(language: str) -> frozenset[str]:
    """The languages whose definitions this one can use, itself included."""
    return next((languages for languages in _FAMILIES if language in languages), frozenset({language}))


def rust_segments(item: Import) -> list[str]:
    """The parts of the path of what a `use` brings in."""
    segments = [part for part in item.module.split("::") if part]
    return segments if item.name in (None, "*") else [*segments, item.name or ""]


class ModuleTable:
    """The files of a root, looked up by module path."""

    def __init__(self, paths: frozenset[str], packages: Sequence[Package] = ()) -> None:
        self.paths = paths
        self._packages: dict[str, list[Package]] = {}
        """Manifest's file name → the packages that have one, longest names first."""
        for package in sorted(packages, key=lambda package: (-len(package.name), package.folder)):
            self._packages.setdefault(package.kind, []).append(package)
        self._script_configs: dict[str, list[Package]] = {}
        """Folder → its configurations."""
        for package in packages:
            if package.kind in SCRIPT_CONFIGS:
                self._script_configs.setdefault(package.folder, []).append(package)
        self._by_name: dict[str, list[str]] = {}
        self._by_folder: dict[str, list[str]] = {}
        self._folders: dict[str, list[str]] = {}
        self._absolute: dict[tuple[str, str], list[str]] = {}
        """(folder, Python module as imported there) → what it may refer to; many files have the same imports."""
        for path in sorted(paths):
            folder, _, name = path.rpartition("/")
            self._by_name.setdefault(name, []).append(path)
            self._by_folder.setdefault(folder, []).append(path)
        for folder in self._by_folder:
            self._folders.setdefault(folder.rpartition("/")[2], []).append(folder)

    def of_import(self, path: str, language: str, item: Import, wanted: str = "") -> list[tuple[str, str | None]]:
        """(file, dotted name in it or None for the file itself) of all that the import may refer to.

        Empty if it refers to nothing in the repository. `wanted` is the name that is looked up through a wildcard.
        """
        if language == "python":
            return list(self._python(path, item))
        if language in SCRIPT_LANGUAGES:
            return list(self._script(path, item))
        if language == "go":
            return [(file, None) for file in self._go_package(item.module)]
        if language == "rust":
            return list(self._rust(path, item))
        if language in ("java", "kotlin", "scala"):
            return list(self._jvm(item, wanted))
        if language == "haskell":
            name = None if item.name in (None, "*") else item.name
            return [(file, name) for file in self._by_path(path, language, item.module)]
        if language == "elixir":
            return list(self._elixir(item))
        if language == "php" and item.local != "*":
            return list(self._php(item))
        return [(file, None) for file in self._by_path(path, language, item.module)]

    def is_external(self, language: str, item: Import) -> bool:
        """Whether an import that refers to no file here is known to refer to something outside the repository."""
        module = item.module
        if language in SCRIPT_LANGUAGES:
            return not module.startswith((".", *_ALIASED_ROOTS)) and self._package("package.json", module, "/") is None
        if language == "go":
            return self._package("go.mod", module, "/") is None
        if language == "rust":
            first = module.partition("::")[0]
            return first not in ("crate", "self", "super") and self._package("Cargo.toml", first, "::") is None
        return not module.startswith(".")

    def _package(self, kind: str, module: str, separator: str) -> Package | None:
        """The package in the repository that a module belongs to."""
        for package in self._packages.get(kind, ()):
            if package.name and (module == package.name or module.startswith(package.name + separator)):
                return package
        return None

    def submodule(self, path: str, name: str) -> str | None:
        """The file of the submodule `name` of the module whose file is `path`."""
        folder, _, file_name = path.rpartition("/")
        if file_name in ("__init__.py", "__init__.pyi"):
            return self._python_file(_join(folder, name))
        if file_name.endswith(".rs"):
            module = folder if file_name in ("lib.rs", "main.rs", "mod.rs") else path.removesuffix(".rs")
            return self._rust_file(_join(module, name))
        return None

    def neighbors(self, path: str, language: str) -> list[str]:
        """Files whose top-level names are visible without an import: the rest of a Go or Java package."""
        if language not in _FOLDER_IS_PACKAGE:
            return []
        extension = path.rpartition(".")[2]
        return [
            other
            for other in self._by_folder.get(posixpath.dirname(path), ())
            if other != path and other.rpartition(".")[2] == extension
        ]

    # Python

    def _python(self, path: str, item: Import) -> Iterator[tuple[str, str | None]]:
        if item.module.startswith("."):
            bases = self._python_relative(path, item.module)
        elif item.name is None and item.local == item.module.partition(".")[0]:
            bases = self._python_absolute(path, item.local)  # `import a.b` binds `a`
        else:
            bases = self._python_absolute(path, item.module)
        member = None if item.local == "*" else item.name
        for base in bases:
            if (file := self._python_file(base)) is not None:
                yield file, member
            elif member is not None and (file := self._python_file(_join(base, member))) is not None:
                yield file, None  # a folder without `__init__.py`

    def _python_relative(self, path: str, module: str) -> list[str]:
        name = module.lstrip(".")
        folder = posixpath.dirname(path)
        for _ in range(len(module) - len(name) - 1):
            folder = posixpath.dirname(folder)
        return [_join(folder, name.replace(".", "/")) if name else folder]

    def _python_absolute(self, path: str, module: str) -> list[str]:
        """The nearest match: beside the file, in a folder above or its `src`; else the only match anywhere."""
        key = (posixpath.dirname(path), module)
        if (known := self._absolute.get(key)) is None:
            known = self._absolute[key] = self._find_absolute(*key)
        return known

    def _find_absolute(self, folder: str, module: str) -> list[str]:
        parts = module.split(".")
        relative = "/".join(parts)
        while True:
            if not self._is_package(folder):
                for base in (_join(folder, relative), _join(folder, f"src/{relative}")):
                    if self._exists(base, parts):
                        return [base]
            if not folder:
                break
            folder = posixpath.dirname(folder)
        if self._is_package("") and len(parts) > 1 and self._python_file("/".join(parts[1:])) is not None:
            return ["/".join(parts[1:])]  # the root is itself the package
        if parts[0] in sys.stdlib_module_names:
            return []
        candidates = []
        for name in (f"{parts[-1]}.py", f"{parts[-1]}.pyi"):
            candidates += [file.removesuffix(name) + parts[-1] for file in self._by_name.get(name, ())]
        for name in ("__init__.py", "__init__.pyi"):
            candidates += [posixpath.dirname(file) for file in self._by_name.get(name, ())]
        tops = {
            base
            for base in candidates
            if _ends_with(base, relative) and not self._is_package(base.removesuffix(relative).rstrip("/"))
        }
        return sorted(tops) if len(tops) == 1 else []

    def _exists(self, base: str, parts: list[str]) -> bool:
        if self._python_file(base) is not None:
            return True
        return parts[0] not in sys.stdlib_module_names and base in self._by_folder

    def _is_package(self, folder: str) -> bool:
        return _join(folder, "__init__.py") in self.paths or _join(folder, "__init__.pyi") in self.paths

    def _python_file(self, base: str) -> str | None:
        stems = ("__init__",) if not base else (f"{base}/__init__", base)
        return self._first(f"{stem}{extension}" for extension in (".py", ".pyi") for stem in stems)

    # JavaScript and TypeScript

    def _script(self, path: str, item: Import) -> Iterator[tuple[str, str | None]]:
        file = self._script_file(path, item.module) if item.module else path
        if file is not None:
            yield file, None if item.name in (None, "*") else item.name

    def _script_file(self, path: str, module: str) -> str | None:
        if module.startswith("."):
            return self._script_at(_beside(path, module))
        if (aliased := self._aliased_script(path, module)) is not None:
            return aliased
        package = self._package("package.json", module, "/")
        if package is not None and module == package.name:
            return self._entry(package)
        if package is not None:
            rest = module.removeprefix(f"{package.name}/")
            return self._script_at(_join(package.folder, rest)) or self._script_at(_join(package.folder, f"src/{rest}"))
        if (root := next((root for root in _ALIASED_ROOTS if module.startswith(root)), None)) is not None:
            relative = module.removeprefix(root)
            last = relative.rpartition("/")[2]
            stems = {f"{last}{extension}" for extension in _SCRIPT_EXTENSIONS}
            candidates = [file for name in sorted(stems) for file in self._by_name.get(name, ())]
            candidates += [
                file for extension in _SCRIPT_EXTENSIONS for file in self._by_name.get(f"index{extension}", ())
            ]
            matching = [
                file for file in candidates if re.search(rf"(^|/){re.escape(relative)}(/index)?(\.\w+)+$", f"/{file}")
            ]
            return matching[0] if len(matching) == 1 else None
        return None

    def _aliased_script(self, path: str, module: str) -> str | None:
        """The file that the nearest `tsconfig.json` or `jsconfig.json` above the importing one says."""
        folder = path
        while folder:
            folder = posixpath.dirname(folder)
            for config in self._script_configs.get(folder, ()):
                for pattern, *targets in config.aliases:
                    start, star, end = pattern.partition("*")
                    fits = module.startswith(start) and module.endswith(end) and len(module) >= len(start) + len(end)
                    if not fits or (not star and module != pattern):
                        continue
                    inner = module[len(start) : len(module) - len(end)]
                    files = (self._script_at(target.replace("*", inner)) for target in targets)
                    if (file := next(filter(None, files), None)) is not None:
                        return file
                return None
        return None

    def _script_at(self, base: str) -> str | None:
        """The file that an import of this path loads: with an extension, as a folder's index, or as a package."""
        stems = [base]
        for compiled, sources in ((".js", (".ts", ".tsx")), (".mjs", (".mts",)), (".jsx", (".tsx",))):
            if base.endswith(compiled):
                stems += [base.removesuffix(compiled) + source for source in sources]
        file = self._first(stem + extension for stem in stems for extension in _SCRIPT_EXTENSIONS)
        file = file or self._first(_join(base, f"index{extension}") for extension in _SCRIPT_EXTENSIONS)
        packages = (package for package in self._packages.get("package.json", ()) if package.folder == base)
        return file or next(filter(None, map(self._entry, packages)), None)

    def _entry(self, package: Package) -> str | None:
        return self._first(entry + extension for entry in package.entries for extension in _SCRIPT_EXTENSIONS)

    # Go

    def _go_package(self, module: str) -> Sequence[str]:
        """The files of the package's folder: the one that the longest suffix of the package's path names."""
        if (package := self._package("go.mod", module, "/")) is not None:
            folder = _join(package.folder, module.removeprefix(package.name).strip("/")).strip("/")
            files = [file for file in self._by_folder.get(folder, ()) if file.endswith(".go")]
            return [file for file in files if not file.endswith("_test.go")]
        parts = module.split("/")
        if parts[0] in _GO_STANDARD or "go.mod" in self._packages:
            return ()
        for start in range(1, len(parts)):
            folder = "/".join(parts[start:])
            files = [file for file in self._by_folder.get(folder, ()) if file.endswith(".go")]
            if files:
                return [file for file in files if not file.endswith("_test.go")]
        return ()

    # Rust

    def _rust(self, path: str, item: Import) -> Iterator[tuple[str, str | None]]:
        yield from self.rust_path(path, rust_segments(item))

    def rust_path(self, path: str, segments: Sequence[str]) -> Iterator[tuple[str, str | None]]:
        """(file, rest of the path with dots, or None) of `crate::a::b`, `super::b`, `self::b` or `a::b`."""
        folder, _, file_name = path.rpartition("/")
        is_root = file_name in ("lib.rs", "main.rs", "mod.rs") or _OWN_CRATE.search(path) is not None
        module = folder if is_root else path.removesuffix(".rs")
        rest = list(segments)
        if not rest:
            return
        first = rest[0]
        entry: str | None = None
        if first == "crate":
            start: str | None = self._crate_folder(path)
            entry = path if _OWN_CRATE.search(path) else None
            rest.pop(0)
        elif first in ("self", "super"):
            start = module
            while rest and rest[0] in ("self", "super"):
                start = posixpath.dirname(start) if rest.pop(0) == "super" else start
            crate = self._crate_folder(path)
            while start != crate and start and not self._rust_module_file(start):  # an inline module's folder
                start, name = posixpath.split(start)
                rest.insert(0, name)
        elif self._rust_file(_join(module, first)) is not None:
            start = module
        elif (package := self._package("Cargo.toml", first, "::")) is not None:
            entry = self._first(package.entries)
            start = posixpath.dirname(entry) if entry is not None else None
            rest.pop(0)
        else:
            start = self._other_crate(first) if "Cargo.toml" not in self._packages else None
            rest.pop(0)
        if start is None:
            return
        file = entry or self._rust_module_file(start)
        depth = 1  # more than one for a file in the folder of an inline module
        while depth <= len(rest):
            inner = _join(start, "/".join(rest[:depth]))
            if (deeper := self._rust_file(inner)) is not None:
                start, file, rest, depth = inner, deeper, rest[depth:], 1
            else:
                depth += 1
        if file is not None:
            yield file, ".".join(rest) or None

    def _rust_module_file(self, folder: str) -> str | None:
        """The file of the module whose submodules lie in `folder`."""
        return self._first(_join(folder, name) for name in ("lib.rs", "main.rs", "mod.rs")) or self._first(
            [f"{folder}.rs"]
        )

    def _crate_folder(self, path: str) -> str:
        folder = posixpath.dirname(path)
        while folder and self._first(_join(folder, name) for name in ("lib.rs", "main.rs")) is None:
            if _OWN_CRATE.search(f"{folder}/x.rs"):
                break
            folder = posixpath.dirname(folder)
        return folder

    def _other_crate(self, name: str) -> str | None:
        for file in self._by_name.get("lib.rs", ()):
            crate = posixpath.dirname(file).removesuffix("/src").rpartition("/")[2]
            if crate.replace("-", "_") == name:
                return posixpath.dirname(file)
        return None

    def _rust_file(self, base: str) -> str | None:
        return self._first((f"{base}.rs", f"{base}/mod.rs"))

    # Java, Kotlin, PHP

    def _jvm(self, item: Import, wanted: str) -> Iterator[tuple[str, str | None]]:
        parts = item.module.split(".")
        if parts[0] in _JVM_STANDARD:
            return
        if item.local == "*":
            for folder in self._package_folders(parts):
                for extension in _JVM_EXTENSIONS:
                    if (file := self._first([_join(folder, f"{wanted}.{extension}")])) is not None:
                        yield file, None
            parts.append(wanted)
        elif item.name is not None:
            parts.append(item.name)
        for length in range(len(parts), 0, -1):  # com.y.Util.Inner: the file is com/y/Util.java
            for extension in _JVM_EXTENSIONS:
                name = f"{parts[length - 1]}.{extension}"
                relative = "/".join([*parts[: length - 1], name])
                for file in self._by_name.get(name, ()):
                    if _ends_with(file, relative):
                        # `com.y.Util.*` imports the members of Util; the last part is the wanted name.
                        inner = parts[length - 1 : -1] if item.local == "*" else parts[length - 1 :]
                        yield file, ".".join(inner) or None
                        return
        for folder in self._package_folders(parts[:-1]):  # Kotlin: any file of the package may define it
            for file in self._by_folder[folder]:
                if file.endswith((".kt", ".scala")):
                    yield file, None if item.local == "*" else parts[-1]

    def _package_folders(self, parts: Sequence[str]) -> list[str]:
        relative = "/".join(parts)
        return [folder for folder in self._folders.get(parts[-1] if parts else "", ()) if _ends_with(folder, relative)]

    def _elixir(self, item: Import) -> Iterator[tuple[str, str | None]]:
        """By convention the module `Shop.HTTPClient` is in `lib/shop/http_client.ex`."""
        parts = [
            re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", part) for part in item.module.split(".")
        ]
        relative = "/".join(parts).lower() + ".ex"
        for file in self._by_name.get(relative.rpartition("/")[2], ()):
            if _ends_with(file, relative):
                yield file, item.module

    def _php(self, item: Import) -> Iterator[tuple[str, str | None]]:
        """By PSR-4: the last parts of the namespace are folders, the class is the file."""
        parts = item.module.split("\\")
        files = self._by_name.get(f"{parts[-1]}.php", ())
        for start in range(len(parts)):
            if start == len(parts) - 1 and len(parts) > 2:
                return  # the class name alone is not enough
            relative = "/".join(parts[start:]).lower() + ".php"
            if found := [file for file in files if _ends_with(file.lower(), relative)]:
                yield from ((file, parts[-1]) for file in found)
                return

    # Ruby, Lua, Bash, C, C++ and others: by path

    def _by_path(self, path: str, language: str, module: str) -> Sequence[str]:
        if language in ("lua", "haskell") and "/" not in module:
            module = module.replace(".", "/")
        extension = {"ruby": ".rb", "lua": ".lua", "bash": ".sh", "php": ".php", "haskell": ".hs"}.get(language, "")
        names = [module, f"{module}{extension}", *([f"{module}/init.lua"] if language == "lua" else [])]
        if (file := self._first(_beside(path, name) for name in names)) is not None:
            return [file]
        for name in names:
            relative = name.removeprefix("./")
            while relative.startswith("../"):
                relative = relative.removeprefix("../")
            found = [file for file in self._by_name.get(relative.rpartition("/")[2], ()) if _ends_with(file, relative)]
            if len(found) == 1:
                return found
        return ()

    def _first(self, candidates: Iterator[str] | Sequence[str]) -> str | None:
        return next((candidate for candidate in candidates if candidate in self.paths), None)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _beside(path: str, relative: str) -> str:
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), relative))
    return "" if joined == "." else joined


def _ends_with(path: str, relative: str) -> bool:
    return path == relative or path.endswith(f"/{relative}")
