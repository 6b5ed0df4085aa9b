"""The first pass over a file of candidates: is it whole, how many rows has it, which ids and customers does it repeat?

A Parquet file's footer is checked against its bytes, and only ids and customers are read, unless all of it is to be
read now (`whole`): where decisions become durable one after the other, a damaged page must be found before the first.
"""

from dataclasses import dataclass, field
from pathlib import Path

from model.errors import InvalidInput
from serving.candidates.files import CandidateFile, check_text
from serving.columnar.firsts import Firsts, Suspects
from serving.columnar.repeats import HELD, Repeated, Repeats

IDS, USERS = "candidate_id", "user.id"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scan:
    """What the first pass found. Pickles small: what is large stays in files of the folder that `scan` was given.

    `sha256` is that of the file's bytes. `firsts.of(numbers)` names, for each row, the earlier row whose candidate id
    it repeats (0: none), exactly. `repeated_users.among(column)` tells which cells name a customer who may stand in
    several rows: everyone who does, and a few who do not.
    """

    rows: int
    sha256: str
    firsts: Firsts = field(default_factory=Firsts)
    repeated_users: Repeated = field(default_factory=Repeated)


def scan(file: CandidateFile, folder: Path, *, whole: bool = False, customers: bool = True, held: int = HELD) -> Scan:
    """Read the file once, or, where ids may repeat, the ids twice; `folder` holds what memory shall not.

    The folder must be there and stay as long as the `Scan` is used; the caller removes it. `held` texts of a column
    are kept in memory at most, before they go to the folder. Without `customers` nobody asks which users repeat.

    Raises:
        InvalidInput: it cannot be read to its end, or has no rows.
        Unavailable: the folder cannot be written.
    """
    before = file.stamp()
    if file.csv:
        check_text(file.path)
    else:
        file.check_extents()
    ids, users = Repeats(folder, "ids", held=held), Repeats(folder, "users", held=held)
    rows = 0
    for block in file.blocks(None if whole or file.csv else (IDS, USERS)):
        rows += len(block.numbers) + len(block.malformed)
        ids.add(block.batch.column(IDS))
        if customers:
            users.add(block.batch.column(USERS))
    if not rows:
        raise InvalidInput(f"`{file.path}` has no rows; give a file with a candidate on each")
    firsts = _firsts(file, folder, ids.finish(), held)
    digest = file.sha256()
    if file.stamp() != before:
        raise InvalidInput(f"`{file.path}` changed while it was read; decide a copy that nobody writes to")
    return Scan(rows=rows, sha256=digest, firsts=firsts, repeated_users=users.finish())


def _firsts(file: CandidateFile, folder: Path, may_repeat: Repeated, held: int) -> Firsts:
    """Read the ids that may repeat once more, and compare their texts."""
    if not may_repeat:
        return Firsts()
    suspects = Suspects(folder, may_repeat, held=held)
    for block in file.blocks(None if file.csv else (IDS,)):
        suspects.add(block.batch.column(IDS), block.numbers)
    return suspects.finish()
