"""Draw a terminal's pane: `tmux capture-pane -e` on stdin becomes a page on stdout."""

import html
import re
import sys
from dataclasses import dataclass, replace

CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.43, 17, 12
FOREGROUND, BACKGROUND = "#e0e2ea", "#14161b"
"""Neovim's own default colours, where the pane names none."""

SEQUENCE = re.compile(r"\x1b\[([0-9;:]*)m")


@dataclass(frozen=True)
class Style:
    """How a run of characters looks; colours as CSS has them."""

    foreground: str | None = None
    background: str | None = None
    bold: bool = False
    italic: bool = False
    underline: bool = False
    reverse: bool = False

    def css(self) -> str:
        front, back = self.foreground or FOREGROUND, self.background or "transparent"
        if self.reverse:
            front, back = self.background or BACKGROUND, self.foreground or FOREGROUND
        text = f"display:inline-block;height:{CELL_HEIGHT}px;color:{front};background:{back}"
        text += ";font-weight:bold" * self.bold + ";font-style:italic" * self.italic
        return text + ";text-decoration:underline" * self.underline


def apply(style: Style, codes: list[int]) -> Style:
    """The style after one SGR sequence (ECMA-48, 8.3.117)."""
    while codes:
        code = codes.pop(0)
        if code == 0:
            style = Style()
        elif code in (1, 22):
            style = replace(style, bold=code == 1)
        elif code in (3, 23):
            style = replace(style, italic=code == 3)
        elif code in (4, 24):
            style = replace(style, underline=code == 4)
        elif code in (7, 27):
            style = replace(style, reverse=code == 7)
        elif code in (38, 48) and codes[:1] == [2]:
            colour = "#{:02x}{:02x}{:02x}".format(*codes[1:4])
            del codes[:4]
            style = replace(style, foreground=colour) if code == 38 else replace(style, background=colour)
        elif code == 39:
            style = replace(style, foreground=None)
        elif code == 49:
            style = replace(style, background=None)
    return style


def main() -> None:
    lines = sys.stdin.read().rstrip("\n").split("\n")
    style, rows, columns = Style(), [], 0
    for line in lines:
        row, width = [], 0
        # text, codes, text, codes, …
        for index, piece in enumerate(SEQUENCE.split(line)):
            if index % 2:
                style = apply(style, [int(code or 0) for code in re.split("[;:]", piece)])
            elif piece:
                row.append(f'<span style="{style.css()}">{html.escape(piece)}</span>')
                width += len(piece)
        columns = max(columns, width)
        rows.append("".join(row))
    size = f"{round(columns * CELL_WIDTH) + 2 * MARGIN},{len(rows) * CELL_HEIGHT + 2 * MARGIN}"
    print(f"""<!doctype html><meta charset="utf-8"><body data-size="{size}"
style="margin:0;padding:{MARGIN}px;background:{BACKGROUND}"><pre
style="margin:0;font:14px/{CELL_HEIGHT}px 'DejaVu Sans Mono';color:{FOREGROUND}">""")
    print("\n".join(rows), end="</pre>")


if __name__ == "__main__":
    main()
