from pathlib import Path
from types import MappingProxyType

import pytest

from model.contracts import JSON, Shares
from model.errors import InvalidInput
from serving.settings import Settings, load_settings

FILE = """
ledger = "sqlite:///from-file.db"
port = 9001
shares = { model = 0.85, policy_only = 0.05, holdout = 0.1 }

[limits]
contacts_24h = 1
"""


def written(folder: Path, text: str) -> Path:
    """Write a settings file and return its path."""
    path = folder / "outreach.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_are_those_of_the_contract() -> None:
    """Without file, environment and flags the settings are what CONTRACT section 8 says."""
    actual = load_settings(environ={})

    assert actual == Settings(
        ledger="sqlite:///outreach.db",
        port=8080,
        host="127.0.0.1",
        shares=Shares(model=0.93, policy_only=0.02, holdout=0.05),
    )


def test_file_then_environment_then_flags(tmp_path: Path) -> None:
    """The later source wins, key by key."""
    settings = load_settings(
        written(tmp_path, FILE),
        environ={"OUTREACH_PORT": "9002", "OUTREACH_HOST": "0.0.0.0", "HOME": "/"},  # noqa: S104  (a value, not bound)
        flags={"port": 9003, "model": None},
    )

    actual = (settings.ledger, settings.host, settings.port, settings.model, settings.shares.holdout, settings.limits)

    assert actual == ("sqlite:///from-file.db", "0.0.0.0", 9003, None, 0.1, {"contacts_24h": 1})  # noqa: S104  (as above)


@pytest.mark.parametrize(
    "text", ["{ model = 0.85, policy_only = 0.05, holdout = 0.1 }", '{"model":0.85,"policy_only":0.05,"holdout":0.1}']
)
def test_a_table_in_the_environment_is_toml_or_json(text: str) -> None:
    """Both ways of writing a table into one variable give the same shares."""
    actual = load_settings(environ={"OUTREACH_SHARES": text}).shares

    assert actual == Shares(model=0.85, policy_only=0.05, holdout=0.1)


REFUSED = {
    "unknown key": ('ledgr = "x"', "`ledgr`; did you mean `ledger`?"),
    "unknown share": ("shares = { modell = 1.0 }", "`modell`; did you mean `model`?"),
    "nothing alike": ("zzzzzz = 1", "known are ledger"),
    "not toml": ("ledger = ", "is not TOML"),
    "port as text": ('port = "80"', "whole number from 0 to 65535"),
    "port too large": ("port = 70000", "whole number from 0 to 65535"),
    "port as truth": ("port = true", "whole number"),
    "no workers": ("workers = 0", "whole number from 1 to 64"),
    "empty ledger": ('ledger = ""', "not empty"),
    "ledger of another kind": ('ledger = "mysql://me:hush@db/x"', "use `sqlite:///FILE`"),
    "ledger as number": ("ledger = 3", "must be a text"),
    "shares as number": ("shares = 1", "must be a table"),
    "share as text": ('shares = { model = "0.95" }', "fraction from 0 to 1"),
    "share above one": ("shares = { model = 1.5 }", "fraction from 0 to 1"),
    "share below nought": ("shares = { policy_only = -0.1 }", "fraction from 0 to 1"),
    "share not a number": ("shares = { model = nan }", "fraction from 0 to 1"),
    "sum above one": ("shares = { model = 0.94 }", "sum to 1.01"),
    "nobody held out": ("shares = { model = 0.98, holdout = 0.0 }", "`shares.holdout` is 0; it must be above 0"),
    "model never decides": ("shares = { model = 0.0, policy_only = 0.95 }", "`shares.model` is 0"),
    "nobody below": ("shares = { model = 0.95, policy_only = 0.0 }", "`shares.policy_only` is 0"),
    "nearly nobody below": ("shares = { model = 0.95, policy_only = 1e-14 }", "it must be above 0"),
    "looser limit": ("[limits]\ncontacts_24h = 3", "loosen"),
    "unknown limit": ("[limits]\ncontacts = 1", "is not a limit"),
    "limits as a list": ("limits = []", "must be a table"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_settings_are_refused_in_one_line(tmp_path: Path, name: str) -> None:
    """Each refusal names the file and says what would be right; no password gets into it."""
    text, words = REFUSED[name]
    path = written(tmp_path, text)

    with pytest.raises(InvalidInput) as refused:
        load_settings(path, environ={})

    said = str(refused.value)
    actual = (words in said, str(path) in said, "hush" in said, "\n" in said)
    assert actual == (True, True, False, False)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        (
            {"OUTREACH_LEDGE": "x"},
            "environment variable `OUTREACH_LEDGE`: there is no setting `ledge`; did you mean `ledger`?",
        ),
        ({"OUTREACH_PORT": "eighty"}, "`port` is `eighty`; it must be a whole number from 0 to 65535"),
        ({"OUTREACH_TELEMETRY": "maybe"}, "`telemetry` is `maybe`; it must be `true` or `false`"),
        ({"OUTREACH_SHIPPED_TRIGGERS": "yes"}, "`shipped_triggers` is `yes`; it must be `true` or `false`"),
        ({"OUTREACH_TELEMETRY": ""}, "`telemetry` is ``; it must be `true` or `false`"),
        ({"OUTREACH_SHARES": "{ model = "}, "neither TOML nor JSON; write a table"),
        ({"OUTREACH_PORT": "1.5"}, "whole number"),
        ({"OUTREACH_SHARES": "0.5"}, "must be a table"),
    ],
)
def test_wrong_variables_are_refused_by_name(environ: dict[str, str], words: str) -> None:
    """The refusal names the variable."""
    with pytest.raises(InvalidInput) as refused:
        load_settings(environ=environ)

    assert (words in str(refused.value), next(iter(environ)) in str(refused.value)) == (True, True)


