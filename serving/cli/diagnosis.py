"""What `outreach doctor` looks at: each part is tried as the API would use it, and named with its next step."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from model.contracts import Shares
from model.errors import OutreachError, Unavailable, one_line
from model.trees.switch import COMPILED, NUMPY
from model.uri import is_registered
from serving.access.shared_secrets import secrets_of
from serving.cli.books import Books
from serving.cli.faults import FAULTS, Finding, Worry
from serving.cli.policy.unapproved import APPROVE, not_approved, unapproved
from serving.cli.surroundings import Registry, compiler, port, without_compiler, zones
from serving.cli.surroundings import webhook as reached
from serving.linting.finding import Severity
from serving.linting.lint import lint
from serving.people.spreadsheets import plain
from serving.policy.policy import Policy
from serving.policy.tightening import in_force, limits_that_differ
from serving.policy_files.strict_yaml import documents
from serving.policy_files.templates import load_policy
from serving.policy_files.triggers import load_triggers
from serving.ports import Ledger
from serving.record.record import timestamp
from serving.settings import Settings

if TYPE_CHECKING:  # a diagnosis loads it where there is a model
    from serving.scorer import ArtefactScorer

COMPILING_SECONDS = 6.0  # three on an idle processor
SOON = timedelta(days=14)  # before a certificate ends
WALKED = {COMPILED: "compiled code", NUMPY: "numpy"}


def findings(settings: Settings, at: datetime, *, connect: bool = False) -> list[Finding]:
    """Try ledger, policy, model and all around them; never raises for what it finds, and changes nothing of it.

    With `connect` the webhook's address is connected to; nothing is sent there.
    """
    registry = Registry(settings)
    with closing(Books(settings, at)) as books:
        kept = tried("ledger", books.look)
        ledger = books.opened if kept.good else None
        policies = tried("policy", lambda: policy(settings, at, ledger))
    found = [
        kept,
        *books.around(),
        policies,
        *asked(settings, policies),
        *modelled(settings, at),
        tried("shadow", lambda: shadow(settings)),
        *registry.findings(),
        port(settings),
        zones(),
        compiler(),
    ]
    away = reached(settings.webhook_url) if connect and settings.webhook_url is not None else None
    return [*found, away or tried("webhook", lambda: webhook(settings))]


def tried(part: str, look: Callable[[], str | Worry]) -> Finding:
    """Turn an error on purpose into a finding."""
    try:
        seen = look()
    except (OutreachError, OSError) as error:
        return Finding(part, good=False, seen=one_line(error))
    return (
        Finding(part, good=True, seen=seen.seen, worry=True)
        if isinstance(seen, Worry)
        else Finding(part, good=True, seen=seen)
    )


def policy(settings: Settings, at: datetime, ledger: Ledger | None) -> str | Worry:
    """Read the policy, and say what people tightened in the ledger and did not approve, if that could be opened."""
    found = load_policy(settings.policy, settings.limits)
    lacking: list[str] = []
    tightened: list[str] = []
    try:
        if ledger is not None:
            lacking = unapproved(ledger, found, at)
            found, tightened = tightened_in(ledger, found)
    except (OutreachError, OSError):
        pass  # the ledger's own line says what is wrong with it
    advice = f"approve each as it reads now: {APPROVE}"
    said = [*not_approved(lacking, len(found.digests)), *([advice] if lacking else []), *linted(settings.policy, found)]
    seen = "; ".join([found.version, *tightened, *said])
    return Worry(seen) if said else seen


def tightened_in(ledger: Ledger, configured: Policy) -> tuple[Policy, list[str]]:
    """Return the policy in force, and say which limits were tightened in the ledger, since when and by whom."""
    with ledger.transaction() as transaction:
        policy, newest = in_force(transaction, configured), transaction.tightenings(limit=1)
    changed = limits_that_differ(configured.limits, policy.limits)
    if not changed:
        return policy, []
    who = f" by {plain(newest[0].by)} since {timestamp(newest[0].at)}"
    return policy, [f"tightened{who}: {', '.join(f'{name} {value}' for name, value in changed.items())}"]


def linted(folder: Path | None, policy: Policy) -> list[str]:
    """Say how many findings lint has in a policy folder, and how to see them; nothing where it has none."""
    if folder is None:
        return []
    found = lint(list(documents(folder)), policy.wording).findings
    errors = sum(one.severity == Severity.ERROR for one in found)
    many = f"{errors} finding{'s' * (errors > 1)} in its files"
    return [f"{many}: see `outreach policy lint {plain(str(folder))}`"] if errors else []


def asked(settings: Settings, policies: Finding) -> list[Finding]:
    """Look at the triggers; what the policy's line says of the folder already is not said again."""
    found = tried("triggers", lambda: triggers(settings))
    return [] if not found.good and found.seen == policies.seen else [found]


