"""What asks for ratings, consent or company, and what is said to anybody: more rules of `serving.policy.wording`."""

from serving.policy.phrasing import GENERIC as SAID_TO_ANYBODY
from serving.policy.phrasing import Rule

_ICO = "ICO, direct marketing guidance: a service message neither advertises nor promotes"
_META = "Meta, template categories: what is not specific to the user or asked for by them is marketing"
_CONSENT = "ICO, direct marketing guidance: a message that asks for consent to marketing is marketing"
_FUND = "ICO, direct marketing guidance: fundraising is direct marketing"
_DECIDED = "CONTRACT section 5, decided: surveys are not service"

COURTING: tuple[Rule, ...] = (
    Rule(
        "referral",
        source=_ICO,
        suggestion="leave it out: customers recommend by themselves",
        lines=r"""
refer invite tell bring: \b(refer|invite|tell|bring) (a|your|some) friends?\b
referral: \breferral (codes?|links?|bonus|rewards?|program\w{0,3}|scheme|offers?|discounts?|credits?|fees?)\b
referrals: \b(send|share|earn|more|successful|get|paid) (us |me |your |any |new |all |for |from )?referrals\b(?! (to|from|by)\b)|\b(bonus|reward|points|credit|cash) (for|from) (\w{1,12} )?referrals\b|\breferrals (earn|pay|get)\b
referral: \b(each|every|per|successful|for (a|your)|from your) referral\b(?! to\b)
""",
        hints=r"""
referrals: \breferrals\b
""",
    ),
    Rule(
        "community",
        source=_META,
        suggestion="leave out what others did",
        lines=r"""
friend: \byour friend\b.{0,60}\bjoined\b
connect people: \bwants to connect\b|\bpeople you may know\b
trusted: \btrusted by (over |more than )?\d
join: \bjoin the (community|club|family|movement)\b
hiring: \bwe('re| are) (growing and )?hiring\b
""",
        hints=r"""
join: \bjoin the (team|waitlist|list)\b
""",
    ),
    Rule(
        "survey",
        source=_DECIDED,
        suggestion="ask only what is needed to help: “reply if something is wrong”",
        lines=r"""
rate review: \b(rate (us|our|this|your (experience|visit|stay|order|purchase|driver|delivery))|review (us|our (shop|store|service|app|work|product)|your (experience|visit|stay|purchase)))\b
rate: \brate(?<!interest rate)(?<!heart rate)(?<!exchange rate)(?<!the rate) your\b
review rating stars: \bleave (us )?an? (\w{1,12} )?(review|rating)\b|\b\d stars\b
rating stars: \bgive (us|it) .{0,20}\b(rating|stars)\b
feedback opinion: \b(share|give|send|leave|love|hear|want) (us )?(your|some|any) (\w{1,9} )?(feedback|opinion)
feedback opinion thoughts: \byour (feedback|opinion|thoughts) (matters?|counts?|helps?)\b|\bshare your thoughts\b
experience: \b(share|tell us about) your experience\b
how: \bhow was your (experience|visit|stay|order|delivery)\b
think did likely: \bwhat (do|did) you think\b|\bhow did we do\b|\bhow likely are you\b
think: \bwhat you think\b(?! (is|was|are|were|went|goes|happened|caused|we should|the|of it as)\b)
recommend: \brecommend us\b|\bwould you recommend\b|\brecommend our (shop|store|app|service|company|products?)\b
review rating survey: \b(quick|google|short|honest|trustpilot|online|brief) (google )?(review|rating|survey)\b|\breview (link|us|here)\b|\b(write|share|post|drop|leave) (us )?an? (\w{1,10} )?(review|rating)\b
rate: \brate (us|this|our|it)\b
liking enjoying finding going working: \bhow (are|is|'s) (you|it|everything|things) (liking|enjoying|finding|going with|working out)\b
how: \bhow (was|were|did you (like|find|enjoy)) (your|the|our|everything)\b[^.!?]{0,40}\?
feedback: \b(share|give|leave|provide|send) (us )?(your |some |any |quick |honest )?feedback\b
love: \b(we'?d|we would) love (a|to hear|your|to know)\b(?! (from you (about|if) (the|your) (problem|issue|complaint)))
survey quiz poll: \b\d{1,2}[- ](second|minute|question) (survey|quiz|poll)\b
survey: \b(short|quick|brief|take|complete|fill|our|a|this|online|satisfaction|feedback|customer|\d[- ](minute|question)) (\w{1,14} )?survey\b(?! (of|on) (your|the))
surveys: \b(take|taking|complete|answer|fill in|our|short|quick|brief|online|satisfaction|feedback|customer|paid|more) (our |your |some |these |the )?(\w{1,12} )?surveys\b(?! (of|on) (your|the|plots?|land))
""",
        hints=r"""
questionnaire questionnaires: \bquestionnaires?\b
surveys: \bsurveys\b(?! of (your|the) <place>)
survey: \bsurvey(?<!land survey)(?<!site survey)(?<!property survey)(?<!building survey)(?<!boundary survey)\b(?! of (your|the) <place>\b)
""",
    ),
    Rule(
        "greeting",
        source=_META,
        suggestion="nothing: a greeting is no service",
        lines=r"""
happy: \bhappy\W{1,4}(anniversary|holidays?|new year|easter|christmas|thanksgiving)\b
merry: \bmerry christmas\b
greetings celebrate celebrating: \bseason'?s greetings\b|\bcelebrat(e|ing) (with|our|your)\b
birthday: \bbirthday\b(?! <thing>( (order|booking|reservation|delivery))? (is|are|was|were|has|have|will|for|on|at)\b)
wishes wishing wish: \bwish(es|ing)? you [^.!?]{0,40}\b(happy|merry|year|birthday|festive|season|diwali|eid|holidays?|christmas|anniversary|the best|all the best|prosper\w+)\b
diwali eid christmas ramadan holi easter thanksgiving valentine valentines: \b(diwali|eid|christmas|ramadan|holi|easter|thanksgiving|valentine'?s?)( day)? (greetings|wishes|offers?|specials?|sale|gifts?|treats?|collection|celebrations?|mubarak|dhamaka|bonanza)\b
happy: \bhappy (birthday|diwali|eid|holi|ramadan|valentine|mother|father|festive|friday|weekend)
""",
        hints=r"""
diwali: \bdiwali\b
""",
    ),
    Rule(
        "consent_fishing",
        source=_CONSENT,
        suggestion="nothing: consent is given where the customer looks for it",
        lines=r"""
subscribe: \bsubscribe(?<!un[- ]subscribe)(?<!re[- ]subscribe)(?<!start to subscribe) (now|today|here|to (our|the|get|receive|unlock|continue|keep)|and|for|below)|\bplease subscribe\b
sign: \bsign(?<!your sign)(?<!the sign)(?<!our sign)(?<!a sign) up (for|to|now|today)\b
notifications: \b(allow|enable|turn on|switch on) (push |our )?notifications (so|to (never|stay|get|not|be|receive|hear)|and (get|never|be|stay)|now|today|for (deals|offers|news|our))\b
touch follow: \bstay in touch\b|\bfollow us\b
want like love receive hear: \b(want|like|love) to (receive|hear|get) (more (news|offers|from)|news|updates from|offers|from us|about (our|new))\b
stay: \bstay (connected|tuned|updated|in the loop|in touch|up to date with our)\b
first: \b(be|be among) the first to (know|hear|see|try|get|shop)\b
occasional: \boccasional (offers|updates|news|promotions)\b
social: \b(us|our|me|connected|updates) (up )?on social media\b
socials instagram facebook tiktok linkedin: \b((find|like|join|connect with|visit|tag|see) us|connected) on (socials|instagram|facebook|tiktok|linkedin)\b
offers: \b(receive|get|for|with|about|send you) (our |the |exclusive |special |latest |occasional |news and |updates and )+offers\b
newsletter: \b(join|read|get|subscribe to|sign up (for|to)|this month's) (the |our |to )?(\w{1,12} )?newsletter\b(?! (unsubscri|cancell?|anymore|any more))
join: \bjoin (us (for|on|at|in|today|now|this|as)|today|thousands|over)\b
opt optin: \bopt[- ]?in (to|for|today|and) (receive|get|our|hear|exclusive|news|offers|updates|stay|earn|save)|\bopt in now\b|\bwould you like to opt\b
message call text email send: \b(can|may) we (message|call|text|email|send) you (in future|news|offers|occasional|(about|with) (our|news|offers)|our (latest|news|offers|catalogue|brochure))\b
contact: \b(can|may) we contact you (about|with|in future|our|news|offers|occasional)
""",
        hints=r"""
notifications: \b(allow|enable|turn on|switch on) (push |our )?notifications\b
newsletter: \bnewsletter(?<!unsubscribed from our newsletter)(?<!unsubscribed from the newsletter)\b(?! (unsubscri|cancell?))
join: \bjoin (us|our|now|today|thousands)\b
opt optin: \bopt[- ]?in (to|now|for|today|and)\b|\bwould you like to opt\b
consent contact: \bconsent to\b|\b(can|may) we contact you (about|with|in future)
""",
    ),
    Rule(
        "donation_asked",
        source=_FUND,
        suggestion="thank for what was given, and ask for nothing",
        lines=r"""
donation donations donate: \b(make|making|give|send|your) (a |an )?(\w{1,12} )?donation (today|now|could|can|will|helps?|of any|makes|saves)|\b(make|making|consider) a (\w{1,12} )?donation\b|\bneed(s|ed)? (your )?donations?\b|\bdonate\b[^.!?]{0,30}\b(today|now|here|help|support)\b
""",
        hints=r"""
donation: \bdonation(?<!blood donation)(?<!plasma donation)(?<!platelet donation)(?<!organ donation)(?<!stem cell donation)\b
""",
    ),
)

