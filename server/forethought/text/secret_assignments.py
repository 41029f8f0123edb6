"""Values that are assigned to a secret's name, in code, configuration or prose, and what tells them from other values.

Whether a value is a secret is a guess from three things: the name (a password may be `hunter2`, a key may not), how it
is written (an unquoted value may be an expression), and how random it looks.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote

from forethought.text.secret_rules import entropy


def assigned_secrets(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the secrets are that are assigned to a secret's name, in order."""
    skip = 0
    for name in _SECRET_WORD.finditer(_ascii_lower(text)):
        if name.start() < skip or (name[0] in _SHORT and not _starts_a_word(text, name.start())):
            continue
        value = _ASSIGNED_VALUE.match(text, name.end())
        if value is None:
            continue
        group = "quoted" if value["quoted"] is not None else "bare"
        # What ends an unquoted value is not in the pattern: a long value would be read again from every name in it.
        is_whole = group == "quoted" or text[value.end() : value.end() + 1] in _ENDS
        if is_whole and _is_secret(text, name, value):
            yield value.span(group)
            skip = value.end()
        elif value.end() - value.start(group) > _LONG:
            skip = value.end()  # what is inside is not looked at again and again


def is_example(value: str) -> bool:
    """Tell placeholders and the like from secrets: `<your-key>`, `${PASSWORD}`, `password123`, `xxxx`, `b`."""
    if _PLACEHOLDER.match(value):
        return True
    if len(value) > _MAX_EXAMPLE:
        return False
    letters = _NO_LETTER.sub("", unquote(value) if "%" in value else value)
    return len(letters) < _MIN_LETTERS or _EXAMPLE.fullmatch(letters) is not None


