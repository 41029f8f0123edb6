"""Expressions and types of any language as nodes of Python's `ast`.

Only what name resolution follows is parsed: names, members, calls, subscripts and unions. `new Foo(x)` becomes a
call of `Foo`; `a->b`, `a::b` and `a?.b` become the attribute `b` of `a`. Anything else gives None.
"""

import ast
import re
from functools import lru_cache

from forethought.syntax.casts import cast_to
from forethought.syntax.go_expressions import parse_go_expression, parse_go_type

MAX_VALUE_LENGTH = 200
"""Extracted values are cut to this length; a call that was cut is still a call of its function."""

PASSED = "__passed__"
"""`f.__passed__(0, 1)` stands for the second argument of a function that is the first argument of a call of `f`."""
PROPS = "<>"
"""The function that stands for the properties of a JSX component, written `<Component>`: a name in no language."""
TUPLE = "()"
"""The type that stands for Rust's tuples: a name in no language."""
_TYPED_CALLS = frozenset(
    {"static_cast", "dynamic_cast", "reinterpret_cast", "const_cast", "static_pointer_cast", "dynamic_pointer_cast"}
    | {"make_unique", "make_shared", "any_cast"}
)
"""What C++ calls with the type of the result in angle brackets."""

_TOKEN = re.compile(
    r"""\s+|(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)"""
    r"""|(?P<number>\d\w*(?:\.\d\w*)*)|(?P<name>[$@]{0,2}[^\W\d]\w*[?!]?(?=\W|$)|[$@]{0,2}[^\W\d]\w*)"""
    r"""|(?P<member>\?\.|->|::|!!\.|\.)|(?P<other>.)""",
    re.S,
)
_KEYWORDS = frozenset({"function", "func", "fun", "async", "if", "match", "switch", "class", "lambda", "yield", "not"})
"""Words that start expressions which say nothing about names."""
_RUST_KEYWORDS = frozenset({"async", "if", "match", "yield", "loop", "unsafe"})
_OPENING = {"(": ")", "[": "]", "{": "}", "<": ">"}


@lru_cache(maxsize=8192)
def parse_expression(language: str, text: str) -> ast.expr | None:
    """The expression; None if it cannot be parsed or says nothing about names."""
    if language == "python":
        return _python(text)
    if language == "go":
        return parse_go_expression(text)
    return _Parser(_rust_tokens(text) if language == "rust" else _tokens(text), language).expression()


@lru_cache(maxsize=8192)
def parse_type(language: str, text: str) -> ast.expr | None:
    """The type: generics become subscripts, unions become `|`; pointers and nullability are dropped."""
    if language == "python":
        return _python(text)
    if language == "go":
        return parse_go_type(text)
    text = re.sub(r"'[a-z]\w*\b(?!')", " ", text)  # Rust's lifetimes
    text = re.sub(
        r"\b(const|mut|dyn|impl|struct|final|static|readonly|volatile|unsigned|async|out|ref|in)\b", " ", text
    )
    text = text.strip().lstrip(":&*?!\\ ")
    if language == "rust":
        return _Parser(_tokens(text), language).type()
    if match := re.match(r"\[\w*\]|\.\.\.", text):
        element = parse_type(language, text[match.end() :])
        return ast.Subscript(ast.Name("list"), element) if element is not None else None
    return _Parser(_tokens(text)).type()


