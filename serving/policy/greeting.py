"""Texts that take their reader for a newcomer: said to a returning customer, they show that nobody looked.

Example:
    >>> greets_newcomer("First time here? Ask us."), greets_newcomer("Your first visit to Dr Lee is on Friday.")
    (True, False)
"""

import re

from serving.policy.letters import normalised

GREETING = r"""
\bfirst[- ]time (here|visiting|shopping|using|with us|(on|in|at) (our|this))\b
\bfirst[- ]time (visitors?|customers?|users?|guests?|buyers?)\b
\b(is this|this is|it is|it's|this looks like|seems like|making) your (very )?first (visit|time)\b
\byour first (visit|time) (here|with us|(to|on|in|at) (our|this) (site|website|web site|shop|store|page|app))\b
\bnew (around )?here\s*([?!.,;:]|$)
\b(you are|you're|are you|if you are|if you're) new (here|around|to (us|our|this))\b
\bnew to (us|our|this) ?(site|website|web site|shop|store|page|app|service)?\s*\?
\b(have not|haven't) (been here|visited( us)?|shopped (here|with us)) (before|yet)\b
\bwelcome[,!]? (newcomer|new (customer|visitor|member|user)|aboard)\b
\bwelcome on ?board\b
\bwelcome to the family\b
(?<!you are )(?<!you're )\bwelcome to (our|this) (new |online |web )?(shop|store|site|website|app)\b
\bthank(s| you)( so much| very much)? for joining( us)?( here)?\s*([.!?,;:]|$)
\bthank(s| you)( so much| very much)? for joining (our|the) (family|community|club|shop|store|site|website|app)\b
\bthank(s| you)( so much| very much)? for (placing |making )?your (very )?first (order|purchase|booking|visit)\b
\b(glad|happy|pleased|delighted)( that)? you('ve| have)? found us\b
\b(nice|good|great) to meet you\b
"""
_GREETING = re.compile("|".join(GREETING.split("\n")[1:-1]))
_CLUES = ("first", "new", "before", "yet", "welcome", "joining", "found", "meet")  # one is in each


def greets_newcomer(text: str) -> bool:
    """Whether the text takes its reader for a newcomer; read as `serving.policy.letters` reads it."""
    if text.isascii():
        small = text.lower()
        if not any(clue in small for clue in _CLUES):
            return False
    return _GREETING.search(normalised(text)) is not None
