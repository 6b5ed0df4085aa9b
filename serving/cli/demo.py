"""`outreach demo`: the main job in one go: learn, certify, register, serve, decide real events, report."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import click
from rich.console import Console
from rich.table import Table

from model.errors import InvalidInput, Unavailable
from serving.access.keys import key_record
from serving.cli.learn import learn, summary
from serving.cli.month.calendar import Calendar
from serving.cli.scenes import SCENES, Scene
from serving.folder_lock import alone
from serving.ledger import open_ledger
from serving.policy_files.templates import shipped_digests
from serving.ports import Ledger
from serving.scorer import load_scorer
from serving.settings import Settings, load_settings
from serving.system import new_id, new_token, now

FOLDER = Path(".outreach-demo")
REPORT = Path("report.html")
MARK = "made-by-outreach-demo"
SALT = b"the demo draws the same arms every time"
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
SCOPES = ("admin", "decide", "events", "outcomes", "read")
PATIENCE_S = 30.0
TO_TRY = "stay 45 s on Pricing; sign in as Anna and let her parcel be late"
LOOK = "that month, to look through: who is annoyed, what marketing tried, how a parcel's story went"
SIGN_IN = "paste it there to sign in; it is also in .outreach-demo/key"
WIDTH = 120  # signs, where there is no terminal that has a width


@click.command(epilog="Example: outreach demo --exit")
@click.option("--exit", "leave", is_flag=True, help="stop the API at the end instead of leaving it running")
@click.option("--port", type=click.IntRange(0, 65535), help="the port of the API [default: 8080, or the next free one]")
@click.option("--loop", "quarter", is_flag=True, help="simulate a quarter of deciding, learning and promoting instead")
def demo(leave: bool, port: int | None, quarter: bool) -> None:  # noqa: FBT001  (click flags)
    """Train on the shipped history, certify, register, serve, and decide nine real moments."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    if quarter:
        live_a_quarter(console)
        return
    with fresh():
        live(console, prepare(FOLDER, free_port(port)), leave=leave)


def live(console: Console, settings: Settings, *, leave: bool) -> None:
    """Learn, serve and decide in the demo's folder, and wait there unless it is to be left."""
    console.print("[bold]1  Learn[/bold]  who benefits from being contacted, and at what price in complaints")
    begun = now()
    teach(settings, console, begun)
    console.print("\n[bold]2  Look back[/bold]  a small company's last thirty days, decided by the same rules")
    key = open_books(settings, begun, FOLDER)
    console.print("\n[bold]3  Decide[/bold]  send, hold or deny, each with its reasons")
    with running(settings) as server, shop(settings, key) as address:
        base = f"http://{settings.host}:{settings.port}"
        ready(base, server)
        console.print(story(base, key))
        console.print("" if leave else f"\n[bold]console: {base}/console[/bold]   {LOOK}\nkey: {key}   {SIGN_IN}")
        console.print(f"report: {REPORT.resolve()}\nshop: {address}   {TO_TRY}")
        if not leave:
            console.print(f"documentation: {base}/docs\nthe API, the console and the shop go on; Ctrl-C stops them")
            wait(server)


@contextmanager
def shop(settings: Settings, key: str) -> Iterator[str]:
    """Serve the shop and the API of its pages while the block runs; yield the shop's address."""
    from serving.cli.shop.opening import bound, opened, settings_of

    site, its = bound(), settings_of(settings, free_port(0))
    base = f"http://{its.host}:{its.port}"
    with (FOLDER / "shop.log").open("w") as log, running(its, log) as server:
        ready(base, server, said=f"in {FOLDER}/shop.log")
        with opened(site, its, lambda method, path, body: call(base, method, path, body, key)):
            yield site.origin


def live_a_quarter(console: Console) -> None:
    """Simulate deciding and learning in a fresh `.outreach-demo/`; nothing is left running."""
    from serving.cli.quarter.command import loop

    with fresh():
        loop(FOLDER, f"sqlite:///{FOLDER.resolve()}/mlflow.db", console)


@contextmanager
def fresh() -> Iterator[None]:
    """Have a fresh `.outreach-demo/` while the block runs, only ever replacing one whose demo has ended."""
    if FOLDER.exists() and not (FOLDER / MARK).exists():
        raise InvalidInput(f"`{FOLDER}` is not a demo's folder; move it away, then run the demo again")
    FOLDER.mkdir(exist_ok=True)
    with alone(FOLDER, busy="a demo is running there; end it with Ctrl-C, or start this one in another folder"):
        (FOLDER / MARK).touch()
        clear(FOLDER, but=MARK)
        yield