def encodes_example(value: str) -> bool:
    """Tell whether these are example credentials in Base64: `username:password`."""
    try:
        decoded = base64.b64decode(value + "=" * (-len(value) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return is_example(decoded.rpartition(":")[2])


def is_password(value: str) -> bool:
    """Tell whether a value that is certainly not an expression may be a password a person chose."""
    value = _HOLE.sub("", value)
    letters = any(character.isalpha() for character in value)
    others = any(character.isdigit() or character in "!@#$%^&*?+=~" for character in value)
    return len(value) >= 4 and letters and others and not is_example(value)


def is_scrambled(value: str, min_length: int = 16) -> bool:
    """Tell random characters from names that people choose."""
    value = _HOLE.sub("", value).removeprefix("base64:")
    if _UUID.fullmatch(value):
        return True
    if is_example(value) or not _PLAIN_VALUE.fullmatch(value):
        return False
    return any(_is_scrambled_part(part, min_length) for part in _NAME_BREAK.split(value))


def _is_scrambled_part(part: str, min_length: int) -> bool:
    digits = sum(character.isdigit() for character in part)
    if len(part) < min_length or not digits:
        return False
    if _ONE_CASE.fullmatch(part):
        return digits >= 4 and len(_DIGITS.findall(part)) >= 4 and entropy(part) >= MIN_ENTROPY_OF_HEX
    if part in (part.lower(), part.upper()):
        words = _WORD_BREAK.split(part)
        return digits >= 4 and any(len(word) >= 12 and len(_DIGITS.findall(word)) >= 3 for word in words)
    capitals = sum(character.isupper() for character in part)
    is_mixed = digits >= 2 or (capitals >= len(part) / 4 and len(part) >= 20)
    return is_mixed and len(_RUN.findall(part)) >= _MIN_RUNS * len(part) and entropy(part) >= MIN_ENTROPY


def _is_secret(text: str, name: re.Match[str], value: re.Match[str]) -> bool:
    quoted, bare, sign = value["quoted"], value["bare"], value["sign"] or " "
    is_of_password = name[0].startswith("p") and name[0] != "pat"
    if quoted is not None:
        if not sign.strip() and name[0] in _SHORT:
            return False  # "pass `x=1`"
        if is_of_password:
            return is_password(quoted) and not (sign.strip() == "," and _NO_KEY.search(quoted))
        if _is_weak(name):
            return not _NO_KEY.search(quoted) and is_scrambled(_NO_LETTER.sub("", quoted), _MIN_WEAK)
        return _may_be_key(quoted) or is_scrambled(quoted)
    if is_scrambled(bare, _MIN_WEAK if _is_weak(name) or not sign.strip() else 16):
        return True
    if is_scrambled(_NO_LETTER.sub("", bare), _MIN_WEAK) and sign.strip() in (":", "=") and not _NO_KEY.search(bare):
        return True
    if sign.strip() == ",":
        return False  # an argument
    if not is_of_password or not is_password(bare) or _NO_KEY.search(bare):
        return bool(
            text[name.start() : name.end()].isupper() and sign == "=" and not _is_weak(name) and _may_be_key(bare)
        )
    if sign.strip() in ("", "-"):
        return len(name[0]) > 4 and "=" not in bare and bool(_DIGIT.search(bare)) and _has_symbol_or_is_mixed(bare)
    if sign.strip().startswith(("is", "was")):
        return _has_symbol_or_is_mixed(bare)
    if text[name.start() : name.end()].isupper() and sign.strip() in ("=", ":"):
        return True
    if _has_symbol_or_is_mixed(bare):
        return True
    # A name such as `hunter2` may be a variable, except where a line has nothing else.
    end = text[value.end("bare") : value.end("bare") + 1]
    is_alone = (end in ("", "\n", "\r") and sign.startswith(":")) or (sign == "=" and not end.strip())
    return is_alone and not _VARIABLE.fullmatch(bare)


def _is_weak(name: re.Match[str]) -> bool:
    """Tell names that ordinary values have, too: only random ones are secrets."""
    return name["weak"] is not None or name[0] in ("pat", "salt")


def _has_symbol_or_is_mixed(value: str) -> bool:
    """Tell what no expression is: `x7!kd#2`, `aB3dE6gH`, `cedar-flint-2211`."""
    if _SYMBOL.search(value) or _WORDS_AND_NUMBER.fullmatch(value):
        return True
    return len(value) >= 8 and len(_RUN.findall(value)) >= 0.45 * len(value)


def _may_be_key(value: str) -> bool:
    if is_example(value) or _NO_KEY.search(value):
        return False
    value = _HOLE.sub("", value)
    digits = sum(character.isdigit() for character in value)
    return len(value) >= 12 and digits >= 2 and any(character.isalpha() for character in value)


def _starts_a_word(text: str, start: int) -> bool:
    """Tell `DB_PASS` and `dbPass` from `compass`."""
    return start == 0 or not text[start - 1].isalpha() or (text[start].isupper() and text[start - 1 : start] != "")


def _ascii_lower(text: str) -> str:
    # str.lower can change the length of non-ASCII letters. It is much faster than a case-insensitive pattern.
    return text.lower() if text.isascii() else _CAPITALS.sub(lambda match: match[0].lower(), text)


MIN_ENTROPY = 3.5
"""Minimum bits per character of an unquoted secret. Higher values miss short keys; lower ones redact identifiers."""
MIN_ENTROPY_OF_HEX = 2.8
"""The same of one in hexadecimal or one case, which has fewer characters to choose from."""
_MIN_RUNS = 0.28
"""Runs of capitals, small letters or digits per character; names in camel case have fewer."""
_MIN_WEAK = 20
"""Characters of a secret whose name or assignment says little: `key`, or none."""
_MAX_EXAMPLE = 60
"""Characters of a placeholder."""
_MIN_LETTERS = 3
"""Letters and digits of a secret."""
_LONG = 300
"""Characters of a value after which names inside of it are not looked at."""

_CAPITALS = re.compile(r"[A-Z]+")
_KEY_OF = (
    "api",
    "access",
    "auth",
    "private",
    "account",
    "encryption",
    "encrypt",
    "signing",
    "master",
    "license",
    "storage",
)
_SECRET_WORD = re.compile(  # for lowercase text; starts with literal letters, so that most text is skipped quickly
    r"p(?:ass(?:word|wd|phrase|code|(?![a-z]))|wd|w(?![a-z])|at(?![a-z]))"
    r"|secret|token|credential|connection[_-]?string|key(?:"
    + "|".join(rf"(?<={owner}key)|(?<={owner}[_ -]key)" for owner in _KEY_OF)
    + r"|(?P<weak>(?!board|word|note|frame|press|down|up)))|salt"
)
_ENDS = frozenset({"", *" \t\r\n\f\v;,&\"'`<"})
_SHORT = frozenset({"pass", "pw", "pat", "salt"})
"""Names that are also the ends of other words."""
_ASSIGNED_VALUE = re.compile(
    r"""(?i: [_-]? (?: key | value | string | text | default | hash | prod | dev | test | live
        | data | id | base64 | base ) | s | [0-9]{1,3} )?
    \\{0,3} ["'`]? [\])]? (?: \s{0,3} : \s{0,3} [A-Za-z&*][\w.\[\]&*' |]{0,30}+ (?=[ ]?=) )?
    (?: (?P<sign> \s{0,8} (?: value\s{0,3}[:=] | := | => | ===? | \?= | \|\| | = | : | , | (?<=\s) (?:is|was) :? (?=\s)
        | (?<=\s) - (?=\s) | > (?=[^\s<]{4,200}</) | \( (?=\s{0,3}["'`]) ) \s{0,8} )
      | [ \t]{1,8} (?=["'`]) | (?P<space> [ ] ) )
    (?: [rbuf@$]{0,2} \\{0,3} ["'`] (?P<quoted> [^"'`\s«]{4,}+ ) (?=["'`]|\Z)
      | (?P<bare> [^\s"'`;,&|$(){}<>\[\]«]{4,}+ ) )""",
    re.VERBOSE,
)
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9+/_.~:-]+={0,2}")
_ONE_CASE = re.compile(r"[0-9a-z]+|[0-9A-Z]+")
_UUID = re.compile(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DIGITS = re.compile(r"[0-9]+")
_DIGIT = re.compile(r"[0-9]")
_NAME_BREAK = re.compile(r"[.:]")
_WORD_BREAK = re.compile(r"[-_~/+=]")
_RUN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^A-Za-z0-9]")
_SYMBOL = re.compile(r"\w[!@#^*?+=~%]+|[!#^*?+=~%]+\w")
_WORDS_AND_NUMBER = re.compile(r"[A-Za-z]{2,20}(?:[-.][A-Za-z]{2,20}){1,5}[-.]?[0-9]{2,8}|[A-Za-z]{4,20}[0-9]{3,8}")
_VARIABLE = re.compile(
    r"(?i)[uif][0-9]{1,3}|\w*(?:int|float|str|bytes?|char|utf|sha|md|base|hash|arg|param|val|value|var|tmp|temp|test|pw"
    r"|pwd|pass|passwd|password|token|key|secret|user|field|input)_?[0-9]{1,3}|\w*(?:pass|word|token|secret|\.)\w*"
)
_HOLE = re.compile(r"%[sdifxr]|%\([\w.]{1,40}\)s|\{[\w.]{0,40}\}")
"""What a format string fills in. The rest may be a secret all the same."""
_PLACEHOLDER = re.compile(
    r"(?i)<|\[|\*|\$[{(A-Z_]|\{\{|\(|%\w+%$|%[sd]$|\{[\w.]*\}$|x{3}|\.\.\.|your|changeme|placeholder"
    r"|(?:os|process|env|config|settings|self)\."
)
_EXAMPLE = re.compile(
    r"(?i)(?:(?:my|your|the|some|new|old|user|name|pass|word|wd|phrase|pwd|pw|secret|token|key|api|example|sample|test"
    r"|dummy|fake|foo|bar|baz|login|admin|root|host|client|value|string|data|base|db|other|abc|a)_?)++[0-9]{0,3}"
)
_NO_LETTER = re.compile(r"[^\w]+")
_NO_KEY = re.compile(  # an address, a path, a template, a call or a regular expression
    r"://|^[./]|<[\w./-]+>|\w\(\)|\\[nrtdwsDWSb]|\(\?|\[[^\]]{0,20}\w-\w"
    r"|\.(?:py|js|ts|json|ya?ml|txt|html|com|org|io|net)\b"
)
