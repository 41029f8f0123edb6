"""What a sentence about code claims, held against what the code shows: its result, errors, defaults, kind.

Small models write fluent sentences about code that does not exist. A claim that can be checked is checked here; words
that say something of substance must come from the code or from its docs. Nothing here asks a model.
"""

import re
from collections.abc import Collection, Iterator

from forethought.insights.context import IDENTIFIER, Context
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS

MIN_SUPPORT = 0.85
"""Share of a sentence's words of substance that the context must contain, where the symbol has docs; else all must."""
MIN_AGREEMENT = 0.5
"""Share of a text's words of substance that the symbol's docs or its name must contain, where there are docs."""

SAME_MATTER = 0.3
"""Agreement from which on two texts speak of the same."""

_RETURNS = re.compile(
    r"\b(?:return(?:s|ing)?|(?<!has )(?<!have )returned|yield(?:s|ing|ed)?|gives? back|evaluates? to)\b", re.IGNORECASE
)
_NOTHING = re.compile(r"\b(?:nothing|none|void|no value|null|early)\b", re.IGNORECASE)
_NO_ERROR = re.compile(r"\b(?:no|not|never|without)\b", re.IGNORECASE)
_ERROR_NAME = re.compile(r"\b[A-Z]\w*(?:Error|Exception|Warning|Exit|Interrupt)\b")
_DEFAULT = re.compile(r"\bdefaults?\b(?! (?:header|hook|encoding)s?\b)", re.IGNORECASE)
_CONDITION = re.compile(
    r"\b(?:if|unless|otherwise|until|except|only when|as long as|in case|whether|either|neither|nor)\b"
    r"|\b(?:return|rais|yield|fail|warn|skip|log)\w* [^.]*\bwhen\b|\bwhen (?:no|not|none|nothing)\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(r"\b(?:not|no|never|without|cannot|neither|nor)\b|n't\b", re.IGNORECASE)
_COUNTED = re.compile(
    r"\b(?P<count>no|a single|one|two|three|four|five|six) (?:\w+ )?(?:arguments?|parameters?|inputs?)\b", re.IGNORECASE
)
_COUNTS = {"no": 0, "a single": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_IS_A = re.compile(
    r"^(?:this|it|the code|(?:the )?`?[\w.]+`?(?: \w+)?) (?:is|defines|creates|returns)(?: simply| just)? an? "
    r"(?P<what>[^.,;]*?)(?= that\b| which\b| used\b| for\b| to\b| of\b| in\b| from\b| with\b|[.,;]|$)",
    re.IGNORECASE,
)
_KIND_WORDS = {
    "function": FUNCTION_KINDS,
    "method": FUNCTION_KINDS,
    "constructor": FUNCTION_KINDS,
    "decorator": FUNCTION_KINDS,
    "macro": FUNCTION_KINDS,
    "class": CLASS_KINDS,
    "interface": CLASS_KINDS,
    "struct": CLASS_KINDS,
    "enum": CLASS_KINDS,
    "module": frozenset({"file", "module"}),
    "file": frozenset({"file"}),
    "package": frozenset({"file"}),
    "library": frozenset({"file"}),
    "script": frozenset({"file"}),
    "constant": frozenset({"constant", "variable"}),
    "variable": frozenset({"constant", "variable"}),
}
_ANY_TYPE = re.compile(r"Any|any|object|auto|var|Self|_?[A-Z]\w?|_?[A-Z]+")
_TYPES = {
    "string": r"\b(?:str|string|text|anystr|path|char)\w*|['\"]",
    "list": r"list|sequence|array|vec|slice|\[",
    "dictionary": r"dict|map|record|hash|object|\{",
    "dict": r"dict|map|record|hash|object|\{",
    "tuple": r"tuple|\(.*,|pair",
    "set": r"set|\{",
    "boolean": r"bool|true|false|==|!=|<|>|\bnot\b|\bin\b|isinstance|\bis\b",
    "bool": r"bool|true|false|==|!=|<|>|\bnot\b|\bin\b|isinstance|\bis\b",
    "integer": r"\bu?int|\bi\d+|\bu\d+|size|long|number|len|\b\d+\b",
    "int": r"\bu?int|\bi\d+|\bu\d+|size|long|number|len|\b\d+\b",
    "number": r"int|float|double|number|decimal|len|sum|\b\d+\b",
    "float": r"float|double|\d\.\d",
    "bytes": r"byte|buffer|\bb['\"]",
    "generator": r"generator|iterator|iterable|yield",
    "iterator": r"generator|iterator|iterable|yield|\biter",
    "true": r"bool|true|false|==|!=|<|>|\bnot\b|\bin\b|isinstance|\bis\b|\bany\b|\ball\b",
    "false": r"bool|true|false|==|!=|<|>|\bnot\b|\bin\b|isinstance|\bis\b|\bany\b|\ball\b",
    "function": r"callable|func|lambda|closure|=>|->|fn\b|def\b",
}
"""A type that prose claims of a result, and what in the annotation or the returned expressions bears it out."""

_USED = re.compile(r"\b(?:us(?:es?|ing)|calls?|calling) (?:the |an? )?`([\w.]+)(?:\(\))?`", re.IGNORECASE)
_DOCSTRING = re.compile(r"(\"{3}|'{3}).*?\1|/\*.*?\*/|^[ \t]*(?://|#)[^\n]*", re.DOTALL | re.MULTILINE)
_TAUTOLOGY = re.compile(
    r"\bshould know (?:that|how)\b[^.]*\bis (?:designed\b|used\b|an? [\w -]*(?:function|method|class|module)\b)"
    r"|\bis an? (?:[\w-]+ )?(?:function|method|class|module) that (?:is|can be) (?:used|called|passed)\b"
    r"|\btakes? (?:in )?[^.]*\bas (?:an? )?(?:\w+ )?(?:inputs?|arguments?|parameters?)\W*$"
    r"|\bclass that has an?\b|\b(\w+ \w+ \w+ \w+)\b.*\b\1\b"
    r"|\b(?:creat|get|convert)\w* (?:an? )?(?P<one>.{4,40}?) (?:from|to|into) (?:an? )?(?P=one)\b",
    re.IGNORECASE,
)
_PARTICULARS = (
    re.compile(r"(?<![\w.])\d+(?:\.\d+)?"),
    re.compile(r"\b(?:True|False|None|true|false|null)\b"),
    re.compile(r"`([^`]+)`"),
)
"""Numbers, constants and names: texts that share none of them speak of different things."""
_WORD = re.compile(r"[A-Za-z][a-z]+|[A-Z]+(?![a-z])")
_PLAIN = frozenset(
    re.findall(
        r"\w+",
        "a able about above according after again all allow allows along already also always an and another any "
        "anything are argument arguments as at based be because been before being below between both but by call "
        "called caller callers calling calls can case class code common contain contained containing contains "
        "convenient correct correctly could current currently data default defaults define defined defines "
        "describes designed different do does doing done each end enough ensure ensures etc every example existing "
        "expected expects file first following for from function functions further general get gets getting give "
        "given gives giving handle handled handles handling has have having help helps hold holds how however in "
        "indicate indicates information input inputs instance instances instead into is it item items its itself "
        "just keep keeps kind know language like long made make makes making many may means method methods might "
        "module more most must name named names need needed needs new not number object objects of on once one only "
        "operation operations or other others out output over parameter parameters part particular parts pass "
        "passed passes passing people perform performed performing performs possible program provide provided "
        "provides providing purpose python rather represent represented representing represents result results "
        "return returned returning returns same see seen set sets setting several should show shows simple single "
        "so some something specific specified still such sure symbol take taken takes taking than that the their "
        "them then there these they thing things this those three through to together track two type types under up "
        "use used useful user uses using value values variable variables various was way what when where which "
        "while who whole whose will with within work works would you your either neither nor otherwise unless until "
        "whether ",
    )
)
"""Words that say nothing in particular about code: they need no support."""
_SAME = (
    frozenset({"dict", "dictionary", "dictionaries", "mapping", "map"}),
    frozenset({"str", "string", "strings", "text"}),
    frozenset({"int", "integer", "integers", "number", "len", "length", "size", "count"}),
    frozenset({"bool", "boolean", "true", "false"}),
    frozenset({"list", "lists", "array", "sequence"}),
    frozenset({"generator", "generators", "iterator", "iterable", "iterate", "iterates", "yield", "yields", "iter"}),
    frozenset({"init", "initialize", "initializes", "initializing", "constructor", "constructs", "construct"}),
    frozenset({"eq", "equal", "equality", "equals", "compare", "compares", "same"}),
    frozenset({"check", "checks", "determine", "determines", "test", "tests", "is"}),
    frozenset({"error", "exception", "errors", "exceptions", "raise", "raises", "raised"}),
    frozenset({"remove", "removes", "delete", "deletes", "del", "strip", "strips", "pop"}),
    frozenset({"add", "adds", "append", "appends", "insert", "update", "updates", "extend"}),
    frozenset({"find", "finds", "search", "searches", "lookup", "looks"}),
    frozenset({"convert", "converts", "converted", "converting", "transform", "transforms", "to"}),
    frozenset({"create", "creates", "created", "creating", "build", "builds", "make", "constructs"}),
    frozenset({"param", "params", "parameter", "parameters", "arg", "args"}),
    frozenset({"config", "configuration", "settings", "setting"}),
    frozenset({"repr", "representation", "represent"}),
    frozenset({"auth", "authentication", "authenticate", "authenticates", "authorization"}),
    frozenset({"parse", "parses", "parsing", "read", "reads"}),
    frozenset({"uri", "url", "urls", "address"}),
    frozenset({"async", "asynchronous", "asynchronously", "await"}),
    frozenset({"join", "joins", "concatenate", "concatenates", "combine", "combines"}),
    frozenset({"doc", "docs", "documentation", "docstring"}),
)
"""Words that bear each other out."""


def contradiction(sentence: str, context: Context) -> str | None:
    """Why the code does not bear a sentence out; None when nothing speaks against it."""
    checks = (
        (_is_of_another_kind, "contradicts the kind"),
        (_misstates_the_result, "contradicts the result"),
        (_misstates_the_errors, "contradicts what is raised"),
        (_misstates_the_parameters, "contradicts the parameters"),
        (_misstates_what_is_used, "contradicts what is used"),
    )
    for check, reason in checks:
        if check(sentence, context):
            return reason
    if not list(substance(sentence)) or _TAUTOLOGY.search(sentence):
        return "says nothing"
    return "not borne out by the code" if support(sentence, context) < _least_support(context) else None


def states_condition(sentence: str) -> bool:
    """Whether a sentence says on what something depends."""
    return _CONDITION.search(sentence) is not None


def agrees_with_docs(text: str, context: Context) -> bool:
    """Whether a text says what the symbol's own docs say; without docs, whether it speaks of what its name says."""
    words = _substance_about(text, context)
    known = _known_words(context.doc or "", context.name if context.doc else context.name.rpartition(".")[2])
    agreed = sum(_is_known(word, known) for word in words)
    if not context.doc:
        return agreed > 0 or context.kind == "file"
    return agreed >= MIN_AGREEMENT * max(1, len(words)) and agreed > 0


def covers(text: str, documented: str, context: Context) -> bool:
    """Whether a summary says at least as much as LEAST_AGREEMENT of what the docs begin with."""
    words = _substance_about(documented, context)
    known = _known_words(text, "")
    return sum(_is_known(word, known) for word in words) >= MIN_AGREEMENT * len(words)


def _substance_about(text: str, context: Context) -> list[str]:
    """The words of substance but for the symbol's own name, where it is no plain word."""
    for name in (context.name, context.name.rpartition(".")[2]):
        if name:
            mark = "`?" if re.search(r"\W|_|\w[A-Z]", name) else "`"
            text = re.sub(rf"(?<![\w.]){mark}{re.escape(name)}(?!\w){mark}", "", text)
    return list(substance(text))


def _least_support(context: Context) -> float:
    return MIN_SUPPORT if context.doc else 1.0


def agreement(left: str, right: str) -> float:
    """How much of what two texts say is the same, 0 … 1: shared words of substance over all of them."""
    one, other = set(map(_stem, substance(left))), set(map(_stem, substance(right)))
    return len(one & other) / len(one | other) if one | other else 0.0


def disagree(left: str, right: str) -> bool:
    """Whether two texts about the same cannot both be right: one denies the other, or they differ in what they name."""
    if agreement(left, right) < SAME_MATTER:
        return False
    if bool(_NEGATION.search(left)) != bool(_NEGATION.search(right)):
        return True
    claims = [(set(pattern.findall(left)), set(pattern.findall(right))) for pattern in _PARTICULARS]
    claims.append((_claimed_types(left), _claimed_types(right)))
    return any(one and other and not one & other for one, other in claims)


def support(text: str, context: Context) -> float:
    """The share of a text's words of substance that the context contains, 0 … 1."""
    words = list(substance(text))
    known = _known_words(context.text, context.name)
    return sum(_is_known(word, known) for word in words) / len(words) if words else 0.0


def substance(text: str) -> Iterator[str]:
    """The words that say something in particular, in lower case, identifiers taken apart."""
    for word in _WORD.findall(text):
        lowered = word.lower()
        if len(lowered) > 2 and lowered not in _PLAIN:
            yield lowered


def _is_of_another_kind(sentence: str, context: Context) -> bool:
    if re.search(r"\bbuilt-?in\b", sentence, re.IGNORECASE):
        return True
    if (match := _IS_A.match(sentence)) is None or "return" in match[0].lower():
        return False
    said = [word for word in re.findall(r"[a-z]+", match["what"].lower()) if word in _KIND_WORDS]
    return bool(said) and context.kind not in _KIND_WORDS[said[-1]]


def _misstates_the_result(sentence: str, context: Context) -> bool:
    if context.kind not in FUNCTION_KINDS or not (found := _RETURNS.search(sentence)):
        return False
    rest = sentence[found.end() :]
    says_nothing = bool(_NOTHING.match(rest.strip(" `")))
    if context.returns_nothing:
        return not says_nothing
    if says_nothing and (context.returned or context.returns):
        return not re.search(
            r"\b(?:None|null|nil|Optional|void)\b", " ".join((context.returns or "", *context.returned))
        )
    says_type = context.returns and not _ANY_TYPE.fullmatch(context.returns)
    shown = (context.returns or "" if says_type else " ".join(context.returned)).lower()
    claimed = _claimed_types(found[0] + rest)
    if not shown.strip():
        shown = context.text.lower()
    return any(not re.search(_TYPES[name], shown) for name in claimed)


def _claimed_types(sentence: str) -> set[str]:
    """The type that the sentence claims of a result: the first one named after “returns”."""
    if not (found := _RETURNS.search(sentence)):
        return set()
    words = re.findall(r"[A-Za-z]+", sentence[found.end() :].lower())[:6]
    return {
        next(
            (
                word.removesuffix("s") if word.removesuffix("s") in _TYPES else word
                for word in words
                if word in _TYPES or word.removesuffix("s") in _TYPES
            ),
            "",
        )
    } - {""}


def _misstates_the_errors(sentence: str, context: Context) -> bool:
    named = set(_ERROR_NAME.findall(sentence)) - {_short_name(context)}
    if named - set(IDENTIFIER.findall(context.own)) or (_says_raised(sentence) and named - set(context.raises)):
        return True
    if not _says_raised(sentence):
        return False
    return (not context.raises and context.kind in FUNCTION_KINDS) or bool(
        _NO_ERROR.search(sentence) and context.raises
    )


def _says_raised(sentence: str) -> bool:
    return bool(re.search(r"\b(?:rais(?:es?|ing|ed)|throw(?:s|ing|n)?)\b", sentence, re.IGNORECASE))


def _misstates_what_is_used(sentence: str, context: Context) -> bool:
    """What is named as used or called has to stand in the code, not only in its docs."""
    if context.kind not in FUNCTION_KINDS:
        return False
    code = frozenset(IDENTIFIER.findall(_DOCSTRING.sub("", context.own)))
    used = [name for name in _USED.findall(sentence) if name.rpartition(".")[2] != _short_name(context)]
    return any(part not in code for name in used for part in IDENTIFIER.findall(name))


def _short_name(context: Context) -> str:
    return context.name.rpartition(".")[2]


def _misstates_the_parameters(sentence: str, context: Context) -> bool:
    if context.kind not in FUNCTION_KINDS:
        return False
    own = [item for item in context.parameters if item not in ("self", "cls", "*", "/")]
    if (counted := _COUNTED.search(sentence)) and _COUNTS[counted["count"].lower()] != len(own):
        return True
    if not _DEFAULT.search(sentence):
        return False
    for parameter in own:
        head, equals, value = parameter.partition("=")
        name = (IDENTIFIER.findall(head) or [""])[0]
        if equals and name and re.search(rf"\b{re.escape(name)}\b", sentence) and value.strip() in sentence:
            return False
    return not context.doc or "default" not in context.doc.lower()


def _known_words(text: str, name: str) -> frozenset[str]:
    words = {word.lower() for word in _WORD.findall(f"{text} {name}")}
    words |= {word for same in _SAME if same & words for word in same}
    return frozenset(_stem(word) for word in words) | words


def _is_known(word: str, known: Collection[str]) -> bool:
    return word in known or _stem(word) in known


def _stem(word: str) -> str:
    """A crude stem: enough to tell that “parses”, “parsed” and “parsing” are one word."""
    for ending in (
        "ization",
        "isation",
        "ations",
        "ation",
        "ings",
        "ing",
        "ers",
        "ies",
        "ied",
        "ed",
        "es",
        "er",
        "or",
        "ly",
        "s",
        "e",
        "y",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word[: -len(ending)]
            return stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] else stem
    return word
