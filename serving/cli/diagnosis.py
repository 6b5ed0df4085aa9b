"""What `outreach doctor` looks at: each part is tried as the API would use it, and named with its next step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from model.contracts import Shares
from model.errors import OutreachError
from model.switch import COMPILED, NUMPY
from serving.cli.options import open_settings_ledger
from serving.cli.refused_figures import plain
from serving.cli.unapproved import APPROVE, not_approved, unapproved
from serving.ledger.looking import is_there
from serving.ledger.postgres_opening import is_postgres
from serving.linting.finding import Severity
from serving.linting.lint import lint
from serving.policy.policy import Policy
from serving.policy_files import load_policy
from serving.policy_yaml import documents
from serving.receiver import secrets_of
from serving.record import timestamp
from serving.score_reasons import HARMS
from serving.settings import Settings
from serving.standing import Breaker, Standing
from serving.timetable import OfferState
from serving.trigger_files import load_triggers

if TYPE_CHECKING:  # a diagnosis loads it where there is a model
    from serving.scorer import ArtefactScorer

COMPILING_SECONDS = 60.0  # three on an idle processor
WALKED = {COMPILED: "compiled code", NUMPY: "numpy"}
UNTAKEN = "; set `webhook_url`, or ask more often, and report `not_delivered` of what was not sent"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part, whether it can be used, and what was seen."""

    part: str
    good: bool
    seen: str

    def line(self) -> str:
        """One line for a terminal."""
        return f"{'ok  ' if self.good else 'FAIL'}  {self.part}: {self.seen}"


def findings(settings: Settings, at: datetime) -> list[Finding]:
    """Try ledger, policy, model, shadow and webhook; never raises for what it finds."""
    return [
        tried("ledger", lambda: ledger(settings, at)),
        tried("policy", lambda: policy(settings, at)),
        tried("triggers", lambda: triggers(settings)),
        tried("model", lambda: model(settings, at)),
        tried("shadow", lambda: shadow(settings)),
        tried("webhook", lambda: webhook(settings)),
    ]


def tried(part: str, look: Callable[[], str]) -> Finding:
    """Turn an error on purpose into a finding."""
    try:
        return Finding(part, good=True, seen=look())
    except (OutreachError, OSError) as error:
        return Finding(part, good=False, seen=str(error))


def policy(settings: Settings, at: datetime) -> str:
    """Read the policy, and say which of its templates nobody has approved in the ledger, if that is there."""
    found = load_policy(settings.policy, settings.limits)
    try:
        lacking = unapproved_in(settings, found, at)
    except (OutreachError, OSError):
        lacking = []  # the ledger's own line says what is wrong with it
    advice = f"approve each as it reads now: {APPROVE}"
    said = [*not_approved(lacking, len(found.digests)), *([advice] if lacking else []), *linted(settings.policy, found)]
    return "; ".join([found.version, *said])


def linted(folder: Path | None, policy: Policy) -> list[str]:
    """Say how many findings lint has in a policy folder, and how to see them; nothing where it has none."""
    if folder is None:
        return []
    found = lint(list(documents(folder)), policy.wording).findings
    errors = sum(one.severity == Severity.ERROR for one in found)
    many = f"{errors} finding{'s' * (errors > 1)} in its files"
    return [f"{many}: see `outreach policy lint {plain(str(folder))}`"] if errors else []


def unapproved_in(settings: Settings, found: Policy, at: datetime) -> list[str]:
    """Look into the ledger of these settings; none is made where there is none."""
    if missing(settings) is not None:
        return []
    opened = open_settings_ledger(settings)
    try:
        return unapproved(opened, found, at)
    finally:
        opened.close()


def missing(settings: Settings) -> str | None:
    """Return the path of the ledger's file, or the address of its server, where it is not there yet."""
    if is_postgres(settings.ledger):
        return None if is_there(settings.ledger) else str(settings.masked()["ledger"])
    scheme, _, path = settings.ledger.partition(":///")
    return path if scheme == "sqlite" and path and not Path(path).exists() else None


def triggers(settings: Settings) -> str:
    """Read and check the triggers that events would meet, and say what their authors should know."""
    if settings.policy is None and not settings.shipped_triggers:
        return "none are asked; set `shipped_triggers = true`, or name a `policy` folder with some"
    found = load_triggers(settings.policy, load_policy(settings.policy).templates)
    return "; ".join([f"{len(found.tallies())} are asked", *found.notes])


def ledger(settings: Settings, at: datetime) -> str:
    """Open the ledger, if it is there, and a write transaction; a diagnosis creates nothing.

    Says what is stopped and which experiment runs, as the next decision would find it.
    """
    absent = missing(settings)
    if absent is not None:
        return f"`{absent}` is not there yet; `outreach serve` and `outreach keys create` make it"
    opened = open_settings_ledger(settings)
    try:
        with opened.transaction() as tx:
            active = sum(key.revoked_at is None for key in tx.keys())
            standing, breakers = tx.standing(at), tx.breakers(released=0)
            tx.expire_offers(at)
            offers = tx.count_offers()
    finally:
        opened.close()
    keys = f"writable, {active} active keys" + ("" if active else "; make one with `outreach keys create --scope …`")
    return "; ".join([keys, *discretion(standing), *map(broken, breakers), *waiting(offers)])


