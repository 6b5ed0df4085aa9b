"""The shipped sample as files: raw logs, table and truth as Parquet, and the roles that read the table."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from model.synthetic.customers import ATTRIBUTES, TYPES
from model.synthetic.world import World

_IN_ORDER = ("id", "occasion_id", "data")  # compress better as differences; a dictionary pays for the others
LEARNED_FROM = (  # of `model.history.FEATURES`: docs/decisions/0030 says why not all
    *("contacts_7d", "contacts_30d", "engagements_7d", "engagements_30d", "complaints_90d", "opt_outs_90d"),
    "days_since_contact",
)

ROLES = """\
# How to read table.parquet (CONTRACT section 3). Written by `python -m model.synthetic`; data/README.md explains each.
id         = "occasion_id"
cluster    = "customer"
time       = "decided_at"
features_time = "decided_at"
purpose    = "purpose"
channel    = "channel"
contacted  = "contacted"
benefit    = "engaged"
complaint  = "complained"
opt_out    = "opted_out"
propensity = {propensity}
version    = "policy_version"
features   = [
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
benefit = "engaged_before"
opt_out = "opted_out_before"

[windows.benefit]
3  = "engaged"
7  = "engaged_7d"
28 = "engaged_28d"

[windows.complaint]
7  = "complained_7d"
14 = "complained"
28 = "complained_28d"
"""

HISTORY = """\
# How to read the raw logs here: `outreach table --history history.toml --out table.parquet` (docs/history.md).
# Written by `python -m model.synthetic`; data/README.md explains each column.
as_of   = {as_of}  # when the logs were exported: what they do not cover has no label
benefit = "engaged"             # the customer did something useful on their own side

[contacts]                      # a line per occasion, contacted or held out
file       = "contacts.parquet"
id         = "id"
customer   = "customer"
time       = "time"
contacted  = "contacted"        # as assigned
propensity = "propensity"       # P(contacted) as drawn; empty: never drawn (essential), so no row
purpose    = "purpose"
channel    = "channel"

[engagements]
file     = "engagements.parquet"
customer = "customer"
time     = "time"
kind     = "kind"               # says `engaged`

[complaints]
file     = "complaints.parquet"
customer = "customer"
contact  = "contact"            # the message that an opt-out is about
time     = "time"
kind     = "kind"               # says `complaint` or `opt_out`

[customers]
file       = "customers.parquet"
id         = "id"
valid_from = "valid_from"
attributes = [
{attributes}
]

[windows]                       # days
benefit   = 3
complaint = 14
opt_out   = 14
"""


def frames(world: World) -> dict[str, pd.DataFrame]:
    """Return every frame of the sample by file name (without `.parquet`)."""
    table = world.table()
    true = world.truth
    odds = {f"p_{name}": true.odds[:, i] for i, name in enumerate(TYPES)}
    taus = {name: getattr(true, name) for name in ("tau_benefit", "tau_complaint", "tau_opt_out")}
    truth = pd.DataFrame({"occasion_id": table["occasion_id"], "response": pd.Series(true.response, dtype="str")})
    return {
        "table": table,
        "contacts": world.contacts(),
        "engagements": world.engagements(),
        "complaints": world.complaints(),
        "customers": world.customers(),
        "events": world.events(),
        "truth": pd.concat([truth, pd.DataFrame(odds | taus).astype("float32")], axis=1),
    }


def roles(world: World) -> str:
    """Return the text of `roles.toml`; without a logged propensity the role is left out, and no certificate issues."""
    names = (*ATTRIBUTES, "purpose", "channel", *LEARNED_FROM)
    features = "\n".join(f'    "{name}",' for name in names)
    constant = world.script.propensity
    text = ROLES.format(propensity='"propensity"' if constant is None else constant, features=features)
    if world.propensity_logged:
        return text
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("propensity"))


def history(world: World) -> str:
    """Return the text of `history.toml`; without a logged propensity the key is left out."""
    as_of = datetime.fromtimestamp(world.as_of, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = HISTORY.format(as_of=as_of, attributes="\n".join(f'    "{name}",' for name in ATTRIBUTES))
    if world.propensity_logged:
        return text
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("propensity"))


def write(world: World, folder: Path) -> dict[str, int]:
    """Write the sample into `folder` (made where absent); return the size of each file in bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames(world).items():
        _write_parquet(frame, folder / f"{name}.parquet")
    (folder / "roles.toml").write_text(roles(world), encoding="utf-8")
    (folder / "history.toml").write_text(history(world), encoding="utf-8")
    return {path.name: path.stat().st_size for path in sorted(folder.iterdir())}


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame small and plain: zstd, no index, no library's own metadata."""
    data = pa.table({name: _column(frame[name]) for name in frame.columns})
    differences = [name for name in frame.columns if name in _IN_ORDER]
    pq.write_table(
        data,
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=[name for name in frame.columns if name not in differences and frame[name].dtype.kind != "M"],
        column_encoding=dict.fromkeys(differences, "DELTA_BYTE_ARRAY")
        | {name: "DELTA_BINARY_PACKED" for name in frame.columns if frame[name].dtype.kind == "M"},
    )


def _column(values: pd.Series) -> pa.Array:
    """Return a column for Parquet; times go as UTC milliseconds (pandas' own conversion warns about their zone)."""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return pa.array(values.dt.tz_convert(None).to_numpy(), type=pa.timestamp("ms", tz="UTC"))
    return pa.array(values, from_pandas=True)
