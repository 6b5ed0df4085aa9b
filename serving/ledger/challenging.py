"""What the model in charge and its challenger said lately: the newest decisions about which a challenger was asked."""

import json

from serving.ledger.store import Store
from serving.people.challenger import Heard, heard_in

SHADOWED = '%"shadow":{%'  # as records are written; text that a sender wrote has its quotes escaped

_NEWEST = """SELECT record FROM (SELECT seq, record FROM decisions ORDER BY seq DESC LIMIT :newest) AS lately
    WHERE record LIKE :shadowed ORDER BY seq DESC"""


def challenged(store: Store, *, newest: int) -> list[Heard]:
    """Return what both said of those of the newest decisions about which a challenger was asked, the newest first."""
    found = (heard_in(json.loads(record)) for (record,) in store.rows(_NEWEST, newest=newest, shadowed=SHADOWED))
    return [one for one in found if one is not None]
