"""A crude stemmer for English words."""

import re

_INFLECTION = re.compile(r"(?:ies|es|s|ed|d|ing|e|y)?$")


def stem(word: str) -> str:
    """The word without the ending of a regular noun or verb: “retries”, “retried” and “retry” give “retr”.

    A stem is for comparing words, not for showing. Irregular forms keep their own stems.
    """
    return _INFLECTION.sub("", word)