def waiting(offers: Mapping[OfferState, int]) -> list[str]:
    """Say how many offers wait to be delivered, or asked for, were given up, or expired, and what to do of these."""
    said = {
        OfferState.WAITING: ("wait", ""),
        OfferState.DEAD: ("could not be delivered", ""),
        OfferState.EXPIRED: ("expired before anybody took them, and count as contacts", UNTAKEN),
    }
    return [
        f"{offers[state]} offers {words}: GET /v1/offers?state={state}{then}"
        for state, (words, then) in said.items()
        if offers[state]
    ]


def broken(breaker: Breaker) -> str:
    """Say which template is held back, since when and why, with the next step."""
    return (
        f"the breaker of {breaker.key} is open since {timestamp(breaker.at)}, {breaker.volume} went out within an hour "
        f"where {breaker.median:g} are usual; find the cause, then release it: POST /v1/approvals with `breaker`, `why`"
    )


def discretion(standing: Standing) -> list[str]:
    """Say what stands in the way of everything discretionary, with the next step, and which experiment runs."""
    said: list[str] = []
    if standing.trip is not None:
        trip = standing.trip
        harm = HARMS.get(trip.harm, trip.harm)
        said.append(
            f"only essential service goes out: the monitor tripped on {harm} of watch {trip.watch} at "
            f"{timestamp(trip.at)}; find the cause, then `outreach monitor release --by NAME --why TEXT`"
        )
    if standing.silent_since is not None:
        said.append(
            "only essential service goes out: no outcome was reported of the sends since "
            f"{timestamp(standing.silent_since)}; report outcomes to `/v1/outcomes`"
        )
    if standing.experiment is not None:
        one = standing.experiment
        said.append(
            f"experiment {one.id} of {one.by} runs until {timestamp(one.until)}, {one.remaining} contacts are left"
        )
    return said


def model(settings: Settings, at: datetime) -> str:
    """Verify the artefact and say what it permits."""
    if settings.model is None:
        return "none: only essential service goes out; name a folder with `model = …`"
    if settings.model.startswith("models:/"):
        return f"{settings.model}: fetched and verified when the API starts"
    from serving.scorer import load_scorer

    scorer = load_scorer(Path(settings.model))
    said = f"{scorer.version} (looked at {at:%Y-%m-%d}): {certificate(scorer, settings.shares, at)}"
    walked = walk(scorer)
    return f"{said.removesuffix('.')}; {walked}" if walked else said


def walk(scorer: "ArtefactScorer") -> str:
    """Say what walks the trees, as the API would find it after a moment; nothing where there are none."""
    found = scorer.walked(COMPILING_SECONDS)
    slower = (
        "" if found == COMPILED else ", to the same bits and slower: `pip install outreach[fast]` brings a compiler"
    )
    return "" if found is None else f"its trees are walked by {WALKED[found]}{slower}"


def certificate(scorer: "ArtefactScorer", shares: Shares, at: datetime) -> str:
    """Quote the certificate where it holds now, under these shares; else say why nothing discretionary is sent."""
    from model.certificate_words import day, sentence

    found, issued_at = scorer.artefact.certificate, scorer.artefact.issued_at
    if not found.issued:
        return sentence(found)
    if issued_at is not None and at < issued_at:
        return f"check the clock: its certificate was issued on {day(issued_at)}, which is yet to come"
    why = ""
    if found.expires is None:
        why = "its certificate has no date; train it again"
    elif at >= found.expires:
        why = f"its certificate expired on {day(found.expires)}; learn and certify again"
    elif not scorer.holds_for(shares):
        probabilities = f"{found.contact_above:g} above the cut-off and {found.contact_below:g} below"
        why = f"its certificate is for contact with probability {probabilities}, not for these `shares`"
    elif scorer.watch is None:
        why = "its certificate says too little to be watched; train it again"
    if why:
        return f"only essential service goes out: {why}"
    return f"cut-off {scorer.cutoff:g}. {sentence(found, found.expires)}"


def shadow(settings: Settings) -> str:
    """Verify the challenger; it never decides, so that one that cannot be used is no failure."""
    if settings.shadow is None:
        return "none: no challenger is asked; name one with `shadow = …`"
    if settings.shadow.startswith("models:/"):
        return f"{settings.shadow}: fetched and verified when the API starts"
    from serving.scorer import load_scorer

    try:
        return f"{load_scorer(Path(settings.shadow)).version}, asked and recorded, never acted on"
    except (OutreachError, OSError) as error:
        return f"not used: {error}; decisions are made as without it"


def webhook(settings: Settings) -> str:
    """Say where offers go; nothing is sent there."""
    if settings.webhook_url is None:
        return "none: offers wait to be asked for, GET /v1/offers; name one with `webhook_url` and `webhook_secret`"
    secrets = len(secrets_of(settings.webhook_secret or ""))
    return f"{settings.masked()['webhook_url']}, every delivery is signed with {secrets} secret{'s' * (secrets > 1)}"
