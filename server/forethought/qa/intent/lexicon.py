"""The words of questions: what they mean to us, which say nothing, and what a misspelt one may have been."""

import re
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA, Indel

_MEANINGS = """
who: who whom whos
what: what whats wat wut waht
which: which wich
whatkind: whatkind
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
whether: whether
go: go goes going
suppose: supposed meant
short: short brief
person: i we you u one someone somebody people anyone anybody everyone person developer
thing: anything something everything things thing object objects stuff
anywhere: anywhere somewhere everywhere
else: else
call: call* invoke*
use: use* referenced referencing
hold: hold*
caller: caller callers reference references ref refs usage usages callsite callsites users invocations consumers
caller: dependents referrers clients
callee: callee callees
unused: unused dead
depend: depend* rely*
raise: raise* throw throws throwing thrown
error: exception exceptions error errors
catch: catch expect handle
test: test* cover* coverage exercise*
check: check* verify* validate* reach* hit hits hitting
define: define* declare* live* reside* sit sits sitting located
locate: locate
find: find found see
definition: definition declaration location implementation def
file: file files
line: line lines
parameter: parameter parameters param params argument arguments arg args input inputs
signature: signature prototype
named: named
take: take* took taken accept* expect* need* receive* want* require*
pass: pass* give gives giving given supply* provide*
default: default defaults defaulting
value: value values
type: type types
return: return* produce* retval
yield: yield*
result: result results output outputs
back: back
come: come*
base: base bases based parent parents superclass superclasses baseclass supertype supertypes
inherit: inherit* extend* derive* subclassed subclassing
subclass: subclass subclasses child children implementations implementors implementers implementer subtype subtypes
subclass: inheritors
implement: implement*
doc: doc docs docstring docstrings documentation
documented: documented
say: say says
change: change* modify* edit* touch* update* alter* modification modifications
commit: commit commits committed
last: last latest newest recent recently lately
author: author
blame: blame
date: date
time: time times
often: often frequently
howmany: howmany
member: member members symbols definitions operations
contain: contain* content contents offer* expose* include*
purpose: purpose role point job responsibility goal intent aim
explain: explain describe summarize summarise
summary: summary overview description explanation
good: good responsible useful
break: break* broken affected impacted
impact: impact
exist: exist exists existed
work: work works
run: run
make: make makes made
look: look* read reading stare staring
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
static: static staticmethod
generator: generator
decorator: decorator decorators decorate decorates decorated
kind: kind sort
"""
"""Meaning: the words that have it; `*` stands for the endings of a regular verb."""

_FILLERS = (
    "the a an all any every exactly actually currently really just basically again also even ever please kindly pls "
    "plz thanks thank thx cheers asap quickly hey hi hello ok okay so hmm yo forethought me us our my your own "
    "still already yet now nowadays lol teh precisely directly presently internally direct possibly potentially "
    "normally usually overall anyway other various different possible available whole full complete entire some "
    "existing"
)

_OPENINGS = """
find all|find where=where|find references=references|find usages=usages|find callers=callers|find tests=tests
find every|find any|find the usages=usages|find the callers=callers|find the tests=tests|find subclasses=subclasses
find me|find classes=classes|find functions=functions|find the classes=classes|find the functions=functions|can you
could you|would you mind|what about|how about|all of the|all of|i need to understand|help me understand|help me find
i am looking for|looking for|i want to see|i would like to see|i want to know|i need to know|i need a list of
i want a list of|i need|i am trying to understand|i am trying to find|point me to|point me at|i am confused about
get me|fetch me|find out|what i want to know is|what i need to know is|any chance of|is it true that=whether
is it true=whether|is it correct that=whether|is it right that=whether|is it the case that=whether
am i right that=whether|am i correct that=whether|confirm that=whether|make sure that=whether|double check that=whether
check that=whether|verify that=whether
"""
"""What leads up to a question, at the start of a clause, and what stands for it."""

