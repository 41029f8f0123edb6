"""What a question asks: which symbol it means and which aspect of it. The whole question must be understood.

A wrong match is the worst failure, so a question is matched only when nothing of it is left over: “why does X not
return?” is no question about what X returns.
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

FactAspect = Literal[
    "callers", "calls", "raises", "tests", "location", "parameters", "last_change", "members", "bases", "docs"
]
PredictedAspect = Literal["purpose", "returns", "when", "how"]
Aspect = FactAspect | PredictedAspect

FACT_ASPECTS: frozenset[str] = frozenset(
    {"callers", "calls", "raises", "tests", "location", "parameters", "last_change", "members", "bases", "docs"}
)


@dataclass(frozen=True, slots=True)
class Intent:
    """What is asked of what."""

    aspect: Aspect
    name: str | None
    """The symbol as the question names it; None when it means what the cursor points at."""
    of_file: bool = False
    """“this file”: the file itself."""
    marked: bool = False
    """The name is marked as code (back-ticks, brackets, dots, underscores, capitals): it can only mean a symbol."""


_KIND = r"(?:function|method|class|constant|variable|symbol|interface|struct|type|module)"
_WORD = r"[^\W\d][\w$]*"
_PATH = r"(?:[\w.@+-]+/)+[\w.@+-]*\w"
_NAMED = (
    rf"(?:the )?(?:{_KIND} )?(?P<tick>[`'\"]?)(?P<name>{_PATH}|{_WORD}(?:(?:\.|::|#){_WORD})*)"
    rf"(?P<call>\(\))?[`'\"]?(?: {_KIND})?"
)
_POINTED = rf"(?P<pointed>(?:this|that)(?: (?P<file>file|module)| {_KIND})?|it|here)"
_NAME = rf"(?:{_POINTED}|{_NAMED})"
_NAME_2 = _NAME.replace("P<", "P<b_")
"""The same, for a second place in one pattern: the names of groups must differ."""
_PLACES = r"(?:functions|methods|symbols|code|places|files|callers|classes|parts of the code)"
_MEMBERS = r"(?:methods|members|functions|classes|symbols)"
_PEOPLE = r"(?:i|you|one|we|someone|people)"

_PATTERNS: tuple[tuple[Aspect, str], ...] = (
    ("callers", rf"(?:who|what|which(?: {_PLACES})?|what {_PLACES}) (?:calls?|uses?|invokes?|references?) {_NAME}"),
    ("callers", rf"where (?:is|are) {_NAME} (?:called|used|invoked|referenced)(?: from)?"),
    ("callers", rf"(?:what are )?(?:all )?(?:the )?(?:callers|usages|uses|references|call sites) (?:of|to) {_NAME}"),
    ("callers", rf"how (?:often|many times) is {_NAME} (?:called|used|invoked)"),
    ("callers", rf"how many (?:callers|uses|usages|references) does {_NAME} have"),
    ("callers", rf"is {_NAME} (?:called|used)(?: anywhere)?"),
    ("calls", rf"(?:what|which)(?: {_PLACES})? does {_NAME} (?:call|invoke)"),
    ("calls", rf"(?:what are )?(?:all )?(?:the )?callees of {_NAME}"),
    ("calls", rf"what is called by {_NAME}"),
    ("raises", rf"(?:what|which)(?: exceptions?| errors?)? (?:does|can|could|might|may|will) {_NAME} (?:raise|throw)"),
    ("raises", rf"(?:(?:what|which) )?(?:the )?(?:exceptions|errors) (?:are )?(?:raised|thrown) by {_NAME}"),
    (
        "raises",
        rf"(?:does|can) {_NAME} (?:raise|throw)(?: anything| (?:an |any )?(?:exceptions?|errors?))?",
    ),
    (
        "tests",
        rf"(?:which|what) tests? (?:cover|covers|test|exercise|reach|reaches|call|calls|use|check|checks) {_NAME}",
    ),
    ("tests", rf"(?:what are )?(?:all )?(?:the )?tests (?:for|of) {_NAME}"),
    ("tests", rf"is {_NAME} (?:tested|covered)(?: by tests| by any tests?| anywhere)?"),
    ("tests", rf"(?:where|by what|by which tests) is {_NAME} tested"),
    ("location", rf"where(?: is|'s) {_NAME}(?: defined| declared| implemented| located)?"),
    (
        "location",
        rf"(?:in )?(?:which|what) file (?:is {_NAME}(?: defined| declared)?(?: in)?|(?:defines|contains) {_NAME_2})",
    ),
    (
        "parameters",
        rf"(?:what|which) (?:parameters|arguments|args|params) does {_NAME} (?:take|have|accept|expect|need)",
    ),
    (
        "parameters",
        rf"(?:what (?:are|is) )?(?:the )?(?:parameters|arguments|args|params|signature) (?:of|for|to) {_NAME}",
    ),
    ("last_change", rf"who (?:last )?(?:changed|modified|edited|touched) {_NAME}(?: last)?"),
    ("last_change", rf"when (?:was|did) {_NAME} (?:last )?(?:changed?|modified|edited|touched)(?: last)?"),
    ("last_change", rf"(?:what (?:is|was) )?the last (?:change|commit|edit) (?:to|of|in|on) {_NAME}"),
    ("last_change", rf"what changed in {_NAME}(?: last)?(?:,? and (?:by whom|who did it))?"),
    ("members", rf"what does {_NAME} define"),
    ("members", rf"what is defined in {_NAME}"),
    (
        "members",
        rf"(?:what|which) {_MEMBERS} (?:does {_NAME} (?:have|define|contain)|are (?:defined )?in {_NAME_2})",
    ),
    ("members", rf"(?:what are )?(?:all )?(?:the )?(?:methods|members) of {_NAME}"),
    ("bases", rf"what does {_NAME} (?:inherit from|extend|subclass|derive from)"),
    (
        "bases",
        rf"(?:what (?:are|is) )?(?:the )?(?:bases|base class(?:es)?|superclass(?:es)?|parent class(?:es)?) of {_NAME}",
    ),
    ("docs", rf"(?:what (?:are|is|do|does) )?(?:the )?(?:docs?|docstring|documentation) (?:of|for) {_NAME}(?: say)?"),
    ("purpose", rf"what (?:does|do) {_NAME} do"),
    ("purpose", rf"what(?: is|'s) {_NAME}(?: for| about| used for| good for)?"),
    ("purpose", rf"(?:explain|describe|summari[sz]e|explain to me) (?:what )?{_NAME}(?: does| is| is for)?"),
    ("purpose", rf"(?:what(?: is|'s) )?the (?:purpose|role|point|job|responsibility) of {_NAME}"),
    ("purpose", rf"tell me about {_NAME}"),
    ("returns", rf"what (?:does|will|do) {_NAME} return"),
    ("returns", rf"(?:what(?: is|'s) )?the (?:return value|result|output) of {_NAME}"),
    ("returns", rf"what (?:value )?is returned (?:by|from) {_NAME}"),
    ("when", rf"when (?:should|would|do|can|must) {_PEOPLE} (?:use|call|need) {_NAME}"),
    ("when", rf"when is {_NAME} (?:useful|needed|appropriate)"),
    ("how", rf"how (?:do|can|should|would|does|must) {_PEOPLE} use {_NAME}"),
    ("how", rf"how (?:to use|is) {_NAME}(?: used)?"),
)
_COMPILED = tuple((aspect, re.compile(pattern, re.IGNORECASE)) for aspect, pattern in _PATTERNS)
_POLITE = re.compile(
    r"^(?:(?:hey|hi|hello|ok|okay|so|and|now|please|forethought|can you tell me|could you tell me|can you|could you|"
    r"tell me|show me|list|give me|i want to know|do you know)[\s,:]+)+(?!about\b)",
    re.IGNORECASE,
)
_ENDING = re.compile(
    r"(?:[\s,]*(?:please|thanks|thank you|in this repository|in this repo|in this project|here))*[\s?!.]*$",
    re.IGNORECASE,
)
_NO_NAMES = frozenset(
    re.findall(
        r"\w+",
        "a an the this that it they them these those which what who where when how why is are was do does did "
        "in of for to and or not no used called there here everything anything something nothing all any some "
        "you i we ",
    )
)


def read_intent(question: str) -> Intent | None:
    """The question's intent; None when it is not understood as a whole."""
    text = " ".join(question.split())
    if len(text) > 300:
        return None
    for candidate in dict.fromkeys((_ENDING.sub("", text), _ENDING.sub("", _POLITE.sub("", text)))):
        for aspect, pattern in _COMPILED:
            if (match := pattern.fullmatch(candidate)) and (intent := _intent(aspect, match)):
                return intent
    return None


