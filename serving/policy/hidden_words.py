"""Words that sell, cut in two (`dis count`) or run together (`shopnow`), as a rule of `serving.policy.wording`.

Only cuts after which at least one part is no English word are looked for: `of fer`, not `up grade`.
"""

from collections.abc import Iterator

from serving.policy.english_words import ENGLISH, SHARED
from serving.policy.phrasing import Rule

_CUT = """
discount discounts voucher vouchers coupon coupons cashback promo promotion promotions exclusive newsletter subscribe
giveaway clearance bargain bargains bonus offer offers special limited reward rewards referral redeem premium upgrade
birthday christmas introducing celebrate recommended collection purchase checkout survey shopping savings flash
"""
_RUN = """
shopnow shoptoday shophere shoponline buynow buytoday buyhere buyonline ordernow ordertoday booknow savenow savetoday
savebig upgradenow upgradetoday subscribenow joinnow actnow flashsale summersale wintersale springsale autumnsale
megasale bigsale clearancesale holidaysale weekendsale finalsale specialoffer specialoffers limitedoffer
limitedtimeoffer limitedtime exclusiveoffer exclusiveoffers exclusivedeal exclusivedeals bestdeal bestdeals hotdeal
hotdeals topdeals greatdeals freegift freegifts freeshipping freedelivery freetrial freemonth freeupgrade promocode
couponcode vouchercode discountcode halfprice bestprice lowestprice dontmissout lastchance wemissyou rateus followus
referafriend earnpoints bonuspoints doublepoints newcollection newarrivals justforyou
"""


def _cuts() -> Iterator[tuple[str, str]]:
    known = ENGLISH | SHARED
    for word in _CUT.split():
        for place in range(1, len(word)):
            first, second = word[:place], word[place:]
            if not {first, second} <= known and (len(first) > 1 or len(second) > 1):
                yield first, second


CUTS = tuple(_cuts())
_ALL = [*CUTS, ("sa", "le"), ("sal", "e"), ("fr", "ee"), ("fre", "e")]
_RARER = [second if first in ENGLISH | SHARED else first for first, second in _ALL]  # the part that is no word
HIDDEN = Rule(
    "hidden_word",
    source="our own decision: a text is judged as the customer reads it",
    suggestion="write words as words; then the rule that found something says what it was",
    lines="\n".join(rf"{rarer}: \b{first} {second}\b" for rarer, (first, second) in zip(_RARER, _ALL, strict=True)),
    words=_RUN,
)
