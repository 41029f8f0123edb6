"""What a question asks: which symbol it means and which aspect of it. The whole question must be understood."""

from forethought.qa.intent.agreement import same_question
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
    "read_intent",
    "same_question",
]
