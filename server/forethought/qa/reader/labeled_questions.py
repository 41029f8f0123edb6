"""The labeled questions that the reader has learned from: questions/VOICE.txt, with the names masked.

`S` stands for the symbol that is asked about, `T` for a second symbol, `P` for a parameter, `E` for an exception and
`F` for a file. A line is a label, a colon, and questions separated by bars.

Masking a question calls the symbol that it names first `S`, so questions that name `T` first are read with both
exchanged, under the label that asks the same then.
"""

import re
from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

_PAIR = re.compile(r"\bS(?:, S)*,? (?:and|&) T\b|\bT and S\b")
_SYMBOL = re.compile(r"\b[ST]\b")
_EXCHANGED = {"calls/one": "calls/swap", "bases/one": "bases/swap"}
_EXCHANGED |= {after: before for before, after in _EXCHANGED.items()}
"""Label → the label of the question with its two symbols exchanged. All others ask the same of both orders."""


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
                ordered_label, text = _with_subject_first(label, with_pairs_joined(question.strip()))
                yield LabeledQuestion(file.name.removesuffix(".txt"), ordered_label, text)


def with_pairs_joined(text: str) -> str:
    """The question with one mark, `SS`, for symbols that “and” joins."""
    return _PAIR.sub("SS", text)


def _with_subject_first(label: str, text: str) -> tuple[str, str]:
    first = _SYMBOL.search(text)
    if first is None or first[0] == "S" or not re.search(r"\bS\b", text):
        return label, text
    exchanged = _SYMBOL.sub(lambda mark: "T" if mark[0] == "S" else "S", text)
    return _EXCHANGED.get(label, label), exchanged