GENERIC: tuple[Rule, ...] = (
    Rule(
        "said_to_anybody",
        source=_META,
        suggestion="say what happened to this customer, and what they can do",
        code=SAID_TO_ANYBODY,
        lines=r"""
help assist: (?<!how )\b(can|could|may) (i|we) (help|assist)( you)?( with (any|some)thing)?( today| now)?\s*([?!.]|$)
help assist: <unspecific>\b(i'm|i am|we're|we are) here to (help|assist)\s*([?!.]|$)
reach reaching: \breach out if (i|we) can\b|\bjust reaching out( to (say|see how|check in)\b|\s*([.!?]|$))
wanted touch: \bwanted to (say (hi|hello|hey)|check in|touch base|reach out|see how)\b|\btouch base\b
know: \bdid you know\b
hope: \bhope (you('re| are)|all is|everything is) (well|doing|good|going)\b
how: \bhow are you( doing)?( today)?\s*[?!.]|\bhow('s| is) (it|everything)( going)?\s*[?!.]
hi hello hey: ^\W{0,3}(hi|hello|hey)( there)?\W{0,3}$
anything: ^[^#\d]{0,60}\bif you need anything\b[^#\d]{0,40}$
help assistance: <unspecific>\b(need|want|looking for) (any |some |a little )?(help|assistance)\s*\?
hand: <unspecific>\bneed a hand\s*\?
need: <unspecific>\bhere if you need (anything|help|us|me|assistance)\s*([?!.]|$)
questions: <unspecific>\bany questions\s*\?
everything: <unspecific>\bis everything (ok|okay|alright|fine)\s*\?
""",
    ),
)

# Generic only where nothing in the text ties the offer to something that the customer asked for.
UNTIED: tuple[Rule, ...] = (
    Rule(
        "untied_offer",
        source=_META,
        suggestion="say which request of theirs this is about",
        code=SAID_TO_ANYBODY,
        lines=r"""
help assist: \bhow (can|may|could) (i|we) (help|assist)( you)?( today)?\s*([?!.]|$)
checking touching: \b(just|only|simply|quickly|been) (quickly )?checking (in|up)\b(?! (for|at) (your|the))|\bchecking (in|up) (on|with) (you|how you)\b|\bchecking in to see\b|^\W{0,3}checking in\b|\btouching base\b
""",
    ),
)
TIED = r"\byou (have )?(requested|asked|reported|wrote|called)\b|\byour (request|question|case|call|report)\b"
