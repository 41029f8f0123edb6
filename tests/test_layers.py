"""Imports point downwards only, and the dangerous parts of Python stay out."""

import ast
import subprocess
import sys
from collections import Counter
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "server" / "forethought"

ORDER = [
    "__main__",
    "cli",
    "lsp bench",
    "app present",
    "idle qa",
    "workspace",
    "search",
    "store",
    "insights facts embedding scip",
    "engine repo names",
    "config syntax",
    "errors folders private_folders text toml_files __init__",
]
"""Packages and modules of `forethought`. Each imports only what stands in a line below its own."""

ONLY_IN = {
    "pygls": ("lsp", "bench.constant_server"),
    "lsprotocol": ("lsp", "bench.constant_server"),
    "llama_cpp": ("engine.host.llama",),
    "jinja2": ("engine.host.llama.template_process",),
    "tree_sitter": ("syntax",),
    "git": ("repo",),
    "diskcache": ("store",),
    "onnxruntime": ("embedding.minilm",),
    "tokenizers": ("embedding.minilm",),
    "numpy": ("embedding.minilm", "search.vector_index", "engine.host.llama.llama_model"),
    "huggingface_hub": ("engine.models",),
    "filelock": ("engine", "store"),
    "httpx2": ("engine",),
    "click": ("cli",),
    "rich": ("cli",),
}
"""Who may import a third party's package."""

NEVER_IMPORTED = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
NEVER_CALLED = {"eval", "exec"}


@cache
def trees():
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(file.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")
        found[name] = ast.parse(file.read_text(encoding="utf-8"), str(file))
    return found


def is_below(module, *owners):
    return any(module == owner or module.startswith(f"{owner}.") for owner in owners)


def is_package(module):
    return (PACKAGE / module.replace(".", "/")).is_dir()


def imports_of(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                is_module = whole.removeprefix("forethought.") in trees()
                yield whole if is_module else node.module, node.lineno


def own_imports(tree):
    for name, line in imports_of(tree):
        if name == "forethought" or name.startswith("forethought."):
            yield name.removeprefix("forethought").removeprefix("."), line


def top_of(module):
    return module.split(".")[0] or "__init__"


def test_imports_point_downwards():
    level = {name: number for number, line in enumerate(ORDER) for name in line.split()}
    wrong = [
        f"{module}:{line} imports {other}"
        for module, tree in trees().items()
        for other, line in own_imports(tree)
        if top_of(module) != top_of(other) and level[top_of(module)] >= level[top_of(other)]
    ]
    assert not wrong


def test_no_modules_import_each_other_in_a_circle():
    """Imports for type checkers and inside functions count, too."""
    imported = {module: {other for other, _ in own_imports(tree)} for module, tree in trees().items()}
    try:
        tuple(TopologicalSorter(imported).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_no_two_modules_share_a_name():
    names = Counter(module.rpartition(".")[2] for module in trees() if not is_package(module))
    assert [name for name, count in names.items() if count > 1 and name != "__main__"] == []


def test_no_module_shadows_the_standard_library():
    names = {part for module in trees() for part in module.split(".")}
    assert not names & (sys.stdlib_module_names - {"__main__"})


@pytest.mark.parametrize("package", sorted(ONLY_IN))
def test_a_third_party_is_known_in_one_place(package):
    wrong = [
        f"{module}:{line}"
        for module, tree in trees().items()
        for name, line in imports_of(tree)
        if name.split(".")[0] == package and not is_below(module, *ONLY_IN[package])
    ]
    assert not wrong


def test_nothing_is_unpickled_or_executed():
    wrong = []
    for module, tree in trees().items():
        wrong += [f"{module}:{line} {name}" for name, line in imports_of(tree) if name.split(".")[0] in NEVER_IMPORTED]
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Name) and node.func.id in NEVER_CALLED:
                wrong.append(f"{module}:{node.lineno} {node.func.id}()")
            for keyword in node.keywords:
                if keyword.arg == "shell" and not (isinstance(keyword.value, ast.Constant) and not keyword.value.value):
                    wrong.append(f"{module}:{node.lineno} shell=")
    assert not wrong


READS_SHIPPED_FILES = {"syntax.languages", "insights.selection"}
"""They read what is in the wheel, and nothing else."""


def test_domain_does_no_io():
    forbidden = {"os", "io", "pathlib", "sqlite3", "subprocess", "socket", "threading", "asyncio", "tempfile", "shutil"}
    allowed = {("text.uris", "os"), ("text.uris", "pathlib")}  # path arithmetic
    wrong = [
        f"{module}:{line} imports {name}"
        for module, tree in trees().items()
        if top_of(module) in ("text", "syntax", "names", "facts", "insights") and module not in READS_SHIPPED_FILES
        for name, line in imports_of(tree)
        if name.split(".")[0] in forbidden and (module, name) not in allowed
    ]
    assert not wrong


def loaded_after(statement):
    program = f"import sys; {statement}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


@pytest.mark.parametrize("module", ["lsp", "app.session", "cli.main"])
def test_the_engine_is_never_loaded_into_other_processes(module):
    assert "llama_cpp" not in loaded_after(f"import forethought.{module}")


def test_the_command_line_starts_light():
    heavy = {"pygls", "tree_sitter", "sqlite3", "git", "diskcache", "huggingface_hub", "rich", "asyncio", "jinja2"}
    assert not heavy & loaded_after("import forethought.cli.main")
