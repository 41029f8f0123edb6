"""Whether two questions about one symbol ask the same, where no rule knows what they ask."""

import re

from forethought.qa.intent.lexicon import lexicon
from forethought.qa.intent.tokenizer import content_words

_INFLECTED = re.compile(r"(?:ies|es|s|ed|d|ing|e|y)?$")
_MIN_STEM_LENGTH = 3
_POINTERS = frozenset({"it", "its", "this", "that"})
_MARK = "@"


def same_question(left: str, right: str, name: str) -> bool:
    """Whether two questions about the symbol `name` say the same, word by word: politeness, known synonyms, marks
    and endings aside, and “it” for the name.

    Nothing may be left over on either side, and the order counts: “does a call b” is not “does b call a”.
    """
    ours, theirs = _about(left, name), _about(right, name)
    return len(ours) == len(theirs) > 1 and all(map(_same_word, ours, theirs))


def _about(question: str, name: str) -> list[str]:
    """The question's words, with one mark for the symbol that it is about."""
    words: list[str] = []
    for word in content_words(question):
        is_it = word in (name, name.rpartition(".")[2]) or word in _POINTERS
        if is_it:
            words.append(_MARK)
        elif not (word in lexicon().kinds and words and words[-1] == _MARK):
            words.append(word)
    return words


def _same_word(left: str, right: str) -> bool:
    if left == right:
        return True
    if not (left.isalpha() and right.isalpha() and left.islower() and right.islower()):
        return left.lower() == right.lower()
    stems = _stem(left), _stem(right)
    return stems[0] == stems[1] and len(stems[0]) >= _MIN_STEM_LENGTH


def _stem(word: str) -> str:
    return _INFLECTED.sub("", word)
