"""What the documents point to exists: files, headings, `make` targets and benchmarks."""

import re
from pathlib import Path

import click
import pytest

from forethought.cli.commands.bench import bench
from scripts import demo

CHECKOUT = Path(__file__).parents[2]
PAGES = [
    *(path for path in CHECKOUT.glob("*.md") if path.name != "ARCHITECTURE.md"),
    *(CHECKOUT / "docs").rglob("*.md"),
    *(CHECKOUT / "extension").glob("*/README.md"),
    *(CHECKOUT / ".github").rglob("*.md"),
]
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
OWN_REPOSITORY = set(bench.list_commands(click.Context(bench)))
MEASURES = {path.stem.replace("_", "-") for path in (CHECKOUT / "benchmarks/measures").glob("[a-z]*.py")}

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(CHECKOUT)))


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.is_relative_to(CHECKOUT) and file.exists(), target
        assert not anchor or anchor in anchors(file), target


@each_page
def test_every_command_of_the_checkout_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", text, flags=re.MULTILINE)) <= TARGETS
    assert set(re.findall(r"python -m benchmarks ([a-z][a-z-]*)", text)) <= MEASURES | {"report", "fetch"}
    assert set(re.findall(r"forethought bench ([a-z][a-z-]*)", text)) <= OWN_REPOSITORY


def test_every_picture_is_used() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert not [path.name for path in (CHECKOUT / "docs/images").iterdir() if path.name not in text]


def test_the_site_has_every_page_in_its_navigation() -> None:
    navigation = (CHECKOUT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {path.relative_to(CHECKOUT / "docs").as_posix() for path in (CHECKOUT / "docs").rglob("*.md")}
    assert set(re.findall(r": ([\w/-]+\.md)$", navigation, flags=re.MULTILINE)) == pages


def test_the_demo_reads_files_and_functions_that_exist() -> None:
    first, *_ = texts = [(CHECKOUT / file).read_text(encoding="utf-8") for file in demo.FILES]
    assert len(texts) == 3
    assert not [name for name in demo.STARS if f"def {name}(" not in first]


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md", "README.md"])
def test_every_path_in_the_guides_exists(name: str) -> None:
    folders = "|".join(path.name for path in CHECKOUT.iterdir() if path.is_dir())
    text = (CHECKOUT / name).read_text(encoding="utf-8")
    for path in re.findall(rf"`((?:{folders})/[^`<>\s]*)`", text):
        assert (CHECKOUT / path).exists(), path
