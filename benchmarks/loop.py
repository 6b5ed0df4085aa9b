"""Puts the figures of `outreach demo --loop` into `docs/loop.md`, and its picture beside that: none is typed by hand.

python3 run.py outreach demo --loop
python -m benchmarks.loop .outreach-demo
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.tables import table
from model.display.loop import draw
from serving.cli.quarter.words import NAMES, number, of_way, upwards

PAGE = Path(__file__).resolve().parents[1] / "docs" / "loop.md"
BEGIN, END = "<!-- figures: python -m benchmarks.loop -->", "<!-- end of figures -->"
PICTURE = (
    "By week, for each way of contacting: true net benefit, its sum so far, and the complaints and opt-outs that one "
    "contact causes, beside what was certified."
)
Figures = Mapping[str, Any]


def block(found: Figures) -> str:
    """Return picture, rounds, periods and ways as Markdown."""
    return "\n\n".join([f"![{PICTURE}](loop.png)", rounds(found), periods(found), ways(found)])


def rounds(found: Figures) -> str:
    """Return one line per round of learning: what it learned from, what it came to."""
    header = ("after week", "occasions", "scorer", "its worth per 100 occasions, 95 % interval", "certificate", "gate")
    return table(
        header,
        (
            (
                str(each["day"] // 7),
                f"{each['rows']:,}",
                f"`{each['scorer']}`",
                worth(each["value"]),
                "issued" if each["certified"] else "not issued",
                f"passed: version {each['version']} decides" if each["promoted"] else f"refused ({failed(each)})",
            )
            for each in found["rounds"]
        ),
    )


def worth(value: Mapping[str, float] | None) -> str:
    """Return an estimated value with its interval."""
    if value is None:
        return "–"
    estimate, low, high = (number(100.0 * value[key]) for key in ("estimate", "low", "high"))
    return f"{estimate} ({low} to {high})"


def failed(found: Figures) -> str:
    """Name the checks of the gate that refused a round."""
    return ", ".join(check["name"] for check in found["checks"] if not check["passed"])


def periods(found: Figures) -> str:
    """Return ours period by period: the truth beside what was certified."""
    header = (
        "weeks",
        "decided by",
        "true net benefit per 100 occasions",
        "of the rule without exploration",
        "complaints caused per 1,000 contacts",
        "certified at most",
        "opt-outs caused",
        "certified at most",
    )
    rows = []
    for each in found["periods"]:
        own, most, rule = each["ways"]["ours"], each["certified"] or {}, each["rule"] or {}
        rows.append(
            (
                each["weeks"].replace("-", "–"),
                "the experiment" if each["version"] is None else f"version {each['version']}",
                number(own["net_per_100"], 2),
                number(rule.get("net_per_100"), 2),
                number(own["complaint_per_1000"]),
                upwards(most.get("complaint")),
                number(own["opt_out_per_1000"]),
                upwards(most.get("opt_out")),
            )
        )
    return table(header, rows)


def ways(found: Figures) -> str:
    """Return every way: the same customers, the same chance."""
    header = (
        "way",
        "contacts",
        "true net benefit of the quarter per 100 customers",
        "of the last period per 100 occasions",
        "complaints caused per 1,000 contacts",
        "opt-outs caused",
    )
    rows = [(words, *of_way(found, name)) for name, words in NAMES.items()]
    return table(header, rows)


def put(text: str, figures: str) -> str:
    """Put figures between the marks of a page."""
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{figures}\n\n{END}{rest.partition(END)[2]}"


def main(folder: Path) -> None:
    """Renew the page from the folder of a loop that was run."""
    found = json.loads((folder / "loop.json").read_text(encoding="utf-8"))
    PAGE.write_text(put(PAGE.read_text(encoding="utf-8"), block(found)), encoding="utf-8")
    draw(found, PAGE.with_suffix(".png"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
