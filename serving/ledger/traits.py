"""What `identify` told of a customer, as the model's attributes: of each name the newest value, by the event's time.

An attribute is a number, a truth, a text of at most 256 characters, or null, which unsets it. Whatever else is told is
kept nowhere, nor is what says who somebody is (names, addresses, birthday): no model needs it. Each decision record
holds all of a customer's attributes. So they have at most a hundred: the newest, for what was told long ago is the
least likely to be so still.
"""

import json
from collections.abc import Mapping
from itertools import islice

from model.contracts import JSON, NOTHING
from serving.ledger.store import Store

_READ = "SELECT at, attributes FROM traits WHERE user_id = :user"
_WRITE = """INSERT INTO traits (user_id, at, attributes) VALUES (:user, :at, :attributes)
    ON CONFLICT (user_id) DO UPDATE SET at = excluded.at, attributes = excluded.attributes"""
_FORGET = "DELETE FROM traits WHERE user_id = :user"
LONGEST = 256  # characters of a text
MOST = 100  # attributes of a customer, and traits of one identification
WHO = frozenset(  # letters and digits of the names, in lower case
    {
        *("name", "firstname", "lastname", "middlename", "fullname", "givenname", "familyname", "surname", "username"),
        *("email", "emailaddress", "mail", "phone", "phonenumber", "mobile", "mobilephone", "telephone"),
        *("address", "street", "birthday", "birthdate", "dateofbirth", "avatar", "website"),
    }
)
Dated = dict[str, tuple[int, JSON]]  # by name: when it was so (microseconds), and the value


def attributes(store: Store, user_id: str) -> Mapping[str, JSON]:
    """Return what was told last of a customer, by name; empty where nothing was."""
    row = store.row(_READ, user=user_id)
    return NOTHING if row is None else {name: value for name, (_, value) in json.loads(row[1]).items()}


def kept(told: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return those traits that can be attributes: the first hundred.

    Example:
        >>> kept({"plan": "plus", "orders": [1, 2], "First Name": "Ada", "tenure_days": 410})
        {'plan': 'plus', 'tenure_days': 410}
    """
    fit = ((name, value) for name, value in told.items() if _fits(name) and _fits(value) and not _says_who(name))
    return dict(islice(fit, MOST))


def add_traits(store: Store, user_id: str, told: Mapping[str, JSON], *, at: int) -> None:
    """Note each value that can be an attribute, unless a newer one is known by its name.

    `at` (microseconds) is when it was so.
    """
    news: Dated = {name: (at, value) for name, value in kept(told).items()}
    if news:
        _write(store, user_id, _newest(_read(store, user_id), news))


def merge_traits(store: Store, alias: str, user_id: str) -> None:
    """Let what was told of two customers be told of one; of one instant, what was told under the customer's own id."""
    told = _read(store, alias)
    if told:
        store.change(_FORGET, user=alias)
        _write(store, user_id, _newest(told, _read(store, user_id)))


def _fits(value: JSON) -> bool:
    """Whether this can be an attribute, or the name of one: nothing that is nested, and no long text."""
    return len(value) <= LONGEST if isinstance(value, str) else not isinstance(value, dict | list)


def _says_who(name: str) -> bool:
    """Whether a trait of this name says who somebody is, in any usual spelling."""
    return "".join(filter(str.isalnum, name)).casefold() in WHO


def _newest(known: Dated, later: Dated) -> Dated:
    """Return the newest value of each name, of one instant that which was recorded later; of too many names the newest.

    Of those of one instant, the ones that were known stay.
    """
    both = known | {name: dated for name, dated in later.items() if name not in known or dated[0] >= known[name][0]}
    newest = sorted(both, key=lambda name: both[name][0], reverse=True)[:MOST]
    return {name: both[name] for name in newest}


def _write(store: Store, user_id: str, told: Dated) -> None:
    at = max(at for at, _ in told.values())
    store.insert(_WRITE, user=user_id, at=at, attributes=json.dumps(told, separators=(",", ":")))


def _read(store: Store, user_id: str) -> Dated:
    row = store.row(_READ, user=user_id)
    return {} if row is None else {name: (at, value) for name, (at, value) in json.loads(row[1]).items()}
