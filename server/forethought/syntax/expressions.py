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

_TOKEN = re.compile(
    r"""\s+|(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)"""
    r"""|(?P<number>\d[\w.]*)|(?P<name>[$@]{0,2}[^\W\d]\w*[?!]?(?=\W|$)|[$@]{0,2}[^\W\d]\w*)"""
    r"""|(?P<member>\?\.|->|::|!!\.|\.)|(?P<other>.)""",
    re.S,
)
_OPENING = {"(": ")", "[": "]", "{": "}", "<": ">"}


@lru_cache(maxsize=8192)
def parse_expression(language: str, text: str) -> ast.expr | None:
    """The expression; None if it cannot be parsed or says nothing about names."""
    if language == "python":
        return _python(text)
    if language == "go":
        return parse_go_expression(text)
    return _Parser(_tokens(text)).expression()


@lru_cache(maxsize=8192)
def parse_type(language: str, text: str) -> ast.expr | None:
    """The type: generics become subscripts, unions become `|`; pointers and nullability are dropped."""
    if language == "python":
        return _python(text)
    if language == "go":
        return parse_go_type(text)
    text = re.sub(r"'[a-z]\w*\b", " ", text)
    text = re.sub(
        r"\b(const|mut|dyn|impl|struct|final|static|readonly|volatile|unsigned|async|out|ref|in)\b", " ", text
    )
    text = text.strip().lstrip(":&*?!\\ ")
    if language == "rust" and (match := re.fullmatch(r"\[(.+?)(?:;[^;]*)?\]", text)):
        element = parse_type(language, match[1])
        return ast.Subscript(ast.Name("list"), element) if element is not None else None
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


class _Parser:
    """Parses one postfix expression or one type from the tokens of any curly-brace language."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._index = 0

    def expression(self) -> ast.expr | None:
        while self._peek()[1] in ("await", "&", "*", "go", "try", "throw"):
            self._index += 1
        node = self._primary()
        while node is not None:
            kind, text = self._peek()
            if kind == "member" or (
                text == ":" and self._peek(1)[0] == "name" and isinstance(node, ast.Name | ast.Attribute)
            ):
                self._index += 1
                kind, text = self._peek()
                if text == "<":  # Rust's turbofish
                    self._skip_group()
                    continue
                if kind != "name":
                    return None
                self._index += 1
                node = node if text in ("await", "unwrap") else ast.Attribute(node, text)
            elif text == "(":
                node = ast.Call(node, self._arguments(), [])
            elif text == "[":
                self._skip_group()
                node = ast.Subscript(node, ast.Constant(0))
            elif text == "<" and self._closes_generic():
                self._skip_group()
            elif text == "{" and isinstance(node, ast.Name | ast.Attribute):
                self._skip_group()
                node = ast.Call(node, [], [])
            elif text in ("!", "?", ";"):
                self._index += 1
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
        if kind != "name":
            return None
        self._index += 1
        node: ast.expr = ast.Name(text.rstrip("?!"))
        while True:
            kind, text = self._peek()
            if kind == "member" or text == "\\":
                self._index += 1
                kind, text = self._peek()
                if kind != "name":
                    return node
                self._index += 1
                node = ast.Attribute(node, text.rstrip("?!"))
            elif text == "<" or (text == "[" and self._peek(1)[1] != "]"):
                self._index += 1
                arguments: list[ast.expr] = []
                while (argument := self.type()) is not None:
                    arguments.append(argument)
                    if self._peek()[1] != ",":
                        break
                    self._index += 1
                if self._peek()[1] in (">", "]"):
                    self._index += 1
                node = ast.Subscript(node, ast.Tuple(arguments)) if arguments else node
            elif text == "[":
                self._skip_group()
                node = ast.Subscript(ast.Name("list"), node)
            elif text in ("?", "!", "*"):
                self._index += 1
            else:
                return node

    def _primary(self) -> ast.expr | None:
        kind, text = self._peek()
        if text == "(":
            start = self._index + 1
            inner = self._grouped()
            is_cast = self._peek()[0] in ("name", "string") or self._peek()[1] == "("  # `(Jar) x`
            if is_cast and (operand := self._primary()) is not None:
                return cast_to(inner.type(), operand)
            return _Parser(self._tokens[start : self._index - 1]).expression()
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
        if text in ("function", "func", "fun", "async", "if", "match", "switch", "class", "lambda", "yield", "not"):
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
        return _Parser(self._tokens[start : self._index - 1])

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
                    arguments.append(_Parser(self._tokens[start:index]).expression() or ast.Constant(None))
                start = index + 1
        self._index = end + 1
        return arguments

    def _skip_group(self) -> None:
        self._index = self._group_end() + 1

    def _closes_generic(self) -> bool:
        """Whether `<` opens type arguments, as in `f<T>(x)` and `Foo<T>::new()`, rather than compares."""
        end = self._group_end()
        return end + 1 < len(self._tokens) and self._tokens[end + 1][1] in ("(", "::", "{", ".")
