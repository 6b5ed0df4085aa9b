"""The main job as its user runs it: the demo from an empty folder, its story, its files, its API, its end."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import httpx
import jwt
import pytest

from serving.cli.scenes import SCENES
from serving.system import now
from tests.docs.pages import blocks

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 240.0
LAST_WORDS = "Ctrl-C stops them"


@dataclass(frozen=True)
class Demo:
    """A running demo: where it lives, what it has printed, and its process."""

    folder: Path
    text: str
    port: int
    shop: str
    process: "subprocess.Popen[str]"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Start the demo once, as a user would, and stop it with Ctrl-C at the end."""
    folder = tmp_path_factory.mktemp("demo")
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "160", "PYTHONUNBUFFERED": "1"}
    with (folder / "out.txt").open("w") as out, (folder / "progress.txt").open("w") as progress:
        process = subprocess.Popen(
            [sys.executable, "-m", "serving.cli", "demo", "--port", "0"],
            cwd=folder,
            env=environment,
            stdout=out,
            stderr=progress,
            text=True,
        )
    try:
        text = until(folder / "out.txt", process)
        found = re.search(r"http://127\.0\.0\.1:(\d+)/docs", text)
        assert found, text
        shop = re.search(r"shop: (http://127\.0\.0\.1:\d+)", text)
        assert shop, text
        yield Demo(folder, text, int(found[1]), shop[1], process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def until(path: Path, process: "subprocess.Popen[str]") -> str:
    """Wait for the demo's last words and return all of them."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        text = path.read_text()
        if LAST_WORDS in text:
            return text
        assert process.poll() is None, text + path.with_name("progress.txt").read_text()
        time.sleep(0.1)
    raise AssertionError(path.read_text())


def test_every_scene_ends_as_its_story_says(demo: Demo) -> None:
    """Send, hold, refused marketing, better left alone, essential: each expected word stands in its row."""
    rows = re.split(r"\n(?=\d  )", demo.text[demo.text.index("what happened") :])
    told = {int(row.split()[0]): row for row in rows if row[:1].isdigit()}
    actual = {number: scene.expected in told[number] for number, scene in enumerate(SCENES, 1)}
    assert actual == dict.fromkeys(range(1, len(SCENES) + 1), True)


def test_it_says_what_was_learned_and_certified(demo: Demo) -> None:
    """The summary names the effect, the certificate and the champion."""
    for words in ("engaged     +", "certificate: issued", "gate: passed", "promoted by demo"):
        assert words in demo.text


def test_the_story_fits_on_a_screen(demo: Demo) -> None:
    """At most sixty lines, none wider than a hundred signs but for addresses; plain where there is no terminal."""
    lines = [line.rstrip() for line in demo.text.splitlines()]
    wide = [
        line
        for line in lines
        if len(line) > 100 and not re.match(r"(console|key|report|shop|one decision, step by step): ", line)
    ]
    assert (len(lines) <= 60, wide, "\x1b" in demo.text) == (True, [], False)


def test_the_console_comes_first_and_opens_with_the_printed_key(demo: Demo) -> None:
    """Before the report and the shop stands where it is and how to sign in; what is found there is a month's."""
    lines = demo.text[demo.text.index("console: ") :]
    console = re.findall(r"console: (\S+)", lines)[0]
    key = re.findall(r"key: (\S+)", lines)[0]
    with httpx.Client(follow_redirects=True, headers={"Origin": console.removesuffix("/console")}) as browser:
        asked = browser.get(console)
        field = re.findall(r'name="next" value="([^"]*)"', asked.text)
        shown = browser.post(f"{console}/login", data={"key": key, "next": field[0] if field else "/console"})
    assert (shown.status_code, shown.url.path) == (200, "/console")
    assert lines.index("/console") < lines.index("report: ") < lines.index("shop: ")
    assert len(call(demo, "/v1/decisions?limit=1000")["decisions"]) == 1000


def test_it_writes_a_self_contained_report(demo: Demo) -> None:
    """The report is one file that asks nothing of the network."""
    page = (demo.folder / "report.html").read_text()
    assert "<html" in page
    assert not re.search(r"""(?:src|href)=["']https?://""", page)


def test_a_parcel_is_late_while_its_customer_looks_at_the_shop(demo: Demo) -> None:
    """Anna signs in, her page reports in, she lets her parcel be late: the news is for the session of her page."""
    with httpx.Client(base_url=demo.shop, headers={"Origin": demo.shop}, follow_redirects=True) as browser:
        page = browser.post("/sign-in").text
        api, key, signed = re.findall(r'src="(\S+)/widget.js" data-key="(\S+)" data-session="(\S+)" async', page)[0]
        session = jwt.decode(signed, options={"verify_signature": False})["sid"]
        data = {"page": "tracking", "session": session}
        viewed = {"specversion": "1.0", "id": "viewed-1", "type": "page.viewed", "subject": "anna", "data": data}
        head = {"Authorization": f"Bearer {key}", "Outreach-Session": signed}
        heard = browser.post(f"{api}/v1/events", json=viewed | {"time": now().isoformat()}, headers=head)
        told = browser.post("/parcel").text
    decisions = call(demo, "/v1/decisions?user=anna&limit=20")["decisions"]
    found = [call(demo, f"/v1/decisions/{one['decision_id']}")["candidate"] for one in decisions]
    assert (heard.status_code, "widget: hold, too_soon" in told) == (202, True)
    assert [one["session_id"] for one in found if one["channel"] == "widget"] == [session]


def test_a_visitor_who_stays_on_the_page_of_prices_is_offered_help(demo: Demo) -> None:
    """Of visitors whom nobody knows the model thinks well enough; chance withholds one in twenty."""
    with httpx.Client(base_url=demo.shop, headers={"Origin": demo.shop}) as browser:
        api, key = re.findall(r'src="(\S+)/widget.js" data-key="(\S+)" async', browser.get("/pricing").text)[0]
        heard = [dwelled(browser, api, key, f"{number:032}") for number in range(6)]
    assert {"in_session_help"} == {one["purpose"] for some in heard for one in some}


def dwelled(browser: httpx.Client, api: str, key: str, session: str) -> list[dict]:
    """A page that was opened a minute ago says that somebody still looks at it; returns what it is to show."""
    head = {"Authorization": f"Bearer {key}", "Outreach-Session": session}
    said = {"specversion": "1.0", "subject": f"visitor-{session}", "data": {"page": "pricing", "session": session}}
    begun = said | {"id": f"b-{session}", "type": "page.viewed", "time": (now() - timedelta(minutes=1)).isoformat()}
    spent = said | {"id": f"d-{session}", "type": "page.dwelled", "time": now().isoformat()}
    spent["data"] = {**said["data"], "seconds": 45}
    return browser.post(f"{api}/v1/events", json=[begun, spent], headers=head).json()["decisions"]


def test_the_key_is_for_its_owner_only(demo: Demo) -> None:
    """The demo's key is readable by the user who ran it."""
    actual = (demo.folder / ".outreach-demo" / "key").stat().st_mode & 0o077
    assert actual == 0


def test_the_readme_reaches_its_decisions(demo: Demo) -> None:
    """The curl commands of the README, pasted one after the other, answer as the README says."""
    script = "\n".join(blocks("README.md", "sh")).replace("127.0.0.1:8080", f"127.0.0.1:{demo.port}")
    done = subprocess.run(["bash", "-e", "-c", script], cwd=demo.folder, capture_output=True, text=True, check=True)
    answers = list(json_values(done.stdout))
    refused, sent = answers[0], answers[-1]
    assert (refused["action"], refused["reasons"][0]["code"]) == ("deny", "purpose_is_marketing")
    assert sent["action"] == "send" or [reason["code"] for reason in sent["reasons"]] == ["quiet_hours"]


def test_the_commands_of_two_pages_read_the_demos_ledger(demo: Demo) -> None:
    """As they stand, in a terminal of their own: ledger and registry are the demo's, and no other is made."""
    (learning, table), (why,) = blocks("docs/for_ml_engineers.md", "sh"), blocks("docs/for_chat_engineers.md", "sh")
    made = (demo.folder / ".outreach-demo" / "outreach.db", demo.folder / "outreach.db", demo.folder / "mlflow.db")
    decision = call(demo, "/v1/decisions?limit=1")["decisions"][0]["decision_id"]
    known, quick = learning.split("\n\n")[0], [line for line in why.splitlines() if "policy verify" not in line]
    told = [
        pasted(demo, learning),
        pasted(demo, f"{known}\n{table}", stops=False),
        pasted(demo, "\n".join(quick).replace("DECISION_ID", decision)),
    ]
    ledger = "ledger: sqlite:///.outreach-demo/outreach.db"
    assert [text.count(ledger) for text in told] == [2, 0, 2]
    assert ["by anna" in told[0], " held out\n" in told[1], "promoted by anna" in told[1]] == [True] * 3
    assert (f"decision {decision}: " in told[2], "We miss you" in told[2]) == (True, True)
    assert [path.exists() for path in made] == [True, False, False]


def pasted(demo: Demo, script: str, *, stops: bool = True) -> str:
    """Run lines of a page in the demo's folder, without variables of ours; return all that they print."""
    runnable = script.replace("python3 run.py outreach", f"{sys.executable} -m serving.cli")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")}
    shell = ["bash", *(["-e"] if stops else []), "-c", runnable]
    done = subprocess.run(
        shell, cwd=demo.folder, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=stops
    )
    return done.stdout


def call(demo: Demo, path: str) -> dict:
    """Ask the demo's API with the demo's key."""
    key = (demo.folder / ".outreach-demo" / "key").read_text()
    request = Request(f"http://127.0.0.1:{demo.port}{path}", headers={"Authorization": f"Bearer {key}"})
    with urlopen(request, timeout=30) as answer:  # noqa: S310  (always http to 127.0.0.1)
        return json.loads(answer.read())


def test_the_readme_names_the_scopes_that_its_lines_need(demo: Demo) -> None:
    """Those that the API's own document demands of them, and of approvals."""
    lines = "".join(blocks("README.md", "sh"))
    paths = call(demo, "/openapi.json")["paths"]
    asked = {("post", "/v1/approvals")}
    for method, path in re.findall(r'curl -s (-X PUT )?"\$API(\S+)"', lines):
        asked.add(("put" if method else "post", path.replace("/u-1/", "/{user_id}/")))
    (named,) = re.findall(r"keys create --scope (\S+)", lines)
    assert set(named.split(",")) == {paths[path][method]["x-scope"] for method, path in asked}


def json_values(text: str) -> Iterator[dict]:
    """Decode JSON values that stand one after the other."""
    decoder, position = json.JSONDecoder(), 0
    while position < len(text):
        value, end = decoder.raw_decode(text, position)
        yield value
        position = end + len(text[end:]) - len(text[end:].lstrip())


def test_a_second_demo_replaces_only_a_demo_folder(tmp_path: Path) -> None:
    """A folder of that name that no demo made is left alone, with one line that says so."""
    (tmp_path / ".outreach-demo").mkdir()
    (tmp_path / ".outreach-demo" / "precious").touch()
    done = subprocess.run(
        [sys.executable, "-m", "serving.cli", "demo", "--exit"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert (tmp_path / ".outreach-demo" / "precious").exists()


def test_a_second_demo_leaves_one_that_runs_alone(demo: Demo) -> None:
    """In the same folder: one line says so, and the first one's ledger and API go on."""
    ledger = demo.folder / ".outreach-demo" / "outreach.db"
    before = ledger.stat().st_ino
    done = subprocess.run(
        [sys.executable, "-m", "serving.cli", "demo", "--exit"],
        cwd=demo.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1)
    assert "a demo is running" in done.stderr
    assert ledger.stat().st_ino == before
    assert call(demo, "/v1/decisions?limit=1")["decisions"]
