"""Blocks of data: each is read, and what is ours is given to what reads it in earnest."""

import configparser
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import yaml

from model.reading.roles import Roles
from serving.policy_files.templates import load_policy
from serving.policy_files.triggers import load_triggers
from serving.schemas.events import EventBody
from serving.schemas.requests import DecisionBody
from serving.settings import KEYS, load_settings

SECRET: Final = "whsec_aHVzaCBodXNoIGh1c2ggaHVzaCBodXNoIQ=="


def read_json(text: str, _: Path) -> None:
    """Read one value, or one on each line; events and candidates are given to their schemas."""
    try:
        values = [json.loads(text)]
    except json.JSONDecodeError:
        values = [json.loads(line) for line in text.splitlines()]
    for value in values:
        for each in value if isinstance(value, list) else [value]:
            told(each)


def told(value: Any) -> None:
    """Read what could be posted as it is: an event, or a candidate."""
    if isinstance(value, dict) and "specversion" in value:
        EventBody.model_validate(value)
    if isinstance(value, dict) and {"user", "purpose", "message"} <= value.keys() and "action" not in value:
        DecisionBody.model_validate(value)


def read_yaml(text: str, folder: Path) -> None:
    """Read every document; one with templates or triggers is read as a policy's file."""
    for value in yaml.safe_load_all(text):
        if isinstance(value, dict) and {"templates", "triggers"} & value.keys():
            (folder / "policy.yaml").write_text(text, encoding="utf-8")
            policy = load_policy(folder)
            load_triggers(folder, policy.templates)


def read_toml(text: str, folder: Path) -> None:
    """Read a table; one of settings as settings are read, one of roles as roles are."""
    table = tomllib.loads(text)
    path = folder / "block.toml"
    path.write_text(text.replace("whsec_…", SECRET), encoding="utf-8")
    if "contacted" in table and "benefit" in table and isinstance(table["contacted"], str | dict):
        Roles.read(path)
    elif set(table) & set(KEYS):
        load_settings(path, environ={})


def read_ini(text: str, _: Path) -> None:
    """Read sections and their keys, as systemd writes them: a key may come again."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string(text)


READ: Final[dict[str, Callable[[str, Path], None]]] = {
    "json": read_json,
    "yaml": read_yaml,
    "toml": read_toml,
    "ini": read_ini,
}
