"""The relay: what it takes by our webhook is in its book before it is acknowledged, then one message, then a report.

Before every try it asks Outreach (`confirm`), and every step is on the disk before the next is taken. Where nobody
knows whether a message was processed it is looked for, after `settle`: what a platform still had in hand has arrived
by then. At the end of such an offer it counts as told, since `not_delivered` would free its fact for a second message.
So it is with a try that has not ended after `longest`: it is left to itself, and the next message goes.

Nothing of a message is logged: decision ids, and what happened.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Lock
from typing import Final

from model.errors import InvalidInput, Unavailable
from serving.access.shared_secrets import secrets_of
from serving.access.signatures import STANDARD
from serving.background import begun
from serving.client import Decision, NoAnswer, Outreach, Refused
from serving.offers.offering import delay_after
from serving.relay.book import Book
from serving.relay.entries import Entry, after
from serving.relay.messenger import Found, Messenger, Offer, Posted, Verdict, judged, offer_of, worded
from serving.relay.states import Happening, State
from serving.system import elapsed
from serving.system import now as present

SETTLED: Final = timedelta(minutes=1)
FRESH: Final = timedelta(seconds=10)  # how long a confirmation is acted on; a process may have slept
LONGEST: Final = timedelta(seconds=30)  # how long a platform is waited for: its answer may trickle
HOUR: Final = 3600.0  # seconds
MOMENT: Final = 0.01  # seconds: what rounding makes
REPORTS: Final = {State.POSTED: "delivered", State.REFUSED: "not_delivered"}
LOOKED: Final[dict[object, Happening | None]] = {
    True: Happening.THERE,
    False: Happening.NOT_THERE,
    Found.REPEATABLE: Happening.REPEATABLE,
}
PROOFS: Final = (Happening.THERE, Happening.NOT_THERE)
ENDED: Final = {"hold": Happening.HOLD, "cancel": Happening.CANCEL}
TAKEN, BAD, NOT_OURS, LATER = 200, 400, 401, 503
log = logging.getLogger(__name__)


class Relay:
    """One platform's relay, with the book of what it took; `secret` is the `webhook_secret` of Outreach.

    `take` may be called by any thread, at any time; `step` by one at a time.

    Raises:
        InvalidInput: the secret, or the book, cannot be used.
        Unavailable: the book cannot be written, or another relay has it.
    """

    def __init__(  # noqa: PLR0913  (the first three are what it stands on, the others are named)
        self,
        outreach: Outreach,
        messenger: Messenger,
        book: Path,
        *,
        secret: str,
        clock: Callable[[], datetime] = present,
        settle: timedelta = SETTLED,
        longest: timedelta = LONGEST,
        passing: Callable[[], float] = elapsed,
    ) -> None:
        self._secrets = secrets_of(secret)
        self._outreach, self._messenger, self._clock, self._settle = outreach, messenger, clock, settle
        self._longest, self._passing = longest.total_seconds(), passing
        self._trying: dict[int, Future[Posted]] = {}
        self._settled: dict[int, float] = {}  # by `passing`: until then what is unsure is not looked for
        self._stepping = Lock()
        self._forgets = 0.0  # by `passing`
        self.stopping = Event()
        self.book = Book(book)

    def close(self) -> None:
        """Close the book; the client is its maker's."""
        self.book.close()

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """Take a delivery, with header names in lower case; return the status to answer with."""
        now = self._clock()
        if not STANDARD.verify(headers, body, secrets=self._secrets, now=now):
            return NOT_OURS
        try:
            offer = offer_of(body)
        except InvalidInput as error:
            log.error("a delivery cannot be read: %s", error)  # noqa: TRY400  (the trace shows nothing more)
            return BAD
        try:
            if offer is not None and self._messenger.takes(offer):
                self.book.add(offer.decision_id, body, expires_at=offer.expires_at, now=now)
        except Exception as error:  # noqa: BLE001  (what is not in the book is not acknowledged: it is delivered again)
            log.error("an offer is not taken now: %s", type(error).__name__)  # noqa: TRY400
            return LATER
        return TAKEN

    def step(self) -> int:
        """Work off what is due; return how many offers that were. It ends early where the relay is `stopping`.

        Raises:
            Unavailable: the book cannot be read or written; nothing goes on that is not in it.
        """
        with self._stepping:
            for died in self.book.posting():  # nobody else posts: that try never ended
                self._becomes(died, Happening.DIED)
            start, steps = self._clock(), 0
            while not self.stopping.is_set() and (entry := self.book.due(min(start, self._clock()))) is not None:
                self._guarded(entry)
                steps += 1
            if self._passing() >= self._forgets:
                self.book.forget(start)
                self._forgets = self._passing() + HOUR
            return steps

    def _guarded(self, entry: Entry) -> None:
        """Go on with one offer; what breaks it is said, and it waits, and the others go on."""
        try:
            self._advance(entry)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001  (one offer that fails must not hold up all the others)
            log.error("decision %s goes on later: %s", entry.decision_id, type(error).__name__)  # noqa: TRY400
            self.book.put_off(entry, self._clock() + delay_after(entry.number, attempts=entry.tries + 1))

    def _advance(self, entry: Entry) -> None:
        """Go on with one offer until it has to wait."""
        while entry.due is not None and entry.due <= self._clock():
            over = self._clock() >= entry.expires_at
            if entry.state in REPORTS:
                entry = self._becomes(entry, self._report(entry))
            elif entry.state is State.UNSURE:
                if (rest := self._settled.get(entry.number, 0) - self._passing()) > MOMENT:  # the clock was set
                    self.book.put_off(entry, self._clock() + timedelta(seconds=rest))
                    return
                entry = self._becomes(entry, self._look(entry, over=over))
            elif over:
                entry = self._becomes(entry, Happening.OVER)
            else:
                entry = self._try(entry)

    def _try(self, entry: Entry) -> Entry:
        """Ask, and post what may go."""
        happening, answer = self._ask(entry)
        asked, began = self._clock(), self._passing()
        if answer is None or answer.message is None or answer.expires_at is None:
            return self._becomes(entry, happening)
        entry = self._becomes(replace(entry, body=worded(entry.body or b"", answer.message.text)), happening)
        if entry.state is not State.POSTING:  # it was offered again meanwhile
            return entry

        def late() -> bool:
            return self._clock() - asked >= FRESH or self._passing() - began >= FRESH.total_seconds()

        offer = replace(_offer(entry), expires_at=answer.expires_at, late=late)
        posted = Posted(Verdict.AGAIN) if late() else self._post(entry.number, offer)
        if posted.verdict is Verdict.REFUSED:
            log.warning("decision %s: the platform has no place for it, or refuses it", entry.decision_id)
        return self._becomes(entry, Happening(posted.verdict.value), wait=posted.wait)

    def _ask(self, entry: Entry) -> tuple[Happening, Decision | None]:
        """Ask whether it may go now; what may go comes with its answer."""
        try:
            answer = self._outreach.confirm(entry.decision_id)
        except Refused as refused:
            return _refused(entry, refused), None
        if isinstance(answer, NoAnswer):
            log.warning("decision %s waits: no answer of Outreach (%s)", entry.decision_id, answer.why)
            return Happening.NO_ANSWER, None
        if answer.trigger:
            return Happening.SEND, answer
        return ENDED.get(answer.action, Happening.NO_ANSWER), None

    def _post(self, number: int, offer: Offer) -> Posted:
        self._trying[number] = begun(lambda: self._messenger.post(offer))
        try:
            posted = self._trying[number].result(self._longest)
        except Exception as error:  # noqa: BLE001  (whatever it was, the platform may have the message)
            log.warning("decision %s: the try broke off: %s", offer.decision_id, type(error).__name__)
            posted = judged(error)
        if posted.verdict is Verdict.AGAIN:
            log.warning("decision %s waits: the platform took nothing", offer.decision_id)
        return posted

    def _goes_on(self, number: int) -> bool:
        """Whether the try of an offer, by its number in the book, was left to itself and has not ended yet."""
        return number in self._trying and not self._trying[number].done()

    def _look(self, entry: Entry, *, over: bool) -> Happening:
        going = self._goes_on(entry.number)
        try:
            offer = _offer(entry)
            found = LOOKED.get(begun(lambda: self._messenger.find(offer)).result(self._longest))
        except Exception as error:  # noqa: BLE001  (who could not look cannot say)
            log.warning("decision %s cannot be looked for: %s", entry.decision_id, type(error).__name__)
            found = None
        if found is Happening.NOT_THERE and going:  # it could be there the next moment
            found = None
        if found in PROOFS or (found is not None and not over):
            return found
        if over:
            log.warning("decision %s: nobody can say whether it arrived; it counts as told", entry.decision_id)
        return Happening.OVER if over else Happening.CANNOT_SAY

    def _report(self, entry: Entry) -> Happening:
        try:
            at = min(entry.at, self._clock())  # by a clock that was ahead it is still to come
            taken = self._outreach.report(REPORTS[entry.state], decision_id=entry.decision_id, time=at)
        except Refused as refused:
            return _refused(entry, refused)
        if not taken:
            log.warning("decision %s is reported later: no answer of Outreach", entry.decision_id)
        return Happening.TAKEN if taken else Happening.NO_ANSWER

    def _becomes(self, entry: Entry, happening: Happening, *, wait: timedelta | None = None) -> Entry:
        """Write down where an offer stands after that, and when there is something to do about it."""
        changed = self.book.change(after(entry, happening, now=self._clock(), settle=self._settle, wait=wait))
        if changed.state is State.UNSURE and entry.state is State.POSTING:
            self._settled[entry.number] = self._passing() + self._settle.total_seconds()
        elif changed.state is not State.UNSURE:
            self._settled.pop(entry.number, None)
            self._trying.pop(entry.number, None)
        return changed


def _offer(entry: Entry) -> Offer:
    """Read what was taken."""
    offer = offer_of(entry.body or b"")
    if offer is None:
        raise InvalidInput(f"book: offer {entry.number} has lost its message; restore the file")
    return replace(offer, maybe=entry.maybe)


def _refused(entry: Entry, refused: Refused) -> Happening:
    """Return what a refusal of Outreach means: it does not know the decision, or something is to be mended."""
    log.error("decision %s: Outreach answers %d", entry.decision_id, refused.status)
    return Happening.UNKNOWN if refused.unknown else Happening.NO_ANSWER
