"""Whether two questions about one symbol ask the same, where no rule knows what they ask."""

import re

from forethought.matching.reading import content_words

_INFLECTED = re.compile(r"(?:ies|es|s|ed|d|ing|e|y)?$")
_MOST_ENDING = 3


def same_question(left: str, right: str) -> bool:
    """Whether two questions say the same, word by word: politeness, synonyms that we know, marks and endings aside.

    Nothing may be left over on either side, and the order counts: “does a call b” is not “does b call a”.
    """
    ours, theirs = content_words(left), content_words(right)
    return len(ours) == len(theirs) > 0 and all(map(_same_word, ours, theirs))


def _same_word(left: str, right: str) -> bool:
    if left == right:
        return True
    if not (left.isalpha() and right.isalpha() and left.islower() and right.islower()):
        return left.lower() == right.lower()
    stems = _stem(left), _stem(right)
    return stems[0] == stems[1] and len(stems[0]) >= _MOST_ENDING


def _stem(word: str) -> str:
    return _INFLECTED.sub("", word)
