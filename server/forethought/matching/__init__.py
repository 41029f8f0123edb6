"""What a question asks: which symbol it means and which aspect of it. The whole question must be understood."""

from forethought.matching.agreement import same_question
from forethought.matching.intent import FACT_ASPECTS, Aspect, Intent
from forethought.matching.names import closest_names, is_about_this_file, is_misspelt, named_in
from forethought.matching.reading import read_intent

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
