"""`model pull` against a hub that misbehaves in the ways hubs and networks do."""

import ast
import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import filelock
import pytest

from forethought.engine.api import CancelToken
from forethought.engine.models import catalog, download
from forethought.engine.models.catalog import CatalogModel, choose_model, read_records
from forethought.engine.models.download import check_model, pull_model, remove_model
from forethought.errors import Cancelled, ForethoughtError, ModelError, ModelLoadError
from support.fake_hub import COMMIT, Hub, HubServer

MODEL = b"GGUF" + os.urandom(3_000_000)
NAME = "someone/some-model:some-Q4_K_M.gguf"
PATH = "someone/some-model/some-Q4_K_M.gguf"


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = HubServer()
    server.hub.files[PATH] = MODEL
    yield server.hub
    server.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "models"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry at once, and let small files arrive in many pieces."""
    monkeypatch.setattr(download, "_RETRY_SECONDS", 0.0)
    monkeypatch.setattr(download, "_CHUNK_BYTES", 65_536)


def pull(name: str, folder: Path, hub: Hub, cancel: CancelToken | None = None) -> Path:
    environment = {"HF_ENDPOINT": hub.endpoint}
    return pull_model(name, folder, lambda here, all: None, print, cancel or CancelToken(), environment).path


def sentence_of(name: str, folder: Path, hub: Hub) -> str:
    with pytest.raises(ModelError) as raised:
        pull(name, folder, hub)
    text = str(raised.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


def whole_files(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("*.gguf")] if folder.exists() else []


def test_a_pull_downloads_the_file_and_records_its_origin(hub: Hub, folder: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    model = pull_model(
        NAME, folder, lambda here, size: seen.append((here, size)), print, CancelToken(), {"HF_ENDPOINT": hub.endpoint}
    )
    assert model.path.read_bytes() == MODEL
    assert seen[-1] == (len(MODEL), len(MODEL))
    record = read_records(folder)[model.path.name]
    assert record["revision"] == COMMIT
    assert record["sha256"] == hashlib.sha256(MODEL).hexdigest()
    assert record["repository"] == "someone/some-model"
    assert not list(folder.glob(".*.part"))


def test_a_second_pull_sends_no_request(hub: Hub, folder: Path) -> None:
    pull(NAME, folder, hub)
    hub.requests.clear()
    assert pull(NAME, folder, hub).read_bytes() == MODEL
    assert hub.requests == []


def test_the_file_is_downloaded_from_the_commit_in_its_metadata(hub: Hub, folder: Path) -> None:
    pull(NAME, folder, hub)
    assert any(line.startswith("GET") and COMMIT in line for line in hub.requests)


def test_a_broken_connection_is_resumed_by_range(hub: Hub, folder: Path) -> None:
    hub.cuts.extend([700_000, 900_000])
    assert pull(NAME, folder, hub).read_bytes() == MODEL
    assert hub.ranges[0] is None
    starts = [int((asked or "").removeprefix("bytes=").rstrip("-")) for asked in hub.ranges[1:]]
    assert len(starts) == 2
    assert 0 < starts[0] < starts[1] < len(MODEL)


def test_a_stopped_pull_is_resumed_by_the_next(hub: Hub, folder: Path) -> None:
    cancel = CancelToken()

    def stop_half_way(here: int, size: int | None) -> None:
        if here > len(MODEL) // 2:
            cancel.cancel()

    with pytest.raises(Cancelled):
        pull_model(NAME, folder, stop_half_way, print, cancel, {"HF_ENDPOINT": hub.endpoint})
    assert whole_files(folder) == []
    hub.ranges.clear()
    assert pull(NAME, folder, hub).read_bytes() == MODEL
    assert hub.ranges[0] is not None
    assert int(hub.ranges[0].removeprefix("bytes=").rstrip("-")) > len(MODEL) // 2


def test_a_network_that_stays_down_keeps_what_has_arrived(hub: Hub, folder: Path) -> None:
    hub.cuts.extend([1_000_000] + [0] * 20)
    assert "run it again" in sentence_of(NAME, folder, hub)
    hub.cuts.clear()
    hub.ranges.clear()
    assert pull(NAME, folder, hub).read_bytes() == MODEL
    assert hub.ranges[0] is not None


def test_a_store_that_is_overloaded_for_a_moment_is_tried_again(hub: Hub, folder: Path) -> None:
    hub.store_statuses.extend([503, 429])
    assert pull(NAME, folder, hub).read_bytes() == MODEL


@pytest.mark.parametrize("status", [404, 403])
def test_a_store_that_refuses_is_not_tried_again(hub: Hub, folder: Path, status: int) -> None:
    hub.store_statuses.append(status)
    sentence_of(NAME, folder, hub)
    assert len(hub.ranges) == 1


def test_a_pull_waits_for_another_of_the_same_file_until_it_is_cancelled(hub: Hub, folder: Path) -> None:
    folder.mkdir(parents=True)
    cancel, errors = CancelToken(), []

    def run() -> None:
        try:
            pull(NAME, folder, hub, cancel)
        except Cancelled as error:
            errors.append(error)

    with filelock.FileLock(folder / f".{NAME.replace('/', '--').replace(':', '--')}.lock"):
        waiting = threading.Thread(target=run)
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        assert hub.ranges == []
        cancel.cancel()
        waiting.join(5)
    assert len(errors) == 1


def test_only_the_public_interface_of_the_hub_library_is_used() -> None:
    """It promises nothing about other names; `pyproject.toml` bounds it by its major version."""
    public = {"huggingface_hub", "huggingface_hub.constants", "huggingface_hub.errors", "huggingface_hub.utils"}
    imported = [
        (node.module, alias.name)
        for node in ast.walk(ast.parse(Path(download.__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("huggingface_hub")
        for alias in node.names
    ]
    assert {module for module, _ in imported} <= public
    assert not [name for _, name in imported if name.startswith("_")]


def test_a_hub_that_ignores_ranges_still_gives_the_right_file(hub: Hub, folder: Path) -> None:
    hub.ignores_ranges = True
    hub.cuts.append(500_000)
    assert pull(NAME, folder, hub).read_bytes() == MODEL


def test_a_damaged_partial_file_is_downloaded_again(hub: Hub, folder: Path) -> None:
    hub.cuts.extend([1_000_000] + [0] * 20)
    sentence_of(NAME, folder, hub)
    hub.cuts.clear()
    (part,) = folder.glob(".*.part")
    part.write_bytes(b"GGUF" + b"\0" * (part.stat().st_size - 4))
    assert pull(NAME, folder, hub).read_bytes() == MODEL


def test_a_wrong_checksum_is_reported_and_nothing_is_installed(hub: Hub, folder: Path) -> None:
    hub.announced[PATH] = "0" * 64
    assert "SHA-256" in sentence_of(NAME, folder, hub)
    assert whole_files(folder) == []
    assert not list(folder.glob(".*.part"))


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><html>Log in", b"\n <html>", b"<" + b"x" * len(MODEL)])
def test_a_web_page_instead_of_the_file_is_recognized(hub: Hub, folder: Path, page: bytes) -> None:
    hub.instead = page
    assert "web page" in sentence_of(NAME, folder, hub)
    assert whole_files(folder) == []
    hub.instead = None
    assert pull(NAME, folder, hub).read_bytes() == MODEL


def test_a_file_that_is_not_a_model_is_refused(hub: Hub, folder: Path) -> None:
    hub.files[PATH] = b"PK\x03\x04" + b"x" * 10_000
    assert "GGUF" in sentence_of(NAME, folder, hub)


def test_unknown_repository_unknown_file_and_gated_model_are_told_apart(hub: Hub, folder: Path) -> None:
    assert "no repository" in sentence_of("someone/else:a.gguf", folder, hub)
    assert "no file" in sentence_of("someone/some-model:other.gguf", folder, hub)
    hub.statuses["someone/gated"] = (401, "GatedRepo")
    assert "conditions" in sentence_of("someone/gated:a.gguf", folder, hub)
    hub.statuses["someone/busy"] = (503, "")
    assert "503" in sentence_of("someone/busy:a.gguf", folder, hub)


def test_no_network_is_one_sentence(folder: Path, hub: Hub) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        hub.endpoint = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        assert "cannot reach" in sentence_of(NAME, folder, hub)


def test_offline_is_respected(folder: Path, hub: Hub) -> None:
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE"):
        pull_model(
            NAME,
            folder,
            lambda here, size: None,
            print,
            CancelToken(),
            {"HF_ENDPOINT": hub.endpoint, "HF_HUB_OFFLINE": "1"},
        )
    assert hub.requests == []


def test_a_full_disk_is_noticed_before_the_download(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_SPARE_BYTES", 10**18)
    assert "free" in sentence_of(NAME, folder, hub)
    assert hub.ranges == []


@pytest.mark.parametrize("name", ["nothing", "a/b", "a/b:c.txt", "a/b:../../c.gguf", "../b:c.gguf", "a/b/c:d.gguf"])
def test_a_malformed_name_lists_the_known_models(hub: Hub, folder: Path, name: str) -> None:
    assert "ministral-3b" in sentence_of(name, folder, hub)
    assert hub.requests == []


def test_a_file_in_a_subfolder_of_the_repository_is_stored_in_our_folder(hub: Hub, folder: Path) -> None:
    hub.files["someone/some-model/deep/er/m.gguf"] = MODEL
    path = pull("someone/some-model:deep/er/m.gguf", folder, hub)
    assert path.parent == folder
    assert path.read_bytes() == MODEL


def a_known_model(**changes: object) -> CatalogModel:
    values: dict[str, object] = {
        "name": "known",
        "title": "Known",
        "repository": "someone/some-model",
        "file": "some-Q4_K_M.gguf",
        "revision": "f" * 40,
        "sha256": hashlib.sha256(MODEL).hexdigest(),
        "size": len(MODEL),
        "memory": 1,
        "license": "Apache-2.0",
        "good_for": "tests",
        **changes,
    }
    return CatalogModel(**values)  # type: ignore[arg-type]


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> CatalogModel:
    model = a_known_model()
    for module in (catalog, download):
        monkeypatch.setattr(module, "CATALOG", (model,))
    return model


def test_a_catalog_model_is_pulled_at_its_revision_and_then_chosen(hub: Hub, folder: Path, known: CatalogModel) -> None:
    path = pull("known", folder, hub)
    assert path == folder / known.file
    assert f"HEAD /someone/some-model/resolve/{known.revision}/{known.file}" in hub.requests
    chosen = choose_model(catalog.Settings(), folder)
    assert chosen is not None
    assert chosen.name == "known"


def test_a_deleted_revision_is_replaced_by_the_same_file_on_main(hub: Hub, folder: Path, known: CatalogModel) -> None:
    hub.missing_revisions.add(known.revision or "")
    assert pull("known", folder, hub).read_bytes() == MODEL


def test_a_hub_whose_file_differs_from_the_catalog_is_not_trusted(hub: Hub, folder: Path, known: CatalogModel) -> None:
    hub.files[PATH] = b"GGUF" + os.urandom(1000)
    assert "different SHA-256" in sentence_of("known", folder, hub)
    assert hub.ranges == []


def test_a_file_with_a_forged_checksum_is_caught_by_the_catalog(hub: Hub, folder: Path, known: CatalogModel) -> None:
    hub.files[PATH] = MODEL[:-1] + b"x"
    hub.announced[PATH] = known.sha256 or ""
    assert "SHA-256" in sentence_of("known", folder, hub)
    assert whole_files(folder) == []


def test_removing_frees_the_space_and_forgets_the_choice(hub: Hub, folder: Path, known: CatalogModel) -> None:
    pull("known", folder, hub)
    catalog.use_model("known", folder)
    assert remove_model("known", folder) == len(MODEL)
    assert whole_files(folder) == []
    assert read_records(folder) == {}
    assert catalog.chosen_model(folder) is None
    with pytest.raises(ModelError, match="not installed"):
        remove_model("known", folder)


def test_a_file_that_is_not_ours_is_not_removed(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(MODEL)
    with pytest.raises(ModelError, match="not ours"):
        remove_model(str(mine), folder)
    assert mine.exists()


def test_check_says_what_is_wrong_with_a_file(tmp_path: Path, folder: Path) -> None:
    page = tmp_path / "page.gguf"
    page.write_bytes(b"<html>")
    with pytest.raises(ModelLoadError, match="GGUF"):
        check_model(str(page), folder)
    with pytest.raises(ForethoughtError, match="does not exist"):
        check_model(str(tmp_path / "none.gguf"), folder)
