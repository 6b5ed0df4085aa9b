"""Templates of a policy that a ledger does not have approved as they read now: which, and what to do."""

from collections.abc import Sequence
from datetime import datetime

from serving.people.awaiting import APPROVED, templates
from serving.policy.policy import Policy
from serving.ports import Ledger

SHOWN = 5  # templates that are named
APPROVE = "`outreach policy review TEMPLATE`, or POST /v1/approvals with `template`"


def unapproved(ledger: Ledger, policy: Policy, at: datetime) -> list[str]:
    """Return the ids of the templates that nobody has approved as they read now, in the order of the files."""
    with ledger.transaction() as tx:
        return [one.message.template or "" for one in templates(tx, policy, at) if one.state != APPROVED]


def not_approved(names: Sequence[str], of: int) -> list[str]:
    """Say how many of the policy's templates are not approved, and which; nothing where all are.

    Example:
        >>> not_approved(["late"], 2)
        ['1 of the 2 templates of the policy is not approved in this ledger, and not sent: `late`']
    """
    if not names:
        return []
    named = ", ".join(f"`{name}`" for name in names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
    many = f"{len(names)} of the {of} templates of the policy {'is' if len(names) == 1 else 'are'} not approved"
    return [f"{many} in this ledger, and not sent: {named}"]
