"""The text of a `roles.toml` beside a table that was built for somebody, and whether one there is ours to replace.

It carries the digest of its own text: one that a person changed, or that something else wrote, is never replaced.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

ROLES = "roles.toml"
MARK = "# Written by `outreach table`, and anew each time: to change something, change a copy. "
BODY = """\
id            = "occasion_id"
cluster       = "{cluster}"
time          = "decided_at"
features_time = "decided_at"
purpose       = "purpose"
channel       = "channel"
contacted     = "contacted"
benefit       = "{benefit}"
complaint     = "complained"
opt_out       = "opted_out"
{logged}features      = [
{features}
]

[weights]
benefit   = 1.0
complaint = 1.0
opt_out   = 1.0
contact   = 0.0

[certificate]
complaint_at_most = 0.005
opt_out_at_most   = 0.005
confidence        = 0.95

# What only the checks read: the 14 days before, and other windows.
[before]
benefit = "{benefit}_before"
opt_out = "opted_out_before"
{windows}"""
LOGGED = {"propensity": 'propensity    = "propensity"\n', "policy_version": 'version       = "policy_version"\n'}


def roles_text(
    features: Sequence[str],
    windows: Mapping[str, Mapping[int, str]],
    *,
    benefit: str = "engaged",
    cluster: str = "customer",
    logged: Sequence[str] = tuple(LOGGED),
) -> str:
    """Return `roles.toml` as `outreach train` takes it; limits and weights are the defaults.

    `windows` names by outcome the column of each number of days; `logged` says which of propensity and policy version
    the table has.
    """
    tables = ""
    for outcome, columns in windows.items():
        lines = "".join(f'{days:<2} = "{columns[days]}"\n' for days in sorted(columns))
        tables += f"\n[windows.{outcome}]\n{lines}"
    body = BODY.format(
        cluster=cluster,
        benefit=benefit,
        logged="".join(line for name, line in LOGGED.items() if name in logged),
        features="\n".join(f"    {json.dumps(name, ensure_ascii=False)}," for name in features),
        windows=tables,
    )
    return f"{_head(body)}\n{body}"


def is_ours(path: Path) -> bool:
    """Whether a `roles.toml` was written by this command and not changed since."""
    try:
        head, _, body = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return False
    return head == _head(body)


def _head(body: str) -> str:
    """Return the first line of a `roles.toml` of ours: it names the digest of what follows."""
    return f"{MARK}(sha256 of the rest: {hashlib.sha256(body.encode()).hexdigest()[:16]})"
