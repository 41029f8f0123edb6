"""Made-up word problems in the format of GSM8K."""

import json
from pathlib import Path

from benchmarks.datasets.gsm8k import SOCRATIC, TEST

_NAMES = ("Ann", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ida", "Jo", "Kim", "Lou")


def write_gsm8k(folder: Path) -> Path:
    """Write twelve problems, with and without sub-questions; returns the folder."""
    folder.mkdir(parents=True)
    plain, socratic = [], []
    for number, name in enumerate(_NAMES, 2):
        question = (
            f"{name} has {number} boxes. Each box holds 4 pens. {name} gives away 5 pens and buys 2 red ones. How many "
            f"pens does {name} have now?"
        )
        steps = (
            (
                f"How many did {name} have at first?",
                f"{number} * 4 = <<{number}*4={number * 4}>>{number * 4} pens",
            ),
            ("How many are left?", f"{number * 4} - 5 = <<{number * 4}-5={number * 4 - 5}>>{number * 4 - 5} pens"),
            (f"How many does {name} have now?", f"<<{number * 4 - 5}+2={number * 4 - 3}>>{number * 4 - 3} pens"),
        )
        end = f"#### {number * 4 - 3}"
        plain.append({"question": question, "answer": "\n".join([*(step for _, step in steps), end])})
        socratic.append({"question": question, "answer": "\n".join([*(" ** ".join(step) for step in steps), end])})
    for dataset, problems in ((TEST, plain), (SOCRATIC, socratic)):
        (folder / dataset.file).write_text("".join(f"{json.dumps(one)}\n" for one in problems), "utf-8")
    return folder
