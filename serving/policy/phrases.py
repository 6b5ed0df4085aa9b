"""What sells, as rules of `serving.policy.wording`; what asks for something is in `serving.policy.courting`."""

from serving.policy.phrasing import Rule

_MIXED = "Meta, template categories: a template with any marketing in it is marketing"
_ICO = "ICO, direct marketing guidance: a service message neither advertises nor promotes"
_PRIMARY = "16 CFR 316.3: what advertises a product is commercial, transactional content or not"
_UCPD = "Directive 2005/29/EC, annex I no. 7: no pressure by a very limited time"
_FUND = "ICO, direct marketing guidance: fundraising is direct marketing"
_DECIDED = "CONTRACT section 5, decided: no win-back, abandoned cart, voucher or credit in any message here"

SELLING: tuple[Rule, ...] = (
    Rule(
        "price_cut",
        source=_MIXED,
        suggestion="say what happened, without what is cheaper now",
        lines=r"""
off: (<percent>|[$€£] ?\d[\d.,]{0,9})\W{0,4}off\b|\bmoney off\b|\boff your (next|first|order)
take: \btake (an? )?(extra |additional |another )?<sum> ?off\b|\btake (an? )?(extra )?\d{1,3} off\b
cheaper: \d ?<percent>\W{0,4}cheaper\b|\b(now|even|much) cheaper\b|\bcheaper than ever\b
reduced: \breduced (from|to|by) (only |just )?<sum>
half: \bhalf[- ]?price\b|\bhalf (the|of the) price\b
for: (?<!for )\b((2|two)[- ]?for[- ]?(1|one)|(3|three)[- ]?for[- ]?(2|two))\b(?![:.]\d)(?! <span>)
discount: (?<!from )\bdiscount\b|\bfrom discount\b(?! (?!<deals>)[a-z])
cash: \bcash[- ]back\b
price prices: \bprice (drop|cut)|\b(lowest|low|best|great|new|special) prices?\b|\bprices? (start|from)
save saving: \b(save|saving) (up to |big\b|more\b|money\b|extra\b|[$€£] ?\d|\d{1,3} ?%)
save: \bsave (an? )?(extra |another |up to )?(<sum>|\d{1,3}(?= ?([.!]|$)| (off|on|today|now|this|when|with|if|at)\b))
save saving savings: \b(save|saving|savings) on (select|our|all|every)\b
save savings: \band save\b(?! (this|it|the|your|a copy))|\bto(day)? (to )?save \W{0,3}discount|\byour savings\b
for: \bfor (just|only) [$€£] ?\d
""",
    ),
    Rule(
        "offer",
        source=_PRIMARY,
        suggestion="leave the offer and its code out; what belongs to this order needs neither",
        words="""discounts discounted promo promos promotion promotions promotional cashback bogo bestseller
        bestsellers unbeatable blackfriday cybermonday""",
        lines=r"""
code: \b(use|enter|apply|redeem) (the |this |your )?(\w{1,20} )?code\b.{0,40}\b(checkout|save|off|get|order|until)
code checkout: \bat checkout\b|\bcheck ?out now\b|\bnow checkout\b
sale sales: \b(flash|summer|winter|spring|autumn|holiday|big|our|mid-season|annual|clearance|on) sales?\b
sale sales: \bsales? (ends?|starts?|now|event)\b
black cyber: \b(black[- ]?friday|cyber[- ]?monday)\b
deal deals offer offers: \b(best|great|hot|top|special|exclusive|limited|new|latest|amazing|our) (deal|offer)s?\b
deal deals offer offers: \b(deals?|offers?) (on|ends?|today|expires?|valid|just for|start|from)\b
""",
    ),
    Rule(
        "pressure",
        source=_UCPD,
        suggestion="give the date by which something happens, and what happens then",
        lines=r"""
limited: \blimited[- ](time|edition|stock|availability|offer)
miss missed: \b(don'?t|never) miss( out)?\b(?! (your|the) (delivery|appointment|courier|driver|parcel))
chance last: \b(last|only|final) chance\b|\bwhile (stocks?|supplies) last
hurry act: \bhurry\b|\bact (now|fast|today)\b
left selling: \bonly \d{1,4} left\b|\bselling (fast|out)\b
""",
    ),
    Rule(
        "purchase",
        source=_ICO,
        suggestion="leave out what else could be bought; a page that they visit may say it",
        words="upsell",
        lines=r"""
shop buy: \bshop (now|our|today|online|with us|for)\b|\bbuy (now|one|more|today|again|it|yours|any)\b
order: \border (now|yours|today)\b
yours: \b(grab|claim|get) yours\b
next: \b(your|a) next (order|purchase|booking|visit|stay|trip|bill)\b(?! (is|has|was|will|on|date))
upgrade: \bupgrade (now|today|your (plan|account|subscription|seat|room)|for|from)\b|\bto upgrade\s*([.!]|$)
upgrade: (?<!need to )(?<!have to )(?<!must )(?<!required to )(?<!needs to )\bupgrade to\b
upgrade: \bupgrade to (premium|pro|plus|gold|our|an? (bigger|better|larger|higher|premium|faster))\b
purchase: \b(complete|finish) (your |the )?purchase\b
why: \bwhy not (try|treat|add|upgrade|buy)\b
early members preorder pre: \bearly access\b|\bmembers?[- ]only\b|\bpre-?order (now|today|yours)\b
top topup: \btop[- ]?up (now|today|and|to (get|earn|enjoy))\b
renew: \brenew\b.{0,30}\b(save|off|free|bonus|offer)\b
premium pro: \b(go|switch to|try|get) (premium|pro)\b
""",
    ),
    Rule(
        "cart_abandonment",
        source=_DECIDED,
        suggestion="nothing: an unfinished purchase is no reason to write",
        words="abandoned",
        lines=r"""
cart basket: \b(left|forgot|forgotten|waiting|saved|still|items?|something)\b.{0,60}\b(cart|basket)\b
cart basket: \b(cart|basket)\b.{0,40}\b(waiting|left|expires?|abandon\w{0,6}|checkout)\b
""",
    ),
    Rule(
        "news",
        source=_MIXED,
        suggestion="say what changes for this customer and when, or leave it to the release notes",
        words="getaway unwind",
        lines=r"""
introducing: \bintroducing\b
new: \bbrand[- ]new\b|\bour\W{1,4}(all[- ])?new (range|collection|line|store|app|plans?|product|features?|resort|menu)
new: \bnew (arrivals?|collections?|season|in store)\b|\btry (our|the) new\b|\ball[- ]new\b
newest latest: \bour\W{1,4}(newest|latest)\b|\blatest (collection|range|trends|products|models)\b
launched landed dropped: \bjust (launched|landed|dropped)\b|\b(we|we've|we have) launched\b
used tried: \b(have not|haven'?t) (yet )?(used|tried|explored)\b.{0,20}\b(our|new)\b
discover explore: \b(discover|explore) (our|the new|new|more|products?)\b
check perfect: \bcheck out (our|these|what's)\b|\bperfect (place|gift|way) (to|for)\b
app: \bdownload (our|the) app\b|\bget (the|our) app\b|\bin[- ]app only\b
download learn visit benefits: \bdownload it below\b|\bto learn more, visit\b|\bhow (this|it) benefits you\b
""",
    ),
    Rule(
        "credit_offer",
        source=_ICO,
        suggestion="leave it out, unless this customer applied for it",
        words="preapproved",
        lines=r"""
approved: \bpre\W?approved\b
introductory apply: \bintroductory\b|\bapply (now|today|via your)\b
eligible: \beligible for (an? |our )?(offer|upgrade|loan|credit|bonus|reward|free)
""",
    ),
    Rule(
        "donation",
        source=_FUND,
        suggestion="thank for what was given, and ask for nothing",
        words="donate donations fundraiser fundraising",
        lines=r"""
contribute cause: \bcontribute (now|today)\b|\bsupport our cause\b
""",
    ),
    Rule(
        "flattery",
        source=_MIXED,
        suggestion="leave the compliment out",
        lines=r"""
enjoy: \benjoy (new|exclusive|free|an? (extra|special|introductory)|up to|\W{0,3}\d|your (gift|reward))
valued loyal: \bvalued (customer|member|client|guest)|\b(as an?|our|most) loyal\b
serve serving: \bcontinu(e|ing) to serv
treat: \btreat yourself\b
exclusive exclusively vip: \bexclusive(ly)?\b|\bvip\b
""",
    ),
    Rule(
        "loyalty",
        source=_MIXED,
        suggestion="state a balance at most, without what it could be spent on or when it ends",
        lines=r"""
loyalty: \bloyalty (points?|rewards?|programme|program|bonus)\b
points rewards reward: \b(rewards?|bonus|loyalty) (points?|miles|balance)\b
points rewards reward: \b(points?|miles|rewards?) to (spend|redeem|use)\b
points rewards reward miles: \b(earn|collect|redeem|spend)\b.{0,30}\b(points?|rewards?|miles|bonus)\b
points rewards reward miles: \b(points?|miles|rewards?)\b.{0,30}\bexpir|\byou have .{0,20}\b(reward )?points\b
""",
    ),
    Rule(
        "recommendation",
        source=_ICO,
        suggestion="leave it out: nobody asked for a recommendation",
        lines=r"""
recommended picked selected chosen just: \b(recommended|picked|selected|chosen|just) for you\b
love like: \byou('ll| will| may| might)( also)? (love|like)\b
browsing interests: \bbased on your (browsing|interests?)|\bbecause you (viewed|browsed|bought)
""",
    ),
    Rule(
        "win_back",
        source=_DECIDED,
        suggestion="nothing: who went is left in peace",
        lines=r"""
miss missed: \bmiss(ed)? you\b
back: \bcome back (and|to (us|shop|enjoy|save))\b
been forget: \bit'?s been (a while|too long|so long)\b|\bwe'?d forget\b
""",
    ),
    Rule(
        "giveaway",
        source=_PRIMARY,
        suggestion="leave the present out",
        words="giveaway giveaways raffle raffles sweepstake sweepstakes freebie freebies jackpot",
        lines=r"""
free: \bfree (shipping|delivery|trial|months?|gifts?|upgrades?|samples?|item|coffee|drink)\b|\b(yours|get it) free\b
free: \bget (it|them|this|that|these|one|two|yours|everything) (all )?(for )?free\b|\byours for free\b
win won prize prizes lucky: \b(you|you've|you have) won\b|\b(could|can) win\b|\bwin (an?|one|big)\b
win won prize prizes lucky: \bprizes?\b|\blucky winner
bonus gift: \b(claim|get|earn)\b.{0,20}\b(bonus|gift)\b|\ba (free |small |little )?gift\b
gift gifts giftcard giftcards: \bgift ?(card|voucher)|\bfree gifts\b
""",
    ),
    Rule(
        "voucher",
        source=_DECIDED,
        suggestion="name the refund of what was paid; vouchers and credits have no place here",
        words="voucher vouchers coupon coupons",
        lines=r"""
credit credits: \b(store|shop|goodwill|bonus|free|travel|ride|in-app) credits?\b|\ba credit of\b
credit credits: [$€£] ?\d[\d.,]{0,9} (in |of |account )?(\w{1,10} )?credits?\b(?! card)
credit credits: \bcredits? (to spend|towards|worth|on us)
credit credits: \bcredits?\b(?! card).{0,40}\b(gesture|goodwill|sorry|apolog(y|ies)|thank you|next order)\b
""",
    ),
)
