"""Questions of fact about a Python repository with their answers, derived from its files by Python's own `ast`.

Nothing here uses our index, since the index is what is measured. A question is asked only if `ast` leaves no doubt
about its answer.
"""

import ast
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef

MAX_ITEMS = 12
"""Of an expected list: any short answer truncates longer ones."""
MAX_PER_DEFINITION = 3
"""Questions about one definition, so that a few long functions do not dominate."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a correct answer says."""

    form: Literal["items", "yes", "no", "text", "place", "unknown"]
    items: tuple[str, ...] = ()
    """Each must be named; if empty, the answer must say that there are none. For `text`: the text; for `place`:
    `path:line`."""
    allowed: tuple[str, ...] = ()
    """May be named, too: the definition's own name, its file, a receiver such as `self`."""
    wrong: tuple[str, ...] = ()
    """Nearby names of the same kind; an answer that names one of them is wrong."""


@dataclass(frozen=True, slots=True)
class Asked:
    key: str
    kind: str
    text: str
    expected: Expected
    path: str
    line: int
    """1-based line of the definition."""
    name: str


@dataclass(frozen=True, slots=True)
class _Found:
    """One definition of the repository."""

    path: str
    name: str
    """Qualified within the file."""
    node: Definition
    inside_function: bool

    @property
    def short(self) -> str:
        return self.node.name

    @property
    def is_method(self) -> bool:
        return isinstance(self.node, Function) and "." in self.name and not self.inside_function


@dataclass(slots=True)
class _Repository:
    trees: dict[str, ast.Module] = field(default_factory=dict)
    found: list[_Found] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    """How often each unqualified name is defined: as function, class, assigned variable or parameter."""
    classes: defaultdict[str, list[ast.ClassDef]] = field(default_factory=lambda: defaultdict(list))
    """By unqualified name."""
    qualified: Counter[str] = field(default_factory=Counter)
    words: frozenset[str] = frozenset()
    """Every word in any file, in lower case."""


def make_questions(
    sources: Mapping[str, str], count: int, seed: int, max_per_definition: int = MAX_PER_DEFINITION
) -> list[Asked]:
    """Return up to `count` questions about `sources` (path → text), alternating between kinds, without duplicates."""
    repository = _read(sources)
    chooser = random.Random(seed)  # noqa: S311 - sampling, not cryptography
    by_kind: defaultdict[str, list[Asked]] = defaultdict(list)
    for make in (_about_functions, _about_classes, _about_files, _about_callers, _about_nothing):
        for asked in make(repository, chooser):
            by_kind[asked.kind].append(asked)
    for kind in by_kind:
        by_kind[kind].sort(key=lambda asked: chooser.random() - _dullness(asked))
    chosen: list[Asked] = []
    of_definition: Counter[tuple[str, str]] = Counter()
    said: set[str] = set()
    while len(chosen) < count and any(by_kind.values()):
        for kind in sorted(by_kind):
            while by_kind[kind]:
                asked = by_kind[kind].pop()
                place = (asked.path, asked.name)
                if asked.text in said or of_definition[place] >= max_per_definition:
                    continue
                said.add(asked.text)
                of_definition[place] += 1
                chosen.append(asked)
                break
    return chosen[:count]


def _dullness(asked: Asked) -> float:
    """Penalty for questions whose answer is “none” or “no”, or about tests: they are most of all questions."""
    says_nothing = asked.expected.form == "no" or (asked.expected.form == "items" and not asked.expected.items)
    return 0.7 * says_nothing + 0.4 * ("test" in asked.path)


def _read(sources: Mapping[str, str]) -> _Repository:
    repository = _Repository(words=frozenset(re.findall(r"\w+", " ".join(sources.values()).lower())))
    for path, text in sorted(sources.items()):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            continue  # not Python of this version
        repository.trees[path] = tree
        for name, definition, inside in _definitions(tree, "", False):
            repository.found.append(_Found(path, name, definition, inside))
        for node in ast.walk(tree):
            repository.names.update(_bound_names(node))
    for found in repository.found:
        if isinstance(found.node, ast.ClassDef):
            repository.classes[found.short].append(found.node)
        parts = found.name.split(".")
        for start in range(len(parts)):
            repository.qualified[".".join(parts[start:])] += 1
    return repository