def same_question(left: str, right: str) -> bool:
    """Whether two questions are the same but for case, punctuation, marks around names and politeness."""
    return _normal(left) == _normal(right)


def is_about_this_file(question: str) -> bool:
    """Whether a question that is not understood as a whole still says “this file”."""
    return bool(re.search(r"\bthis (?:file|module)\b", question, re.IGNORECASE))


def closest_names(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """“did you mean”: known names that are spelled much alike."""
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(candidate.lower(), candidate)
    return [folded[match] for match in difflib.get_close_matches(name.lower(), folded, limit, 0.75)]


def named_in(question: str, only_marked: bool = False) -> Iterator[str]:
    """Every word of a question that could be the name of a symbol, marked ones first or alone."""
    ticked = re.findall(r"`([^`\n]+)`", question)
    words = ticked + re.findall(r"[^\W\d][\w$]*(?:(?:\.|::|#)[^\W\d][\w$]*)*", question)
    plain = [word.removesuffix("()") for word in words if word.lower() not in _NO_NAMES]
    for word in dict.fromkeys(sorted(plain, key=lambda word: not _marked(word))):
        if not only_marked or _marked(word) or word in ticked:
            yield word


def _intent(aspect: Aspect, match: re.Match[str]) -> Intent | None:
    groups = {key.rpartition("_")[2]: value for key, value in match.groupdict().items() if value is not None}
    if "pointed" in groups:
        return Intent(aspect, None, of_file="file" in groups)
    name = groups.get("name")
    if name is None or name.lower() in _NO_NAMES:
        return None
    marked = bool(groups.get("tick") or groups.get("call")) or _marked(name)
    return Intent(aspect, name.replace("::", ".").replace("#", "."), marked=marked)


def _marked(name: str) -> bool:
    return bool(re.search(r"[._:#$/]|\d|[a-z][A-Z]", name))


def _normal(question: str) -> str:
    text = _ENDING.sub("", _POLITE.sub("", " ".join(question.split())))
    return re.sub(r"[`'\"]|\(\)", "", text).lower()
