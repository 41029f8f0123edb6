"""Imports point downwards only, and the dangerous parts of Python stay out."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "server" / "forethought"

LAYERS = {
    "edge": ["__main__", "cli", "lsp", "bench", "documents", "digest_document", "markdown"],
    "services": [
        "session", "engines", "status", "workspace", "open_files", "views", "lane", "saved", "cards", "card_table",
        "last_changes", "scheduler", "scope", "value", "budget", "sleep", "answer", "indexer", "parser_worker",
        "precompute", "digest", "installation", "verification", "place_search",
    ],
    "domain": [
        "index", "context", "prompts", "predictor", "claims", "contrast", "candidates", "reliability", "grounding",
        "matching", "ranking",
    ],
    "stores": [
        "store", "git", "git_process", "files", "engine.client", "engine.catalogue", "engine.download", "engine.fake",
    ],
    "link": ["engine.wire", "engine.place", "engine.launch", "engine.records", "engine.gguf"],
    "host": ["engine"],
    "leaf": [
        "", "errors", "config", "insights", "secrets", "uris", "line_changes", "engine.messages", "index.tags",
        "index.manifests", "passages",
    ],
}  # fmt: skip
"""A module belongs to the layer that names it, or its nearest enclosing package. `link` is what the engine's two ends
share: the protocol, where they meet, how a host is started, a model file's header."""

MAY_IMPORT = {
    "edge": {"edge", "services", "domain", "stores", "leaf"},
    "services": {"services", "domain", "stores", "leaf"},
    "domain": {"domain", "leaf"},
    "stores": {"stores", "link", "leaf"},
    "link": {"link", "leaf"},
    "host": {"host", "link", "leaf"},
    "leaf": {"leaf"},
}

ALLOWED_EXTRA = {
    ("installation", "engine.gguf"): "doctor reads a model's header, which needs no engine",
}
"""Imports that the rule would refuse, with the reason."""

ONLY_IN = {
    "pygls": ("lsp", "bench"),
    "lsprotocol": ("lsp", "bench"),
    "llama_cpp": ("engine.llama",),
    "tree_sitter": ("index",),
    "git": ("git_process", "git"),
    "diskcache": ("store",),
    "huggingface_hub": ("engine.download", "engine.catalogue"),
    "click": ("cli",),
    "rich": ("cli", "bench"),
    "matplotlib": ("bench.plots",),
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


def layer_of(module):
    parts = module.split(".") if module else []
    for length in range(len(parts), -1, -1):
        name = ".".join(parts[:length])
        for layer, names in LAYERS.items():
            if name in names and (name or not parts):
                return layer
    return None


def is_below(module, *owners):
    return any(module == owner or module.startswith(f"{owner}.") for owner in owners)


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


def test_every_module_has_a_layer():
    without = [name for name in trees() if layer_of(name) is None]
    assert not without, "give these a layer in LAYERS"


def test_every_layer_names_modules_that_exist_or_are_gone_from_it():
    packages = {name.split(".")[0] for name in trees()}
    assert {"cli", "lsp", "index", "store", "engine"} <= packages


@pytest.mark.parametrize("module", sorted(trees()))
def test_imports_point_downwards(module):
    layer = layer_of(module)
    wrong = [
        f"line {line}: {module or 'forethought'} ({layer}) imports {other} ({layer_of(other)})"
        for other, line in own_imports(trees()[module])
        if layer_of(other) not in MAY_IMPORT[layer] and (module, other) not in ALLOWED_EXTRA
    ]
    assert not wrong


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


def test_domain_does_no_io():
    forbidden = {"os", "sqlite3", "subprocess", "socket", "threading", "asyncio", "tempfile", "shutil", "time"}
    wrong = [
        f"{module}:{line} imports {name}"
        for module, tree in trees().items()
        if layer_of(module) == "domain"
        for name, line in imports_of(tree)
        if name.split(".")[0] in forbidden
    ]
    assert not wrong


def loaded_after(statement):
    program = f"import sys; {statement}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


@pytest.mark.parametrize("module", ["lsp", "session", "cli.main"])
def test_the_engine_is_never_loaded_into_other_processes(module):
    assert "llama_cpp" not in loaded_after(f"import forethought.{module}")


def test_the_command_line_starts_light():
    heavy = {"pygls", "tree_sitter", "sqlite3", "git", "diskcache", "huggingface_hub", "rich", "asyncio", "jinja2"}
    assert not heavy & loaded_after("import forethought.cli.main")
