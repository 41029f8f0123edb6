"""Questions about what implements, extends and overrides what, in the words of each language."""

from collections.abc import Iterator

import pytest

from forethought.app.session import Session
from support.session_world import SessionWorld, ask

SOURCES = {
    "jars/jar.go": """package jars

import "net/http"

type Opener interface {
	Open(name string) error
}

type Closer interface {
	Opener
	Close()
}

type Jar struct{ base }

type base struct{}

func (b *base) Open(n string) error { return nil }

func (b base) Close() {}

type Lid struct{ far.Lid }

func (Lid) Open(name string) (err error) { return nil }

type Page struct{}

func (Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {}
""",
    "src/shelf.rs": """pub trait Shelf {}
pub trait DeepShelf: Shelf {}
pub struct Board;
#[derive(Debug, Clone)]
pub enum Wood { Oak }
impl Shelf for Board {}
impl Shelf for Box<dyn Fn() -> u8> {}
impl<T: Copy> Shelf for T {}
impl Drop for Board {}
""",
    "Box.java": "interface Lock { void turn(); }\ninterface BigLock extends Lock {}\n"
    "class Brass implements Lock { public void turn() {} }\nclass Old extends Brass {}\n",
    "keys.py": "class Key:\n    def fit(self): ...\n\n\nclass Small(Key):\n    def fit(self): ...\n",
}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    world = SessionWorld(tmp_path_factory.mktemp("subtypes"))
    for path, text in SOURCES.items():
        world.write(path, text)
    opened, workspace = world.open(engine=False)
    workspace.refresh()
    yield opened
    world.close()


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which types implement Opener?", "3 types have all methods of `Opener`:\n- `Jar` (jars/jar.go:14)"),
        ("Which types implement Opener?", "It is extended by 1 interface: `Closer` (jars/jar.go:9)."),
        ("Which types implement Closer?", "2 types have all methods of `Closer`:\n- `Jar` (jars/jar.go:14)"),
        ("Which types implement Closer?", "It cannot be told whether these do: `Lid` (embeds `far.Lid`)."),
        ("which types implement http.Handler?", "At least 1 type has all methods of `http.Handler`:\n- `Page`"),
        ("does Jar implement Closer?", "Yes: `Jar` has all methods of `Closer`."),
        ("does Page implement Closer?", "No: `Page` does not have all methods of `Closer`."),
        ("does Lid implement Closer?", "It cannot be told whether `Lid` has all methods of `Closer`."),
        ("does Page implement http.Handler?", "Yes: `Page` has all methods of `http.Handler`."),
        ("does Jar implement http.Handler?", "No: `Jar` does not have all methods of `http.Handler`."),
        ("what does Jar inherit from?", "`Jar` embeds `base`, and has all methods of `Closer`, `Opener`."),
        ("what overrides Opener.Open?", "`Opener.Open` is implemented in 2 places:\n- `base.Open`"),
        ("what does base.Open override?", "`base.Open` implements 1 method:\n- `Opener.Open`"),
        ("what are the subclasses of base?", "`base` is embedded in 1 type:\n- `Jar`"),
        ("which types implement Shelf?", "`Shelf` is implemented for 3 types:\n- `Board` (src/shelf.rs:6)\n"
         "- `Box<dyn Fn() -> u8>` (src/shelf.rs:7)\n- any `T`: `impl<T: Copy> Shelf for T` (src/shelf.rs:8)"),
        ("which types implement Shelf?", "It is extended by 1 trait: `DeepShelf` (src/shelf.rs:2)."),
        ("which types implement DeepShelf?", "`DeepShelf` is not implemented in this repository"),
        ("which traits does Wood implement?", "`Wood` derives `Debug`, `Clone`."),
        ("which traits does Board implement?", "`Board` implements `Shelf`, `Drop`."),
        ("does Wood implement Clone?", "Yes: `Wood` implements `Clone`."),
        ("does Board implement Clone?", "No: `Board` does not implement `Clone`"),
        ("which types implement Drop?", "Types here that implement or derive it (1):\n- `Board` (src/shelf.rs:9)"),
        ("who implements Lock?", "`Lock` is implemented by 1 type:\n- `Brass` (Box.java:3)"),
        ("who implements Lock?", "It is extended by 1 interface: `BigLock` (Box.java:2)."),
        ("who implements BigLock?", "`BigLock` is not implemented by any type in this repository"),
        ("what overrides Lock.turn?", "`Lock.turn` is implemented in 1 place:\n- `Brass.turn`"),
        ("what are the subclasses of Brass?", "`Brass` has 1 direct subclass:\n- `Old`"),
        ("what overrides Key.fit?", "`Key.fit` is overridden in 1 place:\n- `Small.fit`"),
    ],
)  # fmt: skip
def test_subtypes(session: Session, question: str, expected: str) -> None:
    assert expected in ask(session, question).text
