"""`outreach policy review` and `approvals`: what people answer about templates, and what is approved for it."""

import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

import click

from model.errors import InvalidInput
from serving.awaiting import APPROVED, Waiting, template_json, templates
from serving.cli.options import Words, ledger_option, name_ledger, open_for, settings_with
from serving.cli.refused_figures import plain
from serving.cli.unapproved import APPROVE, not_approved
from serving.policy.policy import Policy
from serving.policy_files import load_policy
from serving.reviewing import LONGEST_COMMENT, LONGEST_NAME, Review, review_template
from serving.system import now

POLICY = "templates and triggers [default: the settings, else the shipped ones]"
LIMITS = {"reviewer": LONGEST_NAME, "comment": LONGEST_COMMENT}  # characters
ANSWERS = {True: "yes", False: "no"}


def short(_: click.Context, option: click.Parameter, words: str | None) -> str | None:
    """Refuse more than is kept."""
    most = LIMITS[option.name or ""]
    if words is not None and len(words) > most:
        raise click.BadParameter(f"it has {len(words):,} characters; {most:,} are kept, write it shorter")
    return words


def given(context: click.Context, option: click.Parameter, answer: bool | None) -> bool:  # noqa: FBT001  (as click calls it)
    """Refuse a question without an answer: neither yes nor no is meant."""
    if answer is None:
        raise click.MissingParameter(ctx=context, param=option)
    return answer


@click.command(
    epilog="Example: outreach policy review parcel_delayed --reviewer Ann --agent-would-send --customer-would-thank"
)
@click.argument("template")
@click.option("--reviewer", type=Words(), required=True, callback=short, help="who read it, and answers for it")
@click.option(
    "--agent-would-send/--agent-would-not-send",
    default=None,
    callback=given,
    help="whether a competent agent would send it, unprompted, today [required]",
)
@click.option(
    "--customer-would-thank/--customer-would-not-thank",
    default=None,
    callback=given,
    help="whether the customer would thank us for it [required]",
)
@click.option("--comment", type=Words(), callback=short, help="why, in one line")
@click.option("--policy", metavar="FOLDER", help=POLICY)
@ledger_option
def review(  # noqa: PLR0913  (the options of the command)
    template: str,
    reviewer: str,
    agent_would_send: bool,  # noqa: FBT001  (a click flag)
    customer_would_thank: bool,  # noqa: FBT001  (likewise)
    comment: str | None,
    policy: str | None,
    ledger: str | None,
) -> None:
    """Record a review of TEMPLATE as it reads now: two yeses approve it, any no withdraws every approval it has.

    What is withdrawn is not sent until somebody approves it anew. Every review stays on record.
    """
    found = policy_of(policy)
    asked = Review(
        digest=digest_in(found, template),
        what=f"template:{template}",
        reviewer=reviewer,
        agent_would_send=agent_would_send,
        customer_would_thank=customer_would_thank,
        comment=comment,
        by=reviewer,
        at=now(),
    )
    was_approved = recorded(asked, ledger)
    name_ledger(settings_with(ledger=ledger))
    click.echo(f"it reads: {reading(found, template)}")
    click.echo(f"`{template}` {state_after(asked, was_approved=was_approved)}")


def recorded(asked: Review, ledger: str | None) -> bool:
    """Keep a review, and return whether its words were ever approved, or others of its template until now."""
    with open_for(ledger, create=False) as opened, opened.transaction() as tx:
        stood = tx.approved_as(asked.what)
        review_template(tx, asked)
        return bool(stood) or tx.approval(asked.digest) is not None


def state_after(asked: Review, *, was_approved: bool) -> str:
    """Say what a review made of its template."""
    if asked.approves:
        return "is approved as it reads now"
    lacks = "is withdrawn" if was_approved else "was never approved"
    return f"{lacks}, and not sent until somebody approves it as it reads then"


@click.command(epilog="Example: outreach policy approvals --json")
@click.option("--policy", metavar="FOLDER", help=POLICY)
@click.option("--json", "as_json", is_flag=True, help="print it as JSON")
@ledger_option
def approvals(policy: str | None, as_json: bool, ledger: str | None) -> None:  # noqa: FBT001  (a click flag)
    """List every template with its state in the ledger, and the newest review of what it says now."""
    used = policy_of(policy)
    with open_for(ledger, create=False) as opened, opened.transaction() as tx:
        found = templates(tx, used, now())
    if as_json:
        click.echo(json.dumps({"templates": [template_json(one, used) for one in found]}, indent=2, ensure_ascii=False))
        return
    name_ledger(settings_with(ledger=ledger))
    for line in lines(found):
        click.echo(line)


def policy_of(folder: str | None) -> Policy:
    """Read the policy that a command names, or the settings' own."""
    settings = settings_with(policy=folder)
    return load_policy(settings.policy, settings.limits)


def digest_in(policy: Policy, template: str) -> str:
    """Return the digest of a template as it reads now; refuse a name that the policy does not have."""
    digest = policy.digests.get(template)
    if digest is not None:
        return digest
    close = get_close_matches(template, policy.digests, n=1)
    hint = f"did you mean `{close[0]}`?" if close else "`outreach policy approvals` lists them"
    raise InvalidInput(f"there is no template `{template}` in the policy; {hint}")


def reading(policy: Policy, template: str) -> str:
    """Return what a template says, and its next step, on one line."""
    found = policy.templates[template]
    step = found.next_step or ""
    return plain(found.text if step in found.text else f"{found.text} {step}")


def lines(found: Sequence[Waiting]) -> Iterator[str]:
    """Yield a line for each template, and what to do about those that are not approved."""
    width = max((len(one.message.template or "") for one in found), default=0)
    for one in found:
        line = f"{one.state:<9}  {one.message.template or '':<{width}}  {answered(one.review)}"
        yield line.rstrip()
    lacking = [one.message.template or "" for one in found if one.state != APPROVED]
    yield from (f"{line}; approve each as it reads now: {APPROVE}" for line in not_approved(lacking, len(found)))


def answered(review: Review | None) -> str:
    """Say what a review answered, who, and on which day; nothing where there is none."""
    if review is None:
        return ""
    answers = f"agent {ANSWERS[review.agent_would_send]}, customer {ANSWERS[review.customer_would_thank]}"
    comment = "" if review.comment is None else f": {plain(review.comment)}"
    return f"{plain(review.reviewer)} on {review.at:%Y-%m-%d}: {answers}{comment}"
