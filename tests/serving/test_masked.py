"""Addresses are shown without what is secret in them, whatever was mistyped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import OutreachError
from serving.ledger.opening import path_of
from serving.masked import masked_address, said_of
from serving.settings import Settings, load_settings

CANARY = "s3cr3t"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://db/ledger", "postgresql://db/ledger"),
        ("postgresql://ann@db/ledger", "postgresql://ann@db/ledger"),
        ("postgresql://ann:hush@db:5432/ledger?sslmode=require", "postgresql://ann:***@db:5432/ledger?sslmode=require"),
        ("postgresql://ann:hush?x@127.0.0.1:1/db", "postgresql://ann:***@127.0.0.1:1/db"),
        ("postgresql://ann:hush#x@[::1]:1,db-2/l", "postgresql://ann:***@[::1]:1,db-2/l"),
        ("postgresql:///ledger?host=/var/run&port=5", "postgresql:///ledger?host=/var/run&port=5"),
        ("postgresql://db/ledger?user=ann&password=hush", "postgresql://db/ledger?user=ann&***"),
        ("postgresql://db/l?p%61ssword=hush&sslmode=require&x=y", "postgresql://db/l?sslmode=require&***"),
        ("postgresql://db/ledger?sslmode=hush", "postgresql://db/ledger?***"),
        ("postgresql://ann:h@u:s/h@db/ledger", "postgresql://***"),
        ("postgresql://ann:h@ush@db/ledger", "postgresql://***"),
        ("postgresql:/ann:hush@db/ledger", "postgresql://***"),
        ("POSTGRESQL://ann:hush@db/ledger", "postgresql://***"),
        ("postgresql+psycopg://ann:hush@db/ledger", "postgresql://***"),
        ("https://me:hush@flow/a?token=hush", "https://me:***@flow/a?***"),
        ("ann:hush@db/ledger", "***"),
        ("sqlite://u:hush/@db", "***"),
        ("host=db password=hush dbname=ledger", "***"),
        ("sqlite:///outreach.db", "sqlite:///outreach.db"),
        ("sqlite:////data/my ledger@home.db", "sqlite:////data/my ledger@home.db"),
        ("models:/outreach@champion", "models:/outreach@champion"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_its_passwords(address: str, shown: str) -> None:
    """Wherever in it they stand, and whether or not somebody encoded them."""
    assert masked_address(address) == shown


@pytest.mark.parametrize(
    ("address", "said", "line"),
    [
        ("postgresql://ann:hush@db/l", 'no user\n "ann"', 'no user "ann"'),
        ("postgresql://ann:hush@db/l", "is hush wrong", None),
        ("postgresql://ann:hu%73h@db/l", "is hush wrong", None),
        ("postgresql://db/l?options=-cfoo%3Dhush", "foo has no `hush`", None),
        ("postgresql://ann:h@ush@db/l", "no user", None),
    ],
)
def test_what_is_said_of_an_address_tells_no_password(address: str, said: str, line: str | None) -> None:
    """On one line where nothing of what is hidden stands in it; of an address that is not certain nothing is said."""
    assert said_of(address, said) == line


SIGNS = st.text(alphabet="ab1:/?#@&=%;, '\\[]\n", max_size=5)
SECRETS = st.builds("{0}{1}{2}".format, SIGNS, st.just(CANARY), SIGNS)
FORMS = (
    *("postgresql://u:{}@127.0.0.1:1/db", "postgres://u:{}@h1:1,h2:2/db?sslmode=require", "postgresql://:{}@h"),
    *("postgresql:/u:{}@h/db", "postgresql:u:{}@h/db", "postgresql//u:{}@h/db", "POSTGRESQL://u:{}@h/db"),
    *("postgresql+psycopg://u:{}@h/db", "postgre://u:{}@h/db", "mysql://u:{}@h/db", " postgresql://u:{}@h/db"),
    *("postgresql://h/db?user=u&password={}", "postgresql://h/db?p%61ssword={}", "postgresql://h?passfile={}&user=u"),
    *("postgresql://h/db?oauth_client_secret={}", "postgresql://h/db?password=a;b {}", "postgresql://h/db?options={}"),
    *("postgresql://h/db?sslpassword={}&bogus=1", "postgresql://h/db?sslmode={}", "postgresql://h:1x{}/db"),
    *("host=127.0.0.1 user=u password={}", "password = '{}' host=h", "u:{}@h/db", "sqlite://u:{}@h/db"),
    *("postgresql://u:{}@[::1/db", "https://u:{}@h/a", "https://h/a?x={}", "sqlite:///u:{}@h/db"),
)


def texts(address: str) -> str:
    """Return all that is said of an address without anybody connecting."""
    shown = [masked_address(address), repr(Settings(ledger=address)), str(Settings(ledger=address).masked())]
    for refuses in (lambda: load_settings(flags={"ledger": address}, environ={}), lambda: path_of(address)):
        try:
            shown.append(repr(refuses()))
        except OutreachError as error:
            shown.append(f"{error} {error!r}")
    return " ".join(shown)


@given(st.sampled_from(FORMS), SECRETS)
def test_a_canary_is_never_shown(form: str, secret: str) -> None:
    """A password of any signs, in any place where one can stand, in addresses right and wrong."""
    assert CANARY in form.format(secret)
    assert CANARY not in texts(form.format(secret))


@given(st.sampled_from([form for form in FORMS if "x{}" not in form]), SECRETS)
def test_what_is_said_of_a_canary_is_not_repeated(form: str, secret: str) -> None:
    """Where libpq, or the server, names the password, its sentence is left out."""
    assert CANARY not in (said_of(form.format(secret), f"invalid value `{secret}`") or "")
