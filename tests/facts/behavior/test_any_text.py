"""Whatever the text, something is said about it in little time, or nothing."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from facts.behavior.test_c_family_behavior import CPP, CSHARP, C
from facts.behavior.test_go_behavior import CASES as GO
from facts.behavior.test_jvm_behavior import JAVA, KOTLIN
from facts.behavior.test_rust_behavior import CASES as RUST
from facts.behavior.test_script_behavior import JAVASCRIPT, TSX, TYPESCRIPT
from facts.behavior.test_scripting_behavior import BASH, LUA, PHP, RUBY
from support.behaviors import DESCRIBED, behaviors

pytestmark = pytest.mark.slow

PYTHON = {
    "all": (
        "async def f(self, a):\n    with open(a) as file:\n        for x in file:\n            if x: continue\n"
        "            try: self.y = await g(x)\n            except (A, B) as e: raise C from e\n    return [z "
        "for z in a]\n",
        "",
    )
}
SOURCES = {
    "python": PYTHON,
    "javascript": JAVASCRIPT,
    "typescript": TYPESCRIPT,
    "tsx": TSX,
    "go": GO,
    "rust": RUST,
    "java": JAVA,
    "kotlin": KOTLIN,
    "c": C,
    "cpp": CPP,
    "c-sharp": CSHARP,
    "ruby": RUBY,
    "php": PHP,
    "lua": LUA,
    "bash": BASH,
}
AROUND = {"java": "class K {{ {} }}", "c-sharp": "class K {{ {} }}", "php": "<?php {}", "go": "package p\n{}"}


def test_every_language_with_rules_has_sources_here():
    assert set(SOURCES) == DESCRIBED


def say_everything(language, source):
    started = time.process_time()
    for behavior in behaviors(language, source).values():
        for limit in (1, 60, 300, 100_000):
            text = behavior.text(limit)
            assert text.count("\n") == 0
            assert len(text) <= max(limit * 2, 200)
        behavior.summary(200)
        list(behavior.cases())
    assert time.process_time() - started < 5


@pytest.mark.parametrize("language", sorted(SOURCES))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_source_text_with_a_hole(language, data):
    bodies = [source for source, _ in SOURCES[language].values()]
    source = AROUND.get(language, "{}").format(data.draw(st.sampled_from(bodies)))
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, min(len(source), start + 40)))
    filler = data.draw(st.sampled_from(["", " ", "(", "}", "{", '"', "'", "`", "\n", "else", "é", "\x00", ";;"]))
    say_everything(language, source[:start] + filler + source[end:])


@pytest.mark.parametrize("language", sorted(SOURCES))
@settings(max_examples=10, deadline=None)
@given(text=st.text(max_size=300))
@example(text="def f():\n" + "".join(" " * n + "if x:\n" for n in range(1, 90)))
@example(text="void f() {" + "if (x) {" * 90 + "go();" + "}" * 91)
@example(text="function f() {" + "a && (" * 200 + "go()" + ")" * 200 + "}")
@example(text="int f() { switch (a) {" + "".join(f"case {n}: go({n}); " for n in range(300)) + "} }")
@example(text="void f() {" + "if (a) go(); else " * 300 + "stop(); }")
@example(text="const f = () => " + "g(" * 300 + "1" + ")" * 300)
@example(text="f() {\n" + "a && " * 300 + "b\n}\n")
@example(text="def f\n" + "  x = [[1, {a: 'b'}], \"c\"]\n" * 300 + "end\n")
def test_any_text(language, text):
    say_everything(language, text)
