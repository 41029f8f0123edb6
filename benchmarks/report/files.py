"""A report's files: `NAME.json`, `NAME.html` and one PNG per plot."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks.report.page import Draw, html_page
from forethought.bench.report import Plot, Report
from forethought.bench.report_json import report_from_json, report_to_json
from forethought.errors import ForethoughtError, UsageError

NO_PLOTS = "The page has no plots because matplotlib is not installed; run `pip install matplotlib`."
JOINED = "all"
"""Name of the page with several reports."""


@dataclass(frozen=True, slots=True)
class Written:
    page: Path
    others: tuple[Path, ...]
    problem: str | None
    """Why there are no plots."""

    @property
    def sentences(self) -> list[str]:
        return [f"Report: {self.page}", *([self.problem] if self.problem else [])]


def write_report(report: Report, folder: Path) -> Written:
    """Write all files of a report, without plots if matplotlib is missing. Raises ForethoughtError if it cannot."""
    draw = _draw()
    page, document = folder / f"{report.name}.html", folder / f"{report.name}.json"
    pictures = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        document.write_text(json.dumps(report_to_json(report), indent=1) + "\n", encoding="utf-8")
        for plot, picture in ((plot, draw(plot)[0]) for plot in report.plots if draw is not None):
            pictures.append(folder / f"{report.name}-{_slug(plot)}.png")
            pictures[-1].write_bytes(picture)
        page.write_text(html_page([report], draw), encoding="utf-8")
    except OSError as error:
        raise ForethoughtError(
            f"The report cannot be written to {folder} ({error}); name a folder with --out."
        ) from error
    return Written(page, (document, *pictures), None if draw else NO_PLOTS)


def join_reports(folders: Iterable[Path], target: Path) -> Written:
    """Write one page with every report in the folders. Raises UsageError if there are none."""
    folders = list(folders)
    files = sorted(file for folder in folders for file in folder.glob("*.json"))
    reports = [_read(file) for file in files]
    if not reports:
        names = ", ".join(map(str, folders))
        raise UsageError(
            f"There are no reports in {names}; create one with `python -m benchmarks NAME`, or name its folder."
        )
    draw = _draw()
    page = target / f"{JOINED}.html"
    try:
        target.mkdir(parents=True, exist_ok=True)
        page.write_text(html_page(reports, draw), encoding="utf-8")
    except OSError as error:
        raise ForethoughtError(
            f"The page cannot be written to {target} ({error}); name a folder with --out."
        ) from error
    return Written(page, (), None if draw else NO_PLOTS)


def _read(file: Path) -> Report:
    try:
        return report_from_json(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read as a report ({error}); remove it, or name another folder.") from error
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from error


def _draw() -> Draw | None:
    if find_spec("matplotlib") is None:
        return None
    from benchmarks.report.plots import draw

    return lambda plot: (draw(plot, "light"), draw(plot, "dark"))


def _slug(plot: Plot) -> str:
    return re.sub(r"[^a-z0-9]+", "-", plot.title.lower()).strip("-")[:60]
