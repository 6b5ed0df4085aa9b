"""What `outreach doctor` says of a certificate: quoted only where it holds now, under these shares."""

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from model.contracts import Shares
from model.manifest import quotable
from serving.cli.diagnosis import certificate, findings, policy, walk
from serving.policy.tightening import Tightening
from serving.policy_files.templates import load_policy
from serving.ports import Transaction
from serving.scorer import ArtefactScorer, load_scorer
from serving.settings import Settings
from tests.contracts.drawn import TRIAL, WATCH, decide, harm_until_tripped
from tests.contracts.ledgers import NOW, sqlite_file
from tests.contracts.offered import DEAD, DELIVERED, WAITING, offer, settle
from tests.contracts.volumes import let_go, sent
from tests.model.artefacts import written
from tests.model.examples import ISSUED_AT, boosted_scorer
from tests.model.examples import certificate as stated

LATER = ISSUED_AT + timedelta(days=1)
ENDS = ISSUED_AT + timedelta(days=90)


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> ArtefactScorer:
    """The example artefact, certified for delivery updates by chat."""
    return load_scorer(written(tmp_path_factory.mktemp("doctor") / "model"))


def test_a_certificate_that_holds_is_quoted_with_its_date(scorer: ArtefactScorer) -> None:
    """The sentence that the report has, and until when."""
    expected = f"cut-off 0.004. {quotable(stated(boosted_scorer()), ENDS)}"
    assert certificate(scorer, Shares(), LATER) == expected
    assert expected.endswith("; valid until 18 February 2027, 18:00 UTC.")


@pytest.mark.parametrize(
    ("at", "shares", "words"),
    [
        (ENDS, Shares(), "only essential service goes out: its certificate expired on 18 February 2027, 18:00 UTC"),
        (
            LATER,
            Shares(model=0.8, policy_only=0.1, holdout=0.1),
            (
                "only essential service goes out: its certificate is for contact with probability 0.95 above the "
                "cut-off and 0.02 below, not for these `shares`"
            ),
        ),
        (
            ISSUED_AT - timedelta(seconds=1),
            Shares(),
            "check the clock: its certificate was issued on 20 November 2026, 18:00 UTC, which is yet to come",
        ),
    ],
    ids=["expired", "other shares", "a clock that went back"],
)
def test_a_certificate_that_does_not_hold_is_not_quoted(
    scorer: ArtefactScorer, at: datetime, shares: Shares, words: str
) -> None:
    """Nobody reads a sentence that is no longer true; what to do stands there instead."""
    said = certificate(scorer, shares, at)
    assert (said.startswith(words), "confidence" in said) == (True, False)


BY_NUMPY = "its trees are walked by numpy, to the same bits and slower: "


