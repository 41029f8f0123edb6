"""The labeled questions that the reader has learned from: questions/VOICE.txt, with the names masked.

`S` stands for the symbol that is asked about, `T` for a second symbol, `P` for a parameter, `E` for an exception and
`F` for a file. A line is a label, a colon, and questions separated by bars.
"""

import re
from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

_PAIR = re.compile(r"\bS(?:, S)*,? (?:and|&) T\b|\bT and S\b")


class LabeledQuestion(NamedTuple):
    voice: str
    """The file it is from: who would ask like this."""
    label: str
    text: str
    """Masked."""


def labeled_questions() -> Iterator[LabeledQuestion]:
    """All questions, file by file."""
    folder = resources.files("forethought.qa.reader").joinpath("questions")
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        for line in file.read_text(encoding="utf-8").splitlines():
            label, _, questions = line.partition(": ")
            for question in questions.split(" | "):
                yield LabeledQuestion(file.name.removesuffix(".txt"), label, with_pairs_joined(question.strip()))


def with_pairs_joined(text: str) -> str:
    """The question with one mark, `SS`, for symbols that “and” joins."""
    return _PAIR.sub("SS", text)