def test_an_unknown_flag_is_refused() -> None:
    """A flag that is no setting is a mistake of ours, and said as such."""
    with pytest.raises(InvalidInput, match="flag `--prot`: there is no setting `prot`; did you mean `port`"):
        load_settings(environ={}, flags={"prot": 1})


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    """Only the default file may be absent."""
    with pytest.raises(InvalidInput, match="does not exist"):
        load_settings(tmp_path / "other.toml", environ={})


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    """What cannot be read is refused, not raised as an OSError."""
    with pytest.raises(InvalidInput, match="cannot be read"):
        load_settings(tmp_path, environ={})


def test_passwords_are_masked_and_the_rest_is_shown() -> None:
    """Neither `repr` nor `masked` nor `str` shows a password."""
    settings = Settings(ledger="postgresql://me:hush@db/x", tracking_uri="https://me:hush@flow/")

    shown = repr(settings) + str(settings) + repr(settings.masked())

    assert ("hush" in shown, "postgresql://me:***@db/x" in shown, "https://me:***@flow/" in shown) == (
        False,
        True,
        True,
    )


def test_settings_travel_through_the_environment() -> None:
    """A worker process that reads the environment gets the very same settings."""
    settings = Settings(
        ledger="sqlite:///a b.db",
        model="artefact",
        shadow="models:/outreach@challenger",
        policy=Path("policy"),
        port=0,
        workers=3,
        shares=Shares(model=0.5, policy_only=0.25, holdout=0.25),
        limits=MappingProxyType({"contacts_24h": 1, "switched_off": ["onboarding"]}),
    )

    actual = load_settings(environ=settings.environment())

    assert actual == settings


@pytest.mark.parametrize("named", ["challenger", "models:/outreach@challenger"])
def test_a_shadow_is_named_in_any_of_the_three_places(tmp_path: Path, named: str) -> None:
    """File, then environment, then flag; none by default; an empty name is refused."""
    (tmp_path / "o.toml").write_text('shadow = "from the file"')
    layers: list[dict[str, str]] = [{}, {"OUTREACH_SHADOW": "from the environment"}]
    chosen = [load_settings(tmp_path / "o.toml", environ=environ).shadow for environ in layers]
    flag = load_settings(tmp_path / "o.toml", environ=layers[1], flags={"shadow": named}).shadow

    assert ([*chosen, flag], Settings().shadow) == (["from the file", "from the environment", named], None)
    with pytest.raises(InvalidInput, match="flag `--shadow`: `shadow` must be a text"):
        load_settings(tmp_path / "o.toml", environ={}, flags={"shadow": " "})


def test_settings_are_frozen() -> None:
    """Nothing changes a setting after it was read."""
    with pytest.raises(AttributeError):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("requests_per_second", 0),
        ("requests_per_second", 2.5),
        ("poll_seconds", -1),
        ("poll_seconds", True),
        ("logs", "xml"),
        ("telemetry", "yes"),
        ("widget_secret", "guess me"),
        ("widget_secret", "whsec_" + "A" * 32),  # of 24 bytes: too short for HS256
        ("segment_secret", "short"),
    ],
)
def test_a_wrong_value_of_the_edge_is_refused_by_name(name: str, value: JSON) -> None:
    """Rates, polling, logs and secrets are checked before anything starts; no secret is repeated."""
    with pytest.raises(InvalidInput) as refused:
        load_settings(environ={}, flags={name: value})

    said = str(refused.value)

    assert (name in said, "guess me" in said, "short" in said.removeprefix("short")) == (True, False, False)


def test_every_secret_is_masked() -> None:
    """What signs is never shown, whoever prints the settings."""
    secret = "whsec_" + "A" * 44
    settings = load_settings(environ={}, flags={"widget_secret": secret, "segment_secret": "s3gment-s3cret-value"})

    actual = repr(settings)

    assert ("AAAA" in actual, "s3gment" in actual, actual.count("***")) == (False, False, 2)
