"""`outreach policy review` and `approvals`: what people answer about templates, and what is approved for it."""

import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import TypeVar

import click

from model.errors import InvalidInput
from serving.cli.options import Words, ledger_option, name_ledger, open_for, settings_with
from serving.cli.policy.unapproved import APPROVE, not_approved
from serving.people.awaiting import APPROVED, Waiting, template_json, templates
from serving.people.spreadsheets import plain
from serving.people.wording_found import found_in, why
from serving.policy.policy import Policy
from serving.policy.templates import Template, whole
from serving.policy_files.templates import load_policy
from serving.reviewing import LONGEST_COMMENT, LONGEST_NAME, Review, review_template
from serving.system import now

Value = TypeVar("Value")

POLICY = "templates and triggers [default: the settings, else the shipped ones]"
LIMITS = {"reviewer": LONGEST_NAME, "comment": LONGEST_COMMENT}  # characters
MAKE = "outreach keys create --scope admin"  # what makes a ledger, with a key for those who review
ASKED = (
    "would a competent agent send it, unprompted, today? `--agent-would-send` or `--agent-would-not-send`",
    "would the customer thank us for it? `--customer-would-thank` or `--customer-would-not-thank`",
    "nothing is recorded yet: answer both, with `--reviewer NAME`",
)
INDENT = " " * 11
ANSWERS = {True: "yes", False: "no"}


def short(_: click.Context, option: click.Parameter, words: str | None) -> str | None:
    """Refuse more than is kept."""
    most = LIMITS[option.name or ""]
    if words is not None and len(words) > most:
        raise click.BadParameter(f"it has {len(words):,} characters; {most:,} are kept, write it shorter")
    return words


def needed(name: str, value: Value | None) -> Value:
    """Return an option's value; refuse a question without an answer: neither yes nor no is meant."""
    if value is None:
        context = click.get_current_context()
        raise click.MissingParameter(ctx=context, param=next(one for one in context.command.params if one.name == name))
    return value


@click.command(
    short_help="Record a yes or a no to a template as it reads now.",
    epilog="Example: outreach policy review parcel_delayed --reviewer Ann --agent-would-send --customer-would-thank",
)
@click.argument("template")
@click.option("--reviewer", type=Words(), callback=short, help="who read it, and answers for it [required]")
@click.option(
    "--agent-would-send/--agent-would-not-send",
    default=None,
    help="whether a competent agent would send it, unprompted, today [required]",
)
@click.option(
    "--customer-would-thank/--customer-would-not-thank",
    default=None,
    help="whether the customer would thank us for it [required]",
)
@click.option("--comment", type=Words(), callback=short, help="why, in one line")
@click.option("--policy", metavar="FOLDER", help=POLICY)
@ledger_option
def review(  # noqa: PLR0913  (the options of the command)
    template: str,
    reviewer: str | None,
    agent_would_send: bool | None,  # noqa: FBT001  (a click flag)
    customer_would_thank: bool | None,  # noqa: FBT001  (likewise)
    comment: str | None,
    policy: str | None,
    ledger: str | None,
) -> None:
    """Record a review of TEMPLATE as it reads now: two yeses approve it, any no withdraws every approval it has.

    What is withdrawn is not sent until somebody approves it anew. Every review stays on record. Without answers
    it shows the template and the two questions, and records nothing.
    """
    if agent_would_send is None and customer_would_thank is None:
        click.echo("\n".join(questions(policy_of(policy), template)))
        return
    who = needed("reviewer", reviewer)
    answers = needed("agent_would_send", agent_would_send), needed("customer_would_thank", customer_would_thank)
    found = policy_of(policy)
    asked = Review(
        digest=digest_in(found, template),
        what=f"template:{template}",
        reviewer=who,
        agent_would_send=answers[0],
        customer_would_thank=answers[1],
        comment=comment,
        by=who,
        at=now(),
    )
    was_approved = recorded(asked, ledger)
    name_ledger(settings_with(ledger=ledger))
    click.echo(reads(found.templates[template])[0])
    click.echo(f"`{template}` {state_after(asked, was_approved=was_approved)}")
    for line in never_sent(found, template) if asked.approves else ():
        click.echo(f"approved, but {line}")


def recorded(asked: Review, ledger: str | None) -> bool:
    """Keep a review, and return whether its words were ever approved, or others of its template until now."""
    with open_for(ledger, create=False, make=MAKE) as opened, opened.transaction() as tx:
        stood = tx.approved_as(asked.what)
        review_template(tx, asked)
        return bool(stood) or tx.approval(asked.digest) is not None


def state_after(asked: Review, *, was_approved: bool) -> str:
    """Say what a review made of its template."""
    if asked.approves:
        return "is approved as it reads now"
    lacks = "is withdrawn" if was_approved else "was never approved"
    return f"{lacks}, and not sent until somebody approves it as it reads then"


@click.command(
    short_help="List the templates with their approvals.", epilog="Example: outreach policy approvals --json"
)
@click.option("--policy", metavar="FOLDER", help=POLICY)
@click.option("--json", "as_json", is_flag=True, help="print it as JSON")
@ledger_option
def approvals(policy: str | None, as_json: bool, ledger: str | None) -> None:  # noqa: FBT001  (a click flag)
    """List every template with its state in the ledger, and the newest review of what it says now."""
    used = policy_of(policy)
    with open_for(ledger, create=False, make=MAKE) as opened, opened.transaction() as tx:
        found = templates(tx, used, now())
    if as_json:
        click.echo(json.dumps({"templates": [template_json(one, used) for one in found]}, indent=2, ensure_ascii=False))
        return
    name_ledger(settings_with(ledger=ledger))
    for line in lines(found, used):
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


def questions(policy: Policy, template: str) -> list[str]:
    """Return what a reviewer is asked: what the template says, what of it is never sent, the two questions."""
    digest_in(policy, template)
    return [*reads(policy.templates[template]), *never_sent(policy, template), *ASKED]


def reads(template: Template) -> list[str]:
    """Return what a template says, its next step included, and that next step, each on one line."""
    step = "none, no reply is expected" if template.next_step is None else plain(template.next_step)
    return [f"it reads: {plain(whole(template.text, template.next_step))}", f"next step: {step}"]


def never_sent(policy: Policy, template: str) -> list[str]:
    """Return a line for each phrase of a template that the veto on wording refuses, whoever approves it."""
    said = policy.templates[template]
    found = found_in(policy.wording, said.text, said.next_step)
    return [f"never sent: {why(one.rule, one.code, plain(one.said))} [{one.rule}]" for one in found]


def lines(found: Sequence[Waiting], policy: Policy) -> Iterator[str]:
    """Yield the lines of each template, and what to do about those that are not approved."""
    width = max((len(one.message.template or "") for one in found), default=0)
    for one in found:
        name = one.message.template or ""
        yield f"{one.state:<9}  {name:<{width}}  {answered(one.review)}".rstrip()
        yield from (f"{INDENT}{line}" for line in [*reads(policy.templates[name]), *never_sent(policy, name)])
    lacking = [one.message.template or "" for one in found if one.state != APPROVED]
    yield from (f"{line}; approve each as it reads now: {APPROVE}" for line in not_approved(lacking, len(found)))


def answered(review: Review | None) -> str:
    """Say what a review answered, who, and on which day; nothing where there is none."""
    if review is None:
        return ""
    answers = f"agent {ANSWERS[review.agent_would_send]}, customer {ANSWERS[review.customer_would_thank]}"
    comment = "" if review.comment is None else f": {plain(review.comment)}"
    return f"{plain(review.reviewer)} on {review.at:%Y-%m-%d}: {answers}{comment}"
