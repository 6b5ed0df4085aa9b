"""Who did something, and why: words that say something, for what is recorded is shown to others later.

Example:
    >>> says_something("anna"), says_something("the strike is over"), says_something(" – "), says_something("\u200b")
    (True, True, False, False)
"""

UNSEEN = frozenset("\u115f\u1160\u3164\uffa0")  # the fillers of Hangul: letters by their class, and blank


def says_something(words: str) -> bool:
    """Return whether there is a letter or a digit of any script that can be seen."""
    return any(sign.isalnum() and sign not in UNSEEN for sign in words)
