"""Delivering offers to the chat platform's webhook: the only file of the API that has a client of HTTP.

An offer is claimed and settled in transactions of the decide loop; the request in between holds none of them. Whoever
dies in between leaves a lease that ends: the offer is delivered again, under the same `webhook-id`. Before every try
it is decided again (`Confirmer.still`): what is no send any more is not delivered, and is withdrawn.

    2xx                       delivered
    410                       dead: the receiver wants no more of it
    429, 503                  again later, and not before `Retry-After`
    3xx                       again later: the address is to be corrected, nothing is followed
    anything else, no answer  again later (`serving.offers.offering.next_try`); dead after the last try

Kept of an answer are its status and one word. Its body is neither read into memory, nor stored, nor logged.
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.metadata import version

import httpx

from model.errors import InvalidInput, OutreachError
from serving.access.shared_secrets import secrets_of
from serving.confirming import Confirmed
from serving.loop.confirmer import Confirmer
from serving.loop.deciding import Answer, Question
from serving.loop.loop import DecideLoop
from serving.offers.offering import next_try, offer_body, signed, webhook_id
from serving.offers.receiver import is_loopback, receiver
from serving.offers.waits import retry_after
from serving.ports import Clock, Ledger, Transaction
from serving.settings import Settings
from serving.timetable import Offer, OfferState

AT_ONCE = 8  # deliveries of one process
PATIENCE = 10.0  # seconds for one delivery, all in all
SMALL_BODY = 4096  # bytes that are read, and thrown away, so that the connection can be used again
LEASE = timedelta(minutes=1)
PAUSE = 1.0  # seconds between two looks at what is due
DRAIN = 1.0  # seconds for a short body
GONE, BUSY = 410, (429, 503)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one try came to: `status` None where there was no answer, `wait` what the receiver asked for."""

    status: int | None = None
    error: str | None = None
    wait: timedelta | None = None


