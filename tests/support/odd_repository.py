"""A repository of everything that can be odd about files."""

import os
from collections.abc import Mapping
from pathlib import Path

from support.world import SHAPES, World

NEST = 10_000
LINE = 100_000

ODD_NAMES = ("a b.py", "a\nb.py", "-rf.py", "naïve-漢字.py", "100%25.py", "#x?.py")

ODD_FILES: Mapping[str, str | bytes] = {
    "good.py": SHAPES,
    "user.py": "from good import total_area\n\n\ndef use():\n    return total_area([])\n",
    "latin.py": b'def latin():\n    """caf\xe9 \xff\xfe"""\n    return latin2()\n\n\ndef latin2():\n    pass\n',
    "windows.py": b"\xef\xbb\xbf"
    + b'def windows():\r\n    """Ends\r\n    in CRLF."""\r\n    return 1\r\n\r\n\r\nwindows()\r\n',
    "line.py": "def before():\n    pass\n\n\nX = [" + "1, " * (LINE // 3) + "]\n\n\ndef after():\n    before()\n",
    "call.js": "function f() {}\nf(" + '"' + "x" * LINE + '");\nf();\n',  # taken for minified
    "brackets.py": "def shallow():\n    pass\n\n\ny = " + "[" * NEST + "]" * NEST + "\n",
    "brackets.js": "function shallow() {}\nvar y = " + "(" * NEST + ")" * NEST + ";\n",
    "brackets.c": "int shallow(void) { return 0; }\nint y = " + "(" * NEST + "1" + ")" * NEST + ";\n",
    "empty.py": b"",
    "null.py": b"def a():\n\0\n",
    **dict.fromkeys(ODD_NAMES, "def odd():\n    pass\n\n\nodd()\n"),
}


LEFT_OUT = ("fifo.py", "loop.py", "out.py", "huge.py")


def make_odd_repository(world: World) -> Path:
    """A git repository of ODD_FILES, and beside them what git does not keep: loops, a fifo, 50 MB."""
    root = world.repository("odd", ODD_FILES)
    (root / "loop.py").symlink_to("loop2.py")
    (root / "loop2.py").symlink_to("loop.py")
    (root / "round").symlink_to(".")
    (root / "out.py").symlink_to("/etc/passwd")
    os.mkfifo(root / "fifo.py")
    with (root / "huge.py").open("wb") as file:
        file.write(b"def huge():\n    pass\n")
        file.truncate(50_000_000)
    (root / "mute.py").write_text("def mute():\n    pass\n")
    (root / "mute.py").chmod(0)
    return root
