"""Builds Markdown from untrusted text: from models and from repositories.

Text that passes through here never becomes raw HTML, an image, a link or an autolink. Code spans and top-level code
fences are kept. Only `link` makes links, and only to addresses that the caller took from the index.
"""

import re

from forethought.text.sanitizers import one_line, strip_controls

_CODE_SPAN = r"(?<!`)`[^`\n]+`(?!`)"
_ADDRESS = r"(?:[A-Za-z][A-Za-z0-9+.-]*://|www\.|(?:mailto|command|javascript|vscode|vscode-insiders|data):)[^\s`]+"
_MAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_TOKEN = re.compile(
    rf"(?P<code>{_CODE_SPAN})|(?P<address>{_ADDRESS}|{_MAIL})"
    r"|(?P<live>\\|`|<(?=[A-Za-z/!?])|&(?=#?\w+;)|\](?=[(\[:]))"
    r"|(?P<emphasis>\*|~(?=~)|(?<!\w)_|_(?!\w))",
    re.MULTILINE | re.IGNORECASE,
)
_BLOCK_START = re.compile(r"^(?:[#>+=-]|\d{1,9}[.)])")
_MARKS = re.compile(
    r"(?P<link>\[)?(?P<marks>`+) ?(?P<code>.+?) ?(?<!`)(?P=marks)(?!`)(?(link)\]\([^)\s]*\))"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
)
_FENCE = re.compile(r"^(?P<mark>`{3,}|~{3,})(?P<info>[^`\n]*)$")


def escape(text: str, limit: int = 300) -> str:
    """Return the text as one line, truncated to `limit` characters with an ellipsis. Only code spans format it."""
    line = one_line(text)
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    line = _neutralize(line, keep_emphasis=False)
    return _BLOCK_START.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", line)


def code(text: str) -> str:
    """Return a code span that contains exactly this text, on one line."""
    content = one_line(text)
    if not content:
        return ""
    marks = "`" * (_longest_run("`", content) + 1)
    pad = " " if content.startswith("`") or content.endswith("`") else ""
    return f"{marks}{pad}{content}{pad}{marks}"


def fence(text: str, language: str = "") -> str:
    """Return a fenced code block that its content cannot close."""
    content = strip_controls(text.replace("\r\n", "\n").replace("\r", "\n"))
    marks = "`" * max(3, _longest_run("`", content) + 1)
    return f"{marks}{re.sub(r'[^A-Za-z0-9_+#-]', '', language)}\n{content}\n{marks}"


def link(name: str, uri: str) -> str:
    """Return a link whose text is `name` as code. `uri` must be percent-encoded and come from the index."""
    label = code(name.replace("[", "(").replace("]", ")"))
    return f"[{label}]({uri})" if label else ""


def plain_text(markdown: str) -> str:
    """Convert our own Markdown to plain text, without markers, fences and addresses, for clients without Markdown."""
    lines: list[str] = []
    fence_marks = ""
    for line in markdown.split("\n"):
        if fence_marks:
            if line == fence_marks:
                fence_marks = ""
            else:
                lines.append(line)
        elif opened := _FENCE.match(line):
            fence_marks = opened["mark"]
        else:
            lines.append(_MARKS.sub(lambda found: found["code"] or found["escaped"] or "", line))
    return "\n".join(lines)


def safe_markdown(text: str) -> str:
    """Neutralize a complete Markdown text: emphasis, lists and code are kept, links, images and HTML are not."""
    stream = SafeMarkdown()
    return stream.feed(text) + stream.finish()


class SafeMarkdown:
    """Streaming `safe_markdown`: the output pieces join to the same text, however the input was split.

    Text is held back while later input could change its meaning: after the last space, and from an open backtick on.
    """

    def __init__(self) -> None:
        self._held = ""
        self._fence = ""
        self._at_line_start = True

    def feed(self, delta: str) -> str:
        """Take the next piece and return what can be shown now."""
        self._held += delta
        return self._drain(last=False)

    def finish(self) -> str:
        """Return the rest; an open code fence is closed."""
        rest = self._drain(last=True)
        if self._fence:
            rest += ("" if self._at_line_start else "\n") + self._fence
            self._fence = ""
        return rest

    def _drain(self, last: bool) -> str:
        if self._held.endswith("\r") and not last:
            return ""  # possibly the first half of \r\n
        text = strip_controls(self._held.replace("\r\n", "\n").replace("\r", "\n"))
        lines = text.split("\n")
        out = [self._line(line, whole=True) + "\n" for line in lines[:-1]]
        rest = lines[-1]
        if last:
            out.append(self._line(rest, whole=True) if rest else "")
            self._at_line_start = self._at_line_start and not rest
            self._held = ""
        else:
            ready = self._settled(rest)
            out.append(self._part(rest[:ready]) if ready else "")
            self._held = rest[ready:]
        return "".join(out)

    def _settled(self, rest: str) -> int:
        """Return how many characters of an unfinished line can no longer change their meaning."""
        if self._fence or (self._at_line_start and rest[:1] in ("`", "~")):
            return 0
        end = rest.rfind(" ") + 1
        if rest[:end].count("`") % 2:
            end = rest.rfind("`", 0, end)
        # How runs of two or more backticks pair up is known only once the line is complete.
        double = rest.find("``")
        return max(0, end if double < 0 else min(end, double))

    def _line(self, line: str, whole: bool) -> str:
        if self._at_line_start:
            if self._fence:
                if re.fullmatch(rf" {{0,3}}{re.escape(self._fence[0])}{{{len(self._fence)},}}\s*", line):
                    self._fence = ""
                return line
            if opened := _FENCE.match(line):
                self._fence = opened["mark"]
                return line
        shown = self._part(line)
        self._at_line_start = whole
        return shown

    def _part(self, text: str) -> str:
        self._at_line_start = False
        return _neutralize(text, keep_emphasis=True)


def _neutralize(text: str, keep_emphasis: bool) -> str:
    def replace(found: re.Match[str]) -> str:
        if found["code"]:
            return found["code"]
        if found["address"]:
            return code(found["address"])
        if found["emphasis"]:
            return found["emphasis"] if keep_emphasis else "\\" + found["emphasis"]
        return "\\" + found["live"]

    return _TOKEN.sub(replace, text)


def _longest_run(mark: str, text: str) -> int:
    return max((len(run) for run in re.findall(f"{re.escape(mark)}+", text)), default=0)
