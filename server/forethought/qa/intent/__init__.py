"""What a question asks, and of which symbol. A question is understood as a whole, or not at all."""

from forethought.qa.intent.agreement import question_words, same_question, same_words
from forethought.qa.intent.intent import FACT_ASPECTS, Aspect, Intent
from forethought.qa.intent.question_parser import read_intent
from forethought.qa.intent.spelling import closest_names, is_about_this_file, is_misspelt, named_in

__all__ = [
    "FACT_ASPECTS",
    "Aspect",
    "Intent",
    "closest_names",
    "is_about_this_file",
    "is_misspelt",
    "named_in",
    "question_words",
    "read_intent",
    "same_question",
    "same_words",
]