_TALK = (
    "i you u we me us my our your folks team guys everyone all am is are was were be been do does did have has had "
    "can could would will may might just really quickly please kindly pls plz pretty sorry thanks thank thx ty "
    "cheers hey hi hello yo hiya ok okay so well um uh hmm hm ah oh wait lol haha btw fyi imho quick simple dumb "
    "silly stupid basic small tiny short also again still maybe perhaps possibly actually honestly currently now "
    "anyway right sure the a an any some of for to about at there out up through question questions q one moment "
    "second sec minute favor favour help idea ideas clue chance context reference record nit nitpick minor note "
    "review reviewer pr mr diff patch code codebase repo repository project know knows tell say see look looking "
    "looks read reading understand understanding figure figuring find finding check checking double doublecheck "
    "confirm verify make wonder wondering wondered wonders curious interested curiosity ask asking keep keeps "
    "forget forgets forgetting forgot remember recall remind walk through trying try learn learning new lost "
    "confused unsure stuck think guess believe mind mean happen happens need want wanna like love merge merging "
    "approve approving sign land ship submit go going good great nice cool lgtm fine appreciated advance reviewing "
    "another more thing things somebody someone anybody anyone way by other re morning afternoon evening"
)
"""Words of those who talk about asking: a clause of nothing else changes nothing in what is asked."""

_KNOWING = "know knows remember recall sure see understand get familiar clear certain"
"""What may be denied without changing what is asked: “I do not know who …”."""

_WANTING = (
    "to guys through know knows tell me us say see understand understanding out wonder wondering wondered wonders "
    "curious interested curiosity ask asking forget forgets forgetting forgot remember recall check checking "
    "confirm verify double doublecheck sure unsure confused lost idea ideas clue guess about of hey hi hello yo "
    "hiya ok okay so well um uh hmm hm ah oh wait lol haha btw fyi just please kindly pls plz sorry thanks thank "
    "thx cheers really quickly also again still now currently right actually honestly maybe all folks team everyone"
)
"""The last words of talk that a question may follow in the same sentence: “I wonder who”, not “do we use what”."""

_CHECKING = "check checking confirm verify double doublecheck sure"
"""What code does, too: “do we check whether f raises?” is no question about f alone."""

_TELLING = (
    "tell show give list remind name enumerate specify state indicate identify provide print display quote report "
    "telling showing giving listing naming reminding determine retrieve trace output fetch collect gather extract "
    "point"
)
"""What asks for an answer."""

