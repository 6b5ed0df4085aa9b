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
\b(nice|good|great) to meet you\b
"""
_GREETING = re.compile("|".join(GREETING.split("\n")[1:-1]))
_CLUES = ("first", "new", "before", "yet", "aboard", "meet")  # one of them stands in whatever is found


def greets_newcomer(text: str) -> bool:
    """Whether the text takes its reader for a newcomer; read as `serving.policy.letters` reads it."""
    if text.isascii():
        small = text.lower()
        if not any(clue in small for clue in _CLUES):
            return False
    return _GREETING.search(normalised(text)) is not None
