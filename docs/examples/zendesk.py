"""Say in Zendesk's messaging what may be said: in the newest conversation of the customer, who must have one.

It must be theirs alone, on your site or in your app ("List Participants"): consent to `chat` is none to WhatsApp, SMS
or e-mail, which Zendesk keeps beside it.

By the Sunshine Conversations API, version 2: "Post Message" keeps the decision's id in the message's `metadata`, so
that one of which nobody knows is looked for ("List Messages") before it is tried again. Zendesk's 201 says that it took
it; where the channel fails afterwards (`conversation:message:delivery:failure`), report `not_delivered` yourself.

    OUTREACH_URL, OUTREACH_KEY, WEBHOOK_SECRET, BOOK    the relay
    ZENDESK_URL                                         https://SUBDOMAIN.zendesk.com/sc
    ZENDESK_APP, ZENDESK_KEY_ID, ZENDESK_KEY_SECRET     a key of the app: Admin Center, APIs, Conversations API
"""

from dataclasses import dataclass
from typing import Any, Final

import httpx

from serving.relay.application import required, serve
from serving.relay.messenger import Offer, Posted, Verdict, before_posting, judged

MARK: Final = "outreach_decision"
IN_APP: Final = ("sdk", "web", "ios", "android")  # kinds of clients that are a chat of the company's own
PAGES: Final = 20  # of a hundred messages each, the newest, are looked through
OWN: Final = "zendesk:user:"  # who has no other id


@dataclass(frozen=True)
class Zendesk:
    """One app; `http` has its address and its key."""

    http: httpx.Client

    def takes(self, offer: Offer) -> bool:
        """Take what is said in a chat."""
        return offer.channel == "chat"

    def post(self, offer: Offer) -> Posted:
        """Post into the conversation in the app where something was said last."""
        try:
            talks = self._talks(offer)["conversations"]
            newest_first = sorted(talks, key=lambda talk: str(talk.get("lastUpdatedAt") or ""), reverse=True)
            talk = next((one["id"] for one in newest_first if self._is_in_app(one["id"])), None)
        except (httpx.HTTPError, LookupError, TypeError, ValueError) as error:
            return before_posting(error)
        if talk is None:
            return Posted(Verdict.REFUSED)
        if offer.late():
            return Posted(Verdict.AGAIN)
        said = {"author": {"type": "business"}, "content": {"type": "text", "text": offer.text}}
        path = f"conversations/{talk}/messages"
        return judged(self.http.post(path, json=said | {"metadata": {MARK: offer.decision_id}}))

    def find(self, offer: Offer) -> bool | None:
        """Look through all of their conversations: another may be the newest by now."""
        talks = self._talks(offer)
        there = [self._is_in(talk["id"], offer) for talk in talks["conversations"]]
        return True if True in there else None if None in there or talks["meta"]["hasMore"] else False

    def _talks(self, offer: Offer) -> Any:
        who = "filter[userId]" if offer.user_id.startswith(OWN) else "filter[userExternalId]"
        return self._got("conversations", {who: offer.user_id.removeprefix(OWN), "page[size]": "100"})

    def _is_in_app(self, talk: str) -> bool:
        """Whether it has one participant, and no client of theirs in it is another channel's."""
        there = self._got(f"conversations/{talk}/participants", {})["participants"]
        clients = [one.get("type") for who in there for one in who.get("clientAssociations") or ()]
        return len(there) == 1 and bool(clients) and all(kind in IN_APP for kind in clients)

    def _is_in(self, talk: str, offer: Offer) -> bool | None:
        page: dict[str, str] = {}
        unsure = False
        for _ in range(PAGES):
            said = self._got(f"conversations/{talk}/messages", page)
            if any((one.get("metadata") or {}).get(MARK) == offer.decision_id for one in said["messages"]):
                return True
            unsure = unsure or any(one.get("deleted") for one in said["messages"])  # which was it?
            if not said["meta"]["hasMore"]:
                return None if unsure else False
            page = {"page[before]": said["meta"]["beforeCursor"]}
        return None

    def _got(self, path: str, asked: dict[str, str]) -> Any:
        return self.http.get(path, params=asked).raise_for_status().json()


def main() -> None:
    """Relay until the process is told to end."""
    app = f"{required('ZENDESK_URL').rstrip('/')}/v2/apps/{required('ZENDESK_APP')}/"
    http = httpx.Client(base_url=app, auth=(required("ZENDESK_KEY_ID"), required("ZENDESK_KEY_SECRET")), timeout=10.0)
    with http:
        serve(Zendesk(http))


if __name__ == "__main__":
    main()
