"""A relay that dies anywhere, on paper at every step, and by `kill -9`; there is never a second message."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from benchmarks.exact_relay import VIOLATIONS, Asking, run
from serving.relay.messenger import Offer, Posted, Verdict
from serving.relay.relay import Relay
from tests.serving.relay.relaying import Asked, Told, body, headers, on, relaying, written_at_leisure
from tests.serving.served import Watch


class Killed(BaseException):
    """The process ends here: nothing after it happens."""


@dataclass
class Fates:
    """Counts the places where a process can die, and dies at some of them."""

    deadly: set[int] = field(default_factory=set)
    passed: int = 0

    def pass_by(self) -> None:
        """One more place."""
        self.passed += 1
        if self.passed in self.deadly:
            raise Killed

    def around(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """Make one place before a call, and one after it."""

        def called(*given: Any, **named: Any) -> Any:
            self.pass_by()
            made = real(*given, **named)
            self.pass_by()
            return made

        return called


@dataclass
class Searchable(Told):
    """A platform that can be searched: `find` tells the truth."""

    blind: bool = False
    answers: list[Posted] = field(default_factory=lambda: [Posted(Verdict.DELIVERED)])
    shown: list[str] = field(default_factory=list)

    def post(self, offer: Offer) -> Posted:
        """Show it, unless it is refused or busy; `UNSURE` by turns shows it or not."""
        self.posted.append(offer)
        said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if said.verdict is Verdict.DELIVERED or (said.verdict is Verdict.UNSURE and len(self.posted) % 2):
            self.shown.append(offer.decision_id)
        return said

    def find(self, offer: Offer) -> bool | None:
        """Look."""
        return None if self.blind else offer.decision_id in self.shown


@contextmanager
def mortal(folder: Path, asked: Asked, told: Told, clock: Watch, fates: Fates) -> Iterator[Relay]:
    """Open a relay that can die before and after everything that it does."""
    with relaying(folder, asked, told, clock) as relay, pytest.MonkeyPatch.context() as patch:
        for owner, name in [
            (relay.book, "add"),
            (relay.book, "change"),
            (told, "post"),
            (told, "find"),
            (asked, "confirm"),
            (asked, "report"),
        ]:
            patch.setattr(owner, name, fates.around(getattr(owner, name)))
        yield relay


def lived(folder: Path, fates: Fates, *, blind: bool, answers: list[Verdict]) -> tuple[Asked, Searchable]:
    """Deliver until it is acknowledged, and go on until nothing is left, whatever dies on the way."""
    asked, clock = Asked(), Watch()
    told = Searchable(blind=blind, answers=[Posted(verdict) for verdict in answers])
    acknowledged = False
    while True:
        try:
            with mortal(folder, asked, told, clock, fates) as relay:
                while not acknowledged:
                    acknowledged = relay.take(headers(body(), at=clock()), body()) == 200
                on(relay, clock)
                return asked, told
        except Killed:
            clock.turn(seconds=1)


@pytest.fixture(autouse=True)
def _leisure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process dies here, and no power is cut: the disk need not be waited for."""
    written_at_leisure(monkeypatch)


LIVES = {
    "delivered": [Verdict.DELIVERED],
    "busy": [Verdict.AGAIN, Verdict.DELIVERED],
    "unsure": [Verdict.UNSURE, Verdict.DELIVERED],
    "twice-unsure": [Verdict.AGAIN, Verdict.UNSURE, Verdict.UNSURE, Verdict.DELIVERED],
    "refused": [Verdict.REFUSED],
}
FEWEST = 12  # places of the shortest life


@pytest.mark.parametrize("blind", [False, True], ids=["searchable", "blind"])
@pytest.mark.parametrize("life", LIVES)
def test_wherever_it_dies_there_is_one_message_at_most(tmp_path: Path, life: str, *, blind: bool) -> None:
    """Once, at every place; what is on record is true where the platform can say, and else never frees the fact."""
    wrong = []
    for deadly in count(1):
        folder = tmp_path / str(deadly)
        folder.mkdir()
        fates = Fates({deadly})
        asked, told = lived(folder, fates, blind=blind, answers=list(LIVES[life]))
        kinds = {kind for kind, *_ in asked.reported}
        true = {"delivered"} if told.shown else {"not_delivered"}
        fine = kinds in ({"delivered"}, true) if blind or life == "refused" else kinds == true
        if len(told.shown) > 1 or not fine:
            wrong.append((deadly, told.shown, kinds))
        if fates.passed < deadly:  # it lived
            break
    assert (wrong, deadly > FEWEST) == ([], True)


@pytest.mark.parametrize("first", range(1, 16))
def test_it_may_die_again_on_the_way_back(tmp_path: Path, first: int) -> None:
    """Twice, at any two places: it was shown once, and reported so."""
    wrong = []
    for second in range(first + 1, first + 14):
        folder = tmp_path / str(second)
        folder.mkdir()
        asked, told = lived(folder, Fates({first, second}), blind=False, answers=[Verdict.DELIVERED])
        if (told.shown, {kind for kind, *_ in asked.reported}) != (["d-1"], {"delivered"}):
            wrong.append((second, told.shown))
    assert wrong == []


def test_a_relay_that_forgets_to_write_first_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test can fail: a book that is written after the message, not before, gives two."""
    import serving.relay.relay as module  # noqa: PLC0415

    real = module.Relay._becomes

    def forgetful(self: Any, entry: Any, happening: Any, **more: Any) -> Any:
        if happening is module.Happening.SEND:
            return module.after(entry, happening, now=self._clock(), settle=self._settle)
        return real(self, entry, happening, **more)

    monkeypatch.setattr(module.Relay, "_becomes", forgetful)
    most = 0
    for deadly in range(1, 12):
        folder = tmp_path / str(deadly)
        folder.mkdir()
        _, told = lived(folder, Fates({deadly}), blind=False, answers=[Verdict.DELIVERED])
        most = max(most, len(told.shown))
    assert most == 2


def test_killed_with_minus_nine_nothing_is_sent_twice_and_nothing_is_lost(tmp_path: Path) -> None:
    """Three times in a process of its own, while the platform has the message in hand."""
    found = run(tmp_path, Asking(rounds=3, offers=2, seed=7))
    actual = ({name: found[name] for name in VIOLATIONS}, found["kills"], found["offers"])
    assert actual == (dict.fromkeys(VIOLATIONS, 0), 3, 6)