def _definitions(node: ast.AST, prefix: str, inside: bool) -> Iterator[tuple[str, Definition, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            name = f"{prefix}{child.name}"
            yield name, child, inside
            yield from _definitions(child, f"{name}.", inside or isinstance(child, Function))
        else:
            yield from _definitions(child, prefix, inside)


def _bound_names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, Definition):
        yield node.name
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr


def _callable_names(repository: _Repository, found: _Found) -> list[str]:
    """Names that refer to this definition unambiguously."""
    if found.inside_function or repository.qualified[found.name] != 1:
        return []
    short = [found.short] if repository.names[found.short] == 1 and len(found.short) > 3 else []
    whole = [found.name] if "." in found.name else []
    return [*short, *whole]


def _make(
    repository: _Repository,
    chooser: random.Random,
    found: _Found,
    kind: str,
    texts: Sequence[str],
    expected: Expected,
    **more: str,
) -> Iterator[Asked]:
    names = _callable_names(repository, found)
    if not names:
        return
    name = chooser.choice(names)
    marked = chooser.choice((f"`{name}`", f"`{name}`", name, f"{name}()" if isinstance(found.node, Function) else name))
    if "." not in name and "_" not in name and name.islower():
        marked = f"`{name}`"  # without the marks it would read as a plain word
    text = chooser.choice(texts).format(x=marked, **more)
    text = chooser.choice((text, text, text[0].lower() + text[1:], text.rstrip("?")))
    yield Asked(
        f"{kind} {found.path} {found.name} {more}", kind, text, expected, found.path, found.node.lineno, found.name
    )


def _about_functions(repository: _Repository, chooser: random.Random) -> Iterator[Asked]:
    for found in repository.found:
        node = found.node
        if not isinstance(node, Function):
            continue
        own = (found.name, found.short, found.path, "self", "cls", "*", "/")

        def make(
            kind: str, texts: Sequence[str], expected: Expected, found: _Found = found, **more: str
        ) -> Iterator[Asked]:
            return _make(repository, chooser, found, kind, texts, expected, **more)

        parameters = _parameters(node, found)
        names = tuple(parameters)
        if len(names) <= MAX_ITEMS:
            yield from make("parameters", PARAMETERS, Expected("items", names, (*own, *_types_named(node))))
        for name, default in parameters.items():
            others = tuple(value for other, value in parameters.items() if value and other != name and value != default)
            allowed = (*own, name, _declared(node, name))
            if default is not None and len(default) < 60:
                yield from make("default", DEFAULT, Expected("items", (default,), allowed, others), y=f"`{name}`")
            elif default is None:
                yield from make("no default", DEFAULT, Expected("items", (), allowed, others), y=f"`{name}`")
        if names:
            missing = chooser.choice([word for word in _INVENTED if word not in names])
            yield from make(
                "no such parameter", DEFAULT, Expected("unknown", (), (*own, *names, missing)), y=f"`{missing}`"
            )
        raised = _raised(node)
        if raised is not None and len(raised) <= MAX_ITEMS:
            yield from make("raises", RAISES, Expected("items", raised, own))
        if node.returns is not None and len(annotation := ast.unparse(node.returns)) < 80:
            yield from make("returns", RETURNS, Expected("items", (annotation,), (*own, *_returned(node))))
        if document := ast.get_docstring(node):
            yield from make("docs", DOCS, Expected("text", (document.strip().splitlines()[0],), own))
        yield from make("where", WHERE, Expected("place", (f"{found.path}:{found.node.lineno}",), own))
        is_async = isinstance(node, ast.AsyncFunctionDef)
        yield from make("async", ASYNC, Expected("yes" if is_async else "no", (), own))
        if not node.decorator_list:  # a decorator may replace it
            yield from make("generator", GENERATOR, Expected("yes" if _yields(node) else "no", (), own))
        decorators = tuple(ast.unparse(item) for item in node.decorator_list)
        if all(len(item) < 80 for item in decorators):
            yield from make("decorators", DECORATORS, Expected("items", decorators, own))


def _about_classes(repository: _Repository, chooser: random.Random) -> Iterator[Asked]:
    children = _subclasses(repository)
    for found in repository.found:
        node = found.node
        if not isinstance(node, ast.ClassDef):
            continue
        own = (found.name, found.short, found.path)
        if node.bases or not node.keywords:
            bases = tuple(ast.unparse(base) for base in node.bases)
            yield from _make(repository, chooser, found, "bases", BASES, Expected("items", bases, own))
        methods = _methods(node)
        if methods is not None and len(methods) <= MAX_ITEMS:
            more = tuple(child.name for child in node.body if isinstance(child, ast.ClassDef))
            expected = Expected("items", methods, (*own, *more, *_fields(node), *_inherited(repository, node)))
            yield from _make(repository, chooser, found, "methods", METHODS, expected)
        if repository.names[found.short] == 1 and (direct := children.get(found.short)) is not None:
            names, later = direct
            if len(names) <= MAX_ITEMS:
                expected = Expected("items", names, (*own, *later))
                yield from _make(repository, chooser, found, "subclasses", SUBCLASSES, expected)
        yield from _make(
            repository, chooser, found, "where", WHERE, Expected("place", (f"{found.path}:{found.node.lineno}",), own)
        )


def _about_files(repository: _Repository, chooser: random.Random) -> Iterator[Asked]:
    tails = Counter(tail for path in repository.trees for tail in _tails(path))
    for path, tree in repository.trees.items():
        top = [child for child in tree.body if isinstance(child, Definition)]
        inner = [name for name, _, _ in _definitions(tree, "", False)]
        if not 0 < len(top) <= MAX_ITEMS or len(inner) != len(set(inner)):
            continue
        if any(isinstance(child, ast.If | ast.Try | ast.With) for child in tree.body):
            continue  # their contents may or may not be defined
        assigned = tuple(name for child in tree.body for node in ast.walk(child) for name in _bound_names(node))
        unique = [tail for tail in _tails(path) if tails[tail] == 1]
        if not unique:
            continue  # `setup.py` is also a suffix of `tools/setup.py`
        named = chooser.choice(unique)
        expected = Expected("items", tuple(child.name for child in top), (path, named, *assigned, *inner))
        text = chooser.choice(FILE).format(x=chooser.choice((f"`{named}`", named)))
        yield Asked(f"file {path}", "file", text, expected, path, 1, "")


def _about_callers(repository: _Repository, chooser: random.Random) -> Iterator[Asked]:
    calls, others = _uses(repository)
    modules = {path.removesuffix(".py").replace("/", ".") for path in repository.trees}
    for found in repository.found:
        plain = "." not in found.name and isinstance(found.node, Function) and repository.names[found.short] == 1
        if not plain or others[found.short] or found.node.decorator_list or found.short in modules:
            continue
        places = calls.get(found.short, [])
        callers = tuple(dict.fromkeys(name.rpartition(".")[2] if name else path for path, name in places))
        if len(places) <= MAX_ITEMS:
            extra = [part for path, name in places for part in (path, name)]
            extra += [name for path, scope in places if not scope for name in _assigned(repository.trees[path])]
            own = (found.name, found.path, *extra)
            yield from _make(repository, chooser, found, "callers", CALLERS, Expected("items", callers, own))


def _assigned(tree: ast.Module) -> Iterator[str]:
    """Names assigned at module level; an answer may name them as the place of a call."""
    for child in tree.body:
        if not isinstance(child, Definition):
            yield from (name for node in ast.walk(child) for name in _bound_names(node))


def _about_nothing(repository: _Repository, chooser: random.Random) -> Iterator[Asked]:
    """Questions about symbols that do not exist, named with parts of real names."""
    words = sorted({word for found in repository.found for word in found.short.lower().split("_") if len(word) > 3})
    for number in range(min(200, len(words) ** 2)):
        name = "_".join(chooser.sample(words, 2)) if len(words) > 1 else words[0] + "_x"
        if name in repository.words:
            continue
        text = chooser.choice((*WHERE, *CALLERS, *PARAMETERS, *RAISES)).format(x=f"`{name}`")
        yield Asked(f"no such symbol {number}", "no such symbol", text, Expected("unknown", (), (name,)), "", 0, name)


def _parameters(node: Function, found: _Found) -> dict[str, str | None]:
    """Maps each parameter, except a method's receiver, to the source of its default, or None."""
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    result = {arg.arg: default for arg, default in zip(positional, defaults, strict=True)}
    if arguments.vararg:
        result[arguments.vararg.arg] = None
    result.update({arg.arg: default for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)})
    if arguments.kwarg:
        result[arguments.kwarg.arg] = None
    if found.is_method and positional and positional[0].arg in ("self", "cls", "mcs", "metacls"):
        del result[positional[0].arg]
    return {name: None if default is None else ast.unparse(default) for name, default in result.items()}


