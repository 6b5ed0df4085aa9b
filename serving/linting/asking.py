"""What a sentence asks of its reader: a question or an imperative, in plain English.

An imperative is a verb of `VERBS` where a clause begins: at its start, after a full stop (“by 5 p.m. Reply …” is one
sentence here), a comma, a colon, `please`, `and` or `or`, or after `you can`, `you may` and the like.

Example:
    >>> asks("If that is too late, reply."), asks("We will call you."), asks_for_reply("Reply STOP to opt out.")
    (True, False, False)
"""

import re
from collections.abc import Iterator

from serving.policy.sentences import spans

_VERBS = """accept add agree allow answer appeal apply approve arrange ask attach authorise authorize block book bring
call cancel change charge check choose click close collect come complete confirm connect contact correct decide describe
disconnect download drive drop e-mail email end enter explain fetch fill find finish follow get give go have hold
inform install keep leave let lock log look make message move name note open pay phone pick plug post prepare press
print provide put quote read rebook recharge refer reject remove renew reorder replace reply report request
reschedule reset respond restart return review ring save say scan see select send set show sign speak start stay
stop store submit swap switch take talk tap tell text touch track transfer try turn type uninstall unlock update
upload use verify view visit wait wash watch wear withdraw write"""
VERBS = frozenset(_VERBS.split())
_REPLYING = "answer call choose confirm contact e-mail email message phone reply respond ring tell text write"
REPLYING = frozenset(_REPLYING.split())
LINE = re.compile(r"[^\n]+")
_BEGINS = re.compile(
    r"""(?:^|[,;:(–—]|[.!?]\s|\s-\s|\b(?:please|and|or|then|just|simply|to\s(?:do\sso|answer|help)
    |you\s(?:can|may|could|need\sto|must|should|only\shave\sto))\b)
    [\s\W]{0,6}(?:(?:please|kindly|simply|just|also)\s+)?(?=([a-z]+(?:-[a-z]+)?))""",
    re.IGNORECASE | re.VERBOSE,
)
_FOOTER = re.compile(
    r"\b(?:reply|text|send|write|call)\s+(?:with\s+)?[\"'“]?(?:STOP|HELP|END|QUIT|CANCEL|UNSUBSCRIBE|OPT\s?OUT)\b"
    r"|\b(?:opt\s?out|unsubscribe)\b|\bdo(?:n['’]t|\snot)\s+(?:reply|answer|respond)\b"
)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each sentence of a text begins and ends; it ends with its line, one without a letter is none."""
    for line in LINE.finditer(text):
        for start, end in spans(line[0]):
            said = line[0][start:end]
            if any(sign.isalpha() for sign in said):
                yield line.start() + end - len(said.lstrip()), line.start() + start + len(said.rstrip())


def asks(text: str) -> bool:
    """Whether a text asks something, or says what to do."""
    return "?" in text or bool(VERBS & _begun(text))


def asks_for_reply(text: str) -> bool:
    """Whether a sentence wants an answer; how to opt out, and that nobody reads answers, is a footer."""
    if _FOOTER.search(text):
        return False
    return text.rstrip().endswith("?") or bool(REPLYING & _begun(text)) or "let us know" in text.casefold()


def _begun(text: str) -> set[str]:
    """Return the words with which clauses begin."""
    return {match[1].casefold() for match in _BEGINS.finditer(text)}
