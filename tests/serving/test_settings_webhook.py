"""`webhook_url` and `webhook_secret`: both or none, checked when they are read, and never shown."""

from pathlib import Path

import pytest

from model.errors import InvalidInput
from serving.settings import Settings, load_settings

URL = "https://hooks.example/in?token=hush"
SECRET = "whsec_aHVzaCBodXNoIGh1c2ggaHVzaCBodXNoIQ=="


def test_by_default_offers_wait_to_be_asked_for() -> None:
    """Neither is set."""
    settings = load_settings(environ={})
    assert (settings.webhook_url, settings.webhook_secret) == (None, None)


@pytest.mark.parametrize("place", ["file", "environment", "both"])
def test_a_webhook_is_set_in_either_place(tmp_path: Path, place: str) -> None:
    """Or the address in one and the secret in the other, which is how it should be."""
    in_file = {"file": f'webhook_url = "{URL}"\nwebhook_secret = "{SECRET}"', "both": f'webhook_url = "{URL}"'}
    path = tmp_path / "outreach.toml"
    path.write_text(in_file.get(place, ""))
    environ = {} if place == "file" else {"OUTREACH_WEBHOOK_SECRET": SECRET}
    environ |= {"OUTREACH_WEBHOOK_URL": URL} if place == "environment" else {}
    settings = load_settings(path, environ=environ)
    assert (settings.webhook_url, settings.webhook_secret) == (URL, SECRET)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"OUTREACH_WEBHOOK_URL": URL}, "`OUTREACH_WEBHOOK_URL`: `webhook_url` needs `webhook_secret` as well"),
        ({"OUTREACH_WEBHOOK_SECRET": SECRET}, "`webhook_secret` needs `webhook_url` as well; give both or none"),
        ({"OUTREACH_WEBHOOK_URL": "http://h/hush", "OUTREACH_WEBHOOK_SECRET": SECRET}, "`webhook_url`: offers say who"),
        (
            {"OUTREACH_WEBHOOK_URL": URL, "OUTREACH_WEBHOOK_SECRET": "hush"},
            "`webhook_secret`: secret 1 must be `whsec_`",
        ),
        ({"OUTREACH_WEBHOOK_URL": " ", "OUTREACH_WEBHOOK_SECRET": SECRET}, "`webhook_url` must be a text that is not"),
    ],
    ids=["no secret", "no address", "no https", "no secret of this kind", "an empty address"],
)
def test_a_webhook_that_cannot_be_used_is_refused(environ: dict[str, str], words: str) -> None:
    """In one line, with its place; what was given is not repeated."""
    with pytest.raises(InvalidInput) as refused:
        load_settings(environ=environ)
    said = str(refused.value)
    assert (words in said, "hush" in said, SECRET[6:] in said, "\n" in said) == (True, False, False, False)


def test_neither_secret_nor_token_is_shown() -> None:
    """The secret is masked as a whole, of the address what follows its `?`."""
    settings = Settings(webhook_url=URL, webhook_secret=f"{SECRET} {SECRET}")
    shown = repr(settings) + str(settings) + str(settings.masked())
    assert (SECRET[6:] in shown, "hush" in shown, "whsec_" in shown) == (False, False, False)
    assert (settings.masked()["webhook_url"], settings.masked()["webhook_secret"]) == (
        "https://hooks.example/in?***",
        "***",
    )


def test_what_is_not_set_is_shown_as_such() -> None:
    """Nobody has to guess whether there is a secret."""
    masked = Settings().masked()
    assert (masked["webhook_url"], masked["webhook_secret"]) == (None, None)


def test_workers_get_both() -> None:
    """A process that reads the environment gets the very same settings."""
    settings = Settings(webhook_url=URL, webhook_secret=f"{SECRET} {SECRET}")
    assert load_settings(environ=settings.environment()) == settings
