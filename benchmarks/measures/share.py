"""CI to editor: one clone thinks and exports; another, elsewhere and without a model, imports and shows the same."""

from pathlib import Path
from typing import Annotated, Any

from forethought.bench.lsp_client import Client
from forethought.bench.trial import (
    Trial,
    command_document,
    goal_line,
    machine_line,
    pick_files,
    precompute_files,
    start_server,
)
from forethought.text.uris import file_uri

_COMPARED = ("subject", "insights", "state", "calleeChanged", "signature", "doc")


def run(
    root: Path,
    files: Annotated[int, "How many files are thought about."] = 4,
    seed: Annotated[int, "Chooses the files."] = 7,
) -> dict[str, Any]:
    """Compare two clones of `root`. Plain JSON values: `symbols`, `fresh`, `empty`, `same_hovers`, `same_contexts`,
    `computed` and `hosts` (in the second clone), `bytes` (of the export), `met`, `machine`.
    """
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
        left = command_document(laptop, "cache", "info")["entries"]
        hosts = len(command_document(laptop, "engine", "status")["hosts"])
    states = [pair["state"] for pair in pairs]
    result: dict[str, Any] = {
        "symbols": len(pairs),
        "fresh": states.count("fresh"),
        "empty": states.count("empty"),
        "same_hovers": sum(pair["same_hover"] for pair in pairs),
        "same_contexts": sum(pair["same_context"] for pair in pairs),
        "exported": exported["entries"],
        "imported": imported["imported"],
        "computed": left - imported["imported"],
        "hosts": hosts,
        "bytes": exported["bytes"],
        "different": [pair["symbol"] for pair in pairs if not (pair["same_hover"] and pair["same_context"])],
    }
    whole = len(pairs)
    met = result["same_hovers"] == result["same_contexts"] == whole == result["fresh"] + result["empty"]
    return {
        **result,
        "seed": seed,
        "met": met and not result["computed"] and not hosts,
        "machine": trial.machine,
    }


def render(result: dict[str, Any]) -> str:
    """The figures as lines for people, each with its goal."""
    whole = result["symbols"]
    known = result["fresh"] + result["empty"]
    lines = [
        f"{result['imported']} insights from clone 1 ({result['bytes'] / 1000:.1f} kB) in clone 2, without a model,"
        f" {machine_line(result['machine'])}",
        goal_line("same hover", f"{result['same_hovers']}/{whole}", "all", result["same_hovers"] == whole),
        goal_line("same c′", f"{result['same_contexts']}/{whole}", "all", result["same_contexts"] == whole),
        goal_line(
            "fresh in clone 2 (or empty: nothing survived grounding)",
            f"{result['fresh']}+{result['empty']}/{whole}",
            "all",
            known == whole,
        ),
        goal_line("computed in clone 2", str(result["computed"]), "0", not result["computed"]),
        goal_line("engine hosts started for clone 2", str(result["hosts"]), "0", not result["hosts"]),
    ]
    lines += [f"  different: {name}" for name in result["different"]]
    return "\n".join(lines)


def comparable_hover(hover: Any, root_uri: str) -> str | None:
    """A hover's text without what names the clone: its folder, and who computed it (the last line)."""
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
