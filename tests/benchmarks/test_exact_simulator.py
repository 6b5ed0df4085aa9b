"""The simulator of clock, store and network: a sample of its seeds, and what it finds where something is broken."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.exact_simulator import Simulation, main
from benchmarks.exact_world import Books, Host
from model.contracts import Context
from serving.ports import Transaction

SEEDS = 12


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Leave out what the loop logs of a store that fails: it does so all the time."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def simulated(seed: int) -> tuple[list[str], Counter[str]]:
    """Run one seed; return what was wrong, and how much there was."""
    found = Simulation(seed, hosts=3, customers=3, bursts=8).run()
    return found.wrong, found.counted


def test_nothing_is_violated_whatever_fails() -> None:
    """Clocks jump, hosts die, the store fails, the network loses and doubles: a sample of seeds."""
    wrong, counted = [], Counter[str]()
    for seed in range(SEEDS):
        more, much = simulated(seed)
        wrong += more
        counted += much
    happened = [name for name in ("sends", "released", "confirm", "not_delivered", "answered 503") if counted[name]]
    assert (wrong, len(happened)) == ([], 5)


def test_a_seed_gives_the_same_history() -> None:
    """All chance and time come from it: twice the same, to the byte."""
    first, second = (Simulation(7, hosts=3, customers=3, bursts=6) for _ in range(2))
    answers = [simulation.run().answers for simulation in (first, second)]
    histories = [simulation.found.trace(simulation.books.history) for simulation in (first, second)]
    assert (answers[0] == answers[1], histories[0] == histories[1], len(answers[0]) > 5) == (True, True, True)


class Spoilt:
    """A transaction of which one method is another one."""

    def __init__(self, transaction: Transaction, name: str, method: Callable[..., Any]) -> None:
        self._transaction, self._name, self._method = transaction, name, method

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._transaction, name)
        if name != self._name:
            return real
        return lambda *given, **named: self._method(real, *given, **named)


def spoil(patch: pytest.MonkeyPatch, name: str, method: Callable[..., Any]) -> None:
    """Let every transaction of the store have this method."""
    whole = Books.transaction

    @contextmanager
    def transaction(self: Books, **about: Any) -> Iterator[Any]:
        with whole(self, **about) as tx:
            yield Spoilt(tx, name, method)

    patch.setattr(Books, "transaction", transaction)


def knowing(**known: Any) -> Callable[..., list[Context]]:
    """Return contexts in which this is known instead."""

    def contexts(real: Callable[..., Sequence[Context]], *given: Any, **named: Any) -> list[Context]:
        return [replace(one, **known) for one in real(*given, **named)]

    return contexts


NOBODY: dict[str, Any] = {"contacts": (), "contacts_60m": 0, "contacts_24h": 0, "contacts_7d": 0}


@pytest.mark.parametrize(
    ("name", "method", "said"),
    [
        ("contexts", knowing(**NOBODY), "over a cap"),
        ("contexts", knowing(already_told=False), "told twice"),
        ("contexts", knowing(opted_out=False), "sent after an opt-out"),
        ("remembered", lambda *_, **__: None, "decisions"),
        ("add_outcome", lambda *_, **__: "accepted", "is not on record"),
    ],
    ids=["caps", "facts", "opt-outs", "keys", "outcomes"],
)
def test_what_is_broken_is_found(
    monkeypatch: pytest.MonkeyPatch, name: str, method: Callable[..., Any], said: str
) -> None:
    """A ledger that forgets one thing: some seed of a few shows it, and says what."""
    spoil(monkeypatch, name, method)
    wrong = next(
        (found for found in (simulated(seed)[0] for seed in range(40)) if any(said in one for one in found)), []
    )
    assert any(said in one for one in wrong)


def test_an_answer_before_the_commit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that says it is done, whatever the store says: what it acknowledged is not on record."""
    turn = Host.take

    def take(self: Host, piece: Any) -> None:
        commit = self.commit
        said: list[Any] = []

        def hasty(group: list[Any]) -> list[Any]:
            decide = self.decider.answer
            with self.books._ledger.transaction() as tx, tx.savepoint(keep=False):
                asked = [one.question for one in group if one.question is not None]
                answered = iter(decide(self.books, tx, asked))  # type: ignore[arg-type]
                said[:] = [None if one.question is None else next(answered) for one in group]
            real = commit(group)
            return [hasty_one or real_one for hasty_one, real_one in zip(said, real, strict=True)]

        self.commit = hasty
        turn(self, piece)
        self.commit = commit

    monkeypatch.setattr(Host, "take", take)
    assert any("is not what is on record" in line for line in simulated(0)[0])


def test_the_script_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """It prints how much there was of everything, and says with its code that nothing was violated."""
    code = main(["--seeds", "2", "--bursts", "3", "--seed", "5"])
    last = capsys.readouterr().out.splitlines()[-1].split()
    assert (code, last) == (0, ["no", "violation", "in", "seeds", "2"])
