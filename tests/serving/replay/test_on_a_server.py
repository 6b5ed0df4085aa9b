"""A ledger on PostgreSQL is replayed as a file is: exactly, and under other limits and another model."""

from pathlib import Path

from serving.fakes import FakeScorer
from serving.ledger.looking import looking
from serving.ledger.past import salt_of
from serving.ledger.sqlite.ledger import SqliteTransaction
from serving.policy.limits import tighten
from serving.policy_files.templates import shipped_digests
from serving.record.readings import ACTIONS
from serving.replay.judging import Proposal
from serving.replay.replaying import replayed as replayed_under
from serving.replay.scored import Scored
from tests.contracts.ledgers import NOW
from tests.postgres import needed, wiped
from tests.serving.ledger.test_replay import EXPLORATION, POLICY
from tests.serving.replay.test_exact import LAST, SHARES, confirm, decide, replayed

STRICT = tighten(POLICY.limits, {"contacts_7d": 0})


def lived(url: str) -> None:
    """Decide two days, and confirm."""
    for day in (0, 1):
        decide(url, day=day)
    confirm(url, hours=30)


def seen(url: str) -> tuple[object, ...]:
    """Return what an exact replay and two others find."""
    exact = replayed(url)
    found: list[object] = [exact.decisions, exact.confirmations, exact.different, exact.drawn]
    with looking(url) as store:
        ledger = SqliteTransaction(store)
        scorer = FakeScorer(version="8", cutoff=0.0)
        second = Scored(scorer=scorer, shares=SHARES, salt=salt_of(store), records=ledger.records_of)
        for proposal in (
            Proposal(policy=POLICY, limits=STRICT),
            Proposal(policy=POLICY, limits=POLICY.limits, second=second),
        ):
            answers = replayed_under(ledger, 1, LAST, proposal, shares=SHARES).answers()
            found += [[ACTIONS[each] for each in answers.after.tolist()], answers.contact.tolist().__repr__()]
        found.append(second.heard)
    return tuple(found)


def test_a_server_gives_what_a_file_gives(tmp_path: Path) -> None:
    """Decision by decision."""
    needed()
    file, server = (
        f"sqlite:///{tmp_path}/l.db",
        wiped(tmp_path, salt=EXPLORATION.salt, at=NOW, shipped=shipped_digests()),
    )
    for url in (file, server):
        lived(url)
    actual = seen(server)
    assert actual == seen(file)
    assert actual[:3] == (40, actual[1], 0)
