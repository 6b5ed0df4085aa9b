"""The pages of the demo's shop, filled in: where the API is, who is signed in, what was decided."""

from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

FILES: Final = Path(__file__).parent / "files"
PAGES: Final = {"/": "home", "/pricing": "pricing", "/checkout": "checkout", "/tracking": "tracking", "/help": "help"}
ASSETS: Final = {
    "/shop.css": "text/css; charset=utf-8",
    "/shop.js": "text/javascript; charset=utf-8",
    "/icon.svg": "image/svg+xml",
}
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src {api} 'self'; connect-src {api}; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)


@cache
def file(name: str) -> bytes:
    """Return one of the shop's files, read once."""
    return (FILES / name).read_bytes()


def page(name: str, *, api: str, key: str, session: str | None, news: Sequence[str]) -> bytes:
    """Fill in a page; `session` is the signed visit of a customer, None for a visitor whom nobody knows."""
    here = "anna" if session is not None else "nobody"
    layout, main, door = (file(f"{part}.html").decode() for part in ("layout", name, here))
    told = "".join(f"<li>{escape(line)}</li>" for line in news)
    links = {f"at_{other}": ' aria-current="page"' if other == name else "" for other in PAGES.values()}
    signed = "" if session is None else f' data-session="{escape(session)}"'
    filled = {
        **links,
        "name": name,
        "title": name.capitalize(),
        "main": Template(main).substitute(
            news=f'<h2>What Outreach decided</h2><ul class="news">{told}</ul>' if told else "",
            parcel=file(f"parcel_of_{here}.html").decode(),
        ),
        "door": door,
        "widget": f'<script src="{escape(api)}/widget.js" data-key="{escape(key)}"{signed} async></script>',
    }
    return Template(layout).substitute(filled).encode()


def in_words(decision: Mapping[str, Any]) -> str:
    """Say what was decided: where, what, and the text or each reason.

    Example:
        >>> why = {"code": "outranked", "detail": "after others"}
        >>> in_words({"channel": "chat", "action": "deny", "reasons": [why]})
        'chat: deny, outranked (after others)'
    """
    if decision["action"] == "send":
        return f"{decision['channel']}: send, “{decision['message']['text']}”"
    why = "; ".join(f"{reason['code']} ({reason['detail']})" for reason in decision["reasons"])
    return f"{decision['channel']}: {decision['action']}, {why}"
