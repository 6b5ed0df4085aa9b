"""A world in one thread for the simulator: virtual time, hosts whose clocks jump, a network and a store that fail.

Everything that happens is on one list, ordered by virtual time and then by number; chance comes from one seed. So a
seed gives the same history each time. Deciding, confirming and the ledger are the real ones; so is what the decide loop
does with a group. Only its thread, its sockets and its clock are played here.
"""

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

import numpy as np

from model.contracts import Shares
from model.errors import Unavailable
from serving.fakes import FakeScorer
from serving.loop.confirmer import Confirmer
from serving.loop.deciding import Decider
from serving.models.in_use import InUse
from serving.policy.policy import Policy
from serving.policy_files.templates import load_policy
from serving.ports import Ledger, Transaction
from serving.schemas.answers import confirmation_bytes, decision_bytes
from serving.system import id_of

BEGAN = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTES = 60.0
LOST, DOUBLED, LATE = 0.06, 0.06, 0.05  # of what is sent
SOON, LATER = 0.2, 20.0  # seconds that a message takes at most, and one that is late
STORE = {"away": 0.03, "midway": 0.05, "before the commit": 0.03, "after the commit": 0.03}
SLOW, LONG = 0.1, 5.0  # how often the store is slow, and for how many seconds at most
SKEW, JUMP, FARTHEST = 3 * MINUTES, 40 * MINUTES, 180 * MINUTES  # seconds
Job = Callable[[Ledger, Transaction], Any]


@cache
def policy() -> Policy:
    """Return the shipped policy, read once."""
    return load_policy()


class World:
    """Virtual time and chance; `now` in seconds."""

    def __init__(self, seed: int) -> None:
        self.now = 0.0
        self.chance = np.random.default_rng(seed)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._ids = count(1)

    def after(self, seconds: float, work: Callable[[], None]) -> None:
        """Do this so many seconds from now."""
        heapq.heappush(self._due, (self.now + seconds, next(self._numbers), work))

    def run(self) -> None:
        """Let everything happen that is due, until nothing is."""
        while self._due:
            self.now, _, work = heapq.heappop(self._due)
            work()

    def draws(self, share: float) -> bool:
        """Return true in this share of cases."""
        return bool(self.chance.random() < share)

    def until(self, most: float) -> float:
        """Draw a number of seconds."""
        return float(self.chance.uniform(0.0, most))

    def new_id(self, at: datetime) -> str:
        """Make an id, never the same twice."""
        return id_of(at, next(self._ids))

    def send(self, deliver: Callable[[], None]) -> None:
        """Send a message over the network: it is lost, doubled, late, or overtakes another."""
        for _ in range(1 + self.draws(DOUBLED)):
            if not self.draws(LOST):
                self.after(self.until(LATER if self.draws(LATE) else SOON), deliver)


class Books:
    """The one store, shared by all hosts: the real ledger, which fails at random points.

    `history` is what was committed, in order; whoever writes puts what they do into `doing`.
    """

    def __init__(self, world: World, ledger: Ledger) -> None:
        self._world = world
        self._ledger = ledger
        self._fails = True
        self.doing: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = []
        self._newest: str | None = None

    @property
    def salt(self) -> bytes:
        """The ledger's."""
        return self._ledger.salt

    def close(self) -> None:
        """Stay open: other hosts use it."""

    def heal(self) -> None:
        """Fail no more: everything has happened, and is to be looked at."""
        self._fails = False

    @contextmanager
    def transaction(self, **about: Any) -> Iterator[Any]:
        """Open the real transaction, which may fail before, in the middle, at the end, or once all is durable."""
        how = self._how()
        _fail(how, "away")
        self.doing, before = [], self._newest
        try:
            with self._ledger.transaction(**about) as tx:
                yield _Failing(tx, int(self._world.chance.integers(1, 9))) if how == "midway" else tx
                self.see(tx)
                _fail(how, "before the commit")
        except BaseException:
            self._newest = before
            raise
        self.history += self.doing
        _fail(how, "after the commit")

    def see(self, tx: Any) -> None:
        """Note the decisions that are new since somebody looked."""
        page = tx.decisions(action=None, user=None, since=None, after=self._newest, limit=1000)
        self.doing += [{"record": record, "said": None} for record in page]
        self._newest = page[-1]["decision_id"] if page else self._newest

    def _how(self) -> str | None:
        if not self._fails:
            return None
        drawn = self._world.chance.random()
        for name, share in STORE.items():
            drawn -= share
            if drawn < 0:
                return name
        return None