_LEADING_ON = (
    "this that pr mr diff patch change changes changed changing touch touches touched touching modify modifies "
    "modified modifying edit edits edited editing refactor refactors refactored refactoring rename renamed renaming "
    "delete deleted deleting remove removed removing debug debugging found came across stumbled upon regarding "
    "concerning in into on working staring here function method class module file line"
)
"""Words that, with talk, only lead on to the symbol that the next clause is about: “this PR touches f: …”."""

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
uses of=callers of|parameter list=parameters|argument list=parameters|work on=change|worked on=changed|works on=changes
most recent=last|most recently=last|last time=lasttime|depends on=depend|depend on=depend|relies on=depend
rely on=depend|depending on=depend|inherit from=inherit|inherits from=inherit|derive from=inherit|derives from=inherit
derived from=inherit|inherited from=inherit|blast radius=impact|no longer=never|go to=find|come out of=raisedby
coming out of=raisedby|comes out of=raisedby|as well as=and|pieces of code=places|piece of code=place|source code=code
keyword arguments=kwargs|return annotation=return|functions and classes=members|classes and functions=members
all of the=all|make use of=use|makes use of=uses|making use of=using|fail with=raise|unit tested=tested
unit-tested=tested|take me to=find|jump to=find|navigate to=find|and who did it=and who|and who did that=and who
inheriting from=inherit|deriving from=inherit|under the hood|code paths=places|code path=place|end up|ends up
come from=comefrom|comes from=comefrom|coming from=comefrom|parts of the codebase=places|source file=file
source files=files|look like=look|looks like=look|belong to=of|belongs to=of|in detail|in a nutshell|in short
which of the=which|which of=which|part of=of|parameter names=parameters|argument names=arguments|make calls to=call
makes calls to=calls|have calls to=call|has calls to=calls|stop working=break|stops working=breaks|in use=used
the list of|a list of|list of|delegate to=call|delegates to=calls|test code=tests|test suite=tests|test suites=tests
test method=test|test methods=tests|test file=tests|test files=tests|method signature=signature
function signature=signature|call signature=signature|hand back=return|hands back=returns|give back=return
gives back=returns|send back=return|sends back=returns|result type=return|base type=base|base types=bases
super type=base|sub type=subclass|sub types=subclasses|ret type=return|ret val=return|output type=return|or what|or not
or nah|at me|on earth|the hell|the heck|the deal with=purpose of|mess with=change|messed with=changed
messing with=changing|this one=this|that one=that|this thing=this|that thing=that|under which circumstances=when
under what circumstances=when|in which cases=when|in what cases=when|in which situations=when|in what situations=when
dead code=dead|for the last time=lasttime|for last time=lasttime|the last time=lasttime|what kind of=whatkind
what kinds of=whatkind|which kind of=whatkind|which kinds of=whatkind|what sort of=whatkind|what sorts of=whatkind
what type of=whatkind|what types of=whatkind|which type of=whatkind|which types of=whatkind|wrote last=changed last
last wrote=last changed|inherits of=inherit|inheriting of=inherit|inherit of=inherit|pretty please|in advance
"""

_GUARDED = (
    "not never no none nothing nobody nowhere without except but unless instead only and or if than rather versus "
    "vs why before after while until since because neither nor besides apart cannot whether first most least many "
    "few form user text texts nested cases called rises parens through though them they these those their too both "
    "very more less often same similar once twice each together better best worse main well enough above below next "
    "previous following preceding"
)
"""Words that are no misspelling of another, and the name of a symbol only where one has it."""

_NO_NAMES = (
    "a an the this that it its them they these those what which who whom where when how why is are was were do does "
    "did be been in of for to and or not no never used called there here everything anything something nothing all "
    "any some you i we me us none nobody nowhere without except but unless instead only than versus vs before after "
    "while until since because both other if can could will would should may might must have has had by from on at "
    "as with about so now then please someone anyone everyone people everybody named"
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
        for word in words.split():
            found.update(dict.fromkeys(_forms(word), meaning))
    return found


def _forms(word: str) -> tuple[str, ...]:
    """The forms of a regular verb that is marked so: “call”, “calls”, “called”, “calling”."""
    verb = word.removesuffix("*")
    if verb == word:
        return (word,)
    if verb.endswith("e"):
        return verb, f"{verb}s", f"{verb}d", f"{verb[:-1]}ing"
    if re.search(r"[^aeiou]y$", verb):
        return verb, f"{verb[:-1]}ies", f"{verb[:-1]}ied", f"{verb}ing"
    return verb, f"{verb}es" if re.search(r"(?:s|sh|ch|x)$", verb) else f"{verb}s", f"{verb}ed", f"{verb}ing"


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
    nearest = [candidate for candidate in nearest if sorted(word) == sorted(candidate)] or nearest
    if len({meanings()[candidate] for candidate in nearest}) != 1:
        return None
    return nearest[0]


@cache
def _correctable() -> tuple[str, ...]:
    return tuple(word for word, meaning in meanings().items() if len(word) >= 4 and word.isalpha() and meaning)


@cache
def talk() -> frozenset[str]:
    """Words of those who talk about asking."""
    return frozenset(_TALK.split())


@cache
def leading_on() -> frozenset[str]:
    """Words of a clause that only says which symbol the next one is about."""
    return talk() | frozenset(_LEADING_ON.split())


@cache
def knowing() -> frozenset[str]:
    """What may be denied without changing what is asked: “I do not know who …”."""
    return frozenset(_KNOWING.split())


@cache
def wanting() -> frozenset[str]:
    """The last words of talk that a question may follow in the same sentence."""
    return frozenset(_WANTING.split())


@cache
def checking() -> frozenset[str]:
    """What code does as well as people."""
    return frozenset(_CHECKING.split())


@cache
def telling() -> frozenset[str]:
    """Verbs that ask for an answer: “list”, “tell me”."""
    return frozenset(_TELLING.split())


@cache
def guarded() -> frozenset[str]:
    """Words that are no misspelling of another, and the name of a symbol only where one has it."""
    return frozenset(_GUARDED.split())


@cache
def no_names() -> frozenset[str]:
    """Words that are no name of a symbol unless they are marked as code."""
    return frozenset(_NO_NAMES.split())