def _declared(node: Function, name: str) -> str:
    """The parameter with its annotation, which an answer may quote."""
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
    return next((ast.unparse(arg) for arg in every if arg is not None and arg.arg == name), name)


def _types_named(node: Function) -> tuple[str, ...]:
    """The annotations of the parameters and every type they name; an answer may mention them."""
    found = [arg.annotation for arg in ast.walk(node.args) if isinstance(arg, ast.arg) and arg.annotation]
    named = [
        part for annotation in found for part in ast.walk(annotation) if isinstance(part, (ast.Name, ast.Attribute))
    ]
    return tuple(ast.unparse(part) for part in (*found, *named))


def _raised(node: Function) -> tuple[str, ...] | None:
    """Names of the exceptions the function itself raises, in order; None if that is uncertain."""
    names: list[str] = []
    for inner in _own_nodes(node):
        if isinstance(inner, Definition | ast.Lambda):
            return None  # its raise statements may belong to the inner function
        if isinstance(inner, ast.Raise) and inner.exc is not None:
            raised = inner.exc.func if isinstance(inner.exc, ast.Call) else inner.exc
            name = ast.unparse(raised).rpartition(".")[2]
            if not re.fullmatch(r"[A-Z]\w+", name):
                return None  # a variable, or the result of a call
            names.append(name)
    return tuple(dict.fromkeys(names))


