"""From CI to editor: one clone computes and exports insights; another one, without a model, imports and shows them."""

from pathlib import Path
from typing import Annotated, Any

from forethought.bench.lsp_client import Client
from forethought.bench.report import Goal, Report
from forethought.bench.trial import Trial, command_document, pick_files, precompute_files, start_server
from forethought.text.uris import file_uri

_COMPARED = ("subject", "insights", "state", "calleeChanged", "signature", "doc")


def run(
    root: Path,
    files: Annotated[int, "Number of files to precompute."] = 4,
    seed: Annotated[int, "Seed that chooses the files."] = 7,
) -> Report:
    """Compare two clones of `root`. Raises UsageError and ForethoughtError."""
    with Trial() as trial:
        first, second = trial.clone(root, "first"), trial.clone(root, "elsewhere")
        ci, laptop = trial.environment("ci"), trial.environment("laptop", engine="none")
        paths = pick_files(first, files, seed)
        precompute_files(ci, first, paths)
        export = str(trial.folder / "contexts.export")
        exported = command_document(ci, "cache", "export", export)
        imported = command_document(laptop, "cache", "import", export)
        here, there = start_server(ci, first), start_server(laptop, second)
        try:
            pairs = [pair for path in paths for pair in _compare(here, file_uri(first), there, file_uri(second), path)]
        finally:
            here.close()
            there.close()
        computed = command_document(laptop, "cache", "info")["entries"] - imported["imported"]
        hosts = len(command_document(laptop, "engine", "status")["hosts"])
    different = [pair["symbol"] for pair in pairs if not (pair["same_hover"] and pair["same_context"])]
    known = sum(pair["state"] in ("fresh", "empty") for pair in pairs)
    return Report(
        name="share",
        title="Insights computed in one clone and read in another",
        shows="Does a clone without a model show what another clone computed?",
        verdict=(
            f"{imported['imported']} insights were imported from {exported['bytes'] / 1000:.1f} kB.",
            *(f"Different: {name}." for name in different),
        ),
        goals=(
            Goal("symbols with the same hover", sum(pair["same_hover"] for pair in pairs), "=", len(pairs)),
            Goal("symbols with the same insights", sum(pair["same_context"] for pair in pairs), "=", len(pairs)),
            Goal("symbols fresh (or empty) in the second clone", known, "=", len(pairs)),
            Goal("insights computed in the second clone", computed, "=", 0),
            Goal("engine hosts started for the second clone", hosts, "=", 0),
        ),
        settings={"root": root.name, "files": len(paths), "seed": seed, **trial.machine},
        data={
            "exported": exported["entries"],
            "imported": imported["imported"],
            "bytes": exported["bytes"],
            "pairs": pairs,
        },
    )


def comparable_hover(hover: Any, root_uri: str) -> str | None:
    """A hover's text without what depends on the clone: its folder, and the mark of shared insights."""
    if hover is None:
        return None
    text: str = hover["contents"]["value"].replace(root_uri, "")
    return text.replace(" · shared", "").strip()


def _compare(here: Client, here_root: str, there: Client, there_root: str, path: str) -> list[dict[str, Any]]:
    here_uri, there_uri = f"{here_root}/{path}", f"{there_root}/{path}"
    ours, theirs = (
        client.request("forethought/context", {"textDocument": {"uri": uri}})["symbols"]
        for client, uri in ((here, here_uri), (there, there_uri))
    )
    found = []
    for mine, other in zip(ours, theirs, strict=True):
        hovers = []
        for client, uri, root_uri in ((here, here_uri, here_root), (there, there_uri, there_root)):
            params = {"textDocument": {"uri": uri}, "position": mine["selectionRange"]["start"]}
            hover = client.request("textDocument/hover", params) if mine["kind"] != "file" else None
            hovers.append(comparable_hover(hover, root_uri))
        found.append(
            {
                "symbol": f"{here_uri.rpartition('/')[2]} {mine['name']}",
                "state": other["state"],
                "same_hover": hovers[0] == hovers[1],
                "same_context": all(mine[key] == other[key] for key in _COMPARED),
                "hovers": hovers,
            }
        )
    return found
