"""GSM8K's test problems, downloaded from OpenAI's grade-school-math repository at a pinned revision.

K. Cobbe et al., Training Verifiers to Solve Math Word Problems, arXiv 2110.14168; MIT License.
"""

import urllib.request
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final

from benchmarks.datasets.problems import Situation, read_situations
from forethought.bench.measurement import Measurement, measurements_folder
from forethought.errors import ForethoughtError

REVISION: Final = "3101c7d5072418e28b9008a6636bde82a006892c"
BASE_URL: Final = f"https://raw.githubusercontent.com/openai/grade-school-math/{REVISION}/grade_school_math/data"
_TIMEOUT_SECONDS: Final = 60.0

Gsm8kFolder = Annotated[
    Path | None, "Folder with GSM8K's test.jsonl and test_socratic.jsonl; by default they are downloaded once"
]
"""The `--gsm8k` option of a benchmark."""


@dataclass(frozen=True, slots=True)
class Dataset:
    file: str
    """Name in the repository, and in a folder named with `--gsm8k`."""
    cached: str
    """Name in our cache."""
    sha256: str


TEST: Final = Dataset(
    "test.jsonl", "gsm8k-test.jsonl", "3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14"
)
"""1,319 word problems with worked solutions."""
SOCRATIC: Final = Dataset(
    "test_socratic.jsonl", "gsm8k-socratic.jsonl", "c96673362fa7a699f4836a9b6474a067448f95fe58064727501ee63ba4c3fdb6"
)
"""The same problems with a sub-question for each step: `question ** step <<expression=value>>`."""


def read_gsm8k(measurement: Measurement, dataset: Dataset, folder: Path | None) -> list[Situation]:
    """Read the problems from `folder`, or else from our cache, which is filled on first use.

    Raises UsageError if a file is missing or malformed, and ForethoughtError if the download fails.
    """
    if folder is not None:
        return read_situations(folder / dataset.file)
    return read_situations(fetch(dataset, measurements_folder(measurement.user_settings)))


def fetch(dataset: Dataset, cache: Path, base_url: str = BASE_URL) -> Path:
    """Return the dataset's file in the cache folder, downloading it unless it is there. Raises ForethoughtError."""
    target = cache / dataset.cached
    if target.is_file() and sha256(target.read_bytes()).hexdigest() == dataset.sha256:
        return target
    url = f"{base_url}/{dataset.file}"
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 - BASE_URL, or a test's
            content = response.read()
        if sha256(content).hexdigest() != dataset.sha256:
            raise ForethoughtError(f"{url} is not the expected file (its SHA-256 differs); {_OTHERWISE}")
        _replace(target, content)
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise ForethoughtError(f"GSM8K could not be downloaded from {url} ({reason}); {_OTHERWISE}") from error
    return target


_OTHERWISE: Final = "name a folder with test.jsonl and test_socratic.jsonl by --gsm8k."


def _replace(target: Path, content: bytes) -> None:
    """Write atomically, so that an interrupted download leaves no partial file under the final name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".part")
    partial.write_bytes(content)
    partial.replace(target)