def _own_nodes(node: Function) -> Iterator[ast.AST]:
    pending: list[ast.AST] = list(node.body)
    while pending:
        inner = pending.pop(0)
        yield inner
        if not isinstance(inner, Definition | ast.Lambda):
            pending[:0] = ast.iter_child_nodes(inner)


def _yields(node: Function) -> bool:
    return any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in _own_nodes(node))


def _returned(node: Function) -> tuple[str, ...]:
    """Sources of the expressions it returns or yields."""
    values = (inner.value for inner in _own_nodes(node) if isinstance(inner, ast.Return | ast.Yield | ast.YieldFrom))
    return tuple(ast.unparse(value) for value in values if value is not None)


def _methods(node: ast.ClassDef) -> tuple[str, ...] | None:
    if any(isinstance(child, ast.If | ast.Try | ast.With | ast.For | ast.While) for child in node.body):
        return None  # they may define methods
    return tuple(dict.fromkeys(child.name for child in node.body if isinstance(child, Function)))


def _inherited(repository: _Repository, node: ast.ClassDef) -> tuple[str, ...]:
    """The bases, and inherited methods, which an answer may name."""
    found: dict[str, None] = {}
    pending = [*node.bases]
    while pending:
        base = pending.pop()
        plain = ast.unparse(base.value if isinstance(base, ast.Subscript) else base)
        if plain in found:
            continue
        found.update({plain: None, ast.unparse(base): None})
        for item in repository.classes.get(plain.rpartition(".")[2], ()):
            found.update({inner.name: None for inner in ast.walk(item) if isinstance(inner, Function)})
            pending += item.bases
    return tuple(found)


def _fields(node: ast.ClassDef) -> tuple[str, ...]:
    return tuple(name for child in node.body if not isinstance(child, Definition)
                 for inner in ast.walk(child) for name in _bound_names(inner))  # fmt: skip


