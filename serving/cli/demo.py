"""`outreach demo`: the main job in one go: learn, certify, register, serve, decide real events, report."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from model.errors import InvalidInput
from serving.access.keys import key_record
from serving.cli import demo_words as words
from serving.cli.demo_api import call, free_port, served, wait
from serving.cli.learn import learn
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
TO_TRY = "stay 45 s on Pricing; sign in as Anna and let her parcel be late"
LOOK = "that month, to look through: who is annoyed, what marketing tried, how a parcel's story went"
SIGN_IN = "paste it there to sign in; it is also in .outreach-demo/key"
TO_READ = "who benefits, at what price, and every assumption"
EXPLAINED = 6  # the scene in which the model says no
WIDTH = 120  # signs of the quarter's tables, where there is no terminal that has a width


@click.command(
    short_help="Learn from the past, serve, and decide nine real moments.", epilog="Example: outreach demo --exit"
)
@click.option("--exit", "leave", is_flag=True, help="stop the API at the end instead of leaving it running")
@click.option("--port", type=click.IntRange(0, 65535), help="the port of the API [default: 8080, or the next free one]")
@click.option("--loop", "quarter", is_flag=True, help="simulate a quarter of deciding, learning and promoting instead")
def demo(leave: bool, port: int | None, quarter: bool) -> None:  # noqa: FBT001  (click flags)
    """Train on the shipped history, certify, register, serve, and decide nine real moments."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    if quarter and leave:
        raise InvalidInput("`--loop` leaves nothing running; leave `--exit` out")
    if quarter:
        live_a_quarter(console)
        return
    with fresh():
        live(console, prepare(FOLDER, free_port(port)), leave=leave)


def live(console: Console, settings: Settings, *, leave: bool) -> None:
    """Learn, serve and decide in the demo's folder, and wait there unless it is to be left."""
    console.width = min(console.width, words.WIDTH)
    console.print(f"{words.wrapped(words.OPENING, console.width)}\n\n[bold]1  Learn[/bold]  from the past")
    begun = now()
    teach(settings, console, begun)
    console.print("\n[bold]2  Look back[/bold]  the shop's last thirty days, decided by the same rules")
    key = open_books(settings, begun, FOLDER)
    base, log = f"http://{settings.host}:{settings.port}", FOLDER / "api.log"
    with ExitStack() as stack:
        server = stack.enter_context(served(settings, log))
        rows = call(base, "GET", "/v1/analytics?by=purpose", None, key)["rows"]
        console.print(words.wrapped(words.lived(rows), console.width))
        console.print("\n[bold]3  Decide[/bold]  nine moments, live: send, hold or deny")
        told = [(scene.title, play(base, key, scene, number, now())) for number, scene in enumerate(SCENES, 1)]
        console.print(words.moments(told))
        places = {} if leave else {"console": f"{base}/console   {LOOK}", "key": f"{key}   {SIGN_IN}"}
        places["report"] = f"{REPORT.resolve()}   {TO_READ}"
        if not leave:
            places["shop"] = f"{stack.enter_context(shop(settings, key))}   {TO_TRY}"
            places["documentation"] = f"{base}/docs"
        console.print("\n[bold]Look closer[/bold]")
        for line in words.onward(places, explain(told[EXPLAINED - 1][1]["decision_id"])):
            console.print(line, soft_wrap=True)
        if not leave:
            console.print("the API, the console and the shop go on; Ctrl-C stops them")
            wait(server)


def explain(decision: str) -> str:
    """Return the command that explains a decision of the demo, as it is typed in this folder."""
    command = "python3 run.py outreach" if Path("run.py").exists() else "outreach"
    return f"{command} explain {decision} --ledger sqlite:///{FOLDER}/outreach.db"


@contextmanager
def shop(settings: Settings, key: str) -> Iterator[str]:
    """Serve the shop and the API of its pages while the block runs; yield the shop's address."""
    from serving.cli.shop.opening import bound, opened, settings_of

    site, its = bound(), settings_of(settings, free_port(0))
    base = f"http://{its.host}:{its.port}"
    with (
        served(its, FOLDER / "shop.log"),
        opened(site, its, lambda method, path, body: call(base, method, path, body, key)),
    ):
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
    why = "the demo promotes what passed the gate"
    promote(done["version"], by="demo", why=why, at=learned, tracking_uri=settings.tracking_uri)
    for line in words.learned(done["report"], done["expires"], done["version"], console.width):
        console.print(line)


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


def play(base: str, key: str, scene: Scene, number: int, at: datetime) -> Mapping[str, Any]:
    """Tell the API the customer's preferences and what happened, then ask."""
    call(base, "PUT", f"/v1/users/{scene.user}/preferences", scene.preferences(at), key)
    evidence = scene.evidence(at, number)
    if evidence is not None:
        call(base, "POST", "/v1/events", evidence, key)
    answer: dict[str, Any] = call(base, "POST", "/v1/decisions", scene.candidate(number), key)
    return answer
