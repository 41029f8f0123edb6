"""Whether two questions about one symbol ask the same thing, where no rule knows what they ask."""

from forethought.qa.intent.lexicon import lexicon
from forethought.qa.intent.small_talk import without_small_talk
from forethought.qa.intent.tokenizer import MAX_LENGTH, scan
from forethought.text.stemming import stem

_MIN_STEM_LENGTH = 3
_POINTERS = frozenset({"it", "its", "this", "that"})
_NAME_MARK = "@"


def same_question(left: str, right: str, name: str) -> bool:
    """Whether two questions about the symbol `name` ask the same thing, word by word.

    Politeness, known synonyms, code marks and inflections do not count, and “it” stands for the name. Nothing may be
    left over on either side, and the order counts: “does a call b” is not “does b call a”.
    """
    return same_words(question_words(left, name), question_words(right, name))


def question_words(question: str, name: str) -> tuple[str, ...]:
    """The words that a question about the symbol `name` consists of, with one mark wherever it names the symbol."""
    kinds = lexicon().kinds
    words: list[str] = []
    for word in _content_words(question):
        if word in (name, name.rpartition(".")[2]) or word in _POINTERS:
            words.append(_NAME_MARK)
        elif not (word in kinds and words and words[-1] == _NAME_MARK):
            words.append(word)
    return tuple(words)


def same_words(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether two results of `question_words` are the same question; one word alone says too little to be one."""
    return len(left) == len(right) > 1 and all(map(_same_word, left, right))


def _content_words(text: str) -> tuple[str, ...]:
    """The question word by word, as meanings where the lexicon has them, without words that say nothing."""
    meanings = lexicon().meanings
    tokens = scan(" ".join(text.replace("’", "'").split())[:MAX_LENGTH])
    tokens = without_small_talk(tokens, is_defined=lambda name: False)
    words = (token.name if token.marked else meanings.get(token.word, token.word) for token in tokens)
    return tuple(word for word in words if word not in ("", ","))


def _same_word(left: str, right: str) -> bool:
    if left == right:
        return True
    if not (left.isalpha() and right.isalpha() and left.islower() and right.islower()):
        return left.lower() == right.lower()
    left_stem = stem(left)
    return left_stem == stem(right) and len(left_stem) >= _MIN_STEM_LENGTH
