"""Values that sell, by themselves and in any language: a fact that its evidence holds may still be an advertisement.

Each filled value is judged by the name of its fact (`serving.policy.fact_names`): a link, a promotion code, a
percentage or a price stands only where the name says so, a value is no prose, and no word of it sells
(`serving.policy.offers_abroad`). Two values that sell only together are found in the finished text.

Example:
    >>> [sells(name, "50 %") for name in ("reason", "progress")]
    ['fact_percentage', None]
    >>> [sells("parcel", "A-7"), sells("order", "SAVE20"), sells("reason", "SAVE20")]
    [None, None, 'fact_code']
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from model.contracts import JSON, Event
from serving.policy.fact_names import (
    IDENTITIES,
    LINKS,
    MAILS,
    OWN_MAILS,
    PHONES,
    SELLING,
    SHARES,
    SUMS,
    TITLES,
    words_of,
)
from serving.policy.facts import LONGEST_FACT, family
from serving.policy.language import judgeable
from serving.policy.letters import normalised
from serving.policy.markup import TAG
from serving.policy.offers_abroad import ABROAD, WRITTEN
from serving.policy.phrasing import Rule
from serving.policy.plain import LINK, SHARE, STEMS, SUM
from serving.policy.sentences import ABBREVIATED, ENDS, sentences
from serving.policy.wording import WORD, found_in

_META = "Meta, template categories: a template with any marketing in it is marketing"
_SHAPE = "Meta, template review: a value fills its place and does not continue the template"
_SUGGESTIONS = {
    "fact_link": "leave the link out, or name the fact for it: `tracking_url`",
    "fact_code": "leave the code out; one of their own goes into a fact named `code`, `order` or `ticket`",
    "fact_percentage": "leave the percentage out, or name the fact for it: `progress`, `rate`, `battery`",
    "fact_price": "leave the sum out, or name the fact for it: `amount`, `refund`, `fee`",
    "fact_prose": "say it in the template; a value is a name, a number or a few words",
}
FACT_RULES: Mapping[str, Rule] = {
    rule: Rule(rule, source=_SHAPE if rule == "fact_prose" else _META, suggestion=suggestion)
    for rule, suggestion in _SUGGESTIONS.items()
} | {ABROAD.id: ABROAD}
SAYS: Mapping[str, str] = {
    "fact_link": "holds a link or a number to order by, which its name does not announce",
    "fact_code": "holds a promotion code",
    "fact_percentage": "holds a percentage, which its name does not announce",
    "fact_price": "holds a sum of money, which its name does not announce",
    "fact_prose": "holds more than its place: several sentences, too many words, or markup",
    "foreign_offer": "holds words that only sell",
}
OWN_SUMS = frozenset({"account", "request", "reminder"})  # families whose events may name a sum anywhere
_LINK, _SHARE, _SUM = re.compile(LINK), re.compile(SHARE), re.compile(SUM, re.VERBOSE)
NO_SUMS = re.compile(  # streets and shops
    r"\d[\d.,]* (pound|dollar|euro|franc|mark|peso)s? (?=(street|st|lane|road|rd|hill|store|tree|farm|way|close)\b)"
)
NO_LINKS = re.compile(  # files, initials, titles, times of day
    r"\b[\w-]{1,80}\.(pdf|jpe?g|png|docx?|xlsx?|csv|txt|zip|heic|gif|mp[34]|mov|pptx?|json|xml)\b"
    r"|(?<!\w)([a-z]\.){1,4}(?!(com?|io|net|org|me|ly|gl|app|shop|link)\b)(?=[^\W\d_])"
    r"|\b(st|dr|mr|mrs|ms|prof|no|nr|str|tel|fr|sr|jr|ave|apt|bldg|inc|ltd)\.(?=[^\W\d_]{2})"
)
MAIL = re.compile(r"[\w*.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63}){1,4}")
PHONE = re.compile(r"\d(?:[ ()./-]{0,3}\d){7,17}")
ORDERING = re.compile(
    r"\bto order\b|\border (now|today|on|by|under|at)\b|\b(buy|book now|bestell|command(ez|er)|pedi(r|dos al)"
    r"|compr[ae][rd]?\b"
    r"|ordina(te|re)?\b|acquist|zamow|objedn|pesan sekarang|beli|siparis (icin|ver)|dat hang|mua ngay)"
    "|" + "|".join(map(normalised, ("закаж", "купи", "اطلب", "اشتر", "订购", "訂購", "注文", "주문하", "สั่งซื้อ")))
)
CALLING = re.compile(
    r"\b(call|ring|dial|phone|text|whatsapp)( (us|me|now|today))*( (on|at))?:? [(+]{0,2}\d"
    r"|\b(anruf|ruf(en|t)? |llam[ae]|appele[zr]|chiam[ai]|zadzwon|zavolej|sun(a|ati) la|bel ons|ligue|arayin|goi ngay)"
    "|" + "|".join(map(normalised, ("позвони", "звони", "дзвон", "电话", "致电", "電話", "전화", "اتصل", "कॉल")))
)
_ENDS = "com|net|org|de|at|ch|fr|es|it|pl|cz|nl|se|dk|eu|uk|ru|in|io|shop|store|app|link|me"
SPELT = re.compile(rf"[a-z\d] \(?(dot|punkt|punto|point|kropka) ?\)? ?({_ENDS})\b|\bwww\W|[a-z\d] \. ?({_ENDS})\b")
FORINT = re.compile(r"\d ?Ft(?![^\W_])")  # feet are small
WHOLE = re.compile(r"\b100(\.0)? ?%|\b\d{1,2}[.,]\d ?%")  # of cotton, of fat
DONE = re.compile(
    r"% (is |are )?(done|ready|complete[d]?|finished|processed|uploaded|downloaded|full|fertig|erledigt|abgeschlossen"
    r"|termine|complet[aoe]\w{0,3}|voltooid|klart?|faerdig|gotowe|hotovo|tamamlandi)\b|% ?(完成|完了)"
)
STATES = frozenset({"status", "state", "stage", "step", "phase"})
_PROMISING = """
save saved saving sale sales deal deals offer offers promo promos welcome bonus gift gifts free vip black
blackfriday cyber cybermonday summer winter spring autumn sommer ete verano estate xmas christmas navidad noel
newyear diwali eid ramadan easter holiday special extra super mega flash happy birthday loyal loyalty thank
thanks thankyou merci danke gracias grazie sorry comeback back missyou hello first firstorder new newbie friend
friends refer share win winner lucky cash cashback off discount coupon voucher rabatt gutschein sparen angebot
remise soldes promotion reduc descuento cupon oferta rebaja rebajas ahorra desconto cupom sconto saldi offerta
korting actie rabat znizka promocja sleva akce zlava kedvezmeny akcio indirim kampanya diskon hemat khuyenmai
giamgia
"""
PROMISING = frozenset(_PROMISING.split())
CODE_WORD = """promo|code|kode|kod|código|codigo|codice|codul|kupon|coupon|koodi|kód|код|промокод|κωδικός|كود|رمز|קוד|
कोड|কোড|代码|优惠码|コード|코드|โค้ด""".replace("\n", "")
CODED = re.compile(
    rf"(?<![^\W\d_])(?<!error )(?<!fault )(?<!status )(?<!exit )(?<!post )(?<!zip )(?i:{CODE_WORD})\W{{1,4}}"
    r"[A-Z]{3}[A-Z0-9]{1,17}(?![^\W_])"
)
_USE = "use|enter|apply|redeem|nutze|nutzen|mit|eingeben|utilisez|usa|utilizza|podaj|wpisz"
_AT_TILL = "checkout|kasse|caisse|caja|cassa|kassa|kasie"
USED = re.compile(
    rf"(?<![^\W\d_])(?i:{_USE})\W{{1,3}}[A-Z]{{3,16}}\d{{1,4}}(?![^\W_])"
    rf"|(?<![^\W_])[A-Z]{{3,16}}\d{{1,4}} (?i:eingeben|einl|angeben|verwenden|nutzen|eintippen)"
    rf"|(?<![^\W_])[A-Z]{{3,16}}\d{{0,4}} (?i:(?:(?:at|in|an|en|a|w)(?: the| der| la)? )(?:{_AT_TILL}))(?![^\W_])"
)
TOKEN = re.compile(r"(?<![^\W_])([a-z]{4,20})[-_]?\d{1,4}(?![^\W_])|(?<![^\W_])\d{1,3}[-_]?([a-z]{4,20})(?![^\W_])")

LONGEST_UNREAD, LONGEST_SOLID = 6, 20  # words, or letters of an alphabet without spaces, that nobody here reads
SPOKEN = re.compile(r"[^\W\d_]{2,}")
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
MORE_THAN_LINK = 1  # words beside a link
BARE = re.compile(r"(?!.*(?:[A-Za-z]{2}|[coCO]/[oO]))[A-Za-z0-9 :,'/+-]{1,160}")  # no two letters in a row: no word
EASY = re.compile(r"(?!.*(?:://|[coCO]/[oO]))[A-Za-z0-9 :,'/-]{1,160}")  # no other signs
MANY = re.compile(r"(?:\D*\d){8}")  # as many figures as a number to call has
_WRITTEN = f"{SUM}|{SHARE}|{CODE_WORD}|{USED.pattern}|{SPELT.pattern}|{CALLING.pattern}|ft|tl"
_LISTED = (_WRITTEN, re.sub(r"[a-z]\?", "", _WRITTEN), _WRITTEN.replace(r"\ ?", ""))
_CALLING = {word for words, _ in ABROAD.patterns() for word in words}
_SUSPECTS = ABROAD.single().union(PROMISING, _CALLING, *map(WORD.findall, _LISTED))
_STEMS = re.compile(STEMS)
SUSPECTS = frozenset(word for word in _SUSPECTS if len(word) > 1)


def said() -> list[JSON]:
    """Return all that decides here, as the version of a policy holds it."""
    names = [sorted(each) for each in (LINKS, MAILS, IDENTITIES, SHARES, SUMS, TITLES, SELLING, PROMISING, ABBREVIATED)]
    patterns = [LINK, SHARE, SUM, *(each.pattern for each in (NO_LINKS, MAIL, PHONE, ORDERING, WHOLE, DONE))]
    patterns += [each.pattern for each in (CALLING, SPELT, FORINT, USED, SPOKEN, UNSPACED)]
    limits = [LONGEST_UNREAD, LONGEST_SOLID, MORE_THAN_LINK, sorted(PHONES)]
    return [*names, *patterns, *limits, CODED.pattern, TOKEN.pattern, NO_SUMS.pattern, WRITTEN.pattern, ENDS.pattern]


def sells(name: str, value: JSON, *, about: str = "") -> str | None:
    """Return the rule by which this value of this fact sells, or None; `about` is the family of its evidence."""
    if not isinstance(value, str) or not value or value.isdigit() or harmless(value):
        return None
    short = len(value) <= LONGEST_FACT
    return _sells(name, value, about) if short else _sells.__wrapped__(name, value, about)


@lru_cache(maxsize=4096)
def _sells(name: str, value: str, about: str) -> str | None:
    words, plain = words_of(name), normalised(value)
    checks = (_offers, _links, _percentages, _prices, _codes, _prose)
    return next((rule for check in checks if (rule := check(words, value, plain, about))), None)


def harmless(value: str) -> bool:
    """Whether nothing in a value calls for a closer look, whatever its name; most are like that."""
    return BARE.fullmatch(value) is not None or (len(value) <= LONGEST_FACT and _easy(value))


@lru_cache(maxsize=4096)
def _easy(value: str) -> bool:
    if EASY.fullmatch(value) is None:
        return False
    small = " ".join(value.lower().split())
    if MANY.match(value) is not None and (ORDERING.search(small) or CALLING.search(small)):
        return False
    return SUSPECTS.isdisjoint(WORD.findall(small)) and _STEMS.search(small) is None


def unread(value: JSON) -> bool:
    """Whether a value is more than a few words in a language that nobody here reads."""
    if not isinstance(value, str) or len(value) <= LONGEST_UNREAD:
        return False
    return _unread(value) if len(value) <= LONGEST_FACT else _unread.__wrapped__(value)


@lru_cache(maxsize=4096)
def _unread(value: str) -> bool:
    said = len(SPOKEN.findall(value)) > LONGEST_UNREAD or len(UNSPACED.findall(value)) > LONGEST_SOLID
    return said and not judgeable(value)


def sold_by(stated: Mapping[str, JSON], event: Event | None, *, english: bool = False) -> dict[str, str]:
    """Return the facts of a message that sell, by name, with the rule.

    Inside a template whose own words are `english`, a value in another language would be judged by nobody.
    """
    sold: dict[str, str] = {}
    for name, value in stated.items():
        if not isinstance(value, str) or BARE.fullmatch(value) is not None:
            continue  # a number, or no word at all: neither sells, and nobody has to read it
        rule = sells(name, value, about="" if event is None else family(event.type))
        if rule is not None or (english and unread(value)):
            sold[name] = rule or "fact_prose"
    return sold


def _offers(_: frozenset[str], __: str, plain: str, ___: str) -> str | None:
    return ABROAD.id if any(rule == ABROAD.id for rule, _ in found_in(plain)) else None


def _links(words: frozenset[str], _: str, plain: str, about: str) -> str | None:
    if words & LINKS or any("link" in word or "url" in word for word in words):
        return None
    rest = MAIL.sub(" ", plain) if words & MAILS or (words and about in OWN_MAILS) else plain
    linked = _LINK.search(NO_LINKS.sub(" ", rest)) is not None or SPELT.search(plain) is not None
    ordering = ORDERING.search(plain) or (not words & PHONES and CALLING.search(plain))
    return "fact_link" if linked or (ordering and PHONE.search(plain)) else None


def _percentages(words: frozenset[str], _: str, plain: str, __: str) -> str | None:
    rest = WHOLE.sub(" ", plain) if words & TITLES else DONE.sub(" ", plain) if words & STATES else plain
    return "fact_percentage" if _SHARE.search(rest) and not words & SHARES else None


def _prices(words: frozenset[str], value: str, plain: str, about: str) -> str | None:
    if words & SUMS or (words and about in OWN_SUMS):
        return None
    return "fact_price" if _SUM.search(NO_SUMS.sub(" ", plain)) or FORINT.search(value) else None


def _codes(words: frozenset[str], value: str, plain: str, _: str) -> str | None:
    if words & IDENTITIES:
        return None
    named = CODED.search(value) is not None and not value.isupper()
    promising = any(PROMISING.intersection(found.groups()) for found in TOKEN.finditer(plain))
    return "fact_code" if named or promising or USED.search(value) else None


def _prose(words: frozenset[str], value: str, plain: str, __: str) -> str | None:
    prose = len(value.strip()) > LONGEST_FACT or sentences(value, least=3 if words & TITLES else 2) > 1
    prose = prose or TAG.search(value) is not None or (bool(words & LINKS) and _more_than_link(plain))
    return "fact_prose" if prose else None


def _more_than_link(plain: str) -> bool:
    """Whether words stand beside a link."""
    linked = _LINK.search(NO_LINKS.sub(" ", plain)) is not None
    rest = [part for part in plain.split() if _LINK.search(part) is None]
    return linked and len(SPOKEN.findall(" ".join(rest))) > MORE_THAN_LINK
