"""Describes the JSON documents of the commands in a few lines for people. Paths are relative to the current folder."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.style import Style
from rich.text import Text

from forethought.text.sanitizers import visible
from forethought.text.uris import path_of

Document = Mapping[str, Any]

STATE_STYLES = {"fresh": "green", "stale": "yellow", "missing": "dim", "empty": "dim", "failed": "red", "live": "cyan"}
TIER_STYLES = {"facts": "cyan", "predicted": "green", "enriched": "magenta", "full": "blue", "none": "yellow"}
MAX_REFERENCES = 5
"""Callers, calls, tests or sources that are listed; the rest are counted."""
_LABEL_WIDTH = 11


def describe_index(root: Path, document: Document) -> list[Text | str]:
    """Describe what `index` did: counts, speed, languages, and skipped files."""
    seconds = document["seconds"]
    speed = f", {document['bytes'] / 1e6 / seconds:.1f} MB/s" if seconds > 0 and document["bytes"] else ""
    lines: list[Text | str] = [
        Text.assemble(
            (visible(str(root)), "bold"),
            f"  {_count(document['files'], 'file')}, {_count(document['symbols'], 'symbol')},"
            f" {_count(document['references'], 'reference')} in {seconds:.2f} s{speed}",
        )
    ]
    if document["languages"]:
        lines.append(_aligned("languages", _tally(document["languages"])))
    if document["skipped"]:
        lines.append(_aligned("skipped", _tally(document["skipped"])))
    return lines


def describe_insights(document: Document) -> list[Text | str]:
    """Describe each symbol of an insight document with its insights and facts."""
    lines: list[Text | str] = []
    for symbol in document["symbols"]:
        if lines:
            lines.append("")
        lines.extend(_describe_symbol(document["uri"], symbol))
    return lines


def describe_answer(document: Document) -> list[Text | str]:
    """Describe where an answer comes from: its sources, then tier, state, cost and time in one line."""
    usage = document["usage"]
    not_in_answer = [source for source in document["sources"] if _file_and_line(source) not in document["answer"]]
    lines: list[Text | str] = list(_reference_lines(not_in_answer))
    tier = Text(document["tier"], style=TIER_STYLES.get(document["tier"], ""))
    parts = [tier, Text(document["state"], style=STATE_STYLES.get(document["state"], ""))]
    if document["model"]:
        parts.append(Text(visible(document["model"])))
    if usage["promptTokens"] or usage["completionTokens"]:
        cached = f" ({usage['cachedTokens']} cached)" if usage["cachedTokens"] else ""
        parts.append(Text(f"{usage['promptTokens']} tokens read{cached}, {usage['completionTokens']} written"))
    parts.append(Text(_milliseconds(usage["totalMs"])))
    if matched := document.get("matchedQuestion"):
        parts.append(Text(f"stored answer to “{visible(matched)}”"))
    return [*lines, Text(" · ", style="dim").join(parts)]


def describe_status(document: Document) -> list[Text | str]:
    """Describe the state, the coverage of each root, what is next and why, the engine and the store."""
    lines: list[Text | str] = [Text.assemble((document["state"], "bold"), f"  {visible(document['message'])}")]
    for root in document["roots"]:
        files, contexts = root["files"], root["contexts"]
        lines.append(Text(visible(str(path_of(root["uri"]) or root["uri"])), style="bold"))
        lines.append(_aligned("files", f"{files['indexed']} of {files['total']} indexed"))
        if files["skipped"]:
            lines.append(_aligned("skipped", _tally(files["skipped"])))
        lines.append(_aligned("insights", ", ".join(f"{n} {state}" for state, n in contexts.items()), root["scope"]))
    if document["queue"]:
        minutes = document["estimateMinutes"]
        estimate = f", about {_minutes(minutes)}" if minutes is not None else ""
        lines.append(_aligned("queue", f"{_count(document['queue'], 'symbol')} to think about{estimate}"))
    for item in document["next"][:MAX_REFERENCES]:
        name = visible(item["symbol"]) or "(the file)"
        lines.append(_aligned("next", f"{visible(_relative_path(item['uri']))}  {name}", visible(item["reason"])))
    lines.append(_aligned("engine", _describe_engine(document["engine"])))
    cache = document["cache"]
    size = f"{_bytes(cache['bytes'])} of {_bytes(cache['limit'])}"
    lines.append(_aligned("store", f"{_count(cache['entries'], 'insight')}, {size}"))
    return lines


def describe_precompute(document: Document, dry_run: bool) -> list[Text | str]:
    """Describe what a run did, or would do with `dry_run`, and what is left."""
    files, symbols, tokens = document["files"], document["symbols"], document["tokens"]
    minutes = document["estimate"]["minutes"]
    lines: list[Text | str] = []
    if dry_run:
        estimate = f"about {_minutes(minutes)}" if minutes is not None else "no time estimate yet"
        chosen = f"{files['selected']} of {_count(files['total'], 'file')}"
        reused = f", {symbols['reused']} already stored" if symbols["reused"] else ""
        lines.append(f"{_count(symbols['remaining'], 'symbol')} to think about in {chosen}, {estimate}{reused}.")
    else:
        counts = ", ".join(f"{symbols[key]} {key}" for key in ("computed", "reused", "empty", "failed") if symbols[key])
        lines.append(
            f"{counts or 'nothing to do'} ({_count(files['selected'], 'file')}) in {document['seconds']:.1f} s"
        )
        if tokens["prompt"]:
            cached = f" ({tokens['cached']} cached)" if tokens["cached"] else ""
            lines.append(_aligned("tokens", f"{tokens['prompt']} read{cached}, {tokens['completion']} written"))
        if symbols["remaining"]:
            left = f"{_count(symbols['remaining'], 'symbol')} left"
            estimate = f", about {_minutes(minutes)}" if minutes is not None else ""
            lines.append(_aligned("remaining", f"{left}{estimate}; run it again to continue"))
    if files["skipped"]:
        lines.append(_aligned("skipped", _tally(files["skipped"])))
    return lines


def _describe_symbol(uri: str, symbol: Document) -> Iterable[Text | str]:
    name = visible(symbol["name"]) or visible(_relative_path(uri))
    state = symbol["state"]
    header = Text.assemble((name, "bold"), f"  {symbol['kind']}  ", (state, STATE_STYLES.get(state, "")))
    if symbol["name"]:
        header.append("  ")
        header.append_text(_location({"uri": uri, "range": symbol["selectionRange"]}))
    yield header
    if symbol["signature"]:
        yield Text(f"  {visible(symbol['signature'])}", style="cyan")
    insights = symbol["insights"]
    if insights is None and symbol["doc"]:
        yield f"  {visible(symbol['doc'].splitlines()[0])}"
    if insights is not None:
        yield from _describe_insights(insights)
    if symbol["calleeChanged"]:
        yield Text("  A callee has changed since this was written.", style="yellow")
    if (behavior := symbol["behaviour"]) is not None:
        yield from _describe_behavior(behavior)
    yield from _describe_facts(symbol["facts"])
    if provenance := symbol["provenance"]:
        shared = ", shared" if provenance["origin"] == "shared" else ""
        made = f"{visible(provenance['model'])}, {visible(provenance['createdAt'])}{shared}"
        yield Text(f"  {made}", style="dim")


def _describe_insights(insights: Document) -> Iterable[Text | str]:
    if insights["summary"]:
        yield f"  {visible(insights['summary'])}"
    for inference in insights["inferences"]:
        yield f"  • {visible(inference)}"
    for question in insights["questions"]:
        yield Text.assemble("  ? ", (visible(question["question"]), "italic"), f"  {visible(question['answer'])}")


def _describe_behavior(behavior: Document) -> Iterable[Text | str]:
    if behavior["text"]:
        yield f"  {visible(behavior['text'])}"
    for index, effect in enumerate(behavior["effects"]):
        yield Text.assemble(("  " + ("effects" if index == 0 else "").ljust(_LABEL_WIDTH), "dim"), visible(effect))


def _describe_facts(facts: Document | None) -> Iterable[Text | str]:
    if facts is None:
        return
    for label, references, count in (
        ("called by", facts["calledBy"], facts["calledByCount"]),
        ("calls", facts["calls"], len(facts["calls"])),
        ("tested by", facts["tests"], len(facts["tests"])),
    ):
        for index, reference in enumerate(references[:MAX_REFERENCES]):
            shown_label = (label if index == 0 else "").ljust(_LABEL_WIDTH)
            yield Text.assemble((f"  {shown_label}", "dim"), *_reference(reference))
        if count > MAX_REFERENCES:
            yield Text("  " + " " * _LABEL_WIDTH + f"… {count} in total", style="dim")
    if facts["raises"]:
        yield Text.assemble(("  " + "raises".ljust(_LABEL_WIDTH), "dim"), visible(", ".join(facts["raises"])))
    if change := facts["lastChange"]:
        who = f"{change['commit'][:8]} {change['date'][:10]} {visible(change['author'])}: {visible(change['subject'])}"
        yield Text.assemble(("  " + "changed".ljust(_LABEL_WIDTH), "dim"), who)


def _reference_lines(references: Sequence[Document]) -> Iterable[Text]:
    for reference in references[:MAX_REFERENCES]:
        yield Text.assemble("  ", *_reference(reference))
    if len(references) > MAX_REFERENCES:
        yield Text(f"  … and {len(references) - MAX_REFERENCES} more", style="dim")


def _reference(reference: Document) -> tuple[Text, str]:
    return _location(reference), f"  {visible(reference['symbol'])}".rstrip()


def _file_and_line(location: Document) -> str:
    name = _relative_path(location["uri"]).rpartition("/")[2]
    return f"{name}:{location['range']['start']['line'] + 1}"


def _location(location: Document) -> Text:
    """Return `path:line`, which many terminals make clickable, with a link for terminals that support links."""
    line = location["range"]["start"]["line"] + 1
    return Text(f"{visible(_relative_path(location['uri']))}:{line}", style=Style(link=location["uri"]))


def _relative_path(uri: str) -> str:
    path = path_of(uri)
    if path is None:
        return uri
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _describe_engine(engine: Document | None) -> str:
    if engine is None:
        return "none: facts only; see `forethought doctor`"
    loaded = "loaded" if engine["loaded"] else "not loaded"
    where = "remote" if engine["remote"] else visible(str(engine["device"]))
    return f"{visible(str(engine['model']))} ({engine['kind']}, {where}, {loaded})"


def _aligned(label: str, text: str, aside: str = "") -> Text:
    return Text.assemble(("  " + label.ljust(_LABEL_WIDTH), "dim"), text, (f"  ({aside})" if aside else "", "dim"))


def _tally(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{n} {visible(name)}" for name, n in ordered)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _minutes(minutes: float) -> str:
    if minutes < 1:
        return f"{max(1, round(minutes * 60))} s"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _milliseconds(milliseconds: float) -> str:
    return f"{milliseconds:.1f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
