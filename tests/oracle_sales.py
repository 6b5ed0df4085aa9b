"""What the oracle takes for an advertisement in a fact: restated word by word, for the facts that the occasions use."""

from model.contracts import Candidate, Context
from tests.oracle_facts import evidence_on_record
from tests.oracle_text import written

LINK_NAMES = {"link", "url", "tracking", "site", "page"}
CODE_NAMES = {"code", "parcel", "appointment", "item", "request", "order", "ticket", "device", "conversation"}
SHARE_NAMES = {"progress", "percent", "rate", "level", "battery"}
PRICE_NAMES = {"amount", "price", "total", "balance", "refund", "refunded", "fee", "due"}
OWN_MONEY = ("account.", "request.", "reminder.")  # a status may name the sum that was refunded
ONLY_SELLS = ("rabatt", "descuento", "скидка", "折扣")
CURRENCIES = ("€", "$", "£", "eur", "usd")


def a_fact_sells(candidate: Candidate, context: Context) -> bool:
    """Whether one of the message's facts, taken by itself, is an advertisement."""
    event = context.evidence if evidence_on_record(candidate, context) else None
    about = "" if event is None else event.type
    return any(one_sells(name, value, about) for name, value in candidate.message.facts.items())


def one_sells(name: str, value: object, about: str) -> bool:
    """Whether this value sells under this name."""
    if not isinstance(value, str):
        return False
    text, own = value.lower(), set(name.split("_"))
    return (
        any(word in text for word in ONLY_SELLS)
        or (not own & LINK_NAMES and is_a_link(text))
        or (not own & SHARE_NAMES and is_a_share(text))
        or (not own & PRICE_NAMES and not about.startswith(OWN_MONEY) and is_a_sum(text))
        or (not own & CODE_NAMES and is_a_promotion_code(value))
        or is_too_long(value)
    )


def is_a_link(text: str) -> bool:
    """A protocol, or two letters after a full stop that itself stands after a letter or digit."""
    dots = [place for place, letter in enumerate(text) if letter == "."]
    return "://" in text or any(text[at + 1 : at + 3].isalpha() and text[at - 1 : at].isalnum() for at in dots if at)


def is_a_share(text: str) -> bool:
    """A percentage, as a sign or as a word."""
    return "%" in text or "percent" in text or "prozent" in text


def is_a_sum(text: str) -> bool:
    """A currency directly before or after a number."""
    for currency in CURRENCIES:
        before, found, after = text.partition(currency)
        if found and (before.strip()[-1:].isdigit() or after.strip()[:1].isdigit()):
            return True
    return False


def is_a_promotion_code(value: str) -> bool:
    """A word that promises something, with a number at its end."""
    words = [word.rstrip("0123456789").rstrip("-") for word in value.split() if word[-1:].isdigit()]
    return any(word.lower() in {"save", "summer", "welcome"} for word in words)


def is_too_long(value: str) -> bool:
    """Two sentences, or more than a fact may have."""
    return "! " in value or ". " in value or (written(value) is None and len(value.strip()) > 160)