@pytest.mark.parametrize(
    ("found", "lacking", "expected"),
    [
        ("compiled", False, "its trees are walked by compiled code"),
        ("numpy", True, f"{BY_NUMPY}`pip install outreach[fast]` brings a compiler"),
        (
            "numpy",
            False,
            f"{BY_NUMPY}nothing was compiled within 6 seconds; ask again when this machine has less to do",
        ),
        (None, True, ""),
    ],
    ids=["compiled", "no compiler", "a busy machine", "no trees"],
)
def test_doctor_says_what_walks_the_trees(
    scorer: ArtefactScorer, found: str | None, *, lacking: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compiled code, or numpy with the next step: installing a compiler only where there is none."""
    monkeypatch.setattr(ArtefactScorer, "walked", lambda _self, _seconds: found)
    monkeypatch.setattr("serving.cli.diagnosis.without_compiler", lambda: lacking)
    assert walk(scorer) == expected


def test_a_certificate_without_a_date_permits_nothing(scorer: ArtefactScorer) -> None:
    """As the scorer that decides has it."""
    artefact = replace(scorer.artefact, certificate=replace(scorer.artefact.certificate, expires=None), issued_at=None)
    undated = replace(scorer, artefact=artefact)
    assert undated.permits("delivery_update", "chat", LATER) is False
    assert "its certificate has no date" in certificate(undated, Shares(), LATER)


def test_a_refused_certificate_says_so_in_its_own_sentence(tmp_path: Path) -> None:
    """Why, and that nothing discretionary is sent."""
    refused = load_scorer(written(tmp_path / "model", issued=False))
    expected = "No certificate: about 27,000 more rows are needed, so nothing discretionary is sent."
    assert certificate(refused, Shares(), LATER) == expected


def test_a_certificate_that_cannot_be_watched_is_not_quoted(scorer: ArtefactScorer) -> None:
    """It permits nothing, so its sentence is not true here."""
    stated_bounds = scorer.artefact.certificate.bounds
    mute = replace(scorer.artefact.certificate, bounds=stated_bounds[1:])
    unwatched = replace(scorer, artefact=replace(scorer.artefact, certificate=mute))

    said = certificate(unwatched, Shares(), LATER)

    assert (unwatched.watch, said) == (
        None,
        "only essential service goes out: its certificate says too little to be watched; train it again",
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a ledger in a file."""
    sqlite_file(tmp_path).close()
    return Settings(ledger=f"sqlite:///{tmp_path}/ledger.db")


def looked(settings: Settings, step: Callable[[Transaction], object] = lambda _: None, *, at: datetime = NOW) -> str:
    """Do something to the ledger, and return what doctor says of it then."""
    opened = sqlite_file(Path(settings.ledger.removeprefix("sqlite:///")).parent)
    with opened.transaction() as tx:
        step(tx)
    opened.close()
    return findings(settings, at)[0].line()


KEYLESS = "ok    ledger: writable, 0 active keys; make one with `outreach keys create --scope …`"

WORRIED = KEYLESS.replace("ok  ", "warn")


def test_doctor_says_nothing_of_a_ledger_where_nothing_is_stopped(settings: Settings) -> None:
    """No experiment, no trip."""
    assert looked(settings) == KEYLESS


def test_doctor_says_which_experiment_runs(settings: Settings) -> None:
    """Until when, by whom, how much of it is left; nothing once it is over."""
    runs = looked(settings, lambda tx: tx.start_experiment(TRIAL))
    over = looked(settings, at=TRIAL.until)

    assert (runs, over) == (
        f"{KEYLESS}; experiment x-1 of ann runs until 2026-12-20T12:00:00Z, 3 contacts are left",
        KEYLESS,
    )


def test_doctor_says_what_tripped_since_when_and_how_it_is_released(settings: Settings) -> None:
    """The ledger can be used all the same: essential service goes; after the release it is as before."""

    def harm(tx: Transaction) -> None:
        tx.watch(WATCH)
        harm_until_tripped(tx)

    tripped = looked(settings, harm)
    released = looked(settings, lambda tx: tx.release(at=NOW, by="ann", why="seen"))

    expected = (
        f"{WORRIED}; only essential service goes out: the monitor tripped on opt-outs of watch {WATCH.key} at "
        "2026-11-20T12:00:00Z; find the cause, then `outreach monitor release --by NAME --why TEXT`"
    )
    assert (tripped, released) == (expected, KEYLESS)


def test_doctor_says_which_breaker_is_open_and_how_it_is_released(settings: Settings) -> None:
    """Which, since when, how much; nothing once a person released it."""

    def flood(tx: Transaction) -> None:
        sent(tx, 3)
        let_go(tx, most=3)

    broken = looked(settings, flood)
    released = looked(settings, lambda tx: tx.release_breaker("parcel_delayed", at=NOW, by="ann", why="seen"))

    expected = (
        f"{WORRIED}; the breaker of parcel_delayed is open since 2026-11-20T12:00:00Z, 3 went out within an hour where "
        "0 are usual; find the cause, then release it: POST /v1/approvals with `breaker`, `why`"
    )
    assert (broken, released) == (expected, KEYLESS)


def test_doctor_says_that_nobody_reports_what_happens(settings: Settings) -> None:
    """Two weeks of sends without an outcome."""

    def contact(tx: Transaction) -> None:
        tx.watch(WATCH)
        tx.standing(NOW)
        decide(tx, "d-1", user="u-1")
        tx.standing(NOW)

    looked(settings, contact)
    said = looked(settings, at=NOW + timedelta(days=14))

    assert said == (
        f"{WORRIED}; only essential service goes out: no outcome was reported of the sends since "
        "2026-11-20T12:00:00Z; report outcomes to `/v1/outcomes`"
    )


def test_doctor_says_what_became_of_offers_that_were_not_delivered(settings: Settings) -> None:
    """How many wait, were given up, or were taken by nobody in time, and what to do; as of now."""

    def offer_some(tx: Transaction) -> None:
        for place, state in enumerate((WAITING, WAITING, DEAD, DELIVERED)):
            settle(tx, offer(tx, f"d-{place}"), state)

    said = looked(settings, offer_some)
    later = looked(settings, at=NOW + timedelta(hours=2))

    dead = "1 offers could not be delivered: GET /v1/offers?state=dead"
    expired = (
        "2 offers expired before anybody took them, and count as contacts: GET /v1/offers?state=expired; set "
        "`webhook_url`, or ask more often, and report `not_delivered` of what was not sent"
    )
    assert (said, later) == (
        f"{WORRIED}; 2 offers wait: GET /v1/offers?state=waiting; {dead}",
        f"{WORRIED}; {dead}; {expired}",
    )


def test_looking_lets_no_offer_expire(settings: Settings) -> None:
    """What doctor tells of the next decision's ledger is undone when it has looked."""

    def counted(tx: Transaction) -> None:
        counts.append(tx.count_offers()[WAITING])

    counts: list[int] = []
    looked(settings, lambda tx: settle(tx, offer(tx, "d-1"), WAITING), at=NOW + timedelta(hours=2))
    looked(settings, counted, at=NOW + timedelta(hours=2))
    assert counts == [1]


@pytest.mark.parametrize(
    ("secrets", "expected"),
    [
        (None, "none: offers wait to be asked for, GET /v1/offers; name one with `webhook_url` and `webhook_secret`"),
        (1, "https://hooks.example/in?***, every delivery is signed with 1 secret"),
        (2, "https://hooks.example/in?***, every delivery is signed with 2 secrets"),
    ],
)
def test_doctor_says_where_offers_go(settings: Settings, secrets: int | None, expected: str) -> None:
    """No secret is shown, and nothing is sent."""
    if secrets is not None:
        text = " ".join(["whsec_aHVzaCBodXNoIGh1c2ggaHVzaCBodXNoIQ=="] * secrets)
        settings = replace(settings, webhook_url="https://hooks.example/in?token=hush", webhook_secret=text)
    found = findings(settings, NOW)[-1]
    assert (found.part, found.good, found.seen) == ("webhook", True, expected)


def triggers_of(settings: Settings) -> tuple[bool, str]:
    """Return what is found of the triggers."""
    found = next(one for one in findings(settings, NOW) if one.part == "triggers")
    return found.good, found.seen


def test_the_triggers_are_read_as_the_api_will_ask_them(tmp_path: Path) -> None:
    """None by default, the shipped ones where they are switched on, and a folder's own."""
    quiet = Settings(ledger=f"sqlite:///{tmp_path}/none.db")
    actual = [triggers_of(quiet), triggers_of(replace(quiet, shipped_triggers=True))]

    assert actual == [
        (True, "none are asked; set `shipped_triggers = true`, or name a `policy` folder with some"),
        (True, "77 are asked"),
    ]


def test_a_trigger_that_does_not_check_is_named_with_its_line(tmp_path: Path) -> None:
    """File, line, what is wrong and what was meant."""
    (tmp_path / "policy.yaml").write_text(
        "templates:\n"
        '  - { id: late, purpose: delivery_update, text: "{parcel} is late.", facts: { parcel: string },\n'
        "      next_step: Reply. }\n"
        "triggers:\n"
        "  - id: late\n"
        "    on: shipment.delayed\n"
        "    when: event.data.delay_hour >= 12\n"
        "    purpose: delivery_update\n"
        "    template: late\n"
        "    facts: { parcel: event.data.parcel }\n"
        "    channel: chat\n"
    )
    good, seen = triggers_of(Settings(ledger=f"sqlite:///{tmp_path}/none.db", policy=tmp_path))

    assert (good, "policy.yaml:7:" in seen, "event.data.delay_hours`?" in seen) == (False, True, True), seen


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Your parcel {parcel} is late. Reply to move it.", False),
        ("Your parcel {parcel} is late, [Name]. Shop now!", True),
    ],
    ids=["right", "findings"],
)
def test_what_lint_finds_in_the_policy_folder_is_counted(text: str, *, expected: bool, tmp_path: Path) -> None:
    """How many, and the command that shows them; the policy can be used all the same."""
    (tmp_path / "policy.yaml").write_text(
        f'templates:\n  - {{ id: late, purpose: delivery_update, text: "{text}", facts: {{ parcel: string }},\n'
        "      next_step: Reply to move it. }\n"
    )
    settings = Settings(ledger=f"sqlite:///{tmp_path}/none.db", policy=tmp_path)
    [found] = [one for one in findings(settings, NOW) if one.part == "policy"]
    said = re.search(rf"; \d findings in its files: see `outreach policy lint {re.escape(str(tmp_path))}`$", found.seen)
    assert (found.good, said is not None) == (True, expected)


def test_limits_that_a_person_tightened_are_named(tmp_path: Path) -> None:
    """Which, to what, by whom and since when; and the version of the policy is the one in force."""
    settings = Settings(ledger=f"sqlite:///{tmp_path}/ledger.db")
    with closing(sqlite_file(tmp_path)) as ledger:
        before = policy(settings, NOW, ledger)
        with ledger.transaction() as tx:
            tx.add_tightening(Tightening(at=NOW, by="Ann (key-1)", why="calm", limits='{"quiet_start": "20:30"}'))
        after = policy(settings, NOW, ledger)
    said = "tightened by Ann (key-1) since 2026-11-20T12:00:00Z: quiet_start 20:30"
    strict = load_policy(None, {"quiet_start": "20:30"}).version
    actual = ("tightened" in str(before), str(after).count(f"{strict}; {said}"))
    assert actual == (False, 1)
