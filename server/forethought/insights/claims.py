"""What a sentence claims of a function's kind, result, errors, parameters and calls, held against the index.

Only exact contradictions are found here: each is a veto, whatever a model thinks of the sentence.
"""

import re

from forethought.insights.context import IDENTIFIER, Context
from forethought.syntax.symbol_kinds import CLASS_KINDS, FUNCTION_KINDS

_RETURNS = re.compile(
    r"\b(?:returns|(?<!has )(?<!have )returned|yields|yielded|gives back|evaluates to)\b", re.IGNORECASE
)
_NOTHING = re.compile(r"\b(?:nothing|none|void|no value|null)\b", re.IGNORECASE)
_NO_VALUE = re.compile(r"\b(?:None|null|nil|Optional|Option|void|undefined)\b")
_NO_ERROR = re.compile(r"\b(?:no|not|never|without)\b", re.IGNORECASE)
_ERROR_NAME = re.compile(r"\b[A-Z]\w*(?:Error|Exception|Warning|Exit|Interrupt)\b")
_CONDITION = re.compile(
    r"\b(?:if|unless|otherwise|until|except|only when|as long as|in case|whether|either|neither|nor)\b"
    r"|\b(?:return|rais|yield|fail|warn|skip|log)\w* [^.]*\bwhen\b|\bwhen (?:no|not|none|nothing)\b",
    re.IGNORECASE,
)
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
_USED = re.compile(r"\b(?:us(?:es?|ing)|calls?|calling) (?:the |an? )?`([\w.]+)(?:\(\))?`", re.IGNORECASE)
_DOCSTRING = re.compile(r"(\"{3}|'{3}).*?\1|/\*.*?\*/|^[ \t]*(?://|#)[^\n]*", re.DOTALL | re.MULTILINE)


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
    return None


def states_condition(sentence: str) -> bool:
    """Whether a sentence says on what something depends."""
    return _CONDITION.search(sentence) is not None


def _is_of_another_kind(sentence: str, context: Context) -> bool:
    if re.search(r"\bbuilt-?in\b", sentence, re.IGNORECASE):
        return True
    if (match := _IS_A.match(sentence)) is None or "return" in match[0].lower():
        return False
    said = [word for word in re.findall(r"[a-z]+", match["what"].lower()) if word in _KIND_WORDS]
    return bool(said) and context.kind not in _KIND_WORDS[said[-1]]


def _misstates_the_result(sentence: str, context: Context) -> bool:
    """Whether it says that something is returned where nothing is, or the other way around."""
    if context.kind not in FUNCTION_KINDS or not (found := _RETURNS.search(sentence)):
        return False
    rest = sentence[found.end() :].strip(" `")
    says_nothing = bool(_NOTHING.match(rest))
    if context.returns_nothing:
        return not says_nothing and not rest.startswith("early")
    shown = " ".join((context.returns or "", *context.returned))
    return says_nothing and bool(shown) and not _NO_VALUE.search(shown)


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
    counted = _COUNTED.search(sentence)
    return counted is not None and _COUNTS[counted["count"].lower()] != len(own)
