"""The phrases of `serving.policy.wording`, as data: `words: pattern`, one per line.

A pattern is tried only where one of its words occurs; repetition is always bounded, so time is linear in the text.
Drawn from Meta's template categories, 16 CFR 316.3 (transactional content) and CONTRACT section 5 ("Decided").
"""

# Words that have no place in any service message, whatever stands around them.
PROMOTIONAL_WORDS = frozenset(
    """discount discounts discounted voucher vouchers coupon coupons promo promos promotion promotions promotional
    cashback giveaway giveaways raffle raffles sweepstake sweepstakes bogo upsell bestseller bestsellers newsletter
    newsletters survey surveys questionnaire questionnaires unbeatable donate donation donations fundraiser fundraising
    birthday referral referrals diwali xmas preapproved getaway unwind freebie freebies jackpot abandoned""".split()  # noqa: SIM905  (a page of words, not of quotes)
)

PROMOTIONAL = r"""
off: (%|percent|[$€£] ?\d[\d.,]{0,9})\W{0,4}off\b|\bmoney off\b|\boff your (next|first|order)
cash: \bcash[- ]back\b
code: \b(use|enter|apply|redeem) (the |this |your )?(\w{1,20} )?code\b.{0,40}\b(checkout|save|off|get|order|until)
code checkout: \bat checkout\b|\bcheck ?out now\b|\bnow checkout\b
sale sales: \b(flash|summer|winter|spring|autumn|holiday|big|our|mid-season|annual|clearance|on) sales?\b
sale sales: \bsales? (ends?|starts?|now|event)\b
black cyber: \b(black friday|cyber monday)\b
deal deals offer offers: \b(best|great|hot|top|special|exclusive|limited|new|latest|amazing|our) (deal|offer)s?\b
deal deals offer offers: \b(deals?|offers?) (on|ends?|today|expires?|valid|just for|start|from)\b
price prices: \bprice (drop|cut)|\b(lowest|low|best|great|new) prices?\b|\bprices? (start|from)
limited: \blimited[- ](time|edition|stock|availability|offer)
miss missed: \b(don'?t|never) miss( out)?\b(?! (your|the) (delivery|appointment|courier|driver|parcel))
miss missed: \bmiss(ed)? you\b
chance last: \b(last|only|final) chance\b|\bwhile (stocks?|supplies) last
hurry act: \bhurry\b|\bact (now|fast|today)\b
left selling: \bonly \d{1,4} left\b|\bselling (fast|out)\b
shop buy: \bshop (now|our|today|online|with us|for)\b|\bbuy (now|one|more|today|again|it|yours|any)\b
order: \border (now|yours|today)\b|\b(grab|claim|get) yours\b
next: \b(your|a) next (order|purchase|booking|visit|stay|trip|bill)\b(?! (is|has|was|will|on|date))
enjoy: \benjoy (new|exclusive|free|an? (extra|special|introductory)|up to|\W{0,3}\d|your (gift|reward))
save saving: \b(save|saving) (up to |big\b|more\b|money\b|extra\b|[$€£] ?\d|\d{1,3} ?%)
save saving savings: \b(save|saving|savings) on (select|our|all|every)\b
save savings: \band save\b(?! (this|it|the|your|a copy))|\bto(day)? (to )?save \W{0,3}discount|\byour savings\b
upgrade: \bupgrade (now|today|your (plan|account|subscription|seat|room)|for|from)\b|\bto upgrade\s*([.!]|$)
upgrade: (?<!need to )(?<!have to )(?<!must )(?<!required to )(?<!needs to )\bupgrade to\b
upgrade: \bupgrade to (premium|pro|plus|gold|our|an? (bigger|better|larger|higher|premium|faster))\b
cart basket: \b(left|forgot|forgotten|waiting|saved|still|items?|something)\b.{0,60}\b(cart|basket)\b
cart basket: \b(cart|basket)\b.{0,40}\b(waiting|left|expires?|abandon\w{0,6}|checkout)\b
purchase: \b(complete|finish) (your |the )?purchase\b
refer invite tell bring: \b(refer|invite|tell|bring) (a|your|some) friends?\b
friend friends: \byour friend\b.{0,60}\bjoined\b
rate review: \b(rate|review) (us|our|this|your (experience|visit|stay|order|purchase|driver|delivery))\b
review rating stars: \bleave (us )?an? (\w{1,12} )?(review|rating)\b|\b\d stars\b
review rating stars: \bgive (us|it) .{0,20}\b(rating|stars)\b
feedback opinion: \b(share|give|send|leave|love|value|hear|want) (us )?(your|some|any) (\w{1,9} )?(feedback|opinion)
feedback opinion thoughts: \byour (feedback|opinion|thoughts) (matters?|counts?|helps?)\b|\bshare your thoughts\b
experience: \b(share|tell us about) your experience\b|\bhow was your (experience|visit|stay|order|delivery)\b
think did likely: \bwhat (do|did) you think\b|\bhow did we do\b|\bhow likely are you\b|\brecommend us\b
happy merry greetings: \bhappy\W{1,4}(anniversary|holidays?|new year|easter|christmas|thanksgiving)\b
happy merry greetings: \bmerry christmas\b
greetings celebrate wish: \bseason'?s greetings\b|\bcelebrat(e|ing) (with|our|your)\b|\bwish you (the best|a |all the)
subscribe sign: (?<!un)\bsubscribe (to|now|today|for)\b|\bsign up (for|to|now|today)\b
opt: \bopt[- ]?in (to|now|for|today|and)\b|\bwould you like to opt\b
notifications: \b(allow|enable|turn on|switch on) (push |our )?notifications\b
touch follow: \bstay in touch\b|\bfollow us\b
receive hear: \b(want|like|love) to (receive|hear|get) (more|news|updates|offers|from|about)\b
join: \bjoin (us|our|now|today|thousands)\b
consent contact: \bconsent to\b|\b(can|may) we (contact|message|call|text|email) you (about|with|in future)
introducing: \bintroducing\b
new: \bbrand[- ]new\b|\bour\W{1,4}(all[- ])?new (range|collection|line|store|app|plans?|product|features?|resort|menu)
new: \bnew (arrivals?|collections?|season|in store)\b|\btry (our|the) new\b|\ball[- ]new\b
newest latest: \bour\W{1,4}(newest|latest)\b|\blatest (collection|range|trends|products|models)\b
launched landed dropped: \bjust (launched|landed|dropped)\b|\b(we|we've|we have) launched\b
used tried: \b(have not|haven'?t) (yet )?(used|tried|explored)\b.{0,20}\b(our|new)\b
approved: \bpre\W?approved\b
introductory apply: \bintroductory\b|\bapply (now|today|via your)\b
eligible: \beligible for (an? |our )?(offer|upgrade|loan|credit|bonus|reward|free)
contribute cause: \bcontribute (now|today)\b|\bsupport our cause\b
valued loyal: \bvalued (customer|member|client|guest)|\b(as an?|our|most) loyal\b
loyalty: \bloyalty (points?|rewards?|programme|program|bonus)\b
serve serving: \bcontinu(e|ing) to serv
discover explore: \b(discover|explore) (our|the new|new|more|products?)\b
check perfect: \bcheck out (our|these|what's)\b|\bperfect (place|gift|way) (to|for)\b
treat: \btreat yourself\b
recommended picked selected chosen just: \b(recommended|picked|selected|chosen|just) for you\b
love like: \byou('ll| will| may| might)( also)? (love|like)\b
browsing interests: \bbased on your (browsing|interests?)|\bbecause you (viewed|browsed|bought)
why: \bwhy not (try|treat|add|upgrade|buy)\b
app: \bdownload (our|the) app\b|\bget (the|our) app\b|\bin[- ]app only\b
download learn visit: \bdownload it below\b|\bto learn more, visit\b|\bhow (this|it) benefits you\b
back: \bcome back (and|to (us|shop|enjoy|save))\b
been forget: \bit'?s been (a while|too long|so long)\b|\bwe'?d forget\b
free: \bfree (shipping|delivery|trial|months?|gifts?|upgrades?|samples?|item|coffee|drink)\b|\b(yours|get it) free\b
exclusive vip: \bexclusive(ly)?\b|\bvip\b
early members preorder pre: \bearly access\b|\bmembers?[- ]only\b|\bpre-?order (now|today|yours)\b
win won prize prizes lucky: \b(you|you've|you have) won\b|\b(could|can) win\b|\bwin (an?|one|big)\b
win won prize prizes lucky: \bprizes?\b|\blucky winner
points rewards reward: \b(rewards?|bonus|loyalty) (points?|miles|balance)\b
points rewards reward: \b(points?|miles|rewards?) to (spend|redeem|use)\b
points rewards reward miles: \b(earn|collect|redeem|spend)\b.{0,30}\b(points?|rewards?|miles|bonus)\b
points rewards reward miles: \b(points?|miles|rewards?)\b.{0,30}\bexpir|\byou have .{0,20}\b(reward )?points\b
bonus gift: \b(claim|get|earn)\b.{0,20}\b(bonus|gift)\b|\bgift ?(card|voucher)|\ba (free |small |little )?gift\b
credit credits: \b(store|shop|goodwill|bonus|free|travel|ride|in-app) credits?\b|\ba credit of\b
credit credits: [$€£] ?\d[\d.,]{0,9} (in |of |account )?(\w{1,10} )?credits?\b(?! card)
credit credits: \bcredits? (to spend|towards|worth|on us)
credit credits: \bcredits?\b(?! card).{0,40}\b(gesture|goodwill|sorry|apolog(y|ies)|thank you|next order)\b
top topup: \btop[- ]?up (now|today|and|to (get|earn|enjoy))\b
renew: \brenew\b.{0,30}\b(save|off|free|bonus|offer)\b
for: \bfor (just|only) [$€£] ?\d
premium pro: \b(go|switch to|try|get) (premium|pro)\b
"""