def _python(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        if len(text) >= MAX_VALUE_LENGTH - 1 and (match := re.match(r"(?:await\s+)?([\w.]+)\(", text)):
            return ast.Call(_python(match[1]) or ast.Constant(None), [], [])
        if match := re.match(r"[\w.]+\s*=\s*(?!=)", text):  # a chained assignment
            return _python(text[match.end() :])
        return None


def _tokens(text: str) -> list[tuple[str, str]]:
    """(kind, text) of each token."""
    return [(match.lastgroup, match.group()) for match in _TOKEN.finditer(text) if match.lastgroup is not None]


def _rust_tokens(text: str) -> list[tuple[str, str]]:
    """The tokens, where `jar?` is not a name as it is in Ruby."""
    tokens: list[tuple[str, str]] = []
    for kind, token in _tokens(text):
        if kind == "name" and token.endswith("?"):
            tokens += [(kind, token[:-1]), ("other", "?")]
        else:
            tokens.append((kind, token))
    return tokens


def indexed(type_node: ast.expr, key: ast.Constant) -> ast.expr:
    """TypeScript's `Type["key"]`, as a slice: `Type[key]` stands for a generic type."""
    return ast.Subscript(type_node, ast.Slice(key))


def aliased_type(signature: str) -> str:
    """What a type alias stands for, given its signature: `type Jars<T = Jar> = Box<T>;` gives `Box<T>`."""
    depth = 0
    for index, character in enumerate(signature):
        depth += (character in "<([{") - (character in ">)]}" and signature[index - 1] != "=")
        if character == "=" and not depth and signature[index + 1 : index + 2] != ">":
            return signature[index + 1 :].strip(" ;")
    return ""


def function_type_parameters(text: str) -> list[str] | None:
    """The types of the parameters of a TypeScript function type, "" if unknown; None for another type."""
    text = re.sub(r"^<[^()]*>\s*(?=\()", "", text.strip())
    if not text.startswith("("):
        return None
    depth, types, start = 0, [], 1
    for index, character in enumerate(text):
        depth += (character in "<([{") - (character in ">)]}" and text[index - 1] != "=")
        if depth == 0 or (depth == 1 and character == ","):
            types.append(text[start:index].partition(":")[2].strip())
            start = index + 1
        if depth == 0:
            rest = text[index + 1 :].lstrip()
            return types if rest.startswith("=>") else function_type_parameters(text[1:index])
    return None


class PathName(ast.Name):
    """The first part of a path in Rust: `ast` in `ast::visit`. No variable is meant, even if one has its name."""


def _unwrapped(node: ast.expr) -> ast.expr:
    """Rust's `node?`."""
    return ast.Call(ast.Attribute(node, "unwrap"), [], [])


class _Parser:
    """Parses one postfix expression or one type from the tokens of any curly-brace language."""

    def __init__(self, tokens: list[tuple[str, str]], language: str = "") -> None:
        self._tokens = tokens
        self._language = language
        self._is_rust = language == "rust"
        self._index = 0

    def expression(self) -> ast.expr | None:
        if self._peek()[1] == "<" and self._tokens[-1][1] == ">":
            component = _Parser(self._tokens[1:-1]).expression()
            return ast.Call(ast.Name(PROPS), [component], []) if component is not None else None
        while self._peek()[1] in ("await", "&", "*", "go", "try", "throw"):
            self._index += 1
        node = self._primary()
        while node is not None:
            kind, text = self._peek()
            if kind == "member" or (
                text == ":" and self._peek(1)[0] == "name" and isinstance(node, ast.Name | ast.Attribute)
            ):
                self._index += 1
                operator, (kind, text) = text, self._peek()
                if self._is_rust and operator == "?.":
                    node = _unwrapped(node)
                if self._is_rust and operator == "::" and isinstance(node, ast.Name):
                    node = PathName(node.id)
                if kind == "number":  # a part of a tuple
                    self._index += 1
                    for position in text.split("."):
                        node = ast.Attribute(node, position)
                    continue
                if text == "<":  # Rust's turbofish
                    self._skip_group()
                    continue
                if kind != "name":
                    return None
                self._index += 1
                is_dropped = text == "await" or (text == "unwrap" and not self._is_rust)
                node = node if is_dropped else ast.Attribute(node, text)
            elif text == "(":
                node = ast.Call(node, self._arguments(), [])
            elif text == "[":
                index = self._grouped()
                if not (self._is_rust and ("member", ".") in index._tokens and ".." in index.text()):
                    node = ast.Subscript(node, ast.Constant(0))  # else a slice, which is like the whole
            elif text == "<" and self._closes_generic():
                called = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
                inner = self._grouped()
                if called in _TYPED_CALLS and self._peek()[1] == "(":
                    arguments = self._arguments()
                    node = cast_to(inner.type(), arguments[0] if arguments else ast.Constant(None))
            elif text == "{" and isinstance(node, ast.Name | ast.Attribute):
                self._skip_group()
                node = ast.Call(node, [], [])
            elif text == "?" and self._is_rust:
                self._index += 1
                node = _unwrapped(node)
            elif text in ("!", "?", ";"):
                self._index += 1
            elif text == "satisfies":
                return node
            elif text == "as":
                self._index += 1
                if self._peek()[1] == "?":
                    self._index += 1
                return cast_to(self.type(), node)
            elif text == "":
                return node
            else:
                return None
        return node

    def text(self) -> str:
        """What is parsed, without spaces."""
        return "".join(text for _, text in self._tokens)

    def type(self) -> ast.expr | None:
        node = self._one_type()
        while node is not None and self._peek()[1] in ("|", "&"):
            self._index += 1
            if (other := self._one_type()) is None:
                return node
            node = ast.BinOp(node, ast.BitOr(), other)
        return node

    def _one_type(self) -> ast.expr | None:
        while self._peek()[1] in ("&", "*", "?", "\\", "@"):
            self._index += 1
        kind, text = self._peek()
        if self._is_rust and text in ("(", "["):
            return self._tuple_or_slice()
        if kind != "name":
            return None
        self._index += 1
        node: ast.expr = ast.Name(text.rstrip("?!"))
        while True:
            kind, text = self._peek()
            if kind == "member" or text == "\\":
                self._index += 1
                if self._is_rust and isinstance(node, ast.Name):
                    node = PathName(node.id)
                kind, text = self._peek()
                if kind != "name":
                    return node
                self._index += 1
                node = ast.Attribute(node, text.rstrip("?!"))
            elif text == "[" and self._peek(1)[0] in ("string", "number"):
                key = ast.Constant(self._peek(1)[1].strip("'\"`"))
                self._skip_group()
                node = indexed(node, key)
            elif text == "<" or (text == "[" and self._peek(1)[1] != "]"):
                end = self._group_end()
                self._index += 1
                arguments: list[ast.expr] = []
                while (argument := self.type()) is not None:
                    if self._is_rust and self._peek()[1] == "=":  # `Iterator<Item = Jar>`
                        self._index += 1
                        continue
                    arguments.append(argument)
                    if self._peek()[1] != ",":
                        break
                    self._index += 1
                self._index = self._index + 1 if self._peek()[1] in (">", "]") else end + 1
                node = ast.Subscript(node, ast.Tuple(arguments)) if arguments else node
            elif text == "[":
                self._skip_group()
                node = ast.Subscript(ast.Name("list"), node)
            elif text in ("?", "!", "*"):
                self._index += 1
            else:
                return node

    def _tuple_or_slice(self) -> ast.expr | None:
        """Rust's `(A, B)`, `[A]` or `[A; 3]`."""
        is_tuple = self._peek()[1] == "("
        inner = self._grouped()
        parts: list[ast.expr] = []
        while inner._index < len(inner._tokens):
            part = inner.type()
            parts.append(part if part is not None else ast.Constant(None))
            while inner._peek()[1] not in (",", ""):
                inner._index += 1
            inner._index += 1
        if not is_tuple:
            return ast.Subscript(ast.Name("list"), parts[0]) if parts else None
        return ast.Subscript(ast.Name(TUPLE), ast.Tuple(parts)) if len(parts) != 1 else parts[0]

    def _primary(self) -> ast.expr | None:
        kind, text = self._peek()
        if text == "(":
            start = self._index + 1
            inner = self._grouped()
            if self._is_rust and (parts := inner._parts()) is not None:
                return ast.Tuple(parts)
            is_cast = self._peek()[0] in ("name", "string") or self._peek()[1] == "("  # `(Jar) x`
            if is_cast and (operand := self._primary()) is not None:
                return cast_to(inner.type(), operand)
            return _Parser(self._tokens[start : self._index - 1], self._language).expression()
        if kind in ("string", "number"):
            self._index += 1
            return ast.Constant(text)
        if text == "new":
            self._index += 1
            node = self._one_type()
            arguments = self._arguments() if self._peek()[1] == "(" else []
            return ast.Call(node, arguments, []) if node is not None else None
        if kind != "name":
            return None
        self._index += 1
        if text in ("true", "false", "null", "nil", "None", "undefined"):
            return ast.Constant(text)
        if text in (_RUST_KEYWORDS if self._is_rust else _KEYWORDS):
            return None
        return ast.Name(text)

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        index = self._index + ahead
        return self._tokens[index] if index < len(self._tokens) else ("", "")

    def _group_end(self) -> int:
        """Index of the bracket that closes the one at hand, or the number of tokens if none does."""
        opening = self._tokens[self._index][1]
        closing = _OPENING[opening]
        depth = 0
        for index in range(self._index, len(self._tokens)):
            text = self._tokens[index][1]
            depth += (text == opening) - (text == closing)
            if depth == 0:
                return index
        return len(self._tokens)

    def _grouped(self) -> "_Parser":
        """A parser of what the brackets at hand enclose, which are skipped."""
        start = self._index + 1
        self._skip_group()
        return _Parser(self._tokens[start : self._index - 1], self._language)

    def _arguments(self) -> list[ast.expr]:
        """The arguments of the call at hand, which is skipped; None for those that cannot be parsed."""
        end = self._group_end()
        arguments: list[ast.expr] = []
        start, depth = self._index + 1, 0
        for index in range(start, min(end, len(self._tokens)) + 1):
            text = self._tokens[index][1] if index < end and index < len(self._tokens) else ","
            depth += (text in _OPENING and text != "<") - (text in (")", "]", "}"))
            if text == "," and depth <= 0:
                if index > start:
                    argument = _Parser(self._tokens[start:index], self._language).expression()
                    arguments.append(argument or ast.Constant(None))
                start = index + 1
        self._index = end + 1
        return arguments

    def _parts(self) -> list[ast.expr] | None:
        """What commas separate in what is parsed; None if there are none."""
        whole = _Parser([("other", "("), *self._tokens, ("other", ")")], self._language)
        parts = whole._arguments()
        return parts if len(parts) > 1 else None

    def _skip_group(self) -> None:
        self._index = self._group_end() + 1

    def _closes_generic(self) -> bool:
        """Whether `<` opens type arguments, as in `f<T>(x)` and `Foo<T>::new()`, rather than compares."""
        end = self._group_end()
        return end + 1 < len(self._tokens) and self._tokens[end + 1][1] in ("(", "::", "{", ".")
