"""Documents of the contract as a few lines for people. Pure but for the paths, which are shown from where one is."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.style import Style
from rich.text import Text

from forethought.text.sanitizers import visible
from forethought.text.uris import path_of

Document = Mapping[str, Any]

STATE_STYLES = {"fresh": "green", "stale": "yellow", "missing": "dim", "empty": "dim", "failed": "red", "live": "cyan"}
TIER_STYLES = {"facts": "cyan", "predicted": "green", "enriched": "magenta", "full": "blue", "none": "yellow"}
MAX_PLACES = 5


def describe_index(root: Path, document: Document) -> list[Text | str]:
    """What `index` did: counts, speed, languages, and what was left out."""
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
        lines.append(_aligned("left out", _tally(document["skipped"])))
    return lines


def describe_context(document: Document) -> list[Text | str]:
    """The c′ document: each symbol with its insights and facts."""
    lines: list[Text | str] = []
    for symbol in document["symbols"]:
        if lines:
            lines.append("")
        lines.extend(_describe_symbol(document["uri"], symbol))
    if document["candidates"]:
        lines.append("Several are possible:")
        lines.extend(_place_lines(document["candidates"], most=20))
    return lines


def describe_answer(document: Document) -> list[Text | str]:
    """Where an answer comes from: sources, then one line of tier, time and cost."""
    usage = document["usage"]
    unsaid = [place for place in document["sources"] if _line_of(place) not in document["answer"]]
    lines: list[Text | str] = list(_place_lines(unsaid))
    tier = Text(document["tier"], style=TIER_STYLES.get(document["tier"], ""))
    parts = [tier, Text(document["state"], style=STATE_STYLES.get(document["state"], ""))]
    if document["model"]:
        parts.append(Text(visible(document["model"])))
    if usage["promptTokens"] or usage["completionTokens"]:
        cached = f" ({usage['cachedTokens']} cached)" if usage["cachedTokens"] else ""
        parts.append(Text(f"{usage['promptTokens']} tokens read{cached}, {usage['completionTokens']} written"))
    parts.append(Text(_milliseconds(usage["totalMs"])))
    if matched := document.get("matchedQuestion"):
        parts.append(Text(f"predicted as “{visible(matched)}”"))
    return [*lines, Text(" · ", style="dim").join(parts)]


def describe_status(document: Document) -> list[Text | str]:
    """State, coverage of each root, what is next and why, engine and store."""
    lines: list[Text | str] = [Text.assemble((document["state"], "bold"), f"  {visible(document['message'])}")]
    for root in document["roots"]:
        files, contexts = root["files"], root["contexts"]
        lines.append(Text(visible(str(path_of(root["uri"]) or root["uri"])), style="bold"))
        lines.append(_aligned("files", f"{files['indexed']} of {files['total']} indexed"))
        if files["skipped"]:
            lines.append(_aligned("left out", _tally(files["skipped"])))
        lines.append(_aligned("insights", ", ".join(f"{n} {state}" for state, n in contexts.items()), root["scope"]))
    if document["queue"]:
        minutes = document["estimateMinutes"]
        estimate = f", about {_minutes(minutes)}" if minutes is not None else ""
        lines.append(_aligned("queue", f"{_count(document['queue'], 'symbol')} to think about{estimate}"))
    for item in document["next"][:MAX_PLACES]:
        name = visible(item["symbol"]) or "the file itself"
        lines.append(_aligned("next", f"{visible(_shown(item['uri']))}  {name}", visible(item["reason"])))
    lines.append(_aligned("engine", _describe_engine(document["engine"])))
    cache = document["cache"]
    size = f"{_bytes(cache['bytes'])} of {_bytes(cache['limit'])}"
    lines.append(_aligned("store", f"{_count(cache['entries'], 'insight')}, {size}"))
    return lines


def describe_precompute(document: Document, dry_run: bool) -> list[Text | str]:
    """What a run did, or with `dry_run` would do, and what is left."""
    files, symbols, tokens = document["files"], document["symbols"], document["tokens"]
    minutes = document["estimate"]["minutes"]
    lines: list[Text | str] = []
    if dry_run:
        estimate = f"about {_minutes(minutes)}" if minutes is not None else "in a time that is not measured yet"
        chosen = f"{_count(files['selected'], 'file')} of {files['total']}"
        reused = f", {symbols['reused']} are there already" if symbols["reused"] else ""
        lines.append(f"{_count(symbols['remaining'], 'symbol')} of {chosen} to think about, {estimate}{reused}.")
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
            lines.append(_aligned("remaining", f"{left}{estimate}; run it again to go on"))
    if files["skipped"]:
        lines.append(_aligned("left out", _tally(files["skipped"])))
    return lines


def _describe_symbol(uri: str, symbol: Document) -> Iterable[Text | str]:
    name = visible(symbol["name"]) or visible(_shown(uri))
    state = symbol["state"]
    header = Text.assemble((name, "bold"), f"  {symbol['kind']}  ", (state, STATE_STYLES.get(state, "")))
    if symbol["name"]:
        header.append("  ")
        header.append_text(_place({"uri": uri, "range": symbol["selectionRange"]}))
    yield header
    if symbol["signature"]:
        yield Text(f"  {visible(symbol['signature'])}", style="cyan")
    insights = symbol["insights"]
    if insights is None and symbol["doc"]:
        yield f"  {visible(symbol['doc'].splitlines()[0])}"
    if insights is not None:
        yield from _describe_insights(insights)
    if symbol["calleeChanged"]:
        yield Text("  A callee changed since this was written.", style="yellow")
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


def _describe_facts(facts: Document | None) -> Iterable[Text | str]:
    if facts is None:
        return
    for label, places, count in (
        ("called by", facts["calledBy"], facts["calledByCount"]),
        ("calls", facts["calls"], len(facts["calls"])),
        ("tested by", facts["tests"], len(facts["tests"])),
    ):
        for index, place in enumerate(places[:MAX_PLACES]):
            yield Text.assemble(("  " + (label if index == 0 else "").ljust(_LABEL), "dim"), *_reference(place))
        if count > MAX_PLACES:
            yield Text("  " + " " * _LABEL + f"… {count} in all", style="dim")
    if facts["raises"]:
        yield Text.assemble(("  " + "raises".ljust(_LABEL), "dim"), visible(", ".join(facts["raises"])))
    if change := facts["lastChange"]:
        who = f"{change['commit'][:8]} {change['date'][:10]} {visible(change['author'])}: {visible(change['subject'])}"
        yield Text.assemble(("  " + "changed".ljust(_LABEL), "dim"), who)


def _place_lines(places: Iterable[Document], most: int = MAX_PLACES) -> Iterable[Text]:
    places = list(places)
    for place in places[:most]:
        yield Text.assemble("  ", *_reference(place))
    if len(places) > most:
        yield Text(f"  … and {len(places) - most} more", style="dim")


def _reference(place: Document) -> tuple[Text, str]:
    return _place(place), f"  {visible(place['symbol'])}".rstrip()


def _line_of(place: Document) -> str:
    name = _shown(place["uri"]).rpartition("/")[2]
    return f"{name}:{place['range']['start']['line'] + 1}"


def _place(place: Document) -> Text:
    """`path:line`, which terminals make clickable; with a link for those that know links."""
    line = place["range"]["start"]["line"] + 1
    return Text(f"{visible(_shown(place['uri']))}:{line}", style=Style(link=place["uri"]))


def _shown(uri: str) -> str:
    path = path_of(uri)
    if path is None:
        return uri
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _describe_engine(engine: Document | None) -> str:
    if engine is None:
        return "none: facts only; `forethought doctor` says how to get one"
    loaded = "loaded" if engine["loaded"] else "not loaded"
    where = "remote" if engine["remote"] else visible(str(engine["device"]))
    return f"{visible(str(engine['model']))} ({engine['kind']}, {where}, {loaded})"


def _aligned(label: str, text: str, aside: str = "") -> Text:
    return Text.assemble(("  " + label.ljust(_LABEL), "dim"), text, (f"  ({aside})" if aside else "", "dim"))


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


_LABEL = 11