GENERIC = r"""
help assist: (?<!how )\b(can|could|may) (i|we) (help|assist)( you)?( with (any|some)thing)?( today| now)?\s*([?!.]|$)
help assist: \b(need|want|looking for) (any |some |a hand|a little )?(help|assistance)\s*([?!.]|$)
help assist: \b(i'm|i am|we're|we are) here to (help|assist)\s*([?!.]|$)
need: \bhere if you need (anything|help|us|me|assistance)\s*([?!.]|$)
reach: \breach out if (i|we) can\b|\bjust reaching out\b
checking touching: \bchecking (in|up)\b(?! (for|at) (your|the) (flight|counter|desk|hotel))|\btouching base\b
wanted touch: \bwanted to (say (hi|hello|hey)|check in|touch base|reach out|see how)\b|\btouch base\b
know: \bdid you know\b
hope: \bhope (you('re| are)|all is|everything is) (well|doing|good|going)\b
how: \bhow are you( doing)?( today)?\s*[?!.]|\bhow('s| is) (it|everything)( going)?\s*[?!.]
questions: \bany questions\s*\?
anything everything: \banything (else )?(i|we) can (do|help)|\bif you need anything\b
anything everything: \bis everything (ok|okay|alright|fine)\s*\?
hi hello hey: ^\W{0,3}(hi|hello|hey)( there)?\W{0,3}$
"""

# Generic only where nothing in the text ties the offer to something that the customer asked for.
UNTIED = r"""
help assist: \bhow (can|may|could) (i|we) (help|assist)( you)?( today)?\s*([?!.]|$)
"""
TIED = r"\byou (have )?(requested|asked|reported|wrote|called)\b|\byour (request|question|case|call|report)\b"
