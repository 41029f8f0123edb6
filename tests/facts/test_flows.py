"""Flows: the most telling calls from an entry point, and the effects that they end in."""

import pytest

from forethought.errors import Cancelled
from forethought.facts.effects import effect_text
from forethought.facts.entry_points import EntryPoint
from forethought.facts.flows import MAX_BREADTH, MAX_DEPTH, MAX_STEPS, FlowFinder
from forethought.names.file_names import Target
from forethought.names.resolver import Resolver
from support.behaviors import LANGUAGES
from support.indexing import index_of


def finder(sources, **options):
    def rules_of(language):
        found = LANGUAGES.named(language)
        return found.effects if found is not None else None

    return FlowFinder(Resolver(index_of(sources)), rules_of, lambda path: sources[path].encode(), **options)


def entry(path, symbol_id):
    return EntryPoint("api", Target(path, symbol_id), symbol_id)


def flow(sources, path="main.py", symbol_id="main", **options):
    sources = {"main.py": sources} if isinstance(sources, str) else sources
    return finder(sources, **options).flow(entry(path, symbol_id))


def tree(step):
    """name → what it calls; a possible call has a question mark."""
    name = step.target.symbol_id or step.target.path
    return (name if step.is_certain else f"{name}?", [tree(call) for call in step.calls])


def size(found):
    return len(list(found.start.steps()))


SHOP = {
    "main.py": (
        "from shop.order import place\nfrom shop.text import title\n"
        "def main():\n    log()\n    check()\n    title()\n    place()\n"
        "def log(): ...\n"
        "def check():\n    inner()\ndef inner():\n    log()\n"
    ),
    "shop/order.py": "from .net import send\ndef place():\n    send()\n",
    "shop/net.py": "import requests\ndef send():\n    requests.post('x')\n",
    "shop/text.py": "def title():\n    return upper()\ndef upper(): ...\n",
}


def test_a_flow_ends_at_its_effects():
    found = flow(SHOP)
    assert tree(found.start) == (
        "main",
        [("check", [("inner", [])]), ("title", []), ("place", [("send", [])])],
    )
    send = found.start.calls[2].calls[0]
    assert [effect_text(item) for item in send.effects] == ["uses the network: `requests.post`"]
    assert send.target == Target("shop/net.py", "send")
    assert found.start.calls[2].called_at.range.start.row == 6
    assert found.start.left_out == 1  # log()
    assert size(found) == 6


def test_calls_that_lead_to_effects_are_shown_before_calls_into_other_packages():
    calls = "".join(f"    t{number}()\n" for number in range(MAX_BREADTH + 1))
    imports = "".join(f"from other.t{number} import t{number}\n" for number in range(MAX_BREADTH + 1))
    sources = {"main.py": f"{imports}import os\ndef main():\n{calls}    drop()\ndef drop():\n    os.remove('x')\n"}
    for number in range(MAX_BREADTH + 1):
        sources[f"other/t{number}.py"] = f"def t{number}():\n    inner()\ndef inner(): ...\n"
    names = [call.target.symbol_id for call in flow(sources).start.calls]
    assert len(names) == MAX_BREADTH
    assert names[-1] == "drop"


def test_an_effect_beyond_what_is_shown_is_named_with_the_way_to_it():
    depth = MAX_DEPTH + 2
    chain = "".join(f"def f{number}():\n    f{number + 1}()\n" for number in range(depth))
    found = flow(f"import os\n{chain}def f{depth}():\n    os.remove('x')\n", symbol_id="f0")
    assert size(found) == MAX_DEPTH + 1
    last = list(found.start.steps())[-1]
    assert [effect_text(item) for item in last.effects] == [
        f"writes to the file system: `os.remove`, through `f{depth - 1}` → `f{depth}`"
    ]


