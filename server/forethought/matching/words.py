"""The words of questions: what they mean to us, which say nothing, and what a misspelt one may have been."""

import re
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA, Indel

_MEANINGS = """
who: who whom whos
what: what whats
which: which
where: where whereabouts wheres
when: when
how: how
do: do does did
be: is are am was were be been being get gets got getting
can: can could may might will
should: should would must shall
have: have has had having
of: of
by: by via
in: in inside within into
from: from
for: for
on: on
at: at
as: as
about: about regarding
that: that
there: there
if: if
or: or
and: and
to: to
go: go goes going
suppose: supposed meant
short: short brief
person: i we you one someone somebody people anyone anybody everyone person developer
thing: anything something everything things thing object objects stuff
anywhere: anywhere somewhere everywhere
else: else
call: call calls called calling invoke invokes invoked invoking
use: use uses used using
caller: caller callers reference references usages callsite callsites users invocations consumers dependents
caller: referrers clients
callee: callee callees
depend: depend depends depending rely relies
raise: raise raises raised raising throw throws thrown throwing
error: exception exceptions error errors
catch: catch expect handle
test: test tests tested testing cover covers covered covering coverage exercise exercises exercised
check: checking verifying validating reaching validate validates validated
test: exercising
use: referenced referencing
hold: hold holds
check: check checks checked verify verifies reach reaches hit hits
define: define defines defined declare declares declared live lives located
define: reside resides sits
locate: locate
find: find found see
definition: definition declaration location implementation
file: file files
line: line lines
parameter: parameter parameters param params argument arguments arg args input inputs
signature: signature prototype
take: take takes accept accepts expect expects need needs receive receives want wants require requires taken needed
take: accepted expected received
pass: pass passes passed passing give gives given supply supplied provide provided
default: default defaults
value: value values
type: type types
return: produce produces produced
return: return returns returned returning
yield: yield yields yielded yielding
result: result results output outputs
back: back
come: come comes
base: supertype supertypes
base: base bases based parent parents superclass superclasses baseclass
inherit: inherit inherits inherited extend extends extended subclassed derive derives derived
inherit: inheriting extending deriving subclassing
subclass: subtype subtypes inheritors
subclass: subclass subclasses child children implementations implementors implementers implementer
implement: implement implements implemented implementing
doc: doc docs docstring docstrings documentation
documented: documented
say: say says
change: change changes changed changing modify modifies modified modifying edit edits edited touch touches touched
change: modification modifications edits
change: update updates updated alter altered modification
commit: commit
last: newest last latest recent recently lately
author: author
blame: blame
date: date
time: time times
often: often frequently
howmany: howmany
member: member members symbols definitions operations
contain: contain contains content contents offer offers expose exposes include includes
purpose: purpose role point job responsibility goal intent aim
explain: explain describe summarize summarise
summary: summary overview description explanation
good: good responsible useful
break: break breaks broken affected impacted
impact: impact
exist: exist exists
work: work works
run: run
make: make makes made
look: look looking read reading stare staring
function: function functions func funcs fn helper helpers
method: method methods
class: class classes
constant: constant constants
variable: variable variables
interface: interface interfaces
struct: struct structs
trait: trait traits
enum: enum enums
macro: macro macros
module: module modules
place: place places parts site sites code component components
raisedby: raisedby
comefrom: comefrom
lasttime: lasttime
async: async asynchronous coroutine awaitable
abstract: abstract
static: static
generator: generator
decorator: decorator decorators decorate decorates decorated
kind: kind sort
"""

_FILLERS = (
    "the a an all any every exactly actually currently really just basically again also even ever please kindly pls "
    "plz thanks thank thx cheers asap quickly hey hi hello ok okay so hmm yo forethought me us our my your own "
    "precisely directly presently internally direct possibly potentially normally usually overall anyway other various "
    "different possible available whole full complete entire some existing"
)

