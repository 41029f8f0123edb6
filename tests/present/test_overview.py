"""The overview as a document, as Markdown and as a page; nothing in a repository can write HTML into the page."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from forethought.app.session import Session
from forethought.config import load_settings
from forethought.present.location_encoder import LocationEncoder
from forethought.present.overview_document import overview_document, overview_markdown
from forethought.present.overview_page import overview_page
from support.repository import make_repository

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
HOSTILE = {
    "README.md": f"# x\n\nIt is {EVIL} and [a link](javascript:alert(1)) and `<b>code</b>`, <b onclick=x>all</b>.\n",
    "package.json": '{"name": "</title><script>alert(2)</script>", "bin": {"<script>alert(3)</script>": "<b>.js"}}',
    "<b>.js": f"// {EVIL}\nimport {{ go }} from './a\"b'\\''/<i>.js'\ngo()\n",
    "a\"b'/<i>.js": f"/** Sends {EVIL}. */\nexport function go() {{ fetch(`{EVIL}`); stop('</svg><script>') }}\n"
    "function stop(x) { fetch('</text>' + x) }\n",
    "shop/cli.py": f'"""{EVIL} </style></section>"""\nimport requests\n\n\ndef run(x=\'</svg><script>\'):\n'
    f"    if x == '<script>alert(4)</script>':\n        raise ValueError('<img>')\n    requests.get('<script>')\n",
    "shop/pyproject.toml": "[project.scripts]\n\"<img src=x>\" = 'cli:run'\n",
}


ELEMENTS = frozenset(
    {"html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "span", "nav", "ul", "li", "a", "section"}
    | {"code", "div", "svg", "text", "tspan", "path"}
)
ATTRIBUTES = frozenset(
    {"lang", "charset", "http-equiv", "content", "name", "class", "href", "id", "role", "xmlns", "width", "height"}
    | {"viewbox", "d", "x", "y", "dx"}
)


class Tags(HTMLParser):
    """Collects elements with their attributes, and checks that they are closed in order."""

    VOID = frozenset({"meta", "path"})

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.texts = []
        self._open = []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @classmethod
    def of(cls, page):
        tags = cls()
        tags.feed(page)
        tags.close()
        assert not tags._open
        return tags


@pytest.fixture
def overview_of(tmp_path):
    opened = []

    def make(files):
        root = make_repository(tmp_path / "repository", files)
        settings = load_settings(root, {}, flags={"cache": {"directory": str(tmp_path / "cache")}, "engine": "none"})
        environment = {"FORETHOUGHT_RUNTIME_DIR": str(tmp_path / "run"), "FORETHOUGHT_CONFIG": str(tmp_path / "none")}
        session = Session(settings, environment)
        opened.append(session)
        workspace = session.add_root(root)
        workspace.refresh()
        return session.overview(workspace)

    yield make
    for session in opened:
        session.close()


SHOP = {
    "README.md": "Sells things to people.\n",
    "shop/__init__.py": '"""Everything about selling."""\nfrom .cart import buy\n',
    "shop/cart.py": "from .net import send\n\n\ndef buy():\n    send()\n",
    "shop/net.py": "import requests\n\n\ndef send():\n    requests.post('x')\n    log()\n\n\n"
    "def log():\n    done()\n\n\ndef done(): ...\n",
}


def test_the_document_has_packages_and_flows_with_places(overview_of):
    overview = overview_of(SHOP)
    document = overview_document(overview, LocationEncoder())
    about = document["about"]
    assert (about["text"], about["basis"], about["state"]) == ("Sells things to people.", "docs", "live")
    assert about["uri"].endswith("/README.md") and about["model"] is None
    package = document["packages"][0]
    assert (package["name"], package["fileCount"], package["exportCount"]) == ("shop", 3, 1)
    assert package["exports"][0]["symbol"] == "buy"
    assert package["exports"][0]["uri"].endswith("/shop/cart.py")
    assert package["exports"][0]["range"]["start"] == {"line": 3, "character": 4}
    flow = document["flows"][0]
    assert (flow["kind"], flow["label"]) == ("api", "buy")
    send = flow["start"]["calls"][0]
    assert (send["symbol"], send["certain"], send["calledAt"]["range"]["start"]["line"]) == ("send", True, 4)
    effect = send["effects"][0]
    assert (effect["category"], effect["call"]["symbol"], effect["call"]["range"]["start"]["line"]) == (
        "network",
        "requests.post",
        4,
    )


def test_the_markdown_is_short_and_names_places(overview_of):
    text = overview_markdown(overview_of(SHOP))
    assert text.startswith("# repository\n\nSells things to people. _(docs)_\n")
    assert "- **`shop`**, 3 files: Everything about selling. _(docs)_" in text
    assert "  - offers `buy`" in text
    assert "  - `send` `shop/net.py:4` — uses the network: `requests.post`" in text


def test_the_page_needs_nothing_from_elsewhere(overview_of):
    page = overview_page(overview_of(SHOP), LocationEncoder())
    tags = Tags.of(page)
    names = {tag for tag, _ in tags.elements}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "form", "base", "image", "use"}
    for tag, attributes in tags.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ("href", "src"):
                assert value.startswith(("file:///", "#")), value
    policy = next(item["content"] for tag, item in tags.elements if item.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "url(" not in page and "@import" not in page


def test_the_page_links_and_marks_each_sentence(overview_of):
    page = overview_page(overview_of(SHOP), LocationEncoder())
    assert "/shop/cart.py#L4" in page
    said = re.search(r'Everything about selling. <a class="mark live" href="file://([^"]*)#L1">docs, live</a>', page)
    assert said and said[1].endswith("/shop/__init__.py")
    assert '<a href="#flow-0">buy</a>' in page and '<h3 id="flow-0">' in page
    ids = [item["id"] for _, item in Tags.of(page).elements if "id" in item]
    assert len(ids) == len(set(ids))


def test_diagrams_are_well_formed(overview_of):
    page = overview_page(overview_of(SHOP), LocationEncoder())
    diagram = page[page.index("<svg") : page.index("</svg>") + 6]
    root = ElementTree.fromstring(diagram)
    labels = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert labels[0].startswith("buy") and "uses the network: requests.post" in labels[2]


def test_nothing_in_a_repository_becomes_html(overview_of):
    overview = overview_of(HOSTILE)
    page = overview_page(overview, LocationEncoder())
    tags = Tags.of(page)
    assert {tag for tag, _ in tags.elements} <= ELEMENTS
    for tag, attributes in tags.elements:
        assert set(attributes) <= ATTRIBUTES, (tag, attributes)
        assert attributes.get("href", "#").startswith(("file:///", "#"))
    assert "alert(" in "".join(tags.texts)  # it is shown as text
    assert [item.flow.entry.label for item in overview.flows if item.flow.entry.kind == "command"]
    for start in [index for index in range(len(page)) if page.startswith("<svg", index)]:
        ElementTree.fromstring(page[start : page.index("</svg>", start) + 6])


def test_nothing_in_a_repository_becomes_a_link_or_html_in_markdown(overview_of):
    text = overview_markdown(overview_of(HOSTILE))
    assert "](" not in text
    outside_code = "".join(part for number, part in enumerate(text.split("`")) if number % 2 == 0)
    assert "<script" not in outside_code.replace("\\<", "")
    assert "<img" not in outside_code.replace("\\<", "")
