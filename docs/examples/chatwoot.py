"""Say what may be sent in Chatwoot: one message, in the customer's own conversation.

Takes what is decided for `chat`, and for the widget in a visit of Chatwoot's; neither goes into e-mail, SMS or
WhatsApp. A claim alone can join a stranger to a contact there: what is for a customer goes only where they proved who
they are. A message is known again by its mark, or by its text where a version keeps no marks. A conversation made for
it is resolved, and open once they answer.

    OUTREACH_URL, OUTREACH_KEY, WEBHOOK_SECRET, BOOK    the relay
    CHATWOOT_URL, CHATWOOT_ACCOUNT    https://app.chatwoot.com, and the account's number
    CHATWOOT_TOKEN                    of an agent of its own, in those inboxes; an agent bot's may not look
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

from serving.relay.application import required, serve
from serving.relay.messenger import Offer, Posted, Verdict, before_posting, judged

OURS: Final = "chatwoot:"
CHATS: Final = ("Channel::WebWidget", "Channel::Api")  # consent is per channel: all others are e-mail, SMS and the like
MARK, PAGE, SKEW = "outreach_decision", 20, 3600  # messages that are listed at once; seconds between two clocks


@dataclass(frozen=True)
class Chatwoot:
    """One account, by its number; `http` has its address up to that number, and the token."""

    http: httpx.Client
    account: str

    def takes(self, offer: Offer) -> bool:
        """Take chat, and the widget in a visit of theirs; who proved nothing is told nothing."""
        visit = offer.session_id or ("" if offer.channel == "widget" else OURS)
        known = not offer.user_id.startswith(OURS) or offer.user_id.startswith(self._visitor)
        return offer.channel in ("chat", "widget") and visit.startswith(OURS) and known

    def post(self, offer: Offer) -> Posted:
        """Say it in a conversation that is open, else in the newest; in a visit that has none, in a new one."""
        said = {"content": offer.text, "message_type": "outgoing", "content_attributes": {MARK: offer.decision_id}}
        source = (offer.session_id or "").removeprefix(OURS)
        try:
            contact = self._contact(offer)
            inboxes = {one["source_id"]: one["inbox"]["id"] for one in contact.get("contact_inboxes") or ()}
            talks = [one for one in self._talks(contact) if not source or one["inbox_id"] == inboxes.get(source)]
            talks = [one for one in talks if _is_chat_with(contact, one["meta"])]
            best = max(talks, key=lambda talk: (talk["status"] != "resolved", talk["id"]), default=None)
        except (httpx.HTTPError, LookupError, TypeError, ValueError) as error:
            return before_posting(error)
        if best is None and source not in inboxes:
            return Posted(Verdict.REFUSED)
        if offer.late():
            return Posted(Verdict.AGAIN)
        if best is not None:
            return judged(self.http.post(f"conversations/{best['id']}/messages", json=said))
        made = {"source_id": source, "inbox_id": inboxes[source], "status": "resolved", "message": said}
        return judged(self.http.post("conversations", json=made))

    def find(self, offer: Offer) -> bool | None:
        """Look for it in what was said last in each conversation; None where more was said since than is listed."""
        since = datetime.fromisoformat(str(offer.raw["decided_at"])).timestamp() - SKEW
        contact = self._contact(offer)
        talks = self._talks(contact)
        pages = [self._asked("GET", f"conversations/{talk['id']}/messages") for talk in talks]
        fresh = [[one for one in page if one["created_at"] >= since] for page in pages]
        ours = [one for page in fresh for one in page if one["message_type"] == 1]
        marks = [((one.get("content_attributes") or {}).get(MARK), one["content"]) for one in ours]
        if any(mark == offer.decision_id or (mark is None and text == offer.text) for mark, text in marks):
            return True
        return False if contact and all(len(part) < PAGE for part in (talks, *fresh)) else None

    @property
    def _visitor(self) -> str:
        """How the adapter calls whom only this account knows; who proved nothing has another name."""
        return f"{OURS}{self.account}:contact:"

    def _contact(self, offer: Offer) -> dict[str, Any]:
        """Return their contact; nothing where there is none."""
        if offer.user_id.startswith(self._visitor):
            return dict(self._asked("GET", f"contacts/{offer.user_id.removeprefix(self._visitor)}"))
        wanted = {"attribute_key": "identifier", "filter_operator": "equal_to", "values": [offer.user_id]}
        found = self._asked("POST", "contacts/filter", json={"payload": [wanted | {"query_operator": None}]})
        return next((one for one in found if one["identifier"] == offer.user_id), {})

    def _talks(self, contact: dict[str, Any]) -> list[Any]:
        return list(self._asked("GET", f"contacts/{contact['id']}/conversations")) if contact else []

    def _asked(self, method: str, path: str, **more: Any) -> Any:
        return self.http.request(method, path, **more).raise_for_status().json()["payload"]


def _is_chat_with(contact: dict[str, Any], meta: dict[str, Any]) -> bool:
    return meta.get("channel") in CHATS and (not contact.get("identifier") or meta.get("hmac_verified") is True)


def main() -> None:
    """Relay until the process is told to end."""
    url = f"{required('CHATWOOT_URL').rstrip('/')}/api/v1/accounts/{required('CHATWOOT_ACCOUNT')}/"
    http = httpx.Client(base_url=url, headers={"api_access_token": required("CHATWOOT_TOKEN")}, timeout=10.0)
    with http:
        serve(Chatwoot(http, required("CHATWOOT_ACCOUNT")))


if __name__ == "__main__":
    main()
