"""What `--policy FILE` proposes: other templates, other limits, or both, beside the policy at hand.

    a folder            its templates are all there are; the limits stay
    a file `.yaml`      its templates replace those with the same id, and new ones join; the limits stay
    a file `.toml`      an `outreach.toml`: its `policy` and its `limits`, whatever the environment says; of both, what
                        it does not name stays

Triggers are left aside: which messages are asked about at all is not decided again. Limits that people tightened on
record stay in force whatever the configuration is.
"""

from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from model.errors import InvalidInput
from serving.policy.limits import ADD, LESS, TIGHTER, Limits, tighten
from serving.policy.policy import Policy, limited, make_policy
from serving.policy.tightening import limits_that_differ
from serving.policy_files.strict_yaml import read_policy_text
from serving.policy_files.templates import load_policy, read_templates
from serving.settings import load_settings, names_in

YAML: Final = (".yaml", ".yml")
UNTRIED: Final = ("model", "shadow", "shares", "shipped_triggers")  # settings that decide, and are no policy
CHANGED, ADDED, REMOVED = "changed", "added", "removed"


def proposed(path: Path, configured: Policy) -> Policy:
    """Return the configuration that a file proposes in the place of the one at hand.

    Raises:
        InvalidInput: it is none of the three, or cannot be read.
    """
    if path.is_dir():
        return limited(load_policy(path), configured.limits)
    if not path.exists():
        raise InvalidInput(f"`--policy {path}` does not exist; check the spelling and the current folder")
    if path.suffix in YAML:
        return _with_templates(path, configured)
    if path.suffix == ".toml":
        return _with_settings(path, configured)
    raise InvalidInput(f"`--policy {path}`: name a folder of templates, a `.yaml` file, or an `outreach.toml`")


def _with_settings(path: Path, configured: Policy) -> Policy:
    settings, named = load_settings(path, environ={}), names_in(path)
    if untried := [f"`{name}`" for name in named if name in UNTRIED]:
        raise InvalidInput(
            f"`--policy {path}` also sets {' and '.join(untried)}; what it can try is `policy` and `[limits]`: take "
            "the rest out, and try a model with `--model DIR`"
        )
    texts = configured if settings.policy is None else load_policy(settings.policy)
    limits = tighten(Limits(), settings.limits) if "limits" in named else configured.limits
    return limited(texts, limits)


def _with_templates(path: Path, configured: Policy) -> Policy:
    templates = read_templates(read_policy_text(path), path.name)
    if not templates:
        raise InvalidInput(f"`--policy {path}` holds no `templates`; name one that does, triggers are not tried")
    own = make_policy(configured.limits, templates, configured.wording).templates
    every = {**configured.templates, **own}
    return make_policy(configured.limits, list(every.values()), configured.wording)


def templates_that_differ(at_hand: Policy, then: Policy) -> dict[str, str]:
    """Return what becomes of each template that is not as it was: `changed`, `added` or `removed`, by its id."""
    before, after = at_hand.digests, then.digests
    found = {name: REMOVED for name in before if name not in after}
    found |= {name: CHANGED if name in before else ADDED for name in after if after[name] != before.get(name)}
    return dict(sorted(found.items()))


def overruled(configured: Limits, then: Limits, now: Limits) -> dict[str, tuple[str, str]]:
    """Return each limit that is proposed in vain, as it was proposed and as it would be in force all the same.

    `now` are the proposed limits under what people tightened on record.

    Example:
        >>> overruled(Limits(), Limits(contacts_7d=2), Limits(contacts_7d=1, contacts_24h=1))
        {'contacts_7d': ('2', '1')}
    """
    proposed_ones = limits_that_differ(configured, then)
    return {
        name: (proposed_ones[name], each)
        for name, each in limits_that_differ(then, now).items()
        if name in proposed_ones
    }


def is_looser(at_hand: Limits, then: Limits) -> bool:
    """Whether any limit refuses less than it did.

    Example:
        >>> is_looser(Limits(contacts_24h=1), Limits())
        True
    """
    each = ((TIGHTER[one.name], getattr(at_hand, one.name), getattr(then, one.name)) for one in fields(then))
    return any(_looser(*one) for one in each)


def _looser(direction: str, before: Any, after: Any) -> bool:
    if direction == ADD:
        return not before <= after
    return bool(after > before if direction == LESS else after < before)
