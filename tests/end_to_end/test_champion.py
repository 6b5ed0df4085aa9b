"""Two teachings, one champion after the other, and back: the whole way through the command line and a real registry."""

import contextlib
import io
import json
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from model.artefact import load
from model.registry import acts, fetch, resolve
from model.train import train
from serving.cli import run
from tests.model.occasions import frame

ROLES = """\
contacted = "sent"
benefit = "engaged"
complaint = "complained"
opt_out = "left"
propensity = 0.5
purpose = "delivery_update"
channel = "chat"
features = {features}
segments = ["plan"]
[weights]
contact = 0.3
[certificate]
complaint_at_most = 0.03
opt_out_at_most = 0.03
"""
FEATURES = {"blind": '["plan", "member"]', "seeing": '["need", "plan", "member"]'}
SIGNED = ["--by", "anna", "--why"]


class Done(NamedTuple):
    """How one command ended, and what it said on standard output."""

    code: int
    said: str


class Story(NamedTuple):
    """Where it happened, and every command by name."""

    place: Path
    uri: str
    done: dict[str, Done]


def told(*arguments: str) -> Done:
    """Run one command."""
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(said):
        code = run(list(arguments))
    return Done(code, said.getvalue())


def taught(data: str, out: str, *more: str) -> Done:
    """Train on one of the tables."""
    return told("train", f"{data}.parquet", "--roles", f"{data}.toml", "--out", out, "--jobs", "1", *more)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Learn without seeing need and promote; learn again; learn with it and promote; learn both again; roll back.

    Contact costs .3 and gains .8·need, so that who sees need contacts five in eight and is worth half as much again.
    """
    place = tmp_path_factory.mktemp("story")
    uri = f"sqlite:///{place}/mlflow.db"
    for seed, (name, features) in enumerate(FEATURES.items()):
        frame(4000, seed=seed, effect=0.8).to_parquet(place / f"{name}.parquet")
        (place / f"{name}.toml").write_text(ROLES.format(features=features))
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(place)
        patched.setenv("OUTREACH_TRACKING_URI", uri)
        patched.setattr("model.train.train", partial(train, scorers=("average", "response", "t_logit")))
        patched.setattr(
            "model.report.pictures.svg", lambda *_, **__: "<svg></svg>"
        )  # drawing takes longer than learning
        done = {
            "blind": taught("blind", "a"),
            "promote blind": told("promote", "1", *SIGNED, "the first"),
            "blind again": taught("blind", "a-again"),
            "seeing": taught("seeing", "b"),
            "promote seeing": told("promote", "2", *SIGNED, "sees who is in need"),
            "seeing again": taught("seeing", "b-again"),
            "blind late": taught("blind", "a-late", "--report", "late.html"),
            "promote late": told("promote", "3", *SIGNED, "please"),
            "rollback": told("rollback", *SIGNED, "complaints rose"),
        }
        fetch("models:/outreach@champion", to=place / "served", tracking_uri=uri)
    return Story(place, uri, done)


def learned(story: Story, name: str) -> dict[str, bytes]:
    """Every file of an artefact but its dates."""
    return {path.name: path.read_bytes() for path in (story.place / name).iterdir() if path.name != "issued.json"}


def report(story: Story, name: str) -> dict[str, Any]:
    """The report in an artefact."""
    stated: dict[str, Any] = json.loads((story.place / name / "manifest.json").read_bytes())["report"]
    return stated


def value(story: Story, name: str) -> tuple[bool, str]:
    """Whether a training passed its value check, and its detail."""
    check = next(each for each in report(story, name)["gate"]["checks"] if each["name"] == "value")
    return check["passed"], check["detail"]


def test_every_command_ended_as_it_should(story: Story) -> None:
    """Only what failed its gate is refused."""
    refused = {name: done for name, done in story.done.items() if done.code != 0}
    assert [(name, done.code) for name, done in refused.items()] == [("promote late", 2)]
    assert "version `3` did not pass the gate (value: " in refused["promote late"].said


@pytest.mark.parametrize(
    ("name", "version", "against"),
    [
        ("blind", "1", None),
        ("blind again", "1", None),
        ("seeing", "2", "1"),
        ("seeing again", "2", "1"),
        ("blind late", "3", "2"),
    ],
)
def test_each_training_is_compared_with_the_champion_of_its_day(
    story: Story, name: str, version: str, against: str | None
) -> None:
    """With nobody at first; with the model in charge after; never with itself."""
    folder = {"blind": "a", "blind again": "a-again", "seeing": "b", "seeing again": "b-again", "blind late": "a-late"}
    champion = report(story, folder[name])["champion"]
    said = story.done[name].said
    assert (champion and champion["version"], f"registered as version {version}\n" in said) == (against, True)


@pytest.mark.parametrize(("first", "again"), [("a", "a-again"), ("b", "b-again")])
def test_the_same_input_gives_the_same_bytes_after_promotion(story: Story, first: str, again: str) -> None:
    """Whether the champion had beaten nobody or another model."""
    assert learned(story, again) == learned(story, first)


@pytest.mark.parametrize(("first", "again"), [("a", "a-again"), ("b", "b-again")])
def test_what_is_learned_again_gets_no_younger(story: Story, first: str, again: str) -> None:
    """A registered version keeps its dates: else an expired certificate could be renewed without a new occasion."""
    assert load(story.place / again).issued_at == load(story.place / first).issued_at


def test_the_better_model_beats_the_one_in_charge_and_not_the_other_way(story: Story) -> None:
    """The check names the champion, the paired difference and both values."""
    better, worse = value(story, "b"), value(story, "a-late")
    assert (better[0], worse[0]) == (True, False)
    assert "over the champion, version 1, 95 % interval" in better[1]
    assert "over the champion, version 2, 95 % interval -" in worse[1]
    assert report(story, "b")["champion"]["manifest_sha256"] == load(story.place / "a").sha256


def test_each_act_is_said_and_recorded(story: Story) -> None:
    """Who, why, when and what was replaced: on the screen and in the registry, in order."""
    assert "recorded: who anna; why sees who is in need; when 2" in story.done["promote seeing"].said
    assert story.done["promote seeing"].said.endswith("; replaced version 1\n")
    assert "version 1 is the champion again, rolled back by anna" in story.done["rollback"].said
    actual = [(act.act, act.version, act.replaced, act.by, act.why) for act in acts(story.uri)]
    teaching = ("outreach train", "learned with seed 0, attempt 1")
    assert actual == [
        ("register", "1", None, *teaching),
        ("promote", "1", None, "anna", "the first"),
        ("register", "2", None, *teaching),
        ("promote", "2", "1", "anna", "sees who is in need"),
        ("register", "3", None, *teaching),
        ("rollback", "1", "2", "anna", "complaints rose"),
    ]


def test_what_is_served_after_the_rollback_is_the_first_model(story: Story) -> None:
    """To the byte; the model that failed waits as challenger."""
    versions = [resolve(f"models:/outreach@{alias}", tracking_uri=story.uri) for alias in ("champion", "challenger")]
    assert (learned(story, "served"), versions) == (learned(story, "a"), ["1", "3"])


def test_the_page_names_the_model_in_charge(story: Story) -> None:
    """In the table of policies, with the gate's words, and among the limits."""
    page = (story.place / "late.html").read_text()
    assert "the model in charge, version 2" in page
    assert "The gate compared this model with the model in charge, version 2." in page


def test_a_registry_out_of_reach_fails_before_anything_is_learned(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As registering would: one line, exit 1, no artefact."""
    monkeypatch.chdir(story.place)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("OUTREACH_TRACKING_URI", "http://127.0.0.1:9")
    done = taught("blind", "never")
    assert (done.code, "check `tracking_uri` and try again" in done.said) == (1, True)
    assert not Path("never").exists()
