"""The Dockerfile and compose.yaml, which nobody here can build: what can be compared with the code without Docker."""

import re
import shlex
import warnings
from pathlib import Path
from typing import Any, Final

import click
import pytest
import yaml

from serving.app import create_app
from serving.cli import cli
from serving.server.server import DRAIN_SECONDS, LAST_SECONDS
from serving.settings import Settings, load_settings
from tests.docs.pages import block
from tests.end_to_end.server import ROOT, Server, free_port, opened
from tests.examples.test_programs import NEEDED
from tests.recipes.shell import RECIPES, variables

FOLDER = RECIPES / "docker"
TEXT = (FOLDER / "Dockerfile").read_text("utf-8")
STEPS = [
    tuple(line.split(maxsplit=1))
    for line in re.sub(r"\\\n\s*", "", TEXT).splitlines()
    if line and not line.startswith("#")
]
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"] == "outreach" and name != "net"}
FILLED: Final = {"SHOP_SECRET": "s" * 32, "CHATWOOT_SECRET": "c" * 32, "WEBHOOK_SECRET": f"whsec_{'A' * 43}="}


def said(word: str) -> list[str]:
    """Return what an instruction says, each time."""
    return [rest for name, rest in STEPS if name == word]


def json_of(text: str) -> list[str]:
    """Read the words of an instruction in its JSON form."""
    words: list[str] = yaml.safe_load(text)
    return words


def environment() -> dict[str, str]:
    """Return what the image sets."""
    return dict(one.split("=", 1) for one in shlex.split(said("ENV")[0]))


def filled(service: str) -> dict[str, str]:
    """Return the environment of a service, with words in the place of `${NAME:?…}`."""
    return {
        name: re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: FILLED.get(found[1], "word"), str(value))
        for name, value in SERVICES[service]["environment"].items()
    }


def probe(words: list[str]) -> str:
    """Return the program of a health check: what Python is told to run."""
    assert words[-2] == "-c"
    return words[-1]


def command(words: list[str]) -> dict[str, Any]:
    """Read `serve …` as the command does."""
    found = cli.get_command(click.Context(cli), words[0])
    assert found is not None
    return found.make_context(words[0], words[1:]).params


def test_they_say_that_they_are_untested() -> None:
    """Where somebody begins to read: the page, and each of the files."""
    texts = [(FOLDER / name).read_text("utf-8") for name in ("Dockerfile", "compose.yaml")]
    page = (RECIPES / "docker.md").read_text("utf-8").splitlines()
    actual = ([text.startswith("# Untested: we have never ") for text in texts], page[2].startswith("**Untested.**"))
    assert actual == ([True, True], True)


def test_what_is_copied_is_there() -> None:
    """Every source of a COPY, but what another stage made."""
    sources = [one for rest in said("COPY") if not rest.startswith("--from") for one in rest.split()[:-1]]
    assert [one for one in sources if not (ROOT / one).exists()] == []


def test_what_builds_the_wheel_is_copied() -> None:
    """Packages, readme and licence, as the project file names them."""
    copied = {one for rest in said("COPY") for one in rest.split()[:-1]}
    assert copied >= {"pyproject.toml", "README.md", "LICENSE", "model", "serving"}


def test_every_download_is_by_its_hash() -> None:
    """The lock with hashes, then the project alone, asking for nothing else."""
    installs = [rest for rest in said("RUN") if "pip install" in rest]
    actual = [
        "--require-hashes -r requirements/run.txt" in installs[0],
        "--no-deps --no-build-isolation ." in installs[1],
    ]
    assert (actual, len(installs)) == ([True, True], 2)


def test_the_image_runs_as_nobody_special() -> None:
    """A number that is not root's, whose one folder is the volume and the place where it works."""
    home = said("VOLUME")[0]
    actual = (said("USER"), said("WORKDIR")[-1] == home, f"-g outreach {home}" in " ".join(said("RUN")))
    assert actual == (["10001"], True, True)


def test_the_command_can_be_given() -> None:
    """Of the image and of compose: the same flags, which are flags; the port is the one that is told."""
    given = [json_of(said("CMD")[0]), SERVICES["api"]["command"]]
    actual = [command(words)["host"] for words in given], said("ENTRYPOINT"), said("EXPOSE"), given[0] == given[1]
    assert actual == (["0.0.0.0"] * 2, ['["outreach"]'], [str(Settings().port)], True)  # noqa: S104  (inside a container)


@pytest.mark.parametrize("service", ["image", "api"])
def test_its_settings_are_settings(service: str) -> None:
    """Names that we have, with values that they take."""
    given = environment() if service == "image" else environment() | filled(service)
    ours = {name: value for name, value in given.items() if name.startswith("OUTREACH_")}
    settings = load_settings(environ=ours)
    assert (settings.logs, settings.shipped_triggers) == ("json", service == "api")