_OPENINGS = """
sorry for the basic question|sorry for the dumb question|sorry for the silly question|dumb question|silly question
stupid question|basic question|i was just wondering|just wondering|i am just wondering|simple question
find all|find where=where|find references=references|find usages=usages|find callers=callers|find tests=tests|find every
find any|find the usages=usages|find the callers=callers|find the tests=tests|find subclasses=subclasses|find me
can you tell me|could you tell me|would you tell me|can you show me|could you show me|can you explain to me|can you
could you|would you mind telling me|tell me|show me|give me|list me|remind me|let me know|let us know|i want to know
i need to know|i would like to know|i would love to know|i want to see|i want to find out|i need to find out
i would like to see|i wanna know|i am wondering|i was wondering|i wonder|i am curious|i am trying to find out
i am trying to figure out|wondering|i am trying to understand|help me understand|help me find|help me find out
i am looking for|looking for|do you know|do you happen to know|any idea|any ideas|any clue|any chance you know
quick question|question|one question|i have a question|just curious|out of curiosity|by the way|btw|good morning
good afternoon|hey there|hi there|hello there|what about|how about|a list of|the list of|list of|i need a list of
i want a list of|please list|so tell me|please tell me|i am new here|i am new to this codebase
i am new to this project|i am new to this repo|sorry|one more thing|another question|i am confused about
remind me again|what i want to know is|all of the|all of|i need to understand|what i need to know is|i forgot|i forget
give me the list of|find me|point me to|show|list|get me|fetch me|do we know|does anyone know|does anybody know
let us see|let me see|tell us|any chance you can tell me
"""

_PHRASES = """
the current=this|this current=this|where abouts=where|for me|to me|if possible|if you can|in this repository
in this repo|in this project|in this codebase|in this code base|in the repository|in the repo|in the project
in the codebase|in the code base|in our codebase|in our code|in our repo|in our project|in the code|in this code
of this repository|of this project|around here|across the codebase|across the repo|across the project
throughout the codebase|in here|right now|at the moment|these days|at present|go ahead and|out there|as of now
by any chance|find out|figure out|happen to|happens to|be able to|able to|at all|unit tests=tests|unit test=test
test cases=tests|test case=test|test functions=tests|test function=test|call sites=callers|call site=callers
call-sites=callers|super class=superclass|super classes=superclasses|base class=base|base classes=bases
parent class=base|parent classes=bases|sub class=subclass|sub classes=subclasses|child class=subclass
child classes=subclasses|derived class=subclass|derived classes=subclasses|doc string=docstring|doc comment=docstring
git blame=blame|default value=default|default values=defaults|return value=return|return values=return
return type=return|returned value=return|how many=howmany|number of=howmany|count of=howmany|how much=howmuch
parts of the code=places|outgoing calls=callees|incoming calls=callers|calls to=callers of|calls of=callers of
uses of=callers of|parameter list=parameters|argument list=parameters|work on=change|worked on=changed
works on=changes|most recent=last|most recently=last|last time=lasttime|depends on=depend|depend on=depend
relies on=depend|rely on=depend|depending on=depend|inherit from=inherit|inherits from=inherit|derive from=inherit
derives from=inherit|derived from=inherit|inherited from=inherit|blast radius=impact|no longer=never|go to=find
come out of=raisedby|coming out of=raisedby|comes out of=raisedby|as well as=and|pieces of code=places
piece of code=place|source code=code|keyword arguments=kwargs|return annotation=return|functions and classes=members
classes and functions=members|all of the=all|make use of=use|makes use of=uses|making use of=using|fail with=raise
unit tested=tested|unit-tested=tested|take me to=find|jump to=find|navigate to=find|and who did it=and who
and who did that=and who|inheriting from=inherit|deriving from=inherit|under the hood|code paths=places
code path=place|end up|ends up|come from=comefrom|source file=file|source files=files|look like=look|looks like=look
belong to=of|belongs to=of|in detail|in a nutshell|in short|which of the=which|which of=which|part of=of
parameter names=parameters|argument names=arguments|make calls to=call|makes calls to=calls|have calls to=call
has calls to=calls|stop working=break|stops working=breaks|in use=used|the list of|a list of|list of|delegate to=call
delegates to=calls|test code=tests|test suite=tests|test suites=tests|test method=test|test methods=tests
test file=tests|test files=tests|method signature=signature|function signature=signature|call signature=signature
hand back=return|hands back=returns|give back=return|gives back=returns|send back=return|sends back=returns
result type=return|base type=base|base types=bases|super type=base|sub type=subclass|sub types=subclasses
"""