def test_a_flow_is_bounded_and_shows_each_function_once():
    wide = "".join(f"def f{n}():\n" + "".join(f"    f{m}()\n" for m in range(40)) for n in range(40))
    found = flow(f"def main():\n    f0()\n{wide}")
    targets = [step.target for step in found.start.steps()]
    assert len(targets) == len(set(targets)) <= MAX_STEPS
    assert all(len(step.calls) <= MAX_BREADTH for step in found.start.steps())


def test_recursion_ends():
    assert tree(flow("def main():\n    again()\n    main()\ndef again():\n    main()\n").start) == (
        "main",
        [("again", [])],
    )


def test_what_is_ambiguous_is_marked_as_possible():
    text = (
        "import os\nclass A:\n    def go(self): os.remove('a')\nclass B:\n    def go(self): os.remove('b')\n"
        "def main(it: A | B):\n    it.go()\n"
    )
    found = flow(text)
    assert tree(found.start) == ("main", [("A.go?", []), ("B.go?", [])])


def test_implementations_of_an_abstract_method_are_possible():
    text = (
        "import requests\nclass Base:\n    def send(self): raise NotImplementedError\n"
        "class Real(Base):\n    def send(self): requests.get('x')\n"
        "def main(it: Base):\n    it.send()\n"
    )
    found = flow(text)
    assert tree(found.start) == ("main", [("Real.send?", [])])


def test_what_cannot_be_resolved_is_not_guessed():
    assert tree(flow("def main(it):\n    it.get()\n    nowhere()\n").start) == ("main", [])


def test_a_class_stands_for_its_constructor():
    text = "import os\nclass A:\n    def __init__(self): self.make()\n    def make(self): os.mkdir('x')\n"
    assert tree(flow(f"{text}def main():\n    A()\n").start) == ("main", [("A", [("A.make", [])])])


def test_an_inherited_constructor_is_where_the_calls_are():
    sources = {
        "main.py": "from base import Base\nclass A(Base): ...\ndef main():\n    A()\n",
        "base.py": "import os\nclass Base:\n    def __init__(self):\n        open('x')\n        make()\n"
        "def make(): os.mkdir('x')\n",
    }
    called = flow(sources).start.calls[0]
    assert (called.target, called.called_at.path) == (Target("main.py", "A"), "main.py")
    assert [effect_text(item) for item in called.effects] == ["reads the file system: `open`"]
    assert called.calls[0].called_at[:2] == ("base.py", "Base.__init__")


def test_flows_stay_out_of_files_that_are_not_followed():
    sources = {
        "main.py": "from tests.a import a\ndef main():\n    a()\n",
        "tests/a.py": "import os\ndef a(): os.remove('x')\n",
    }
    assert size(flow(sources, is_followed=lambda path: not path.startswith("tests/"))) == 1


def test_a_file_that_is_run_is_an_entry_point():
    text = "import os\ndef go():\n    os.remove('x')\ngo()\n"
    assert tree(flow(text, symbol_id="").start) == ("main.py", [("go", [])])


def test_each_flow_that_is_chosen_reaches_what_the_others_do_not():
    text = "".join(f"def {name}():\n    a()\n" for name in ("get", "post", "put"))
    text += "def a():\n    b()\ndef b():\n    c()\ndef c(): ...\n"
    text += "def other():\n    x()\n    y()\ndef x(): ...\ndef y(): ...\n"
    found = finder({"main.py": text})
    entries = [entry("main.py", name) for name in ("get", "post", "put", "other", "c")]
    chosen = found.choose(entries, 5, set())
    assert [item.entry.label for item in chosen] == ["put", "other"]
    assert len(found.choose(entries, 1, set())) == 1


def test_other_languages_have_flows_too():
    go = 'package p\nimport "net/http"\nfunc Main() { fetch() }\nfunc fetch() { http.Get("x") }\n'
    found = flow({"a.go": go}, "a.go", "Main")
    assert tree(found.start) == ("Main", [("fetch", [])])
    assert found.start.calls[0].effects[0].category == "network"


def test_work_can_be_cancelled():
    with pytest.raises(Cancelled):
        flow(SHOP, cancelled=lambda: True)