def test_the_relay_has_what_it_needs() -> None:
    """Its program is one of ours, which is copied, and reads these variables; it listens where offers are delivered."""
    relay = SERVICES["relay"]
    program = Path(relay["entrypoint"][1])
    given = set(relay["environment"])
    needed = {"OUTREACH_URL", "OUTREACH_KEY", "WEBHOOK_SECRET", "BOOK", *NEEDED[program.stem]}
    there = (ROOT / "docs" / "examples" / program.name).exists() and str(program.parent) in " ".join(said("COPY"))
    shares = (filled("api")["OUTREACH_WEBHOOK_URL"], filled("relay")["OUTREACH_URL"])
    assert (given, there, shares) == (needed, True, ("http://127.0.0.1:8090", "http://127.0.0.1:8080"))


def test_the_relay_keeps_its_network_when_the_api_is_started_again() -> None:
    """Both use that of a container which does nothing, and what asks nothing of it needs no volume."""
    modes = [SERVICES[name]["network_mode"] for name in ("api", "relay")]
    holder = SERVICES["net"]
    actual = (modes, holder["entrypoint"], {"volumes", "environment", "network_mode"} & set(holder))
    assert actual == (["service:net"] * 2, ["sleep", "infinity"], set())


def test_everything_is_there_again_after_the_machine() -> None:
    """`on-failure` leaves what ended well, by a signal from outside, stopped."""
    assert {one["restart"] for one in SERVICES.values()} == {"unless-stopped"}


def test_secrets_are_in_no_commit_and_in_no_image() -> None:
    """`.env` and ledgers; nothing that is copied is left out."""
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    copied = {one.split("/")[0] for rest in said("COPY") if not rest.startswith("--from") for one in rest.split()[:-1]}
    in_git = ".env" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert (in_git, {"**/.env", "**/*.db"} <= set(ignored), copied & set(ignored)) == (True, True, set())


def test_every_name_of_the_env_file_is_shown() -> None:
    """`.env` on the page has what compose asks for, and nothing else."""
    asked = set(re.findall(r"\$\{(\w+):\?", (FOLDER / "compose.yaml").read_text("utf-8")))
    assert set(variables(block("docs/recipes/docker.md", "ini"))) == asked


@pytest.mark.parametrize("name", OURS)
def test_a_container_can_write_its_volume_and_no_more(name: str) -> None:
    """Read-only but for /tmp and the volume, no rights, time to drain, a volume that is declared."""
    one = OURS[name]
    (volume,) = one["volumes"]
    actual = (
        (one["read_only"], one["tmpfs"], one["cap_drop"], one["security_opt"]),
        volume.partition(":")[0] in COMPOSE["volumes"],
        volume.partition(":")[2] == said("VOLUME")[0],
        int(one["stop_grace_period"].rstrip("s")) > DRAIN_SECONDS + LAST_SECONDS,
    )
    assert actual == ((True, ["/tmp"], ["ALL"], ["no-new-privileges:true"]), True, True, True)  # noqa: S108


def test_nothing_is_open_to_other_machines() -> None:
    """A published port is this machine's alone: a proxy stands before it."""
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports == [f"127.0.0.1:{Settings().port}:{Settings().port}"]


def test_the_server_of_models_takes_these_options() -> None:
    """MLflow's own command knows each; its clients' name for it is one that it allows."""
    words = SERVICES["mlflow"]["entrypoint"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what MLflow imports warns of itself
        from mlflow.cli import cli as mlflow  # noqa: PLC0415  (two seconds that only this test needs)

        found = mlflow.get_command(click.Context(mlflow), words[1])
    assert found is not None
    known = {option for parameter in found.params for option in parameter.opts}
    allowed = words[words.index("--allowed-hosts") + 1].split(",")
    wrong = [word for word in words if word.startswith("--") and word not in known]
    assert (wrong, filled("api")["OUTREACH_TRACKING_URI"].removeprefix("http://") in allowed) == ([], True)


def test_the_health_check_asks_what_is_there(tmp_path: Path) -> None:
    """It succeeds against an API that runs, and fails without one; a ledger that is away is no reason to restart."""
    program = probe(json_of(said("HEALTHCHECK")[0].partition("CMD ")[2]))
    paths = create_app(load_settings(environ={})).openapi()["paths"]
    opened(tmp_path / "outreach.db").close()
    with Server(tmp_path / "outreach.db", cwd=tmp_path) as server:
        well = asked(program, server.port)
    actual = (well, asked(program, free_port()), "/livez" in program and "/livez" in paths)
    assert actual == (True, False, True)


def asked(program: str, port: int) -> bool:
    """Run a health check's program against another port; return whether it ended well."""
    try:
        exec(program.replace("8080", str(port)))  # noqa: S102  (our own file's)
    except OSError:
        return False
    return True