def _fail(how: str | None, now: str) -> None:
    if how == now:
        raise Unavailable(f"the store failed: {now}")


class _Failing:
    """A transaction of which one call fails."""

    def __init__(self, transaction: Transaction, calls: int) -> None:
        self._transaction = transaction
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        self._calls -= name not in ("savepoint", "decisions")
        if self._calls == 0:
            raise Unavailable(f"the store failed at `{name}`")
        return getattr(self._transaction, name)


@dataclass(slots=True)
class Piece:
    """What a host was asked: a question for the pool, or a job; `reply` sends the answer over the network."""

    reply: Callable[[Any], None]
    question: Any = None
    job: Job | None = None
    key: str | None = None


@dataclass(slots=True)
class Host:
    """A process with a clock of its own, which takes what has queued, a group at a time, until it is killed."""

    world: World
    books: Books
    loop: Callable[["Host"], Callable[[list[Piece]], list[Any]]]
    skew: float = 0.0
    lives: int = 0
    up: bool = True
    busy: bool = False
    waiting: list[Piece] = field(default_factory=list)
    running: set[str] = field(default_factory=set)
    commit: Callable[[list[Piece]], list[Any]] = field(init=False)
    decider: Decider = field(init=False)
    confirmer: Confirmer = field(init=False)

    def __post_init__(self) -> None:
        self.skew = self.world.until(2 * SKEW) - SKEW
        scorer, shares = FakeScorer(), Shares()
        self.decider = Decider(
            policy=policy(),
            models=InUse(scorer=scorer),
            shares=shares,
            clock=self.clock,
            new_id=self.world.new_id,
            encode=decision_bytes,
        )
        self.confirmer = Confirmer(
            policy=policy(),
            models=InUse(scorer=scorer),
            shares=shares,
            clock=self.clock,
            encode=confirmation_bytes,
        )
        self.commit = self.loop(self)

    def clock(self) -> datetime:
        """Read its clock."""
        return BEGAN + timedelta(microseconds=round((self.world.now + self.skew) * 1e6))

    def jump(self) -> None:
        """Its clock is set, forwards or back."""
        moved = self.skew + self.world.until(2 * JUMP) - JUMP
        self.skew = max(-FARTHEST, min(FARTHEST, moved))

    def kill(self) -> None:
        """It dies with all that it had not answered; after a while it starts again."""
        self.up, self.busy, self.lives = False, False, self.lives + 1
        self.waiting.clear()
        self.running.clear()
        self.world.after(1.0 + self.world.until(30.0), self._start)

    def _start(self) -> None:
        self.up = True
        self.commit = self.loop(self)

    def take(self, piece: Piece) -> None:
        """Queue what was asked; the same key twice at once is refused."""
        if not self.up:
            return
        if piece.key is not None and piece.key in self.running:
            piece.reply(409)
            return
        if piece.key is not None:
            self.running.add(piece.key)
        self.waiting.append(piece)
        self._turn()

    def _turn(self) -> None:
        if self.busy or not self.waiting:
            return
        group, self.waiting, self.busy, lives = self.waiting, [], True, self.lives
        results = self.commit(group)
        slow = self.world.until(LONG) if self.world.draws(SLOW) else 0.01
        self.world.after(slow, lambda: self._answer(group, results, lives))

    def _answer(self, group: list[Piece], results: list[Any], lives: int) -> None:
        """Answer, unless it died in between."""
        if lives != self.lives:
            return
        for piece, result in zip(group, results, strict=True):
            self.running.discard(piece.key or "")
            piece.reply(503 if isinstance(result, Exception) else result)
        self.busy = False
        self._turn()
