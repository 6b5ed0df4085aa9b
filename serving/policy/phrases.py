"""What sells by price, offer or pressure, as rules of `serving.policy.wording`; more in `pitches` and `courting`."""

from serving.policy.phrasing import Rule

_MIXED = "Meta, template categories: a template with any marketing in it is marketing"
_ICO = "ICO, direct marketing guidance: a service message neither advertises nor promotes"
_PRIMARY = "16 CFR 316.3: what advertises a product is commercial, transactional content or not"
_UCPD = "Directive 2005/29/EC, annex I no. 7: no pressure by a very limited time"
_DECIDED = "CONTRACT section 5, decided: no win-back, abandoned cart, voucher or credit in any message here"

SELLING: tuple[Rule, ...] = (
    Rule(
        "price_cut",
        source=_MIXED,
        suggestion="say what happened, without what is cheaper now",
        lines=r"""
off: (<percent>\W{0,4}\b|[$€£] ?\d[\d.,]{0,9}\W{0,4})off\b|\bmoney off\b|\boff your ((next|first) (\w{1,12} )?(order|purchase|booking|visit|stay|trip|delivery|shop|month|box)|order\b(?! total))
take: \btake (an? )?(extra |additional |another )?<sum> ?off\b|\btake (an? )?(extra )?\d{1,3} off\b
cheaper: \d ?<percent>\W{0,4}\bcheaper\b|\b(now|even|much) cheaper\b|\bcheaper than ever\b
reduced: \breduced (from|to|by) (only |just )?<sum>
half: \bhalf[- ]price\b|\bhalf (the|of the) price\b
cash: \bcash[- ]back\b
save saving: \b(save|saving) (up to |big\b|more\b|money\b|extra\b|[$€£] ?\d|\d{1,3} ?%)
save: \bsave (an? )?(extra |another |up to )?(<sum>|\d{1,3}(?= ?([.!]|$)| (off|on|today|now|this|when|with|if|at)\b))
save saving savings: \b(save|saving|savings) on (select|our|all|every)\b
for: \bfor (just|only) [$€£] ?\d
save saving: \bsav(e|ing) (up to |an? extra )?\W{0,4}\w{1,20}\W{0,4}(%|percent|per cent|pct)
rate rates: \b(best|lowest|low|special|attractive|competitive|exclusive|member|preferential) (interest )?rates?\b
pricing: \b(member|special|exclusive|introductory|holiday|early)(s'?)? pricing\b
extra flat: \b(an? )?(extra|flat) \W{0,3}\d{1,2} ?%
savings: \b(big|huge|more|extra|biggest|exclusive|great|annual|further|enjoy|unlock) savings\b
discounts discounted: \b(get|enjoy|special|exclusive|extra|more|big|our|unlock|offering|on|with|and|[%]) discount(s|ed)\b
discounts: \bdiscounts (on|of|for|up to|when|inside|await|and|just|available)\b
discount discounts: \b(get|enjoy|special|exclusive|extra|more|big|our|unlock|offering|claim|use|receive|save|with|apply|\d ?%|member) (an? |your |this |the |our |of )?(\w{1,12} )?discounts?\b(?! (card|tire|code you))
discount: \bdiscount (prices?|inside|offer|sale|just|waiting|ends (today|soon|tonight))\b|\bdiscount (is )?(waiting|expiring|inside)
price prices: \bprice (drop|cut)s?\b|\b(lowest|best|great|special|unbeatable|amazing|low) prices?\b|\bprices? (start|from) (just|only|[$€£₹]|rs)
save: \bsave (big|more|money|extra|today|now|up|on (select|our|all|every|your))\b
discount: \b(a|any|some)\W{1,4}(\w{1,12} )?discount\b
for: (?<!for )\b(everything |all )?((2|two)[- ]for[- ](1|one)|(3|three)[- ]for[- ](2|two))\b( on\b|[.!,]|$| this| all| (deal|offer))(?! (order|of your))
""",
        hints=r"""
starting starts: \b(starting|starts) (from|at) (just |only )?([$€£₹]|(rs|inr|usd|eur|gbp|aed)\b)
discount: \bdiscount(?<!from discount)\b|\bfrom discount\b(?! (?!<deals>)[a-z])
price prices: \bprice (drop|cut)|\b(lowest|low|best|great|new|special) prices?\b|\bprices? (start|from)
save savings: \band save\b(?! (this|it|the|your|a copy))|\bto(day)? (to )?save \W{0,3}discount|\byour savings\b
for: (?<!for )\b((2[- ]?|two[- ])for([- ]?1|[- ]one)|(3[- ]?|three[- ])for([- ]?2|[- ]two))\b(?![:.]\d)(?! <span>)
""",
    ),
    Rule(
        "offer",
        source=_PRIMARY,
        suggestion="leave the offer and its code out; what belongs to this order needs neither",
        words="bogo unbeatable blackfriday cybermonday",
        lines=r"""
today: \b(for )?today only\b|\bonly today\b(?! (we|our|the (office|branch|counter)))
code: \boff\W{1,3}(using|with|when you use) (the |promo |our )?code\b
offer offers: \b(welcome|birthday|loyalty|personal|surprise|weekend|festive|launch) offers?\b|\boffer (is )?(waiting|inside|awaits)\b
purchase: \bno purchase (required|necessary)\b
bestseller bestsellers: \b(our|shop|discover|see|browse|explore|try|new|top|current|today's|all-time|is an?) (our |the )?(\w{1,12} )?bestsellers?\b
code: \b(use|enter|apply|redeem) (the |this |your )?(\w{1,20} )?code\b.{0,40}\b(checkout|save|off|get|order|until)
sale sales: \b(flash|summer|winter|spring|autumn|holiday|big|mid-season|annual|clearance) sales?\b(?! (item|order|hours))
sale sales: \bsales? (ends?|starts?|now|event)\b
black cyber: \b(black[- ]friday|cyber[- ]monday)\b
deal deals offer offers: \b(best|great|hot|top|special|exclusive|limited|latest|amazing|festive|our (best|new|latest)) (deal|offer)s?\b(?! price)
deal deals offer offers: \bdeals? (on|ends?|today|expires?|valid|just for|start|from)\b|\boffers? (ends|end|today|valid|just for)\b|\boffers on\b
special: \b(something|anything) special\b(?! (needs|requests?))|\bspecial (treat|surprise|gift|savings?|promo\w*|something)\b
surprise treat: \b(a|your|little|special) (surprise|treat) (for|from|inside|awaits|is waiting|just)\b
deal: \bhere'?s a deal\b|\ba (great|better|sweet|special|good) deal\b
save welcome extra take vip friend thanks hello spring summer autumn winter flash bday loyal comeback missyou love: \b(save|welcome|extra|take|vip|friend|thanks|hello|spring|summer|autumn|winter|flash|bday|loyal|comeback|missyou|love)\d{1,3}\b
cashback: \b(get|earn|enjoy|win|flat|extra|instant|unlimited|claim) .{0,25}\bcashback\b|\d ?% .{0,12}\bcashback\b|\bcashback (on|offers?|up to|when)\b
checkout: \b(code|use it|apply|offer|%|off|complete|proceed|discount)\b[^.!?]{0,50}\bat checkout\b(?! (had|was|but))|\bcheckout now\b|\bnow checkout\b
""",
        hints=r"""
promo coupon voucher offer referral: \b(promo|coupon|voucher|offer|referral) codes?\b
offer offers: \boffers?\b
promo promos promotion promotions promotional: \bpromo(s|tions?|tional)?\b
check checkout: \bat checkout\b|\bcheck ?out now\b|\bnow checkout\b
bestseller bestsellers: \bbestsellers?\b
""",
    ),
    Rule(
        "pressure",
        source=_UCPD,
        suggestion="give the date by which something happens, and what happens then",
        lines=r"""
limited: \blimited[- ](time (only|offer|deal|sale|discount|price)|edition|stock|offer)
miss: \b(don'?t|never) miss( out)?\b(?! (your|the) (delivery|appointment|courier|driver|parcel))
hurry act: \bhurry\b|\bact (now|fast|today)\b
left selling: \bonly \d{1,4} left\b|\bselling (fast|out)\b
left remain remaining: \b(only|just) \W{0,3}\w{1,10}\W{0,3} (\w{1,12} )?(spots?|seats?|places?|tickets?|rooms?|bottles?|items?|units?|pieces?|slots?) (left|remain(ing)?)\b
limited: \blimited (spots?|seats?|slots?|places?|supply|supplies|numbers|run|drop|release|stocks?|time (only|offer|deal|sale)|edition|offer)\b|\bfor a limited time (only|get|enjoy|save)\b
filling going selling booking: \b(filling( up)?|going|selling( out)?|booking( up)?) (fast|quickly)\b
gone late sold sell: \bbefore (it's|its|it is|they're|they are|it gets|you miss|we) (too late|gone|all gone|sold out|sell out)\b|\bbefore (it|they)('s|'re| is| are)? (all )?(gone|gone forever)\b
sell sells: \bbefore (they|it|we) sells? out\b
wait waiting: \bdon'?t wait\b(?! for)|\bwhat are you waiting for\b
secure reserve claim grab save: \b(secure|reserve|grab|save) (your|a|yours) ?(free )?(spot|seat|place|ticket|copy|now)s?\b|\bclaim (your|a) free\b
chance last lasts: \b(last|only|final) chance(\W{1,3}(to (save|get|shop|buy|win|enjoy|grab|join|book|use|take|order|see|upgrade|extend|earn|redeem|score|secure|snag|complete your (order|purchase))|for|ends|at|on|today)|\W{0,3}!)|\bwhile (stocks?|supplies|they|it) lasts?\b
""",
        hints=r"""
limited: \blimited (time|availability|space)\b
spot: \byour spot\b
chance last lasts: \b(last|only|final) chance\b(?! to (pay|update|settle|avoid|cancel|object|appeal|respond|confirm|verify|change|collect|reply))|\bwhile (stocks?|supplies|they|it) lasts?\b
spots seats places slots spaces stocks stock: \b(spots|seats|places|slots|spaces|stocks?) (are |is )?(very )?(limited|filling|running out|going fast)\b
""",
    ),
    Rule(
        "purchase",
        source=_ICO,
        suggestion="leave out what else could be bought; a page that they visit may say it",
        words="upsell",
        lines=r"""
start complete: \bstart shopping\b|\bcomplete your (order|checkout|purchase) (at|here|now|before|today)\b
extend reorder: \bextend (it )?(now|today)\b|\b(quick|easy|one[- ]tap) reorder\b|\breorder (now|today|here|in)\b|\breorder\W{0,3}(\bhttps?:|\{|\[|<|:)
choose pick plan: \b(choose|pick|select) (a|your|the right) (new )?plan to (keep|continue)\b
upgrading upgrade: \bconsider upgrading\b|\bupgrade\W{0,3}(\bhttps?:|\{|\[|<|:)
shop buy: \bshop (now|our|today|online|with us|for (your|the|new|more|all|gifts|everything|a (new|great)))\b|\bbuy (now|one|more|today|again|it|yours|any)\b
order: \border(?<!your order)(?<!an order)(?<!this order)(?<!the order)(?<!my order)(?<!new order)(?<!of order) (now|yours|today)\b
yours: \b(grab|claim|get) yours\b
next: \b(your|a)(?<!before your)(?<!before a) next (order|purchase|booking|visit|stay|trip)\b(?! (is|has|was|will|on|date|to avoid))
upgrade: \bupgrade (now|today|your (plan|account|subscription|seat|room)|for (just|only|free))\b|\b(ready|want|time|here|below|now|link|easy|tap|click) to upgrade\s*([.!]|$)
upgrade: \bupgrade(?<!need to upgrade)(?<!have to upgrade)(?<!must upgrade)(?<!required to upgrade)(?<!needs to upgrade) to\b
upgrade: \bupgrade to (premium|pro|plus|gold|our|an? (bigger|better|larger|higher|premium|faster))\b
purchase: \b(complete|finish) (your |the )?purchase\b
why: \bwhy not (try|treat|add|upgrade|buy)\b
early member members preorder pre: \bearly access (to|pass|now|starts|for)\b|\bmembers?[- ]only\b|\bpre-?order (now|today|yours)\b
top topup: \btop[- ]?up (now|today|and (get|earn|enjoy|save|win)|to (get|earn|enjoy))\b
premium pro: \b(go|switch to|try|get) (premium|pro)\b
grab unlock redeem recharge subscribe explore discover upgrade: \b(grab|redeem|recharge|subscribe|explore|discover|upgrade) (it |them |yours |one |more )?(now|today|here|below|online)\b|\bunlock (yours|more|now|today)\b
upgrade recharge subscribe top topup: \b(upgrade|recharge|subscribe|top[- ]?up) [^.!?,]{0,30}\bto (continue|keep|enjoy|unlock|get|monitor|access|save|have)\b(?! you on)
upgrade upgrades: \bupgrade (plan|available|opportunity|offer)\b|\b(free|complimentary) (\w{1,12} )?upgrade\b|\bunlock .{0,20}\bupgrades?\b
coverage warranty protection cover insurance: \b(consider|choose|add|get|buy|purchase|explore|with) (an? |our |the |some |more )?(extended|additional|extra|premium|comprehensive|enhanced|travel) (\w{1,12} )?(coverage|cover|warranty|protection|insurance)\b
warranty coverage protection cover: \bextend (your |the )?(\w{1,12} )?(warranty|coverage|protection|cover)\b
protect: \bprotect (your|the) (purchase|order|device|trip|booking|phone|home|car|family|loved ones|investment) with\b
pair pairs goes: \b(pairs?|goes) (really )?(well|perfectly|nicely|great|beautifully) with\b
also: \balso (bought|booked|ordered|liked|viewed|loved?|arranged|chose|added|enjoy)\b(?! by)
complete: \bcomplete (the|your) (look|set|collection|outfit|kit|routine)\b
ready: (^|[.!?] ?\W{0,4})(are you |feeling |\w{1,14}, )?ready (for|to) [^.!?]{1,80}\?
interested: \binterested in [^.!?]{1,60}\?|\binterested in (learning|hearing|trying|buying|getting)\b
thinking fence: \bstill (thinking (about|it|of|over)|on the fence)\b|\bthinking (about|of) (trying|buying|upgrading|switching)\b
deciding considering shopping: \bstill (deciding|considering|shopping)\b
look peek: \btake (another|a (closer|second|sneak)) (look|peek)\b|\bsneak peek\b
shall: \bshall we (book|schedule|arrange|reserve|add|set)\b
want: (^|[.!?] ?\W{0,4})want to (try|see|learn|save|upgrade|join|explore|shop|boost|grow|win|earn|get|unlock|make|take|level)\b[^.!?]{0,60}\?
due overdue: \b(is|are) (now |almost |coming )?(due|overdue)\b( again| soon| now)?[^a-z]{1,4}([^.!?]{0,60}[.!?] ?)?\W{0,3}(why not )?book (now|today|online|in|your|a|it|early)\b
renew: \brenew\b [^.!?]{0,30}\b(save|free|bonus|discount|offer)\b
""",
        hints=r"""
sale tickets: \bfor sale\b|\btickets (are )?(now )?(available|on sale)\b
renew: \brenew (now|today|early)\b
""",
    ),
    Rule(
        "cart_abandonment",
        source=_DECIDED,
        suggestion="nothing: an unfinished purchase is no reason to write",
        lines=r"""
abandoned: \babandoned (your |a |the |an? )?(\w{1,12} )?(carts?|baskets?|checkouts?)\b
cart basket: \b(left|forgot|forgotten|waiting|saved|still|items?|something)\b.{0,60}\b(cart|basket)\b
cart basket: \byour (\w{1,12} )?(cart|basket)\b.{0,40}\b(waiting|left|expires?|abandon\w{0,6}|checkout)\b
""",
        hints=r"""
abandoned: \babandoned\b
""",
    ),
    Rule(
        "credit_offer",
        source=_ICO,
        suggestion="leave it out, unless this customer applied for it",
        lines=r"""
entitled claim: \bentitled to [^.!?]{0,30}(compensation|[$€£] ?\d)[^.!?]{0,60}[.!?] [^.!?]{0,30}\breply\b|\bclaim for free\b
mis missold: \b(were|was|been) (you |your \w{1,12} )?mis-?sold\b[^.!?]{0,40}\?
approved preapproved: \bpre\W?approved\W{1,3}(\w{1,12} )?(for|loans?|credit|cards?|limits?|offers?|amount|up to|buyers?|cash|[$€£₹])|\b(you're|you are|you've been|you have been|get|get you|already) pre\W?approved\b
eligible: \beligible for (an? |our )?(offer|upgrade|loan|credit|bonus|reward|free)
loan loans: \b(instant|pre-?approved|payday|quick|cash|easy) (\w{1,10} )?loans?\b|\bloans? (of )?up to\b|\bloan offer\b(?! letter)
eligible qualify: \b(eligible|qualify) for (an? |our |up to |the |instant |special |pre)[^.!?]{0,25}(loan|credit|card|offer|upgrade|limit|reward|rate|bonus|cash)
processing interest emi: \b(0|zero|no|nil|low) (processing fee|interest emi|cost emi)\b|\bno[- ]cost emi\b
cash payday: \bcash\b.{0,10}\b(b4|before) payday\b|\bneed (some )?(quick |fast |extra )?cash\b
credit: \b(passed|pass) (the |our )?credit check\b
avail: \b(to|and) avail (the |this |your |of )?(loan|offer|benefits?|discount)
""",
        hints=r"""
approved preapproved: \bpre\W?approved\b
mis missold misselling: \bmis-?s(elling|old)\b
owed: \bowed [^.!?]{0,30}(compensation|[$€£] ?\d)
introductory apply: \bintroductory\b|\bapply (now|today|via your)\b
""",
    ),
    Rule(
        "voucher",
        source=_DECIDED,
        suggestion="name the refund of what was paid; vouchers and credits have no place here",
        lines=r"""
voucher vouchers coupon coupons: [$€£₹] ?\d[\d.,]{0,9} (\w{1,12} )?(voucher|coupon)s?\b(?! (was|were|has))
credit credits: [$€£] ?\d[\d.,]{0,9} (in |of |account )?(\w{1,10} )?credits?\b(?! card)
credit credits: \bcredits? (to spend|towards|worth|on us)
credit: \bcredit\b(?! (card|bureau|report|score|union)).{0,40}\b(gesture|goodwill|next order)\b|\b(gesture|goodwill|sorry|apolog(y|ies)|thank you).{0,60}\b(store |shop |account )?credit (of|has|was|is|worth|on|to your)
voucher vouchers coupon coupons: \b(here is|here's|have|enjoy|send|sending|sent|added|get|claim|with|accept|earned|redeem|reward) (you |us |our |\w{1,12} )?(a|an|this|your|our|the)? ?[^.!?]{0,20}\b(voucher|coupon)s?\b(?! (was|were|has|is (invalid|used|expired)))
""",
        hints=r"""
voucher vouchers coupon coupons: \b(voucher|coupon)s?\b
credit credits: \b(store|shop|goodwill|bonus|free|travel|ride|in-app) credits?\b|\ba credit of\b
""",
    ),
)