def _subclasses(repository: _Repository) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Maps each class name to its direct and its indirect subclasses. Names with several definitions are left out."""
    direct: defaultdict[str, list[str]] = defaultdict(list)
    foreign: set[str] = set()
    """Bases qualified with a module, which may be third-party."""
    for found in repository.found:
        if isinstance(found.node, ast.ClassDef):
            direct[found.short] += []
            for base in found.node.bases:
                plain = base.value if isinstance(base, ast.Subscript) else base
                direct[ast.unparse(plain).rpartition(".")[2]].append(found.short)
                if not isinstance(plain, ast.Name):
                    foreign.add(ast.unparse(plain).rpartition(".")[2])
    result = {}
    for name, children in direct.items():
        later: list[str] = []
        pending = list(children)
        while pending:
            for child in direct.get(pending.pop(), ()):
                if child not in later and child not in children:
                    later.append(child)
                    pending.append(child)
        if len(set(children)) == len(children) and name not in foreign:
            result[name] = (tuple(children), tuple(later))
    return result


def _uses(repository: _Repository) -> tuple[dict[str, list[tuple[str, str]]], Counter[str]]:
    """Maps each name to its plain calls (path, enclosing definition); and counts its uses of any other kind."""
    calls: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    others: Counter[str] = Counter()
    for path, tree in repository.trees.items():
        for node, scope in _scoped(tree, ""):
            if scope is not None and isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                calls[node.func.id].append((path, scope))
                others[node.func.id] -= 1  # the name node of this call is counted below
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                others[node.id] += 1
            elif isinstance(node, ast.Attribute):
                others[node.attr] += 1
            elif isinstance(node, ast.keyword) and node.arg:
                others[node.arg] += 1
            elif isinstance(node, ast.ImportFrom):
                others.update(alias.name for alias in node.names if alias.asname)
                if any(alias.name == "*" for alias in node.names):
                    others.update(_public_names(repository, node.module or ""))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
                others[node.value] += 1  # `getattr`, `__all__`, `mock.patch`: possible uses
    return dict(calls), others


def _public_names(repository: _Repository, module: str) -> list[str]:
    tail = module.replace(".", "/")
    return [
        child.name
        for path, tree in repository.trees.items()
        if path.endswith((f"{tail}.py", f"{tail}/__init__.py"))
        for child in tree.body
        if isinstance(child, Definition)
    ]


def _scoped(node: ast.AST, scope: str | None) -> Iterator[tuple[ast.AST, str | None]]:
    """Every node with the name of its enclosing definition; None in decorators, defaults and bases, which could be
    counted either way."""
    for child in ast.iter_child_nodes(node):
        yield child, scope
        if isinstance(child, Definition):
            inner = f"{scope}.{child.name}".lstrip(".") if scope is not None else None
            yield from _scoped(ast.Module(body=child.body, type_ignores=[]), inner)
            yield from _scoped(ast.Module(body=[_header(child)], type_ignores=[]), None)
        else:
            yield from _scoped(child, scope)


def _header(node: Definition) -> ast.stmt:
    """The expressions of the definition outside its body, wrapped in one statement."""
    parts = [value for name, value in ast.iter_fields(node) if name != "body"]
    found = [part for value in parts for part in (value if isinstance(value, list) else [value])]
    expressions = [part for part in found if isinstance(part, ast.expr)]
    if isinstance(node, Function):
        expressions += [default for default in (*node.args.defaults, *node.args.kw_defaults) if default is not None]
    keywords = [part for part in found if isinstance(part, ast.keyword)]
    expressions += [keyword.value for keyword in keywords]
    return ast.Expr(ast.Tuple(expressions, ast.Load()))


def _tails(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[start:]) for start in range(len(parts))]


PARAMETERS = (
    "Which parameters does {x} take?",
    "What arguments does {x} accept?",
    "What are the parameters of {x}?",
    "What are the arguments to {x}?",
    "Which params does {x} have?",
    "List the parameters of {x}",
)
DEFAULT = (
    "What is the default of {y} in {x}?",
    "What is the default value of {y} in {x}?",
    "What does {y} default to in {x}?",
    "Which default does {y} have in {x}?",
    "What's the default for the parameter {y} of {x}?",
)
RAISES = (
    "What does {x} raise?",
    "Which exceptions does {x} raise?",
    "What exceptions can {x} raise?",
    "Which errors are raised by {x}?",
    "What can {x} throw?",
)
RETURNS = (
    "What is the return type of {x}?",
    "Which type does {x} return?",
    "What type is returned by {x}?",
    "What is the return annotation of {x}?",
)
BASES = (
    "What are the base classes of {x}?",
    "What does {x} inherit from?",
    "Which classes does {x} extend?",
    "What are the bases of {x}?",
    "What is the superclass of {x}?",
)
SUBCLASSES = (
    "Which classes inherit from {x}?",
    "What are the subclasses of {x}?",
    "Which classes extend {x}?",
    "What subclasses does {x} have?",
    "Who subclasses {x}?",
)
METHODS = (
    "What methods does {x} have?",
    "Which methods does {x} define?",
    "List the methods of {x}",
    "What are the methods of {x}?",
)
WHERE = (
    "Where is {x} defined?",
    "Where is {x}?",
    "In which file is {x} defined?",
    "Where can I find {x}?",
    "Which file contains {x}?",
)
FILE = (
    "What does {x} define?",
    "What is defined in {x}?",
    "Which functions and classes are in {x}?",
    "What does the file {x} define?",
)
DOCS = (
    "What does the docstring of {x} say?",
    "Show me the docs of {x}",
    "What is the documentation of {x}?",
    "What is the docstring of {x}?",
)
ASYNC = ("Is {x} async?", "Is {x} a coroutine?", "Is {x} an async function?", "Is {x} asynchronous?")
GENERATOR = ("Is {x} a generator?", "Is {x} a generator function?", "Does {x} yield?")
DECORATORS = (
    "Which decorators does {x} have?",
    "What decorators are on {x}?",
    "How is {x} decorated?",
    "What are the decorators of {x}?",
)
CALLERS = (
    "Who calls {x}?",
    "Where is {x} called?",
    "What calls {x}?",
    "Which functions call {x}?",
    "What are the callers of {x}?",
    "Where is {x} used?",
)
_INVENTED = ("verbosity_level", "max_depth_limit", "retry_policy", "shadow_copy")
