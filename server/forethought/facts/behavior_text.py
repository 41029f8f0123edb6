"""What a function does, in words: its steps as sentences, shortened until they fit. Expressions are quoted.

Each sentence can be checked against the code on its own: it names the condition under which it holds, or it follows, in
the order of the code, the early exits named before it. Outside parentheses, "otherwise" is about the nearest condition.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from forethought.facts.code_quotes import quoted
from forethought.syntax.steps import Arm, Step, StepKind, all_steps


@dataclass(frozen=True, slots=True)
class Words:
    """The terms that engineers use in a language: the table `words` of its behavior rules."""

    call: str = "calls"
    returns: str = "returns"
    raises: str = "raises"
    closure: str = "callback"
    null: str = "null"
    started: str = ""
    """Follows whatever is started concurrently: `in a goroutine`."""
    yielded: str = ""
    """Follows whatever is yielded: `to the block`."""
    tried: str = "in a `try`"
    is_shell: bool = False
    bare_calls: bool = False

    @classmethod
    def of(cls, words: Mapping[str, str], is_shell: bool = False, bare_calls: bool = False) -> "Words":
        known = {
            "call": words.get("call"),
            "returns": words.get("return"),
            "raises": words.get("raise"),
            "closure": words.get("closure"),
            "null": words.get("null"),
            "started": words.get("start"),
            "yielded": words.get("yield"),
            "tried": words.get("try"),
        }
        return cls(**{key: word for key, word in known.items() if word}, is_shell=is_shell, bare_calls=bare_calls)


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    """Markdown: code in backticks, no line ends."""
    row: int
    """Where the statement begins."""
    end_row: int
    weight: int
    """How much a reader would miss it: see `_weight`."""
    depends: bool = False
    """It goes on from an earlier sentence (“otherwise”, “in that loop”), and says too much without it."""


def describe(steps: Sequence[Step], words: Words, limit: int) -> tuple[Sentence, ...]:
    """What the function does, in at most about `limit` characters, in the order of the code.

    Quotations become shorter and plain assignments and logging go first; then whole sentences, the least telling first,
    with `…` in each gap.
    """
    raws: list[_Raw] = []
    uses = _Uses.of(steps)
    number = 0
    while number < len(_STYLES):
        raws = list(_Writer(words, _STYLES[number], uses).raw_sentences(steps, 0))
        length = sum(len(raw.text) + len(raw.prefix) + 3 for raw in raws)
        if length <= limit:
            break
        number += 3 if length > 3 * limit else 1  # the next ones would not be short enough either
    return tuple(_chosen(raws, limit))


def summary(steps: Sequence[Step], words: Words, limit: int) -> str:
    """The most important sentences, in the order of the code, in at most about `limit` characters."""
    raws = list(_Writer(words, _BRIEF, _Uses.of(steps)).raw_sentences(steps, 0))
    return " ".join(sentence.text for sentence in _chosen(raws, limit))


def standalone(sentences: Sequence[Sentence], limit: int) -> Iterator[Sentence]:
    """The sentences that make sense alone, each with as many of those that go on from it as fit into the limit."""
    heads = [number for number, sentence in enumerate(sentences) if not sentence.depends]
    for start, end in pairwise([*heads, len(sentences)]):
        text, last = sentences[start].text, start
        while last + 1 < end and len(text) + len(sentences[last + 1].text) < limit:
            last += 1
            text = f"{text} {sentences[last].text}"
        told = sentences[start : last + 1]
        end_row, weight = max(one.end_row for one in told), max(one.weight for one in told)
        yield Sentence(text.removeprefix("… ").removesuffix(" …"), told[0].row, end_row, weight)


def clause_text(steps: Sequence[Step], words: Words) -> str:
    """The steps as one clause without capital and period: `calls `a()` and returns `b``."""
    return _Writer(words, _BRIEF, _Uses.of(steps)).sequence(steps, 0, closed=False, sift=False)


def condition_text(arm: Arm, words: Words) -> str:
    """`when `x``, `unless `x``."""
    return _Writer(words, _BRIEF, _Uses.of(())).condition(arm)


class _Style(NamedTuple):
    quote: int
    """The length of a quotation, at most about."""
    depth: int
    """How deeply nested a block may be to be spelled out."""
    plain: int
    """0: everything is told. 1: without logging, and locals that nothing shown uses. 2: without locals but those that
    come from calls, or that a condition or an exit uses. 3: without locals but those that a condition uses."""


_STYLES = (
    _Style(90, 6, 0), _Style(64, 5, 1), _Style(48, 4, 2), _Style(36, 3, 2), _Style(28, 3, 2), _Style(28, 3, 3),
    _Style(24, 2, 3),
)  # fmt: skip
_BRIEF = _Style(40, 2, 2)
_MAX_SENTENCE = 220
"""A block whose sentence would be longer is told in several."""
_MIN_SENTENCE = 60
"""A text that is cut to fit must keep at least this length to be shown."""
_MIN_TARGET, _MIN_CONDITION = 60, 44
"""Up to this length they are never shortened: they say what a sentence is about."""
_MAX_ARMS = 6
_COUNTING = {"++": "increments", "--": "decrements"}
_MAX_MERGED = 6

_LOGGING = re.compile(
    r"^(?:[\w.]*\blog(?:ger|ging)?\b[\w.]*|console\.|print(?:ln|f)?!?\b|fmt\.Print|fmt\.Fprint|System\.(?:out|err)\.|puts\b"
    r"|debug!|trace!|info!|warn!|error!|tracing::\w+!|eprintln!|std::cerr|std::cout|log_\w+\()",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d]\w*")
_LEAVES_FUNCTION = ("return", "raise", "exit")
_SIMPLE: frozenset[StepKind] = frozenset(
    ("call", "write", "bind", "declare", "evaluate", "delete", "defer", "start", "assert")
)
_LAST: frozenset[StepKind] = frozenset(("return", "raise", "exit", "yield", "break", "continue", "jump"))
_WEIGHTS: Mapping[StepKind, int] = {
    "raise": 5, "try": 5, "exit": 5, "write": 4, "if": 4, "switch": 4, "start": 4, "delete": 4, "with": 3, "loop": 3,
    "defer": 3, "yield": 3, "assert": 3, "return": 3, "define": 3, "pipe": 3, "call": 2, "evaluate": 2, "declare": 2,
}  # fmt: skip
_EARLY_EXIT = 5


def _weight(step: Step) -> int:
    """How much a reader would miss it: early exits, errors and writes most, logging least."""
    if _guard(step) is not None or _always_leaves(step):
        return _EARLY_EXIT
    own = _WEIGHTS.get(step.kind, 1)
    if _is_logging(step):
        own = 0
    elif step.kind == "return" and step.text in ("", "None", "self", "this", "nil", "null", "true", "false"):
        own = 1
    return max([own, *(_weight(inner) for arm in step.arms for inner in arm.steps)])


def _is_logging(step: Step) -> bool:
    return step.kind in ("call", "evaluate") and not step.arms and bool(_LOGGING.match(step.text))


def _chosen(raws: Sequence["_Raw"], limit: int) -> Iterator[Sentence]:
    """The weightiest sentences that fit, and the beginning of one that does not."""
    texts: dict[int, str] = {}
    room = limit
    for number in sorted(range(len(raws)), key=lambda number: (-raws[number].weight, number)):
        raw = raws[number]
        if raw.refers and number - raw.refers not in texts:
            continue
        text = f"{raw.prefix}{raw.text}"
        if len(text) + 2 > room:
            text = _beginning(text, room - 4) if room > _MIN_SENTENCE or not texts else ""
        if text:
            texts[number] = text
            room -= len(text) + 2
    before = -1
    was_cut = False
    for number in sorted(texts):
        raw, text = raws[number], texts[number]
        follows = raw.is_otherwise and before == number - 1 and text.startswith(raw.prefix)
        if follows:
            text = f"{raw.prefix}otherwise{' ' if raw.prefix else ', '}{text[len(raw.prefix) :]}"
        gap = "… " if before != number - 1 and not was_cut else ""
        was_cut = text.endswith(("…", "…)"))
        end = "" if was_cut else "."
        is_last_shown = number == max(texts) and number != len(raws) - 1
        before = number
        row, end_row = min(step.row for step in raw.steps), max(step.end_row for step in raw.steps)
        shown = f"{gap}{text[:1].upper()}{text[1:]}{end}{' …' if is_last_shown and end else ''}"
        yield Sentence(shown, row, end_row, raw.weight, depends=follows or raw.refers > 0)


def _beginning(text: str, limit: int) -> str:
    """As many of the clauses as fit; empty when that is too little to be worth showing."""
    depth = 0
    is_quoted = False
    best = best_depth = 0
    for place, character in enumerate(text[: max(limit, _MIN_SENTENCE)]):
        if character == "`":
            is_quoted = not is_quoted
        elif not is_quoted:
            depth += (character == "(") - (character == ")")
            if character == ";" or text.startswith((" (", ", ", " and ", " → "), place):
                best, best_depth = place, depth
    return f"{text[:best]} …{')' * best_depth}" if best >= _MIN_SENTENCE // 2 else ""


def _guard(step: Step) -> Step | None:
    """The exit of an `if` that does nothing else."""
    if step.kind != "if" or len(step.arms) != 1 or len(step.arms[0].steps) != 1:
        return None
    only = step.arms[0].steps[0]
    leaves = only.kind in (*_LEAVES_FUNCTION, "continue", "break", "jump")
    return only if leaves and not any(arm.kind != "closure" for arm in only.arms) else None


def _is_aside(step: Step) -> bool:
    """Whether it is an `if` with a single step that contains no other."""
    if step.kind != "if" or len(step.arms) != 1 or len(step.arms[0].steps) != 1:
        return False
    only = step.arms[0].steps[0]
    return not only.arms and only.kind not in ("with", "define", "label")


def _is_block(step: Step) -> bool:
    return step.kind in ("if", "loop", "switch", "try", "pipe") or (step.kind == "with" and bool(step.arms))


class _Raw(NamedTuple):
    """A sentence before it is capitalized."""

    text: str
    steps: Sequence[Step]
    weight: int
    prefix: str = ""
    """Where it stands: `in that loop, `."""
    is_otherwise: bool = False
    """It is reached only if the sentence before it did not leave."""
    refers: int = 0
    """The distance to the earlier sentence that it refers to; 0 for none."""

    @classmethod
    def about(cls, text: str, steps: Sequence[Step], prefix: str = "") -> "_Raw":
        return cls(text, steps, max(map(_weight, steps)), prefix)


class _Piece(NamedTuple):
    """A part of a sentence about one or more steps."""

    text: str
    shape: Literal["plain", "guard", "aside", "block"]
    """aside: a clause with its own condition. block: clauses that need parentheses when something follows."""


class _Uses(NamedTuple):
    """The names that matter in a function."""

    shown: frozenset[str]
    """Names mentioned by anything but the assignment of a local."""
    decisive: frozenset[str]
    """Names mentioned by conditions, exits and writes."""
    tested: frozenset[str]
    """Names mentioned by conditions."""
    rebound: frozenset[str]
    """Names assigned more than once, parameters included: leaving one assignment out would change their meaning."""

    @classmethod
    def of(cls, steps: Sequence[Step]) -> "_Uses":
        binds = [step for step in all_steps(steps, closures=True) if step.kind == "bind"]
        reused = {step.text for step in binds if step.scope == "argument"}
        bound = Counter(name for step in binds for name in _WORD.findall(step.text))
        return cls(
            frozenset(_WORD.findall(" ".join(_texts(steps)))),
            frozenset(_WORD.findall(" ".join(_decisive_texts(steps)))),
            frozenset(_WORD.findall(" ".join(arm.text for step in all_steps(steps, True) for arm in step.arms))),
            frozenset(name for name, count in bound.items() if count > 1) | reused,
        )


@dataclass(frozen=True, slots=True)
class _Writer:
    words: Words
    style: _Style
    uses: _Uses

    # Sentences

    def raw_sentences(self, steps: Sequence[Step], depth: int) -> Iterator[_Raw]:
        steps = self.worth_saying(steps)
        has_acted = False
        is_behind_exit = False
        label: Step | None = None
        for unit in _units(steps):
            if unit[0].kind == "label":
                label = unit[0]
                continue
            text = self.unit(unit, depth, has_acted)
            has_acted = has_acted or any(map(_acts, unit))
            if not text:
                continue
            is_otherwise = is_behind_exit and _guard(unit[0]) is None
            is_behind_exit = _always_leaves(unit[-1])
            parts: list[_Raw] = []
            if len(text) > _MAX_SENTENCE and len(unit) == 1 and depth < 2:
                parts = self.split(unit[0], depth)
            parts = parts if len(parts) > 1 else [_Raw.about(text, unit)]
            if label is not None:
                at_label = f"at the label {self.quote(label.text)}, {parts[0].text}"
                parts[0] = parts[0]._replace(text=at_label, steps=(label, *parts[0].steps))
            parts[0] = parts[0]._replace(is_otherwise=is_otherwise and label is None)
            label = None
            yield from _with_heads(parts)

    def unit(self, unit: Sequence[Step], depth: int, has_acted: bool) -> str:
        exit_step = _guard(unit[0])
        if exit_step is not None:
            return self.guard(unit, exit_step, has_acted)
        if len(unit) > 1 and unit[1].kind == "if":
            return self.checked(unit)
        return self.sequence(unit, depth, closed=False, sift=False)

    def split(self, step: Step, depth: int) -> list[_Raw]:
        """A block in several sentences; empty if one sentence says it better."""
        first = step.arms[0] if step.arms else None
        match step.kind:
            case "loop" if first is not None:
                raws = self._inside(first.steps, depth, self.loop_head(step), "in that loop, ")
                for arm in step.arms[1:]:
                    others = self._inside(arm.steps, depth, "if no `break` ended that loop, ", "in that case, ")
                    raws += _referring(others, len(raws))
            case "with" | "pipe" if first is not None:
                raws = self._inside(first.steps, depth, self.with_head(step), "in that block, ")
            case "if" if depth == 0 or len(step.arms) < 3:
                raws = []
                for number, arm in enumerate(step.arms):
                    head = f"{'else ' if number and arm.kind != 'else' else ''}{self.branch_head(arm)}"
                    raws += _referring(self._inside(arm.steps, depth, head, self.back_to(arm)), len(raws))
            case "switch":
                raws = [_Raw.about(text, arm.steps or (step,)) for arm, text in self.cases(step)]
            case "try" if first is not None:
                place, that = self.words.tried, self.words.tried.replace(" a ", " that ")
                raws = self._inside(first.steps, depth, f"{place}, ", f"{that}, ")
                for arm in step.arms[1:]:
                    head = self.handler_head(arm)
                    handled = self._inside(arm.steps, depth, head, "in that handler, ") if len(arm.steps) > 1 else []
                    if not handled and (text := self.handler(arm, depth)):
                        handled = [_Raw.about(text, arm.steps or (step,))]
                    raws += _referring([raw._replace(prefix=f"{that}, {raw.prefix}") for raw in handled], len(raws))
            case "define":
                name = step.text.partition("(")[0]
                raws = [_Raw.about(f"defines {self.quote(step.text)}", (step,))]
                inner = self._inside(first.steps if first else (), depth, f"in `{name}`, ", f"in `{name}`, ")
                raws += _referring(inner, 1)
            case _:
                raws = []
        return raws

    def cases(self, step: Step) -> Iterator[tuple[Arm, str]]:
        subject = f" of {self.quote(step.text)}" if step.text and step.text != "true" else ""
        for arm in step.arms:
            inner = self.sequence(arm.steps, 1, closed=True) or "does nothing"
            label = f"in the case {self.label(arm)}{subject}" if arm.text else f"if no other case{subject} applies"
            yield arm, f"{label}, {inner}{self.falls(arm)}"

    def handler_head(self, arm: Arm) -> str:
        if arm.kind == "finally":
            return "in any case, "
        return f"if nothing was {self.raised()}, " if arm.kind == "else" else f"on {self.caught(arm)}, "

    def handler(self, arm: Arm, depth: int) -> str:
        inner = self.sequence(arm.steps, depth + 1, closed=True)
        if inner:
            return f"{self.handler_head(arm)}{inner}"
        return f"ignores {self.caught(arm)}" if arm.kind in ("catch", "catch_any") else ""

    def _inside(self, steps: Sequence[Step], depth: int, first: str, following: str) -> list[_Raw]:
        raws = list(self.raw_sentences(steps, depth + 1))
        if not raws:
            return []
        head = raws[0]._replace(text=f"{first}{raws[0].prefix}{raws[0].text}", prefix="", is_otherwise=False)
        return [
            head,
            *(
                raw._replace(prefix=f"{following}{raw.prefix}", refers=raw.refers or number)
                for number, raw in enumerate(raws[1:], 1)
            ),
        ]

    # What is told

    def worth_saying(self, steps: Sequence[Step]) -> list[Step]:
        if not self.style.plain:
            return list(steps)
        used = self.uses.tested if self.style.plain > 2 else self.uses.shown
        decisive = (used, used, self.uses.decisive, self.uses.tested)[self.style.plain]
        kept = []
        for step in steps:
            if step.kind == "bind" and not step.arms:
                names = set(_WORD.findall(step.text))
                if not names & self.uses.rebound & self.uses.shown and not names & (
                    self.uses.shown if step.awaited else used if step.is_call else decisive
                ):
                    continue
            if _is_logging(step) and not step.awaited:
                continue
            kept.append(step)
        return kept or list(steps[-1:])

    # Parts of sentences

    def sequence(self, steps: Sequence[Step], depth: int, closed: bool, sift: bool = True) -> str:
        """One clause after the other. `closed`: something follows, so that nothing may be left open at the end."""
        if not steps:
            return ""
        if depth > self.style.depth:
            return "…"
        pieces = list(self.pieces(self.worth_saying(steps) if sift else steps, depth))
        text = ""
        for number, piece in enumerate(pieces):
            is_last = number == len(pieces) - 1
            shown = (
                f"({piece.text})"
                if piece.shape == "block" and (closed or not is_last) and len(pieces) > 1
                else piece.text
            )
            if number == 0:
                text = shown
            elif pieces[number - 1].shape == "guard":
                text += f"; otherwise {shown}"
            else:
                text += f", then {shown}"
        is_open = len(pieces) == 1 and pieces[0].shape == "block"
        is_complex = any(piece.shape == "guard" for piece in pieces[:-1]) or is_open
        return f"({text})" if closed and is_complex else text

    def pieces(self, steps: Sequence[Step], depth: int) -> Iterator[_Piece]:
        plain: list[Step] = []
        for step in steps:
            exit_step = _guard(step)
            if exit_step is None and not _is_block(step) and not any(arm.kind != "closure" for arm in step.arms):
                plain.append(step)
                continue
            if plain:
                yield _Piece(self.plain(plain, depth), "plain")
                plain = []
            if exit_step is not None:
                yield _Piece(self.guard([step], exit_step, has_acted=True), "guard")
            elif _is_block(step):
                postfix = self.postfix(step, depth) if len(steps) > 1 else ""
                yield _Piece(postfix or self.block(step, depth), "aside" if postfix else "block")
            else:
                yield _Piece(self.clause(step, depth), "plain")
        if plain:
            yield _Piece(self.plain(plain, depth), "plain")

    def postfix(self, step: Step, depth: int) -> str:
        """`calls f() when x`, for an `if` with a single plain step."""
        if not _is_aside(step):
            return ""
        return f"{self.clause(step.arms[0].steps[0], depth)} {self.condition(step.arms[0])}"

    def plain(self, steps: Sequence[Step], depth: int) -> str:
        clauses: list[str] = []
        number = 0
        while number < len(steps):
            same = 1
            while number + same < len(steps) and _is_alike(steps[number], steps[number + same]):
                same += 1
            group = steps[number : number + same]
            clauses.append(self.merged(group, depth) if same > 1 else self.clause(group[0], depth))
            number += same
        if len(clauses) > 5 and depth > 0 and self.style.plain:
            clauses = [*clauses[:3], "…", clauses[-1]]
        return _listed(clauses)

    def merged(self, steps: Sequence[Step], depth: int) -> str:
        first = steps[0]
        if first.kind in ("call", "delete"):
            verb = self.verb(first) if first.kind == "call" else "deletes"
            return f"{verb} {_listed([self.quote(step.text) + self.closures(step, depth) for step in steps])}"
        if first.kind in ("assert", "evaluate"):
            verb = "asserts" if first.kind == "assert" else first.operator or "runs"
            return f"{verb} {_listed([self.quote(step.text) + self.closures(step, depth) for step in steps])}"
        if first.operator in _COUNTING:
            return f"{_COUNTING[first.operator]} {_listed([self.quote(step.text) for step in steps])}"
        if all(step.operator != "init" and _is_same_name(step) for step in steps):
            return f"sets {_listed([self.quote(step.text) for step in steps])} to the values of the same names"
        clauses = [self.clause(step, depth) for step in steps]
        verb = clauses[0].partition(" ")[0]
        if all(clause.startswith(f"{verb} ") for clause in clauses):
            clauses = [clauses[0], *(clause.removeprefix(f"{verb} ") for clause in clauses[1:])]
        return _listed(clauses)

    def guard(self, unit: Sequence[Step], exit_step: Step, has_acted: bool) -> str:
        conditions = [self.condition(step.arms[0]) for step in unit]
        when = " or ".join(conditions)
        if exit_step.kind == "return" and not exit_step.text and not exit_step.value:
            may_call = self.words.bare_calls or self.words.is_shell or any("(" in step.arms[0].text for step in unit)
            idle = not has_acted and not may_call
            return f"{'does nothing' if idle else 'returns early'} {when}"
        return f"{self.clause(exit_step, 1)} {when}"

    def checked(self, unit: Sequence[Step]) -> str:
        """Steps, each followed by what is done about its result."""
        clauses = self.plain(unit[::2], 0)
        exit_step = _guard(unit[1])
        reaction = self.guard(unit[1:2], exit_step, True) if exit_step is not None else self.postfix(unit[1], 0)
        return f"{clauses}, then {reaction}" if len(unit) == 2 else f"{clauses}, and after each {reaction}"

    def condition(self, arm: Arm) -> str:
        match arm.kind:
            case "unless":
                return f"unless {self.held(arm.text)}"
            case "absent":
                return f"when {self.quote(arm.text)} is {self.words.null}"
            case "under":
                return f"under {self.quote(arm.text)}"
        return f"when {self.held(arm.text)}"

    def held(self, condition: str) -> str:
        """The condition, quoted; in a shell it is a command that succeeds or fails."""
        shown = quoted(condition, max(self.style.quote, _MIN_CONDITION))
        if not self.words.is_shell or re.match(r"(?:! *)?(?:\[|\(\(|test\b)", condition):
            return shown
        if condition.startswith("! ") and not re.search(r"&&|\|\|", condition):
            return f"{quoted(condition[2:], max(self.style.quote, _MIN_CONDITION))} fails"
        return f"{shown} succeeds"

    def branch_head(self, arm: Arm) -> str:
        if arm.kind == "else":
            return "otherwise, "
        condition = self.condition(arm)
        return f"{'if' + condition[4:] if condition.startswith('when ') else condition}, "

    def back_to(self, arm: Arm) -> str:
        """Begins a sentence that goes on in the same branch: names the branch if others were mentioned since."""
        if not any(step.arms for step in arm.steps):
            return "in that case, "
        if arm.kind == "else":
            return "in that `else` branch, "
        if arm.kind == "absent":
            return "in that case, "
        return f"in that {self.quote(f'unless {arm.text}' if arm.kind == 'unless' else arm.text)} branch, "

    def verb(self, step: Step) -> str:
        return "awaits" if step.awaited else self.words.call

    def raised(self) -> str:
        return "thrown" if self.words.raises == "throws" else "raised"

    def clause(self, step: Step, depth: int) -> str:
        quote = self.quote
        closures = self.closures(step, depth)
        match step.kind:
            case "return":
                return self.returned(step) + closures + self.fallback(step)
            case "raise":
                if not step.text:
                    return "rethrows the error" if self.words.raises == "throws" else "re-raises the error"
                return f"{'fails with' if step.value == 'call' else self.words.raises} {quote(step.text)}{closures}"
            case "exit":
                whole = "subshell" if step.value else "shell" if self.words.is_shell else "process"
                return f"ends the {whole} with {quote(step.text)}"
            case "yield":
                return self.yielded(step) + closures
            case "assert":
                return f"asserts {quote(step.text)}"
            case "break":
                return self.broken(step)
            case "continue":
                return "moves on to the next iteration" + (f" of {quote(step.text)}" if step.text else "")
            case "jump":
                return {"retry": "retries", "redo": "redoes the iteration"}.get(
                    step.text, f"jumps to {quote(step.text)}"
                )
            case "label":
                return f"(at the label {quote(step.text)})"
            case "delete":
                return f"{'unsets' if step.value == 'unset' else 'deletes'} {quote(step.text)}"
            case "defer":
                return f"defers {quote(step.text)}{closures}"
            case "start":
                return f"starts {quote(step.text)}{self.words.started and ' ' + self.words.started}{closures}"
            case "declare":
                return f"declares {quote(step.text)}{closures}"
            case "evaluate":
                return f"{step.operator or 'runs'} {quote(step.text)}{closures}"
            case "call":
                return f"{self.verb(step)} {quote(step.text)}{closures}"
            case "write" | "bind":
                return self.assignment(step) + closures + self.fallback(step)
            case "define":
                inner = self.sequence(step.arms[0].steps, depth + 1, closed=False) if step.arms else ""
                return f"defines {quote(step.text)}{f' (which {inner})' if inner else ''}"
            case "with":
                return f"uses {quote(step.text)} until the end of the block"
            case "if" | "loop" | "switch" | "try" | "pipe":
                return self.block(step, depth)

    def returned(self, step: Step) -> str:
        given = f"{'the awaited ' if step.awaited else ''}{self.quote(step.text)}"
        text = f"{self.words.returns} {given}" if step.text else "returns"
        if step.value == "function":
            return f"{text} from the method" if self.words.closure == "block" else f"{text} from the function"
        return f"{text} from `{step.value[1:]}`" if step.value else text

    def yielded(self, step: Step) -> str:
        to = f" {self.words.yielded}" if self.words.yielded else ""
        if step.text.startswith("from "):
            return f"yields from {self.quote(step.text[5:])}{to}"
        return f"yields {self.quote(step.text)}{to}" if step.text else f"yields{to}"

    def broken(self, step: Step) -> str:
        if step.value:
            return f"leaves the {step.value}{' with ' + self.quote(step.text) if step.text else ''}"
        if step.text.isdigit():
            return f"breaks out of {step.text} levels"
        return f"leaves {self.quote(step.text)}" if step.text else f"breaks out of the {self.words.closure}"

    def fallback(self, step: Step) -> str:
        """`x = f() ?: return`."""
        for arm in step.arms:
            if arm.kind in ("absent", "unless"):
                state = self.words.null if arm.kind == "absent" else "falsy"
                return f", or, if that is {state}, {self.sequence(arm.steps, 1, closed=True)}"
        return ""

    def assignment(self, step: Step) -> str:
        target = quoted(step.text, max(self.style.quote, _MIN_TARGET))
        conditional = {"||=": "falsy", "&&=": "truthy", "??=": self.words.null}.get(step.operator)
        if conditional is not None:
            return f"sets {target} to {self.quote(step.value)} if it is {conditional}"
        if step.operator == "init":
            return f"initializes {target} with {self.quote(step.value)}" if step.value else f"initializes {target}"
        if step.operator in ("++", "--") or (step.operator in ("+=", "-=") and step.value == "1"):
            return f"{'increments' if step.operator in ('++', '+=') else 'decrements'} {target}"
        if step.operator not in ("=", ":="):
            return f"updates {target} ({self.quote(f'{step.operator} {step.value}')})"
        if step.awaited:
            return f"gets {target} by awaiting {self.quote(step.value)}"
        if _is_got(step):
            return f"gets {target} from {self.quote(step.value)}"
        return f"sets {target} to {self.quote(step.value)}"

    def closures(self, step: Step, depth: int) -> str:
        arms = [arm for arm in step.arms if arm.kind == "closure"]
        if not arms or step.kind == "define" or depth >= self.style.depth:
            return ""
        shown = [inner for arm in arms if (inner := self.sequence(arm.steps, depth + 1, closed=len(arms) > 1))]
        return f" ({self.words.closure}: {f'; {self.words.closure}: '.join(shown)})" if shown else ""

    # Blocks

    def block(self, step: Step, depth: int) -> str:
        match step.kind:
            case "loop":
                return self.loop(step, depth)
            case "if":
                return self.uniform(step) or self.branches(step, depth)
            case "switch":
                return self.uniform(step) or self.switch(step, depth)
            case "try":
                return self.tried(step, depth)
        inner = self.sequence(step.arms[0].steps, depth + 1, closed=False)
        return f"{self.with_head(step)}{inner or 'does nothing'}"

    def with_head(self, step: Step) -> str:
        shown = self.quote(step.text)
        if step.kind == "pipe":
            return f"with the output of {shown} as input, "
        match step.value:
            case "lock":
                return f"holding the lock on {shown}, "
            case "redirection":
                return f"with the redirection {shown}, "
            case "subshell":
                return "in a subshell, "
        return f"with {shown}, "

    def loop_head(self, step: Step) -> str:
        text = self.quote(step.text)
        asynchronously = "asynchronously, " if step.awaited else ""
        match step.operator:
            case "each":
                through = self.quote(step.value)
                each = f"for each {text} in {through}, " if step.text else f"for each iteration over {through}, "
                return asynchronously + each
            case "keys":
                return f"for each key {text} of {self.quote(step.value)}, "
            case "while":
                return f"while {self.held(step.text)}, "
            case "until":
                return f"until {self.held(step.text)}, "
            case "do_while":
                return f"once and then while {self.held(step.text)}, "
            case "do_until":
                return f"once and then until {self.held(step.text)}, "
            case "for":
                return f"for {self.quote(f'({step.text})' if step.text.startswith(';') else step.text)}, "
        return "in an open-ended loop, "

    def loop(self, step: Step, depth: int) -> str:
        others = [arm for arm in step.arms[1:] if arm.steps]
        inner = self.sequence(step.arms[0].steps, depth + 1, closed=bool(others))
        text = f"{self.loop_head(step)}{inner or 'does nothing'}"
        for arm in others:
            text += f"; if no `break` ended the loop, {self.sequence(arm.steps, depth + 1, closed=False)}"
        return text

    def branches(self, step: Step, depth: int) -> str:
        parts = []
        for number, arm in enumerate(step.arms):
            is_last = number == len(step.arms) - 1
            inner = self.sequence(arm.steps, depth + 1, closed=not is_last) or "does nothing"
            if not is_last and arm.steps and _is_aside(arm.steps[-1]) and (inner[0], inner[-1]) != ("(", ")"):
                inner = f"({inner})"  # the next `otherwise` is not about this condition
            head = self.branch_head(arm) if arm.kind != "else" else "otherwise "
            parts.append(f"{'else ' if number and arm.kind != 'else' else ''}{head}{inner}")
        return "; ".join(parts)

    def uniform(self, step: Step) -> str:
        """Branches that all return something or all set the same variable: what, and when."""
        if step.operator or any(len(arm.steps) != 1 or arm.falls for arm in step.arms) or len(step.arms) < 2:
            return ""
        firsts = [arm.steps[0] for arm in step.arms]
        if any(first.arms or first.awaited for first in firsts) or len({first.kind for first in firsts}) > 1:
            return ""
        if firsts[0].kind == "return" and all(first.text and not first.value for first in firsts):
            head, values, to = self.words.returns, [first.text for first in firsts], ""
        elif firsts[0].kind in ("bind", "write") and {(first.text, first.operator) for first in firsts} == {
            (firsts[0].text, "=")
        }:
            head, values, to = f"sets {self.quote(firsts[0].text)}", [first.value for first in firsts], "to "
        else:
            return ""
        if step.kind == "switch":
            subject = f", depending on {self.quote(step.text)}" if step.text and step.text != "true" else ""
            parts = [
                f"for {self.label(arm)} {to}{self.quote(value)}" for arm, value in zip(step.arms, values, strict=True)
            ]
            parts = self.shortened(parts)
            return f"{head}{subject}: {', '.join(parts)}"
        parts = [
            f"{to}{self.quote(value)} {self.condition(arm)}"
            if arm.kind != "else"
            else f"otherwise {to}{self.quote(value)}"
            for arm, value in zip(step.arms, values, strict=True)
        ]
        return f"{head} {', '.join(self.shortened(parts))}"

    def shortened(self, parts: list[str]) -> list[str]:
        if not self.style.plain or len(parts) <= _MAX_ARMS:
            return parts
        return [*parts[: _MAX_ARMS - 1], f"… ({len(parts) - _MAX_ARMS} more)", parts[-1]]

    def label(self, arm: Arm) -> str:
        if arm.kind == "else":
            return f"{self.quote(arm.text)} and anything else" if arm.text else "anything else"
        return self.quote(arm.text)

    def falls(self, arm: Arm) -> str:
        return {
            "": "",
            "always": " and goes on with the next case",
            "maybe": " and, where that has not left the case, goes on with the next one",
        }[arm.falls]

    def switch(self, step: Step, depth: int) -> str:
        parts = []
        for arm in step.arms:
            inner = self.sequence(arm.steps, depth + 1, closed=True) or "nothing"
            label = "otherwise" if arm.kind == "else" and not arm.text else self.label(arm)
            parts.append(f"{label} → {inner}{self.falls(arm)}")
        if step.operator == "select":
            has_default = any(arm.kind == "else" for arm in step.arms)
            head = "takes what is ready" if has_default else "waits for what is ready first"
        elif step.text and step.text != "true":
            head = f"depending on {self.quote(step.text)}"
        else:
            head = "depending on which holds first"
        return f"{head}: {'; '.join(self.shortened(parts))}"

    def tried(self, step: Step, depth: int) -> str:
        body = self.sequence(step.arms[0].steps, depth + 1, closed=True) or "does nothing"
        parts = [f"{self.words.tried}, {body}" if body.startswith("(") else body]
        parts += [text for arm in step.arms[1:] if (text := self.handler(arm, depth))]
        return "; ".join(parts)

    def caught(self, arm: Arm) -> str:
        any_error = f"any error ({self.quote(arm.text)})" if arm.text and arm.steps else "any error"
        return any_error if arm.kind == "catch_any" or not arm.text else self.quote(arm.text)

    def quote(self, text: str) -> str:
        return quoted(text, self.style.quote)


def _with_heads(raws: list[_Raw]) -> list[_Raw]:
    """The same, each sentence weighing as much at least as those that refer to it."""
    for number in range(len(raws) - 1, -1, -1):
        if raws[number].refers:
            head = number - raws[number].refers
            raws[head] = raws[head]._replace(weight=max(raws[head].weight, raws[number].weight))
    return raws


def _referring(raws: Sequence[_Raw], distance: int) -> list[_Raw]:
    """The same, the first of them referring to what stands `distance` before it."""
    return [raw._replace(refers=distance) if number == 0 else raw for number, raw in enumerate(raws)]


def _units(steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
    """What is told in one sentence."""
    number = 0
    while number < len(steps):
        size = _unit_size(steps, number)
        yield steps[number : number + size]
        number += size


def _unit_size(steps: Sequence[Step], start: int) -> int:
    step = steps[start]
    size = 1
    exit_step = _guard(step)
    if exit_step is not None:  # guards with the same exit
        while (
            start + size < len(steps)
            and (other := _guard(steps[start + size])) is not None
            and (other.kind, other.text, other.value) == (exit_step.kind, exit_step.text, exit_step.value)
            and steps[start + size].arms[0].kind == step.arms[0].kind
        ):
            size += 1
        return size
    pairs = 0
    while _is_checked(steps, start + 2 * pairs) and _same_guard(steps, start + 1, start + 2 * pairs + 1):
        pairs += 1
    if pairs:
        return 2 * pairs
    if step.kind not in _SIMPLE or step.arms:
        return 1
    while start + size < len(steps) and size < _MAX_MERGED:
        following = steps[start + size]
        if following.arms or (following.kind not in _SIMPLE and following.kind not in _LAST):
            break
        if _is_checked(steps, start + size):
            break
        size += 1
        if following.kind in _LAST:
            break
    return size


def _is_checked(steps: Sequence[Step], start: int) -> bool:
    """Whether a step is followed by an early exit whose condition mentions what it gets."""
    if start + 1 >= len(steps):
        return False
    step, guard = steps[start], steps[start + 1]
    if step.kind not in ("bind", "write") or step.arms or not _is_aside(guard) or guard.arms[0].kind == "under":
        return False
    return bool(set(_WORD.findall(step.text)) & set(_WORD.findall(guard.arms[0].text)) - {"self", "this"})


def _same_guard(steps: Sequence[Step], first: int, other: int) -> bool:
    if first == other:
        return True
    one, two = steps[first].arms[0], steps[other].arms[0]
    return (one.kind, one.text) == (two.kind, two.text) and one.steps[0][3:] == two.steps[0][3:]


def _is_alike(first: Step, second: Step) -> bool:
    if first.awaited != second.awaited or first.operator != second.operator:
        return False
    if first.kind in ("write", "bind") and second.kind in ("write", "bind"):
        same = _is_got(first) == _is_got(second) and _is_same_name(first) == _is_same_name(second)
        return first.operator in ("=", ":=", "init", *_COUNTING) and same
    mergeable = first.kind in ("call", "delete", "assert", "evaluate")
    return first.kind == second.kind and mergeable and first.value == second.value


def _is_got(step: Step) -> bool:
    """Whether a call gives it: `gets x from f()` rather than `sets x to 1`."""
    return step.kind == "bind" and step.is_call


def _is_same_name(step: Step) -> bool:
    """`self.jar = jar`."""
    return bool(step.value) and step.value == re.split(r"[.@>]", step.text)[-1] != step.text


def _acts(step: Step) -> bool:
    """Whether it may have done something, so that a `return` behind it does not undo it all."""
    if step.kind == "bind" and not step.arms:
        return "(" in step.value or step.awaited
    if _guard(step) is not None:
        return "(" in step.arms[0].text
    return step.kind not in ("define", "return", "raise")


def _always_leaves(step: Step) -> bool:
    """An `if` behind which nothing comes when one of its conditions held."""
    if step.kind != "if" or step.arms[-1].kind == "else":
        return False
    lasts = [arm.steps[-1] if arm.steps else None for arm in step.arms]
    return all(last is not None and last.kind in (*_LEAVES_FUNCTION, "continue", "break") for last in lasts)


def _texts(steps: Iterable[Step]) -> Iterator[str]:
    for step in all_steps(tuple(steps), closures=True):
        if step.kind != "bind":
            yield step.text
        yield step.value
        for arm in step.arms:
            yield arm.text


def _decisive_texts(steps: Iterable[Step]) -> Iterator[str]:
    """Conditions, and what is returned, raised or written."""
    for step in all_steps(tuple(steps), closures=True):
        if step.kind in ("return", "raise", "yield", "loop", "switch", "write"):
            yield f"{step.text} {step.value}"
        for arm in step.arms:
            yield arm.text


def _listed(items: Sequence[str]) -> str:
    if len(items) == 1:
        return items[0]
    comma = "," if any(" and " in re.sub(r"`[^`]*`", "", item) for item in items) else ""
    return f"{', '.join(items[:-1])}{comma} and {items[-1]}"
