"""What a function body does, as steps: statements with their expressions quoted, and the blocks inside of them."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

StepKind = Literal[
    "if", "loop", "switch", "try", "with", "pipe", "return", "raise", "exit", "yield", "assert", "break", "continue",
    "jump", "label", "write", "bind", "declare", "call", "evaluate", "delete", "defer", "start", "define",
]  # fmt: skip
ArmKind = Literal[
    "when", "unless", "absent", "under", "else", "body", "catch", "catch_any", "finally", "closure"
]  # fmt: skip
"""absent: when that is null; under: when the preprocessor keeps it; catch_any: whatever is raised."""
Scope = Literal["local", "object", "argument", "attribute", "outer", "unknown"]
"""Whose a written name is: a local one; a part of an object that a local name refers to, of an argument of the function
(not of one inside it), or of the method's own object; or something outside of the function. Unknown of a part of what a
call returns, where a syntax error may hide the declaration, and where C++ and Kotlin leave open whether it is a member
or a global."""
Falls = Literal["", "maybe", "always"]


class Step(NamedTuple):
    """A statement, or an expression that is run for its effect. All texts are code on one line."""

    kind: StepKind
    row: int
    end_row: int
    text: str = ""
    """What is called, returned, raised, entered, written to …; the condition of a loop, or what an `each` binds; the
    subject of a switch."""
    value: str = ""
    """Of a write or bind: the value. Of an `each`: what it goes through. Of a return in a closure that leaves the
    function around it: `function`, or the label. Of a break: `loop`, `switch`, or nothing known. Of a with: `lock`,
    `using`, `subshell` or `redirection`. Of a raise: `call` where a function does it."""
    operator: str = ""
    """Of a write or bind: `=`, `+=`, `++` …, and `init` in a constructor's initializers. Of a loop: each, keys, for,
    while, until, do_while, do_until, forever. Of an expression that is quoted whole: the verb."""
    scope: Scope = "local"
    """Of a write: whose the name is. Of a bind: `argument` where a parameter is given another value."""
    awaited: bool = False
    is_call: bool = False
    """Of a bind: the value is a call."""
    arms: "tuple[Arm, ...]" = ()


class Arm(NamedTuple):
    """Steps that run under a condition, in a loop, or in a function without a name."""

    kind: ArmKind
    text: str
    """The condition, the label of a case, or what is caught."""
    row: int
    steps: tuple[Step, ...]
    falls: Falls = ""
    """Of a case: whether the next one's steps follow."""


def all_steps(steps: Sequence[Step], closures: bool = False) -> Iterator[Step]:
    """The steps and those inside of them, in order; those of functions inside only on demand."""
    for step in steps:
        yield step
        for arm in step.arms:
            if closures or (arm.kind != "closure" and step.kind != "define"):
                yield from all_steps(arm.steps, closures)


_LEAVING = frozenset({"return", "raise", "exit", "break", "continue", "jump"})


def may_complete(steps: Sequence[Step]) -> bool | None:
    """Whether what follows the steps is reached: False never, True unless something is raised, None now and then."""
    last = steps[-1] if steps else None
    if last is not None and last.kind in _LEAVING:
        return False
    is_whole = last is not None and last.kind == "if" and last.arms[-1].kind == "else"
    if last is not None and is_whole and all(may_complete(arm.steps) is False for arm in last.arms):
        return False
    return None if any(step.kind in _LEAVING for step in all_steps(steps)) else True
