"""The labels of the learned reader: what each asks, and how to say it."""

from collections.abc import Mapping
from dataclasses import dataclass

from forethought.qa.intent import Aspect, Intent
from forethought.qa.reader.masking import EXCEPTION, PARAMETER, SECOND, MaskedQuestion

OPEN = "open"
"""The label of questions that no fact answers: opinions, reasons, advice, and facts that the index does not have."""


@dataclass(frozen=True, slots=True)
class Label:
    """One thing that can be asked. Its name in the training files is its key in `LABELS`."""

    aspect: Aspect
    question: str
    """The question in plain words, with `{name}`, `{other}` for the names. The reader must be sure of it."""
    text: str
    """What is asked, as a noun phrase."""
    slot: str = ""
    """The mark of the second name that the question must have: `SECOND`, `PARAMETER` or `EXCEPTION`; if empty, none."""
    other: str | None = None
    """`Intent.other`, where no name fills it."""
    part: str | None = None
    """`Intent.part`."""
    is_swapped: bool = False
    """The second name is the one that is asked about."""
    needs: frozenset[str] = frozenset()
    """Stems one of which the question must have, so that a restriction is not made up."""

    def intent(self, question: MaskedQuestion) -> Intent:
        """What a question with this label asks."""
        subject = question.subject
        name, other = subject.name, self.other
        if self.slot:
            other = question.name_of(self.slot)
        if self.is_swapped:
            name, other = other, name
        return Intent(
            self.aspect,
            name,
            of_file=subject.is_file and subject.name is None,
            marked=True,
            other=other,
            part=self.part,
            in_file=subject.in_file,
            refers_back=subject.refers_back,
        )


def _effect(kind: str, text: str, question: str) -> Label:
    return Label("effects", question, f"{text} of {{name}}", other=kind)


_TESTS = frozenset({"test", "spec", "unittest", "production", "prod"})