_GUARDED = (
    "not never no none nothing nobody nowhere without except but unless instead only and or if than rather versus "
    "vs why before after while until since because neither nor besides apart cannot whether first most least many "
    "few form user text texts nested cases called rises parens through though them they these those their too "
    "both very more less often same similar once twice each together yet still already better best worse main "
    "well enough"
)
"""Words that are no misspelling of another, and the name of a symbol only where one has it."""

_NO_NAMES = (
    "a an the this that it its them they these those what which who whom where when how why is are was were do "
    "does did be been in of for to and or not no never used called there here everything anything something nothing "
    "all any some you i we me us none nobody nowhere without except but unless instead only than versus vs before "
    "after while until since because both other if can could will would should may might must have has had by from "
    "on at as with about so now then please someone anyone everyone people everybody "
    "named"
)
"""Words that are no name of a symbol unless they are marked as code."""

KINDS = {
    "function": "function",
    "func": "function",
    "fn": "function",
    "method": "method",
    "class": "class",
    "constant": "constant",
    "variable": "variable",
    "symbol": "symbol",
    "interface": "interface",
    "struct": "struct",
    "type": "type",
    "trait": "trait",
    "enum": "enum",
    "macro": "macro",
    "module": "module",
    "file": "file",
    "helper": "function",
    "constructor": "class",
}
"""What stands beside a name and says what it is."""


@cache
def meanings() -> dict[str, str]:
    """Word → what it means, in one word; the empty string for words that say nothing."""
    found = dict.fromkeys(_FILLERS.split(), "")
    for line in _MEANINGS.strip().splitlines():
        meaning, _, words = line.partition(": ")
        found.update(dict.fromkeys(words.split(), meaning))
    return found


Phrases = dict[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]]
"""First word → (a phrase's words, what stands for them), longest first."""


@cache
def phrases() -> Phrases:
    """What is said in several words, wherever it stands."""
    return _by_first_word(_PHRASES)


@cache
def openings() -> Phrases:
    """What leads up to a question, at the start of a clause."""
    return _by_first_word(_OPENINGS)


def _by_first_word(table: str) -> Phrases:
    found: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for phrase in re.split(r"[|\n]", table.strip()):
        words, _, meaning = phrase.partition("=")
        key = tuple(words.split())
        found.setdefault(key[0], []).append((key, tuple(meaning.split())))
    return {first: tuple(sorted(items, key=lambda item: -len(item[0]))) for first, items in found.items()}


def respelt(word: str) -> str | None:
    """The word of ours that was meant, when one letter is missing, doubled, added or swapped (in long words, any two).

    Another letter in place of one is no slip in a short word: “texts” are no “tests”. Distances: rapidfuzz.
    """
    if len(word) < 4 or word in guarded() or not word.isalpha():
        return None
    known = _correctable()
    longest = 2 if len(word) >= 9 else 1
    close = process.extract(word, known, scorer=OSA.distance, score_cutoff=longest, limit=8)
    slips = [
        (distance, candidate)
        for candidate, distance, _ in close
        if len(word) >= 9 or Indel.distance(word, candidate) == 1 or sorted(word) == sorted(candidate)
    ]
    nearest = [candidate for distance, candidate in slips if distance == min(slips)[0]]
    if len({meanings()[candidate] for candidate in nearest}) != 1:
        return None
    return nearest[0]


@cache
def _correctable() -> tuple[str, ...]:
    return tuple(word for word, meaning in meanings().items() if len(word) >= 4 and word.isalpha() and meaning)


@cache
def guarded() -> frozenset[str]:
    """Words that are no misspelling of another, and the name of a symbol only where one has it."""
    return frozenset(_GUARDED.split())


@cache
def no_names() -> frozenset[str]:
    """Words that are no name of a symbol unless they are marked as code."""
    return frozenset(_NO_NAMES.split())