def triggers(settings: Settings) -> str:
    """Read and check the triggers that events would meet, and say what their authors should know."""
    if settings.policy is None and not settings.shipped_triggers:
        return "none are asked; set `shipped_triggers = true`, or name a `policy` folder with some"
    found = load_triggers(settings.policy, load_policy(settings.policy).templates)
    return "; ".join([f"{len(found.tallies())} are asked", *found.notes])


def modelled(settings: Settings, at: datetime) -> list[Finding]:
    """Verify the artefact, say what it permits, and warn before its certificate ends."""
    held: list[ArtefactScorer] = []
    found = tried("model", lambda: model(settings, at, held))
    ends = held[0].expires_at if held else None
    if ends is None or not at < ends < at + SOON:
        return [found]
    from model.certifying.words import day

    return [found, FAULTS["certificate_ends"].found(day=day(ends), days=(ends - at).days)]


def model(settings: Settings, at: datetime, held: "list[ArtefactScorer]") -> str | Worry:
    """Verify the artefact and say what it permits; `held` takes the scorer."""
    if settings.model is None:
        return "none: only essential service goes out; name a folder with `model = …`"
    try:
        scorer = standing(settings.model, settings)
    except Unavailable as error:
        return Worry(f"{error}; `outreach serve` pulls it, and until then only essential service goes out")
    held.append(scorer)
    permits = certificate(scorer, settings.shares, at)
    said = f"{called(settings.model, scorer)} (looked at {at:%Y-%m-%d}): {permits}"
    walked = walk(scorer)
    seen = f"{said.removesuffix('.')}; {walked}" if walked else said
    return seen if permits.startswith("cut-off") else Worry(seen)


def standing(named: str, settings: Settings) -> "ArtefactScorer":
    """Verify what the API would start with: a folder, or the copy that was pulled of what a registry names."""
    from serving.models.start import place_of
    from serving.scorer import load_scorer

    found = place_of(named, settings).find()
    return load_scorer(found.folder, version=found.version)


def called(named: str, scorer: "ArtefactScorer") -> str:
    """Say which model it is; of what a registry names, which version lies here."""
    return f"{named}, here as version {scorer.version}" if is_registered(named) else scorer.version


def walk(scorer: "ArtefactScorer") -> str:
    """Say what walks the trees, as the API would find it after a moment; nothing where there are none.

    A compiler that is there and was not done within that moment is no reason to install one.
    """
    found = scorer.walked(COMPILING_SECONDS)
    install = "`pip install outreach[fast]` brings a compiler"
    wait = f"nothing was compiled within {COMPILING_SECONDS:g} seconds; ask again when this machine has less to do"
    slower = "" if found == COMPILED else f", to the same bits and slower: {install if without_compiler() else wait}"
    return "" if found is None else f"its trees are walked by {WALKED[found]}{slower}"


def certificate(scorer: "ArtefactScorer", shares: Shares, at: datetime) -> str:
    """Quote the certificate where it holds now, under these shares; else say why nothing discretionary is sent."""
    from model.certifying.words import day, sentence

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
    try:
        found = called(settings.shadow, standing(settings.shadow, settings))
    except (OutreachError, OSError) as error:
        return f"not used: {error}; decisions are made as without it"
    return f"{found}, asked and recorded, never acted on"


def webhook(settings: Settings) -> str:
    """Say where offers go; nothing is sent there."""
    if settings.webhook_url is None:
        return "none: offers wait to be asked for, GET /v1/offers; name one with `webhook_url` and `webhook_secret`"
    secrets = len(secrets_of(settings.webhook_secret or ""))
    return f"{settings.masked()['webhook_url']}, every delivery is signed with {secrets} secret{'s' * (secrets > 1)}"
