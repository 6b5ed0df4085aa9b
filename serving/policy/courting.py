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
        words="referrals",
        lines=r"""
refer invite tell bring: \b(refer|invite|tell|bring) (a|your|some) friends?\b
referral: \breferral (codes?|links?|bonus|rewards?|program\w{0,3}|scheme|offers?|discounts?|credits?|fees?)\b
referral: \b(each|every|per|successful|for (a|your)|from your) referral\b(?! to\b)
""",
    ),
    Rule(
        "community",
        source=_META,
        suggestion="leave out what others did",
        lines=r"""
friend friends: \byour friend\b.{0,60}\bjoined\b
""",
    ),
    Rule(
        "survey",
        source=_DECIDED,
        suggestion="ask only what is needed to help: “reply if something is wrong”",
        words="surveys questionnaire questionnaires",
        lines=r"""
rate review: \b(rate|review) (us|our|this|your (experience|visit|stay|order|purchase|driver|delivery))\b
rate: (?<!interest )(?<!heart )(?<!exchange )(?<!the )\brate your\b
review rating stars: \bleave (us )?an? (\w{1,12} )?(review|rating)\b|\b\d stars\b
review rating stars: \bgive (us|it) .{0,20}\b(rating|stars)\b
feedback opinion: \b(share|give|send|leave|love|value|hear|want) (us )?(your|some|any) (\w{1,9} )?(feedback|opinion)
feedback opinion thoughts: \byour (feedback|opinion|thoughts) (matters?|counts?|helps?)\b|\bshare your thoughts\b
experience: \b(share|tell us about) your experience\b|\bhow was your (experience|visit|stay|order|delivery)\b
think did likely: \bwhat (do|did) you think\b|\bhow did we do\b|\bhow likely are you\b
think: \bwhat you think\b(?! (is|was|are|were|went|goes|happened|caused|we should|the|of it as)\b)
recommend: \brecommend us\b|\bwould you recommend\b|\brecommend our (shop|store|app|service|company|products?)\b
survey: (?<!land )(?<!site )(?<!property )(?<!building )(?<!boundary )\bsurvey\b(?! of (your|the) <place>\b)
""",
    ),
    Rule(
        "greeting",
        source=_META,
        suggestion="nothing: a greeting is no service",
        words="diwali xmas",
        lines=r"""
happy merry greetings: \bhappy\W{1,4}(anniversary|holidays?|new year|easter|christmas|thanksgiving)\b
happy merry greetings: \bmerry christmas\b
greetings celebrate wish: \bseason'?s greetings\b|\bcelebrat(e|ing) (with|our|your)\b|\bwish you (the best|a |all the)
birthday: \bbirthday\b(?! <thing>( (order|booking|reservation|delivery))? (is|are|was|were|has|have|will|for|on|at)\b)
""",
    ),
    Rule(
        "consent_fishing",
        source=_CONSENT,
        suggestion="nothing: consent is given where the customer looks for it",
        words="newsletters",
        lines=r"""
subscribe: (?<!un)(?<!un[- ])\bsubscribe\b
sign: (?<!your )(?<!the )(?<!our )(?<!a )\bsign up (for|to|now|today)\b
opt: \bopt[- ]?in (to|now|for|today|and)\b|\bwould you like to opt\b
notifications: \b(allow|enable|turn on|switch on) (push |our )?notifications\b
touch follow: \bstay in touch\b|\bfollow us\b
want like love receive hear: \b(want|like|love) to (receive|hear|get) (more|news|updates|offers|from|about)\b
join: \bjoin (us|our|now|today|thousands)\b
consent contact: \bconsent to\b|\b(can|may) we (contact|message|call|text|email) you (about|with|in future)
newsletter: (?<!unsubscribed from our )(?<!unsubscribed from the )\bnewsletter\b(?! (unsubscri|cancell?))
""",
    ),
    Rule(
        "donation_asked",
        source=_FUND,
        suggestion="thank for what was given, and ask for nothing",
        lines=r"""
donation: (?<!blood )(?<!plasma )(?<!platelet )(?<!organ )(?<!stem cell )\bdonation\b
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
""",
    ),
)
TIED = r"\byou (have )?(requested|asked|reported|wrote|called)\b|\byour (request|question|case|call|report)\b"
