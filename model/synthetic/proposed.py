"""What one hour's senders would like to say, as a candidates file: service that is due, and much that is not.

The live world's occasions, told as a shop, a help desk and a marketing team would: some customers never agreed, opted
out, complained, were told before, have written in the meantime, or sleep; some news is old; some texts sell; some
purposes are marketing. What stands in `context.` is what the senders' own systems know (CONTRACT section 9).

Example:
    >>> rows = proposed(customers=300, at=datetime(2026, 6, 1, 19, 30, tzinfo=UTC), seed=0)
    >>> {"user.id", "purpose", "context.consent"} <= set(rows[0]) and len(rows) > 100
    True
"""

from datetime import datetime, timedelta

import numpy as np

from model.contracts import MarketingPurpose
from model.synthetic.live import LiveWorld
from model.synthetic.messages import Row

MARKETING = tuple(map(str, MarketingPurpose))
SHARES = {  # of the rows, each drawn by itself
    "marketing": 0.12,
    "selling": 0.03,
    "agreed": 0.92,
    "opted_out": 0.03,
    "complained": 0.05,
    "open": 0.02,
    "talking": 0.03,
    "told": 0.02,
    "wrote": 0.05,
    "old": 0.06,
}
OFFER = "Your order is on its way. Take 20 % off your next one with the code SPRING20, only until Sunday."


def proposed(*, customers: int, at: datetime, seed: int = 0) -> list[Row]:
    """Return the candidates of one clock (aware), about one for every second customer; no chance but the seed."""
    world = LiveWorld.generate(customers=customers, days=1, seed=seed, start=at)
    chance = np.random.default_rng([seed, 3])
    return [_as_asked(row, at, chance) for row in world.rows(0)]


def _as_asked(row: Row, at: datetime, chance: np.random.Generator) -> Row:
    """Return a row with what its sender knows of the customer, some of it a reason to say nothing."""
    drawn = {name: bool(chance.random() < share) for name, share in SHARES.items()}
    hours, contacts, purpose = chance.uniform(1.0, 300.0), chance.poisson([0.03, 0.25, 1.2]), chance.choice(MARKETING)
    known = {
        "context.consent": drawn["agreed"],
        "context.opted_out": drawn["opted_out"],
        "context.contacts_60m": int(contacts[0]),
        "context.contacts_24h": int(contacts[:2].sum()),
        "context.contacts_7d": int(contacts.sum()),
        "context.last_complaint_at": at - timedelta(hours=hours) if drawn["complained"] else None,
        "context.complaint_open": drawn["complained"] and drawn["open"],
        "context.conversation_open": drawn["talking"],
        "context.last_inbound_at": at - timedelta(minutes=5) if drawn["wrote"] else None,
        "context.already_told": drawn["told"],
        "context.evidence_superseded": False,
    }
    late = {"evidence.time": row["evidence.time"] - timedelta(hours=hours)} if drawn["old"] else {}
    sells = {"message.template": None, "message.text": OFFER} if drawn["selling"] or drawn["marketing"] else {}
    return row | known | late | sells | ({"purpose": str(purpose)} if drawn["marketing"] else {})