class Webhooks:
    """Delivers the offers of one ledger, for as long as this process runs.

    Raises:
        InvalidInput: the address or the secret cannot be used.
    """

    def __init__(
        self, loop: DecideLoop[Question, Answer], settings: Settings, clock: Clock, *, confirmer: Confirmer
    ) -> None:
        self._loop = loop
        self._clock = clock
        self._confirmer = confirmer
        self._url = _address(settings.webhook_url or "")
        self._secrets = secrets_of(settings.webhook_secret or "")
        self._client: httpx.AsyncClient | None = None
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def tick(self) -> int:
        """Deliver what is due, at most `AT_ONCE`; return how many offers were claimed.

        Raises:
            Unavailable: the ledger cannot be read or written.
        """
        claimed, ready = await self._loop.submit(self._claim, own=True)
        await asyncio.gather(*map(self._try, ready))
        return claimed

    async def start(self) -> None:
        """Deliver what becomes due, until `stop`."""
        self._task = asyncio.create_task(self._run(), name="webhooks")

    async def stop(self) -> None:
        """Claim no more; return when what is on its way has been settled."""
        self._stopping.set()
        if self._task is not None:
            await self._task
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _run(self) -> None:
        while not self._stopping.is_set():
            claimed = 0
            try:
                claimed = await self.tick()
            except Exception as error:  # noqa: BLE001  (nothing may end the deliveries; nothing is lost but time)
                log.warning("offers are not delivered now: %s", type(error).__name__)
            if claimed < AT_ONCE:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), PAUSE)

    def _claim(self, ledger: Ledger, transaction: Transaction) -> tuple[int, list[Offer]]:
        """Claim what is due; return how many, and what is to be delivered of it."""
        now = self._clock()
        claimed = transaction.claim_offers(now=now, until=now + LEASE, limit=AT_ONCE)
        standing = [self._standing(ledger, transaction, offer) for offer in claimed]
        return len(claimed), [offer for offer in standing if offer is not None]

    def _standing(self, ledger: Ledger, transaction: Transaction, offer: Offer) -> Offer | None:
        """Return the offer as it stands now; None where it is no send any more, or nobody can say."""
        try:
            with transaction.savepoint():
                stands = self._confirmer.still(ledger, transaction, offer.decision_id)
                known = transaction.confirmable(offer.decision_id)
                if stands is None or known is None or stands.action is not Confirmed.SEND:
                    return None
                customer = transaction.owner(known.record["candidate"]["user_id"])
                return replace(offer, body=offer_body(known.record, stands.answer, customer=customer))
        except Exception as error:  # noqa: BLE001  (what cannot be decided is not sent; the others go on)
            log.warning("offer %d is not delivered now: %s", offer.number, type(error).__name__)
            return None

    async def _try(self, offer: Offer) -> None:
        """Deliver one offer and settle it; where that cannot be recorded the lease ends and it is delivered again.

        So it is where this process stood still since its claim, and another may begin before this try would end.
        """
        if not _in_time(offer, self._clock()):
            log.warning("offer %d is not delivered now: its turn is over", offer.number)
            return
        delivery = await self._deliver(offer)
        now = self._clock()
        state, next_at = _became(offer, delivery, now)
        if state is OfferState.DEAD:
            log.warning("offer %d is given up: status %s, %s", offer.number, delivery.status, delivery.error)
        try:
            await self._loop.submit(
                lambda _, transaction: transaction.settle_offer(
                    offer.number,
                    lease=offer.next_at,
                    state=state,
                    next_at=next_at,
                    status=delivery.status,
                    error=delivery.error,
                ),
                own=True,
            )
        except OutreachError as error:
            log.warning("what became of offer %d is not recorded: %s", offer.number, type(error).__name__)

    async def _deliver(self, offer: Offer) -> Delivery:
        """Post one offer; whatever happens is what it came to."""
        headers = signed(webhook_id(offer.number, offer.decision_id), self._clock(), offer.body, self._secrets)
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._post(offer.body, headers | {"content-type": "application/json"})
        except (TimeoutError, httpx.TimeoutException):
            return Delivery(error="timeout")
        except httpx.ConnectError:
            return Delivery(error="unreachable")
        except (httpx.HTTPError, OSError):
            return Delivery(error="broken")

    async def _post(self, body: bytes, headers: dict[str, str]) -> Delivery:
        async with self._connected().stream("POST", self._url, content=body, headers=headers) as answer:
            wait = retry_after(answer.headers.get("retry-after"), self._clock()) if answer.status_code in BUSY else None
            with suppress(httpx.HTTPError, TimeoutError):
                await _emptied(answer)
            return Delivery(status=answer.status_code, error=_word(answer.status_code), wait=wait)

    def _connected(self) -> httpx.AsyncClient:
        """Return the client, made when it is first needed: a loopback address is reached without any proxy."""
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=PATIENCE,
                follow_redirects=False,
                trust_env=not is_loopback(str(self._url)),
                headers={"user-agent": f"outreach/{version('outreach')}"},
            )
        return self._client


def _address(url: str) -> httpx.URL:
    """Return the address as it will be used."""
    try:
        return httpx.URL(receiver(url))
    except httpx.InvalidURL:
        raise InvalidInput("`webhook_url` is no address; give `https://HOST/PATH`") from None


async def _emptied(answer: httpx.Response) -> None:
    """Read a short body to its end and forget it, within a second; a long one is left alone."""
    length = answer.headers.get("content-length", "")
    if length.isdecimal() and int(length) <= SMALL_BODY:
        async with asyncio.timeout(DRAIN):
            async for _ in answer.aiter_raw():
                pass


def _in_time(offer: Offer, now: datetime) -> bool:
    """Return whether a delivery that begins now ends before the lease does, and begins before the offer's end."""
    alive = offer.expires_at is not None and now < offer.expires_at
    return alive and now + timedelta(seconds=PATIENCE) <= offer.next_at


def _became(offer: Offer, delivery: Delivery, now: datetime) -> tuple[OfferState, datetime]:
    """Return what becomes of an offer after a try, and when the next one is due."""
    if delivery.status is not None and 200 <= delivery.status < 300:
        return OfferState.DELIVERED, now
    due = next_try(offer.number, attempts=offer.attempts, now=now, asked=delivery.wait, expires_at=offer.expires_at)
    if delivery.status == GONE or due is None:
        return OfferState.DEAD, now
    return OfferState.WAITING, due


def _word(status: int) -> str | None:
    """Return what a status means for an offer, in one word; None for a success."""
    if 200 <= status < 300:
        return None
    if status == GONE:
        return "gone"
    if status in BUSY:
        return "busy"
    return "redirect" if 300 <= status < 400 else "refused" if 400 <= status < 500 else "failed"
