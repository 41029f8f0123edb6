"""GSM8K is not part of the repository: it is fetched, checked and kept, or read from a folder."""

import threading
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.datasets.gsm8k import SOCRATIC, TEST, Dataset, fetch, read_gsm8k
from forethought.bench.measurement import Measurement
from forethought.errors import ForethoughtError, UsageError
from support.word_problems import write_gsm8k


@pytest.fixture
def published(tmp_path):
    """A folder with made-up problems, and its address on a server."""
    folder = write_gsm8k(tmp_path / "published")
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def dataset_in(folder):
    return Dataset(TEST.file, TEST.cached, sha256((folder / TEST.file).read_bytes()).hexdigest())


def test_a_file_is_downloaded_once(published, tmp_path):
    folder, url = published
    dataset, cache = dataset_in(folder), tmp_path / "cache"
    file = fetch(dataset, cache, url)
    assert file.read_bytes() == (folder / TEST.file).read_bytes()
    (folder / TEST.file).unlink()
    assert fetch(dataset, cache, url) == file
    assert [path.name for path in cache.iterdir()] == [TEST.cached]


def test_another_file_than_the_pinned_one_is_refused_and_not_kept(published, tmp_path):
    _, url = published
    with pytest.raises(ForethoughtError, match="SHA-256 differs"):
        fetch(TEST, tmp_path / "cache", url)
    assert not (tmp_path / "cache").exists()


def test_a_spoiled_file_is_downloaded_again(published, tmp_path):
    folder, url = published
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / TEST.cached).write_text("half of i")
    assert fetch(dataset_in(folder), cache, url).read_bytes() == (folder / TEST.file).read_bytes()


def test_a_failed_download_is_told_in_one_line(tmp_path):
    with pytest.raises(ForethoughtError, match=r"could not be downloaded.*--gsm8k") as caught:
        fetch(TEST, tmp_path, "http://127.0.0.1:9")
    assert "\n" not in str(caught.value)


def test_a_folder_of_ones_own_is_read_instead(tmp_path):
    measurement = Measurement("trial", tmp_path, {})
    folder = write_gsm8k(tmp_path / "mine")
    problems = read_gsm8k(measurement, TEST, folder)
    steps = read_gsm8k(measurement, SOCRATIC, folder)
    assert len(problems) == len(steps) == 12
    assert {len(one.queries) for one in problems} == {1} and {len(one.queries) for one in steps} == {3}
    with pytest.raises(UsageError, match="cannot be read"):
        read_gsm8k(measurement, TEST, tmp_path / "nowhere")
