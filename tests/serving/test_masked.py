import pytest

from serving.masked import masked_address


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://db/ledger", "postgresql://db/ledger"),
        ("postgresql://ann@db/ledger", "postgresql://ann@db/ledger"),
        ("postgresql://ann:hush@db:5432/ledger?sslmode=require", "postgresql://ann:***@db:5432/ledger?sslmode=require"),
        ("postgresql://ann:h@u:s/h@db/ledger", "postgresql://ann:***@db/ledger"),
        ("postgresql://db/ledger?user=ann&password=hush", "postgresql://db/ledger?user=ann&password=***"),
        (
            "postgresql://db/ledger?PASSWORD=hush&sslpassword=hush",
            "postgresql://db/ledger?PASSWORD=***&sslpassword=***",
        ),
        ("host=db password=hush dbname=ledger", "host=db password=*** dbname=ledger"),
        ("sqlite:///outreach.db", "sqlite:///outreach.db"),
        ("models:/outreach@champion", "models:/outreach@champion"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_its_passwords(address: str, shown: str) -> None:
    """Wherever in it they stand, and whether or not somebody encoded them."""
    assert masked_address(address) == shown
