"""What learning can say no with.

    OutreachError
    ├── InvalidInput     the user's file, row, column or setting is wrong        (exit 2)
    │   ├── InvalidTable     the training table or its roles
    │   ├── InvalidArtefact  a model folder that cannot be trusted
    │   └── Unanswerable     a question about an evaluation policy that the log cannot answer
    └── Unavailable      something outside is away; trying again may help        (exit 1)

Every message says problem, value, place and next step, in one line.
"""


class OutreachError(Exception):
    """The base of every error that this project raises on purpose."""


class InvalidInput(OutreachError):  # noqa: N818  (reads as what it is; the tree above is the vocabulary)
    """The user's input is wrong; the message says where and what to do."""


class InvalidTable(InvalidInput):
    """The training table or its roles cannot be used."""


class InvalidArtefact(InvalidInput):
    """A model folder failed verification; nothing of it is used."""


class Unanswerable(InvalidInput):
    """The log holds too little of what the evaluation policy would do; the message names the part."""


class Unavailable(OutreachError):  # noqa: N818  (as above)
    """Something outside (registry, ledger, disk) is away; nothing was half-done."""


def one_line(error: object) -> str:
    """Return what an error says, on one line: what others wrote into it starts no line of its own."""
    return " ".join(str(error).split())