LABELS: Mapping[str, Label] = {
    "callers": Label("callers", "Who calls {name}?", "callers of {name}"),
    "callers/outside_tests": Label(
        "callers",
        "Who calls {name} outside of tests?",
        "callers of {name} outside of tests",
        part="outside_tests",
        needs=_TESTS,
    ),
    "callers/in_tests": Label(
        "callers", "Where in the tests is {name} called?", "callers of {name} in tests", part="in_tests", needs=_TESTS
    ),
    "calls": Label("calls", "What does {name} call?", "what {name} calls"),
    "calls/one": Label("calls", "Does {name} call {other}?", "whether {name} calls {other}", SECOND),
    "calls/swap": Label(
        "calls", "Is {name} called by {other}?", "whether {other} calls {name}", SECOND, is_swapped=True
    ),
    "raises": Label("raises", "What does {name} raise?", "exceptions that {name} raises"),
    "raises/one": Label("raises", "Does {name} raise {other}?", "whether {name} raises {other}", EXCEPTION),
    "tests": Label("tests", "Which tests cover {name}?", "tests of {name}"),
    "location": Label("location", "Where is {name} defined?", "definition of {name}"),
    "parameters": Label("parameters", "What parameters does {name} take?", "parameters of {name}"),
    "parameters/one": Label(
        "parameters", "Does {name} take a parameter {other}?", "whether {name} has a parameter {other}", PARAMETER
    ),
    "parameters/required": Label(
        "parameters", "Which parameters of {name} are required?", "required parameters of {name}", part="required"
    ),
    "parameters/optional": Label(
        "parameters", "Which parameters of {name} are optional?", "optional parameters of {name}", part="optional"
    ),
    "parameters/type": Label(
        "parameter_type", "What is the type of {other} in {name}?", "type of {other} in {name}", PARAMETER
    ),
    "default": Label("default", "What is the default of {other} in {name}?", "default of {other} in {name}", PARAMETER),
    "default/all": Label("default", "What are the defaults of {name}?", "defaults of {name}"),
    "returns": Label("returns", "What does {name} return?", "what {name} returns"),
    "last_change": Label("last_change", "Who changed {name} last?", "last change of {name}"),
    "members": Label("members", "What does {name} contain?", "contents of {name}"),
    "members/method": Label("members", "Which methods does {name} have?", "methods of {name}", part="method"),
    "members/function": Label("members", "Which functions does {name} define?", "functions in {name}", part="function"),
    "members/class": Label("members", "Which classes does {name} define?", "classes in {name}", part="class"),
    "fields": Label("fields", "Which fields does {name} have?", "fields of {name}"),
    "bases": Label("bases", "What does {name} inherit from?", "base classes of {name}"),
    "bases/one": Label("bases", "Does {name} inherit from {other}?", "whether {name} inherits from {other}", SECOND),
    "bases/swap": Label(
        "bases",
        "Is {name} a base class of {other}?",
        "whether {other} inherits from {name}",
        SECOND,
        is_swapped=True,
    ),
    "subclasses": Label("subclasses", "Which classes inherit from {name}?", "subclasses of {name}"),
    "docs": Label("docs", "What does the documentation of {name} say?", "documentation of {name}"),
    "nature": Label("nature", "What kind of symbol is {name}?", "kind of {name}"),
    "nature/async": Label("nature", "Is {name} async?", "whether {name} is async", other="async"),
    "nature/abstract": Label("nature", "Is {name} abstract?", "whether {name} is abstract", other="abstract"),
    "nature/static": Label("nature", "Is {name} static?", "whether {name} is static", other="static"),
    "nature/generator": Label("nature", "Is {name} a generator?", "whether {name} is a generator", other="generator"),
    "decorators": Label("decorators", "Which decorators does {name} have?", "decorators of {name}"),
    "exists": Label("exists", "Does {name} exist?", "whether {name} exists"),
    "effects": Label("effects", "What side effects does {name} have?", "side effects of {name}"),
    "effects/network": _effect("network", "network access", "Does {name} access the network?"),
    "effects/disk": _effect("disk", "file access", "Does {name} access the file system?"),
    "effects/diskread": _effect("diskread", "file reads", "Does {name} read files?"),
    "effects/diskwrite": _effect("diskwrite", "file writes", "Does {name} write to disk?"),
    "effects/environment": _effect("environment", "environment variables", "Does {name} read environment variables?"),
    "effects/process": _effect("process", "subprocesses", "Does {name} start a process?"),
    "effects/log": _effect("log", "logging", "Does {name} log anything?"),
    "effects/database": _effect("database", "database access", "Does {name} use a database?"),
    "effects/random": _effect("random", "randomness", "Does {name} use random numbers?"),
    "effects/clock": _effect("clock", "use of the clock", "Does {name} use the current time?"),
    "effects/sleep": _effect("sleep", "waiting", "Does {name} sleep?"),
    "writes": Label("writes", "What does {name} modify?", "what {name} modifies"),
    "cases": Label(
        "cases", "What does {name} do if {other} is missing?", "cases of {name} that depend on {other}", PARAMETER
    ),
    "early_returns": Label("early_returns", "When does {name} return early?", "early returns of {name}"),
    "catches": Label("catches", "What does {name} catch?", "exceptions that {name} catches", other="caught"),
    "catches/one": Label("catches", "Does {name} catch {other}?", "whether {name} catches {other}", EXCEPTION),
    "raisers": Label("raisers", "Who raises {name}?", "what raises {name}"),
    "catchers": Label("catchers", "Who catches {name}?", "what catches {name}"),
    "setters": Label("setters", "Where is {name} set?", "where {name} is set"),
    "readers": Label("readers", "Where is {name} read?", "where {name} is read"),
    "overrides": Label("overrides", "What overrides or implements {name}?", "overrides and implementations of {name}"),
    "overridden": Label("overridden", "What does {name} override?", "what {name} overrides"),
    "exports": Label("exports", "What does {name} export?", "exports of {name}"),
    "visibility": Label("visibility", "Is {name} public or private?", "visibility of {name}"),
    "value": Label("value", "What is the value of {name}?", "value of {name}"),
    "compare": Label(
        "comparison", "How do the signatures of {name} and {other} differ?", "signatures of {name} and {other}", SECOND
    ),
}


def with_names(template: str, intent: Intent, is_swapped: bool = False) -> str:
    """A label's question or text with the names of an intent in back-ticks."""
    name, other = (intent.other, intent.name) if is_swapped else (intent.name, intent.other)
    return template.format(name=f"`{name}`", other=f"`{other}`")
