"""What can be asked, as sequences of meanings (`words.py`). A question matches only when nothing of it is left over.

In a rule, a word stands for itself, `a|b` for either, `a?` for nothing as well; `@` is the symbol that is asked about,
`&` a second name, `=a|b` a word that becomes `other`, `~` which members are wanted. Capitals are the sets in
`patterns.py`. Every rule is a sequence of optional alternatives without repetition: matching takes linear time.
"""

from forethought.qa.intent.intent import Aspect

RULES: dict[Aspect, str] = {
    "callers": """
        WHO else? PLACE? else? be|do? USE to|of? @ from?
        WHO PLACE? that be|do? USE @
        WHAT be? PLACE where @ be be? call|use
        WHAT be? PLACE that USE @
        WHO else? PLACE? caller @
        who be good for call @
        PLACE that be? USE @
        PLACE @ be call|use in|from|by
        where else? do PERSON USE @
        in WHAT PLACE do person USE @
        from? where else? be @ be? call|use from|in|at?
        where do @ be call|use from?
        where @ be call|use from?
        where be call|use @
        where be caller of|to|for @
        where be caller of|to|for @ DEFINE
        where do caller of @ come|comefrom from?
        be @ unused
        who|what|which be? caller of|to|for|on? @
        what|who be caller @ have
        what be @ caller
        who be @ caller
        caller of|to|for? @
        @ caller
        @ be call|use where|from
        @ be call|use by|from|in|at who|what|where|which PLACE?
        by|from|in who|what|which|where PLACE? be @ call|use from|in?
        WHO PLACE? be @ call|use by|from|in|at
        be @ be? call|use anywhere|thing?
        be @ call|use by|in|from anywhere|thing|PERSON
        be there PERSON that? call|use|depend @
        be PERSON call|use|depend @
        do PERSON call|use|depend @
        be there PLACE that call|use|depend @
        be there thing call|use|depend @
        be there? caller of|to|for @
        do PERSON else? call|use|depend @ anywhere?
        do @ have caller
        do @ be call|use anywhere?
        do PLACE call|use @
        how often be|do @ be? call|use
        howmany time be|do @ be? call|use
        howmany time be call|use @
        howmany PLACE do? USE @
        howmany PLACE be @ call|use from|in|by|at
        howmany caller do? @ have
        howmany caller be? there? of|to|for @ be? there?
        WHO caller do @ have
        WHO else? PLACE? CAN? be? break if|when PERSON change @
        WHO else? PLACE? CAN? be? break if|when @ be? change
        WHO else? PLACE? CAN? be? break by|if|when change to|in|of? @
        WHO PLACE? CAN PERSON break if|when PERSON change @
        WHO PLACE? CAN PERSON break by|if|when change @
        if|when PERSON change @ WHO else? PLACE? CAN? be? break
        if|when PERSON change @ WHO else? PLACE? CAN PERSON break
        if|when @ be? change WHO else? PLACE? CAN? be? break
        impact of|on|to change? to|of|in? @
        what be impact of|on change? to|of|in? @
        @ impact
    """,
    "calls": """
        WHO else? do|can @ call
        WHAT else? PLACE? else? do|can @ call|use|depend in|from?
        WHO PLACE do|can @ call|use
        what|which PLACE be call|use by|in|from @
        what be be? call by|in|from @
        PLACE call|use by|in|from @
        WHAT be? PLACE that? @ call|use
        in @ what|which PLACE be call|use
        what|which PLACE be be call|use by|in|from @
        PLACE that? @ call|use
        WHAT PLACE? @ call
        @ call what|which PLACE?
        what|who? be? callee of|in|from @
        callee of|in|from @
        what be? @ callee
        @ callee
        what call do @ make
        call make by|in|from @
        call that? @ make
        call in|from @
        what|which call be? make by|in|from @
        do @ call|use thing|PLACE else?
        do @ call|use &
        do @ make call to &
        be & call|use by|in|from @
        do @ have callee
        howmany PLACE do @ call|use
        howmany PLACE be call|use by|in|from @
    """,
    "raises": """
        WHAT error|thing? type? do|can @ raise
        WHAT error type? can? be? raise by|in|from|inside? @
        WHAT error can? raisedby @
        WHAT error can? come from|of @
        WHAT error be can? from|in @
        WHAT error can? comefrom @
        WHAT error? @ can? raise
        WHAT error be raise by|in|from @
        WHAT error do @ have
        WHAT error can|do|should? person have|take? to? take|catch|find from|of|by? @
        WHAT error can|do|should? person have|take? to? take|catch from|if|when? call|use @
        WHAT error can|do|should? person have|take? to? take|catch if|when person call|use @
        WHAT can|do|should person have|take? to? catch if|when|from|of person? call|use? @
        WHAT error can|do|should caller of @ catch|take
        WHAT be? error of|from|for @
        WHAT be? error that? @ can? raise
        WHAT be? error raise by|in|from @
        WHAT be raise by|in|from|inside @
        error that? @ can? raise
        error that? can? be? raise by|in|from|of|for|at? @
        error raisedby @
        error of|from|in|by|for? @
        @ error
        @ raise
        WHAT error can|do|should person be from @
        @ raise what|which error?
        do|can @ raise thing|error?
        do|can @ raise &
        do|can error raisedby @
        be & raise by|in|from @
        be thing|error raise by|in|from @
        be there error raise by|in|from @
    """,
    "tests": """
        WHO test that? do|can? test|check|call|use|run? @
        which test for|of|on @
        what be test for|of|on @
        what|who be? test that? test|check|call|use @
        where be test for|of|on|that? test|check? @
        where be @ test
        in WHAT test be @ call|use|test
        where do person test @
        where can|do|should person find test for|of @
        test for|of|on|about @
        test that test|check|call|use @
        @ test
        @ be test by what|which test?
        @ be test where
        by what|which test be @ test
        WHAT test be @ test by|in|with
        who|what? be @ test by
        be @ test by|in? thing|test? anywhere?
        be there test for|of|on|that? test|check|use|call? @ anywhere?
        do|have @ have test test?
        have @ be test
        where be @ test by test?
        do person have test for|of|on|that? test|check? @
        WHAT test do person have for|of|on @
        do thing|test test @
        howmany test be? there? test|check|for|of|call|use @
        howmany test do @ have
        howmany test be there for|of @
        WHAT test do @ have
        WHAT test be there for|of|on @
        WHAT test exist for|of|on @
        WHAT test can|do|should person have? to? run if|when|after|for? person? change @
        WHAT test can|do|should? person? run if|when|after change @
        test test for|of @
        be there test test for|of @
        exist test for|of @
        WHO do test @
        @ test test
        what be test test for|of @
    """,
    "location": """
        where be|do @ be? DEFINE?
        where @ be? DEFINE
        where be|do @ comefrom
        file that? DEFINE|contain|have|hold @
        where @
        @ DEFINE? where
        where be @ at
        file of @
        where be DEFINE of|for? @
        where can|do|should person find|have|define|implement @
        where can|do|should person find definition of|for @
        where be definition of|for @
        where be place for|of @
        where can @ be find|define
        where in file? be @ DEFINE?
        in|on|at? WHAT file|module|line|place|definition be|do @ be? DEFINE? in|at|on?
        in WHAT file|module be DEFINE @
        what be @ DEFINE in
        in WHAT file|module be|do @ be? DEFINE
        in|on|at WHAT line be|do @ be? DEFINE
        WHAT file|module|line be|do @ be? DEFINE in|at|on?
        WHAT file|module DEFINE|contain|have @
        WHAT file|module hold @
        WHAT file|module do person find @ in
        in WHAT file|module can|do|should person find @
        WHAT be? file|module that? DEFINE|contain|have @
        file and line of @
        what be? definition of|for @
        definition of|for @
        @ definition
        what be? file|line of|for @
        @ be DEFINE where|in|at|on what|which? file|line|module?
        @ be where
        locate|find definition of? @
        locate @
        find @
    """,
    "parameters": """
        WHAT parameter be|do|can @ TAKE|use in|as?
        WHAT parameter do @ call? TAKE
        WHAT parameter @ TAKE
        WHAT do @ take in|as|for? parameter?
        what @ take as? parameter?
        WHAT parameter can|do|should person have|take? to? pass|take|use to|for|in|with? @
        WHAT parameter can|do|should person have|take? to? pass|take? to|for? call @
        WHAT can|do|should person have|take? to? pass to|in @
        WHAT parameter be? there? of|for|to|in|on @
        WHAT parameter be? take by|for|in @
        WHAT parameter can? be pass to|in @
        WHAT can|should be pass to|in @
        WHAT parameter go? to @
        WHAT be? parameter of|for|to|in|on @
        WHAT be? parameter that? @ take|have
        WHAT be? parameter take by @
        parameter of|for|to|in|on? @
        parameter that? @ take|have
        parameter take by @
        what be? signature of|for @
        what be? @ signature|parameter
        what be? @ 's signature|parameter
        signature of|for? @
        @ signature|parameter
        WHAT do signature of @ look as?
        how do signature|parameter of @ look
        howmany parameter do|can @ TAKE
        howmany parameter be? there? of|for|in|on|to @
        howmany parameter be? take by @
        do|can @ TAKE parameter|thing
        do|can @ TAKE isa? parameter call|named & parameter?
        do|can @ TAKE isa? parameter &
        do|can @ take isa? &
        do|can @ take isa? & parameter
        do|can @ have isa? & parameter
        be & parameter of|for|to|in @
        be there parameter & of|for|to|in|on @
        be there & parameter of|for|to|in|on @
    """,
    "default": """
        WHAT value? be? default value? of|for|on? parameter? & parameter? of|in|on|for|to @
        WHAT be? default & value? of|in|on|for @
        WHAT be? default value? for|of @ parameter? &
        WHAT be? default value? for|of @ & parameter
        default value? for|of @ parameter? & parameter?
        @ WHAT be? default value? for|of parameter? & parameter?
        in @ WHAT be? default value? of|for|on? parameter? & parameter?
        in @ WHAT value? do|be parameter? & parameter? by? default to?
        WHAT be? default parameter? & in|of|for @
        WHAT be? @ default value? for|of? parameter? & parameter? value?
        WHAT be? & default to? value? in|of|for|on @
        WHAT be? value? of parameter? & by? default? in|of @ by? default
        WHAT be? value? of parameter? & by default value? in|of @
        WHAT be? default value? for|of & when|if call|use @
        WHAT value? do|be parameter? & parameter? default to in|of|for|on @
        WHAT value? do parameter? & parameter? of|in|on @ default to
        WHAT value? do parameter? & parameter? of|in|on @ have? by default
        WHAT value? do parameter? & parameter? have by default value? in|of|for|on @
        WHAT value? do parameter? & parameter? by default have in|of|for|on @
        WHAT value? be parameter? & parameter? of|in|on @ by default
        WHAT value? be parameter? & parameter? by default value? in|of|for|on @
        WHAT value? do @ use|take|have for & by default
        WHAT value? do @ default & to
        WHAT value? do @ use|take|have as|for default value? of|for? &
        WHAT default do & have in|of|for|on @
        WHAT default do @ have|use for &
        WHAT & do @ use by default
        howmany & do @ use|take|have|make|do by default
        WHAT value? do @ default to
        WHAT & be default value? of|for|in @
        default value? of|for|on? parameter? & parameter? of|in|on|for @
        default & in|of|for @
        @ & default
        @ default &
        @ default value? for|of &
        & default to? in|of|for|on? @
        do parameter? & parameter? of|in|on @ have default
        do & have default value? in|of|for @
        be there default value? for|of & in|of|for|on @
        WHAT be? default value? of|for|in @ parameter?
        WHAT be? default value? of|for parameter of|in|to @
        WHAT be? @ default
        WHAT be? @ parameter default
        WHAT default do @ have|use
        WHAT parameter of|in @ have default
        WHAT parameter do @ have default value? for
        default value? of|for|in @
        @ default
    """,
    "returns": """
        WHAT kind|type|value|thing? do|can @ return|result back? value|type?
        WHAT value? do @ pass back
        WHAT thing|value|type? can? be return|result by|from|in|of @
        WHAT be? return value|type? of|from|by|for @
        WHAT be? return|result of|from|by call|use? @
        WHAT be? @ return value|type?
        WHAT be? @ result
        WHAT be? type of @ return
        WHAT type be|have return|result of @
        WHAT be? type of value that? return by @
        WHAT be? type that? @ return
        WHAT be? value that? @ return
        WHAT be return if|when|by person? call|use @
        WHAT be return if|when @ be call
        WHAT do call|use to|of? @ return
        WHAT can|do|should person be|take? back? from @
        WHAT can|do|should person be|take? back? if|when|from|by person? call|use @
        WHAT value|type|thing? come back from @
        WHAT come back if|when|from person? call|use @
        WHAT type? @ return
        return value|type? of|from|by|for @
        result of|from call|use? @
        type of return of @
        type that? @ return
        @ return value|type?
        WHAT return type? have|do @ have?
        @ return what type?
        do|can @ return thing|value
    """,
    "last_change": """
        who be? last person|author? to|that|who? change @
        who do? last? change @ last?
        who do last change of|to|in @
        who make|do|commit last change of|to|in|on @
        who change @ lasttime
        when be @ change lasttime
        when have @ last be change
        which author|person last change @
        who have? last? change @ last?
        who do last person change @
        who be? author of|for last change|commit of|to|in|on? @
        who be? last author of @
        who be last
        who be? @ last? change by
        by who be @ last? change last?
        when be|do|have @ be? last? change last?
        when be|do|have person last? change @ last?
        when @ be last change
        when be last change make? of|to|in|on @ make?
        when be last person change @
        when be lasttime that? person? @ be? change
        when be lasttime person change @
        what be? last change|commit of|to|in|on|that|for? change? @
        what be? last change|commit that? change @
        what be? last change make? of|to|in|on @
        what be? last thing change in|about|to @
        what be? lasttime @ be change
        WHAT commit last? change @ last?
        WHAT commit be last to change @
        WHAT have? last? change in|about|on|with|for @ last?
        WHAT be|have? last? change in|about @ last? and by? who
        WHAT have? last? change in|about @ and who do|change
        who last? change @ last? and when
        when be @ last? change and by who
        last change|commit of|to|in|on|for|that? @
        last commit that? change @
        who last commit to|on @
        in WHAT commit be @ last? change last?
        by who and when be @ last? change last?
        date of last change of|to @
        last author of @
        lasttime @ be? change
        @ last change|commit
        @ blame
        blame of|for|on? @
        have|be @ be? change last
    """,
    "members": """
        WHAT ~ do|can @ have|define|contain|pass
        WHAT ~ can|do|should person call|use on|of|from @
        WHAT ~ be there? DEFINE? in|on|of|by @
        WHAT ~ exist in|on|of @
        WHAT ~ be there? in|on|of|for @
        WHAT ~ @ have|define|contain
        WHAT ~ have @ be?
        WHAT can|do person call on @
        WHAT be? ~ of|in|on|for|define|contain @
        WHAT be? ~ define in|by|on @
        WHAT be? @ ~
        WHAT do @ define|contain
        thing that? be? define in|by @
        WHAT be in @
        thing in @
        WHAT be? contain of @
        contain of @
        WHAT be define|contain in|by @
        WHAT ~ of|in|on @ be there
        howmany ~ do @ have|define|contain
        howmany ~ be there? define? in|on|of @
        ~ of|in|on @
        @ ~
        ~ define in|by|on @
        ~ that? @ have|define|contain
        summary of ~ of|in @
        do @ have|define|contain ~
        do @ have|define|contain member? & member?
        be & ~ of @
    """,
    "bases": """
        WHO CLASS? do @ inherit|subclass|implement from?
        WHO CLASS? @ inherit|subclass|implement
        WHAT do @ base on
        WHO CLASS? be @ isa? inherit|base on|from?
        WHO CLASS? be @ isa? subclass|inherit of|from
        WHAT CLASS? be inherit|subclass by @
        WHO be? base CLASS? of|for @
        WHO CLASS be base CLASS? of|for @
        from WHO CLASS? do|be? @ inherit
        from WHO CLASS? inherit @
        WHO be? @ base CLASS?
        base CLASS? of|for|from @
        @ base CLASS?
        @ inherit what|which? CLASS?
        @ subclass|implement what|which CLASS?
        WHAT base CLASS? do @ have
        howmany base CLASS? do @ have
        do @ have base CLASS?
        do @ inherit|subclass|implement thing|CLASS
        do @ inherit|subclass|implement &
        be @ isa? subclass|inherit CLASS? of|from? &
        be @ base on &
        be & isa? base CLASS? of|for @
    """,
    "subclasses": """
        WHO CLASS? do? inherit|subclass|implement @
        WHO CLASS? be? base on @
        WHO CLASS? be inherit @
        WHO CLASS? have @ as? base
        WHO CLASS? be? subclass of|for @
        WHO subclass of @ be there
        WHO CLASS? be @ inherit|subclass|implement by
        WHO be? @ subclass
        WHO subclass do @ have
        WHO subclass be? there? of|for @
        WHO be? CLASS that? inherit|subclass|implement @
        CLASS that? inherit|subclass|implement|base from|on? @
        subclass of|for @
        @ subclass
        where be @ subclass|inherit
        be @ subclass|inherit by? anywhere|thing|CLASS
        be @ subclass|inherit
        do @ have subclass
        do thing|CLASS inherit|subclass|implement @
        be there subclass of|for @
        be there CLASS that? inherit|subclass|implement @
        WHAT CLASS be there that inherit|subclass|implement @
        howmany subclass do @ have
        howmany subclass be? there? of|for @
        howmany CLASS do? inherit|subclass|implement @
    """,
    "docs": """
        WHAT be|do? doc of|for|on @ say?
        WHAT do doc say about|of|for @
        WHAT do @ doc say
        WHAT be in doc of|for @
        WHAT be? @ doc
        WHAT doc do @ have
        doc of|for|on? @
        @ doc
        be @ documented
        do @ have doc
        be there doc for|of|on @
        how be @ documented
    """,
    "nature": """
        be @ define? isa? =async|abstract|static|generator function|method|class|generator?
        @ be? isa? =async|abstract|static|generator function|method|class|generator?
        do|can @ =yield thing?
        be @ isa =function|method|class|constant|variable|interface|struct|trait|enum|macro|module
        be @ isa function|method|class or isa? function|method|class|constant|variable
        whatkind thing|member be @
        WHAT kind|type be @
    """,
    "decorators": """
        WHAT decorator be? there? on|of|for|in @
        WHAT decorator do @ have|use|take
        WHAT decorator @ have
        WHAT be? decorator of|on|for|in @
        WHAT be? @ decorator
        WHAT be @ decorator by|with
        how be @ decorator
        decorator of|on|for @
        @ decorator
        be @ decorator
        do @ have decorator
        howmany decorator do @ have
    """,
    "exists": """
        do @ exist
        be there @
        do person have @
        do person define @ anywhere
    """,
    "purpose": """
        WHAT do|can @ do
        what @ do|be
        what @ be for|about
        WHAT be @ for|about
        WHAT be @
        WHAT be @ do
        WHAT be @ use|good|make for|at?
        for WHAT be @ use|good|make
        WHAT be @ suppose? to do
        WHAT be? purpose of|for @
        WHAT be? @ purpose
        purpose of @
        @ purpose
        explain WHAT? @ do|be? for?
        explain purpose of @
        explain WHAT do @ do
        about @
        summary of @
        WHAT be? summary of @
        short? summary of @
        @ do what
    """,
    "when": """
        when can|do|should person use|call|take @
        when be @ good|take
    """,
    "how": """
        how can|do|should person use|call @
        how to use|call @
        how be @ use
        how can|do|should person make use of @
    """,
    "mechanism": """
        how do @ work
        explain how @ work
        how @ work
    """,
}

INTRODUCTIONS = "@", "look at @", "person be look at @", "about @", "person have @", "there be @", "for @", "in @"
"""Clauses that only say which symbol the next clause is about: “I am looking at foo: who calls it?”."""


GUESSES = frozenset(
    {
        "do|can @ take isa? &",
        "do|can @ TAKE isa? parameter &",
        "WHAT be? default value? for|of @ parameter? &",
        "WHAT be? default value? for|of @ & parameter",
        "default value? for|of @ parameter? & parameter?",
        "@ default &",
        "@ & default",
    }
)
"""What is asked only if the second name turns out to be one."""

ONLY_OF_FILES = frozenset({"WHAT be in @", "thing in @", "WHAT be? contain of @", "contain of @"})
"""What is asked of a file alone: “what is in f?” about a function may mean anything."""

ONLY_OF_MARKED = frozenset({"WHAT be @", "about @"})
"""What is asked of a name only when it can be nothing but a name: “what is money?” may be meant as it is said."""
