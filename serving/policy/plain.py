"""Facts that the evidence does not hold: only a number or a few plain words may be said all the same.

A fact of a name that the evidence knows must equal it (`serving.policy.facts.differ`). Another could say anything; it
may be a number, or a text of at most 24 characters and three words without link, percentage or amount of money.
"""

import re
import unicodedata
from collections.abc import Mapping

from model.contracts import JSON
from serving.policy.facts import shown
from serving.policy.letters import normalised

LONGEST_PLAIN, MOST_WORDS = 24, 3
_CURRENCIES = """eur|usd|gbp|chf|jpy|cny|rmb|inr|aud|cad|nzd|sek|nok|dkk|pln|czk|huf|ron|brl|mxn|krw|sgd|hkd|aed|sar|
ils|idr|myr|vnd|rub|uah|zar|euros?|dollars?|bucks|pounds?|quid|pence|cents?|francs?|franken|yen|yuan|rupees?|pesos?|
zlotys?|kronor|kroner""".replace("\n", "")
_SIGNS = r"[$\u00a2-\u00a5\u058f\u060b\u09f2\u09f3\u0af1\u0bf9\u0e3f\u17db\u20a0-\u20cf]"
_BESIDE = "kr|rs|zl|lei|kc|rm|rp|tl|try|thb|php"  # currencies beside a number only: else they are words
_UNITS = "|".join(map(normalised, ("元", "円", "원", "руб", "грн", "лв", "ريال", "درهم", "جنيه", "रुपये", "টাকা", "บาท")))
STEMS = "|".join(  # of currencies, which inflect
    [
        *["zlot", "koron", "korun", "forint", "reai", "rubl", "grivn", "hryvn"],
        *map(normalised, ["руб", "грив", "гривн", "злот", "крон", "форинт"]),
    ]
)
_INSTEAD = "|".join(
    map(normalised, ("statt", "instead\\ of", "au\\ lieu\\ de", "вместо", "en\\ vez\\ de", "zamiast", "invece\\ di"))
)
LINK = r"://|www\.|@|[^\W_][.\u3002][^\W\d_]{2,}"  # or a domain
_SHARES = r"(per\ ?cent|prozent|procent|prosent|pct|pour\ ?cent|por\ cient|por\ cent|yuzde\ ?\d)"
_SHARE_PARTS = "|".join(
    map(normalised, ("процент", "відсотк", "퍼센트", "パーセント", "百分之", "प्रतिशत", "เปอร์เซ็นต์", "بالمئة", "بالمائة"))
)
_HALF = r"1[\u2044/]2\ (preis|prix|precio|prezzo|prijs|ceny|pris|price)"
SHARE = rf"[%\u066a\u2030\u2052]|\d\ ?[co]/o(?![a-z])|(?<![^\W\d_]){_SHARES}|{_SHARE_PARTS}|{_HALF}"
SUM = rf"""{_SIGNS}\ ?\d|\d[\d.,]{{0,12}}\ ?{_SIGNS}
    |\d[\d.,]{{0,12}}\ ?({_CURRENCIES}|{_BESIDE}|{_UNITS})(?![^\W\d_])
    |\d[\d.,]{{0,12}}\ ?({STEMS})
    |\d(,\d\d|\.[6-9]\d)\ ?({_INSTEAD})\ ?\d
    |(?<![^\W\d_])({_CURRENCIES}|{_BESIDE})\ ?\d"""
OFFER = re.compile(
    rf"""{LINK}|{SHARE}|{SUM}|{_SIGNS}|(?<![^\W\d_])({_CURRENCIES})(?![^\W\d_])|\d\ ?off\b
    |\d,\d\d(?!\d)                                                                     # 9,90
    |(?<![\d.])(?!([01]?\d|2[0-3])\.[0-5]\d(?!\d))(?!([012]?\d|3[01])\.(0\d|1[0-2])(?!\d))\d{{1,9}}\.\d\d(?![\d.])""",
    re.VERBOSE,
)


def plain(value: JSON) -> bool:
    """Whether a value is too plain to sell anything.

    Example:
        >>> [plain(value) for value in (12, "14:00-16:00", "nobody was home", "10 % off", "shop.example")]
        [True, True, True, False, False]
    """
    if shown(value) is None:
        return False
    if not isinstance(value, str):
        return True
    text = normalised(value)
    short = len(unicodedata.normalize("NFC", text)) <= LONGEST_PLAIN and len(text.split()) <= MOST_WORDS
    return short and bool(text) and OFFER.search(text) is None


def unproved(stated: Mapping[str, JSON], recorded: Mapping[str, JSON]) -> tuple[str, ...]:
    """Return the names of the facts in a message that its evidence does not name and that are not plain."""
    if stated.keys() <= recorded.keys():
        return ()
    return tuple([name for name, value in stated.items() if name not in recorded and not plain(value)])