def clear(folder: Path, *, but: str) -> None:
    """Remove everything in a folder but one file."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != but:
            path.unlink()


def prepare(folder: Path, port: int) -> Settings:
    """Make the settings of a demo that lives in a folder."""
    home = folder.resolve()
    flags = {
        "ledger": f"sqlite:///{home}/outreach.db",
        "tracking_uri": f"sqlite:///{home}/mlflow.db",
        "model": str(home / "artefact"),
        "host": "127.0.0.1",
        "port": port,
    }
    return load_settings(environ={}, flags=flags)


def teach(settings: Settings, console: Console, begun: datetime) -> None:
    """Train, register and promote, on the day of the month on which the model took over; say what was learned."""
    from model.registry import promote

    sample, learned = shipped_sample(FOLDER), Calendar(begun).learned
    done = learn(
        str(sample / "table.parquet"),
        str(sample / "roles.toml"),
        Path(str(settings.model)),
        html=REPORT,
        tracking=settings.tracking_uri,
        clock=lambda: learned,
    )
    for line in summary(done["report"], done["expires"]):
        console.print(f"   {line}")
    why = "the demo promotes what passed the gate"
    promote(done["version"], by="demo", why=why, at=learned, tracking_uri=settings.tracking_uri)
    console.print(f"   champion: version {done['version']}, promoted by demo")


def shipped_sample(folder: Path) -> Path:
    """Return the shipped history; an installed wheel does not carry it and makes the same one in a folder."""
    if SAMPLE.exists():
        return SAMPLE
    from model.synthetic import World
    from model.synthetic.files import write

    write(World.generate(), folder / "sample")
    return folder / "sample"


def open_books(settings: Settings, begun: datetime, folder: Path) -> str:
    """Create the ledger with the demo's salt, live through the month before, and return a key for everything."""
    from serving.cli.month.month import lived

    begins, scorer = Calendar(begun).begin, load_scorer(Path(str(settings.model)))
    ledger = open_ledger(settings.ledger, now=begins, salt=SALT, shipped=shipped_digests())
    lived(ledger, scorer, begun)
    return keyed(ledger, folder)


def keyed(ledger: Ledger, folder: Path) -> str:
    """Make a key for everything, which is also kept in a folder, and close the ledger."""
    token = new_token()
    with ledger.transaction() as tx:
        tx.add_key(key_record(token, key_id=new_id(now()), name="demo", scopes=SCOPES, at=now()))
    ledger.close()
    (folder / "key").touch(mode=0o600)
    (folder / "key").write_text(token)
    return token


@contextmanager
def running(settings: Settings, log: IO[str] | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `outreach serve` as a process of its own while the block runs; SIGTERM ends both in order.

    What it says goes into `log`, where there is one.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    environment = {**os.environ, **settings.environment()}
    server = subprocess.Popen([sys.executable, "-m", "serving.cli", "serve"], env=environment, stdout=log, stderr=log)
    try:
        yield server
    finally:
        server.terminate()
        server.wait()


def ready(base: str, server: "subprocess.Popen[bytes]", said: str = "above") -> None:
    """Wait until the API answers that it is ready; `said` is where it says why it is not."""
    last = time.monotonic() + PATIENCE_S
    while time.monotonic() < last:
        if server.poll() is not None:
            raise Unavailable(f"the API ended with code {server.returncode} before it was ready; see why {said}")
        try:
            call(base, "GET", "/readyz", None, "")
        except (URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise Unavailable(f"the API at {base} was not ready within {PATIENCE_S:.0f} s; run `outreach doctor`")


def story(base: str, key: str) -> Table:
    """Play every scene against the API and return what it answered."""
    shown = Table("", "what happened", "answer", "why", box=None, padding=(0, 2, 1, 0))
    for number, scene in enumerate(SCENES, 1):
        answer = play(base, key, scene, number, now())
        shown.add_row(str(number), scene.title, answer["action"], why(answer))
    return shown


def play(base: str, key: str, scene: Scene, number: int, at: datetime) -> Mapping[str, Any]:
    """Tell the API the customer's preferences and what happened, then ask."""
    call(base, "PUT", f"/v1/users/{scene.user}/preferences", scene.preferences(at), key)
    evidence = scene.evidence(at, number)
    if evidence is not None:
        call(base, "POST", "/v1/events", evidence, key)
    answer: dict[str, Any] = call(base, "POST", "/v1/decisions", scene.candidate(number), key)
    return answer


def why(answer: Mapping[str, Any]) -> str:
    """Put an answer in words: the text that goes out, or each reason, the deciding ones first."""
    if answer["action"] == "send":
        return f"“{answer['message']['text']}”"
    lines = [f"{reason['code']}: {reason['detail']}" for reason in answer["reasons"]]
    if answer["not_before"]:
        lines.append(f"not before {answer['not_before']}")
    return "\n".join(lines)


def call(base: str, method: str, path: str, body: Mapping[str, Any] | None, key: str) -> Any:
    """Make one request; raises what the API answers as an error."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = Request(base + path, data=data, method=method, headers=headers)  # noqa: S310  (always http to 127.0.0.1)
    try:
        with urlopen(request, timeout=PATIENCE_S) as response:  # noqa: S310  (as above)
            return json.loads(response.read())
    except HTTPError as error:
        raise Unavailable(f"the API answered {error.code} to {method} {path}: {error.read().decode()}") from error


def free_port(wanted: int | None) -> int:
    """Return the wanted port, or 8080, or the next free one; a wanted port that is taken is refused."""
    candidates = range(8080, 8100) if wanted is None else [wanted]
    for port in candidates:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise InvalidInput(f"port {candidates[0]} of 127.0.0.1 is taken; name another with `--port`")


def wait(server: "subprocess.Popen[bytes]") -> None:
    """Wait for the API or for Ctrl-C, whichever comes first."""
    try:
        server.wait()
    except KeyboardInterrupt:
        return
