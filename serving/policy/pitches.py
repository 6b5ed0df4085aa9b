"""What sells by news, praise, presents and memories, as rules of `serving.policy.wording`."""

from serving.policy.hidden_words import HIDDEN
from serving.policy.phrasing import Rule

_MIXED = "Meta, template categories: a template with any marketing in it is marketing"
_ICO = "ICO, direct marketing guidance: a service message neither advertises nor promotes"
_PRIMARY = "16 CFR 316.3: what advertises a product is commercial, transactional content or not"
_FUND = "ICO, direct marketing guidance: fundraising is direct marketing"
_DECIDED = "CONTRACT section 5, decided: no win-back, abandoned cart, voucher or credit in any message here"

PITCHES: tuple[Rule, ...] = (
    HIDDEN,
    Rule(
        "news",
        source=_MIXED,
        suggestion="say what changes for this customer and when, or leave it to the release notes",
        lines=r"""
getaway: \b(perfect|weekend|dream|quick|relaxing|summer|winter|spring|autumn|romantic|city|beach|ultimate|ideal|last[- ]minute|island|well-deserved|your next|complimentary|free|day|night|dreaming of a) getaway\b(?! (booking|reservation|car|is|was|has|will|on)\b)
unwind: \b(relax|rest|time|place|chance|way|ready|come|escape) (and|to) unwind\b|\bunwind (with (us|our|a)|in style|at our|this)\b
introducing: \bintroducing\b
new: \bbrand[- ]new\b|\bour\W{1,4}(all[- ])?new (range|collection|line|store|app|plans?|product|features?|resort|menu)
newest latest: \bour\W{1,4}(newest|latest)\b|\blatest (collection|range|trends|products|models)\b
launched landed dropped: \bjust (launched|landed|dropped)\b|\b(we|we've|we have) launched\b
used tried explored: \b(have not|haven'?t) (yet )?(used|tried|explored)\b.{0,20}\b(our|new)\b
discover explore: \b(discover|explore) (our|the new|new|more|products?)\b
check perfect: \bcheck out (our|these|what's)\b|\bperfect (place|gift|way) (to|for)\b
app: \bdownload (our|the) app\b|\bget (the|our) app\b|\bin[- ]app only\b
download learn visit benefits: \bdownload it below\b|\bto learn more, visit\b|\bhow (this|it) benefits you\b
announce introduce launch present offer unveil bring excited thrilled delighted proud: \b(excited|thrilled|delighted|proud|pleased|happy) to (announce|introduce|launch|present|offer|unveil|bring)\b(?! your (order|refund|claim|application|case))
exciting: \bexciting (changes|update)( is)?\W{1,4}(we|our|introducing|you can now)\b|\bexciting (news|new|updates?|announcement|offers?)\b
offer offering: \bwe('re| are)? now (offer|offering)\b
feature features: \b(exciting|powerful) (new )?features?\b|\bour (new|latest) features?\b|\bnew features? (is|are) (here|live|available|out)\b|\bfeature (release|update|launch|spotlight|alert)\b
new happening hot trending: \bwhat'?s (happening|hot|trending|new (at|in|this|for|on))\b
week weekend month: \bwhat'?s on this (week|weekend|month)\b
upcoming: \bupcoming (events|webinars?|workshops?|promotions?|sales?)\b
stock: ^(?!.*\b(you|your) (\w+ )?(ordered|asked|requested|request|reserved|pre-?ordered?|wanted|hold|order)\b).*\bback in stock\b
invited celebrate: \byou('re| are) (cordially |warmly )?invited to (our|a special|an exclusive|celebrate|join us|the (launch|opening|grand))\b|\bcome (and )?celebrate\b
opening open: \bgrand opening\b|\bnow open in\b
""",
        hints=r"""
check: \bcheck it out\b
news announcement: \b(big|great) (news|announcement)( is)?\W{1,4}(we|our|introducing|you can now)\b
stock serve deliver: \bwe('re| are)? now (stock|serve|deliver to)\b
getaway getaways: \bgetaways?\b
unwind: \bunwind\b
soon: \bcoming soon\b
feature features: \b(new|latest|upcoming) features?\b
new: \bnew (arrivals?|collections?|season|in store)\b|\btry (our|the) new\b|\ball[- ]new\b
""",
    ),
    Rule(
        "donation",
        source=_FUND,
        suggestion="thank for what was given, and ask for nothing",
        lines=r"""
fundraiser fundraising: \b(our|join|support|annual|charity|this|help|host|start) (our |the |a |with )?(\w{1,12} )?fundrais(er|ing)\b|\bfundraising (drive|campaign|goal|appeal|target)\b|\bfundraiser near\b
donate donating: \bdonate(?<!to donate) (now|today|here|online|to|via|at|and|[$€£])|\bplease (donate|consider donating)\b
contribute cause: \bcontribute (now|today)\b|\bsupport our cause\b
""",
        hints=r"""
fundraiser fundraising: \bfundrais(er|ing)\b
""",
    ),
    Rule(
        "flattery",
        source=_MIXED,
        suggestion="leave the compliment out",
        lines=r"""
enjoy: \benjoy (new|exclusive|free|an? (extra|special|introductory)|up to|\W{0,3}\d|your (gift|reward))
valued loyal: \b(one of our|as our|being a|our most) (most )?(valued|loyal)\b|\bloyal (customers|members)\b
serve: \bcontinu(e|ing) to serve\b
treat: \btreat yourself\b
world everything much: \bmeans? (the world|everything|so much) to us\b
appreciate value: \b(truly|really|deeply|greatly) (appreciate|value) your (support|trust|loyalty|business)\b
enjoyed loving loved: \bhope you('re| are)? (really )?(enjoyed|loving|loved)\b
photo pic picture look story tag: \btag us\b|\bshare (a|your) (photo|pic|look|story)\b|\bshare your picture\b
exclusive exclusively vip: \bexclusive (\w{1,12} )?(offers?|link|deals?|access|discounts?|previews?|invit\w+|events?|rewards?|benefits?|savings|collections?|sale|preview|just|for you|only)\b|\bexclusively for\b|\bvip (access|offers?|deals?|sale|event|club|treatment|customer|member|pass|list)
""",
        hints=r"""
love: \bhope you love\b
valued loyal: \b(valued|loyal)\b
exclusive exclusively vip: \bexclusive(ly)?\b|\bvip\b
""",
    ),
    Rule(
        "loyalty",
        source=_MIXED,
        suggestion="state a balance at most, without what it could be spent on or when it ends",
        lines=r"""
earn earning points rewards miles stars: \b(earn|earning) (\w{1,10} )?(rewards|points|miles|stars|cashback|coins)\b|\b\d ?x (the )?(points|rewards|miles|stars)\b
points rewards reward miles: \b(points|miles|rewards?) to (spend|redeem|use)\b
points rewards reward miles bonus: \b(earn|collect|redeem|spend)\b.{0,30}\b(points|rewards?|miles|bonus)\b
points rewards reward miles: \b(points|miles|rewards?)\b.{0,30}\bexpir|\byou have .{0,20}\b(reward )?points\b
perks: \b(new|your|exclusive|extra|member|more) (\w{1,12} )?perks\b|\bperks (unlocked|await|of)\b
unlock unlocked: \bunlock(ed)? (new|all|exclusive|perks|features|rewards|benefits|more|premium|special|your (reward|gift|discount|bonus|perk|offer|benefit|free|next|exclusive|savings))
redeem: \bredeem (your|the|it|them|now|\d)\b(?! (gold|units|shares|bond|deposit))
bonus points miles coins stars: \b\d[\d,]* (bonus credits|(bonus|extra) (points|miles|coins|stars))\b|\bdouble (points|miles|stars)\b
""",
        hints=r"""
loyalty: \bloyalty (points?|rewards?|programme|program|bonus)\b
points rewards reward bonus loyalty: \b(rewards?|bonus|loyalty) (points?|miles|balance)\b
""",
    ),
    Rule(
        "recommendation",
        source=_ICO,
        suggestion="leave it out: nobody asked for a recommendation",
        lines=r"""
recommended picked selected chosen just: \b(recommended|picked|selected|chosen|just) for you\b(?!\?)
love like: \byou('ll| will| may| might)( also)? (love|like)\b
browsing interest interests viewed browsed: \bbased on your (browsing|interests\b|interest in\b)|\bbecause you (viewed|browsed)\b
personalised personalized: \bpersonali[sz]ed (recommendations?|offers?|picks|rates?|deals?|suggestions)\b
curated tailored handpicked picked: \b(curated|tailored|hand-?picked|picked( out)?) (just |especially |specially )?for (you|your taste)\b
might may: \byou (might|may)( also)? (like|love|enjoy|be interested)\b
quiz: \b(take|our|this) [^.!?]{0,20}\bquiz\b
""",
        hints=r"""
bought: \bbecause you bought\b
""",
    ),
    Rule(
        "win_back",
        source=_DECIDED,
        suggestion="nothing: who went is left in peace",
        lines=r"""
miss missed: \bmiss(?<!sorry miss)(?<!sorry we miss)(ed)? you\b(?! (at|for|today|this|when|on|earlier|yesterday|in))
back: \bcome back (and|to (us|shop|enjoy|save))\b
been forget: \bit'?s been (a while|too long|so long)\b|\bwe'?d forget\b
seen heard: \b(haven'?t|have not) (seen|heard from) you\b
love: \b(we'?d|we would) love to (have|see|welcome) you (back|again|soon)\b|\blove to have you back\b
since: \bsince your last (visit|order|clean\w{0,4}|appointment|purchase|stay|check\w{0,4}|service|treatment|class|session|haircut|cut|trip|wash|trim|workout)\b
noticed: \bnoticed (that )?you('ve| have)? (haven'?t|have not|not) (been|visited|shopped|ordered|used|tried|bought|logged|opened|placed|stopped by|played|watched|worked out)\b|\bnoticed (that )?you('ve| have)? (been browsing|were (looking|browsing)|stopped|left)\b
time: \b(it's|its|it is) time (for|to) (your next|your (annual|yearly|regular|seasonal|spring|winter|summer|autumn)|a new|a fresh|treat|upgrade|shop|refresh|another)\b
due overdue: \byou('re| are) (now |over)?due for (a|an|your|another)\b
""",
        hints=r"""
jump left: \bjump back in\b|\bpick up where you left off\b
""",
    ),
    Rule(
        "giveaway",
        source=_PRIMARY,
        suggestion="leave the present out",
        words="giveaway giveaways sweepstake sweepstakes freebie freebies jackpot",
        lines=r"""
won spin: \byou won\W{1,3}(\{|\[|<)|\bspin (the wheel|wheel|to win)\b
claim: \bclaim (it|yours|them|your (reward|prize|gift|bonus|free|welcome)) (now|today|before|here)\b
won: \bwon an? (\W{0,2}[\w.]{1,8} )?(\w{1,12} )?(prize|iphone|gift|trip|voucher|reward|bonus|ticket)s?\b
free: \bget (it|them|this|that|these|one|two|yours|everything) (all )?(for )?free\b|\byours for free\b
bonus gift: \b(claim|get|earn)\b.{0,20}\b(bonus|gift)\b|\ba (free |small |little )?gift\b
free: \bfree(?<!your free)(?<!the free) (consultation|quote|class|session|lesson|assessment|e-?book|guide|webinar|demo|spins?|dessert|entry|access|month|workshop|masterclass|returns? and|gift)\b
entered enter giveaway contest lucky: \b(enter|entered) (to|for a chance|our (giveaway|contest|draw))\b|\b(our|the) (contest|lucky draw)\b
chance: \b(a|your|for the) chance to (win|get|enjoy|meet|save)\b
free: \b(yours|get it) free\b|\bfree (shipping|delivery) (on|over|for|with|today|this|when|all|until|code)|\b(start|try|claim|get|begin|enjoy|extend) (your|a|our) [^.!?]{0,15}\bfree (trial|month|gift|upgrade|sample|item|coffee|drink|delivery|shipping)
free: \b(one|two|three|\d{1,2}) (extra |more )?(weeks?|months?|days?|years?) (of [^.!?]{1,20} )?free\b|\bmonths? free\b
win won prize prizes lucky: \bwin (an?|one|big|up to|the latest|prizes?|tickets|free|amazing|exciting)\b(?! (dispute|case))|\b(could|can) win\b|\byou('ve| have)? won an? (prize|free|iphone|gift|trip)|\blucky (winner|draw)|\b(claim|exciting|amazing|great|big) (your )?prizes?\b
gift giftcard giftcards giftvoucher giftvouchers: \b(get|win|enjoy|free|claim|give|buy|with|perfect|\W\d+|worth|as) (an? |the |our )?(\w{1,12} )?gift ?(card|voucher)s?\b|\bgift ?cards? (are here|now|from|make|available)
""",
        hints=r"""
gift gifts giftcard giftcards giftvoucher giftvouchers: \bgift(?<!your gift)(?<!the gift)(?<!this gift) ?(card|voucher)s?\b(?! (was|has|is|that you|you (bought|ordered)|balance|order|purchase|code|number|redeem))|\bfree gifts\b
free: \bfree (shipping|delivery|trial|months?|gifts?|upgrades?|samples?|item|coffee|drink)\b|\b(yours|get it) free\b
free: \b(get|win|receive|enjoy|claim|score|grab|plus|buy|and|recharge) [^.!?]{1,40}\bfree\b(?! (of charge to (return|cancel)|to (contact|call|reply|ask|reach)))
win won: \b(you|you've|you have) won\b(?! (the |your |an? )?(\w+ )?(auction|bid|item|lot|case|appeal|dispute))|\b(could|can) win\b|\bwin (an?|one|big)\b
prize prizes lucky: \bprizes?\b|\blucky winner
""",
    ),
    Rule(
        "content",
        source=_MIXED,
        suggestion="leave the reading out; who wants it finds it",
        lines=r"""
case: \b(read|view|see|our|new|full|free) (the |our )?case stud(y|ies)\b
tip tips tricks: \b(tips|tricks) (for (your|a|the|better|beginners|more|\w+ing)|to (help|keep|get|make|improve|boost|save|stay)|on (how|\w+ing|the)|of the (day|week|month))\b|\btip of the (day|week|month)\b
read: \bread (our|the|more about our) (latest |full |new )?(article|blog|guide|story|post|case study|interview)\b
week month weekly monthly: \b(this|our) (week|month|weekly|monthly)('s)? (newsletter|digest|round-?up|top|highlights|picks|tips?|edition|issue|specials?|stories)\b
stories posts picks trends reads articles: \btop (stories|picks|posts|trends|reads)\b|\b(new )?(posts|stories) from (your|writers|people|our)\b|\b(new )?articles from (writers|people|our)\b
discover see learn: \b(discover|learn|see) how (you can (save|get|boost|grow|earn|improve|make)|our|others|much you|to (get more|save|boost|grow|make more|earn))\b
find: \bfind out how (you can (save|boost|grow|earn|improve)|much (more )?you (can|could) (save|earn|borrow|win)|to (get more|save|boost|grow|earn))\b
webinar: \b(our|free|live|upcoming|join) [^.!?]{0,20}\bwebinar\b(?! (you|that you) (registered|signed|booked))
masterclass ebook book whitepaper: \b(free|our|new) (masterclass|e-?book|whitepaper)\b
""",
    ),
)
