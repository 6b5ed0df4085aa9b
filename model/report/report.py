"""A training's report as an object: the JSON of CONTRACT section 3, and its parts as pictures and tables.

It is a `dict`: what reads, compares or writes JSON needs to know nothing of this. The pictures are Displays as
scikit-learn has them: `.plot(ax=None)` draws and returns the Display with its `ax_` and `figure_`, `.to_frame()` lists
the figures.

    effects        average effect of contact on each outcome
    deciles        who benefits: net benefit by predicted tenth
    scores         how predicted net benefit is distributed                         (needs the curves)
    calibration    predicted against found
    qini           what choosing adds over choosing at random, by share             (needs the curves)
    policy_value   net benefit over contacting nobody, by share                     (needs the curves)
    policies       the named policies side by side
    learners       the scorers compared on D1, and which was chosen
    harms          each harm with its certified bound, what was allowed, the rate without contact
    harm_groups    harms by predicted tenth
    cutoffs        how the p-values fall over the cut-offs that were tried          (needs the curves)

A training has the curves at hand; a report that is read from a file has not, and says so where they are asked for.

Example:
    >>> report = Report({"rows": 6, "seed": 0})
    >>> report["rows"], json.dumps(report)
    (6, '{"rows": 6, "seed": 0}')
    >>> report.qini  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    model.errors.InvalidInput: `report.qini` is drawn from the curves of a training, ...
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from numpy.typing import NDArray

from model.artefact import load
from model.contracts import JSON
from model.display.displays import CalibrationDisplay, DecilesDisplay, EffectsDisplay, ScoresDisplay
from model.display.harm import CutoffsDisplay, HarmDisplay, HarmGroupsDisplay
from model.display.learners import LearnersDisplay
from model.display.value import PoliciesDisplay, PolicyValueDisplay, QiniDisplay
from model.errors import InvalidInput

Curves = Mapping[str, NDArray[Any]]


class Report(dict[str, JSON]):
    """The report of a training; `curves` are the arrays that some of its pictures are drawn from."""

    def __init__(self, report: Mapping[str, JSON], curves: Curves | None = None) -> None:
        super().__init__(report)
        self.curves = curves

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Return the report of an artefact's folder (every byte of it checked), or of a file that `--json` wrote.

        Raises:
            InvalidArtefact: the folder cannot be trusted.
            InvalidInput: the file holds no report.
        """
        path = Path(path)
        if path.is_dir():
            return cls(load(path).manifest["report"])
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _no_report(path, str(error)) from error
        if not isinstance(found, dict) or not {"certificate", "scorers"} <= found.keys():
            raise _no_report(path, "it has no `certificate` and no `scorers`")
        return cls(found)

    @property
    def effects(self) -> EffectsDisplay:
        """Average effect of contact on each labelled outcome."""
        return EffectsDisplay.from_report(self)

    @property
    def deciles(self) -> DecilesDisplay:
        """Net benefit by predicted tenth: predicted and found."""
        return DecilesDisplay.from_report(self)

    @property
    def scores(self) -> ScoresDisplay:
        """How predicted net benefit is distributed."""
        return ScoresDisplay.from_report(self, self.drawn_from("scores"))

    @property
    def calibration(self) -> CalibrationDisplay:
        """Predicted against found, with the slope."""
        return CalibrationDisplay.from_report(self)

    @property
    def qini(self) -> QiniDisplay:
        """What choosing adds over choosing as many at random, by share contacted."""
        return QiniDisplay.from_report(self, self.drawn_from("qini"))

    @property
    def policy_value(self) -> PolicyValueDisplay:
        """Net benefit over contacting nobody, by share contacted."""
        return PolicyValueDisplay.from_report(self, self.drawn_from("policy_value"))

    @property
    def policies(self) -> PoliciesDisplay:
        """The named policies side by side."""
        return PoliciesDisplay.from_report(self)

    @property
    def learners(self) -> LearnersDisplay:
        """The scorers that were compared on D1, and which was chosen."""
        return LearnersDisplay.from_report(self)

    @property
    def harms(self) -> HarmDisplay:
        """Each harm with its certified bound; nothing to draw without a certificate."""
        return HarmDisplay.from_report(self)

    @property
    def harm_groups(self) -> HarmGroupsDisplay:
        """Harms by predicted tenth."""
        return HarmGroupsDisplay.from_report(self)

    @property
    def cutoffs(self) -> CutoffsDisplay:
        """How the p-value of each harm falls over the cut-offs that were put to the test."""
        return CutoffsDisplay.from_report(self, self.drawn_from("cutoffs"))

    def drawn_from(self, part: str) -> Curves:
        """Return the arrays that a picture is drawn from.

        Raises:
            InvalidInput: there are none: the report was read from its JSON.
        """
        if self.curves is None:
            raise InvalidInput(
                f"`report.{part}` is drawn from the curves of a training, which its JSON does not hold; use "
                "`train(table).report`, or look at the page that `outreach train --report FILE.html` wrote"
            )
        return self.curves


def _no_report(path: Path, why: str) -> InvalidInput:
    return InvalidInput(
        f"`{path}` holds no report of a training: {why}; name the folder that `outreach train --out` wrote, or a file "
        "that `outreach train … --json` printed"
    )
