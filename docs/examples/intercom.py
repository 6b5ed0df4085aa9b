"""Send what may be sent through Intercom, as a message of a teammate's to the contact: it shows in their Messenger.

Intercom documents no mark for a message, a message is no conversation before it is answered, and its search may miss
what is minutes old: a try of which nobody knows what became is not made again, and counts as told.

    OUTREACH_URL, OUTREACH_KEY, WEBHOOK_SECRET, BOOK    the relay
    INTERCOM_TOKEN    the app's access token (Developer Hub, Configure, Authentication)
    INTERCOM_ADMIN    the id of the teammate who speaks: a whole number
    INTERCOM_URL      https://api.intercom.io, or https://api.eu.intercom.io, https://api.au.intercom.io
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html import escape

import httpx

from serving.relay.application import required, serve
from serving.relay.messenger import Offer, Posted, Verdict, before_posting, judged


@dataclass(frozen=True)
class Intercom:
    """One workspace; `http` has its address, the token and the version of the API."""

    http: httpx.Client
    admin: int

    def takes(self, offer: Offer) -> bool:
        """Take what is for the chat."""
        return offer.channel == "chat"

    def post(self, offer: Offer) -> Posted:
        """Find the contact, then write to them once; who is new there may be found minutes later."""
        theirs = offer.user_id.removeprefix("intercom:contact:")
        field = "external_id" if theirs == offer.user_id else "id"
        try:
            found = self.http.post(
                "/contacts/search", json={"query": {"field": field, "operator": "=", "value": theirs}}
            )
            if not found.is_success:
                return _heard(before_posting(found), found)
            (contact,) = found.json()["data"]
            to = {"type": contact["role"], "id": contact["id"]}
        except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
            return before_posting(error)
        if offer.late():
            return Posted(Verdict.AGAIN)
        body, sender = f"<p>{escape(offer.text, quote=False)}</p>", {"type": "admin", "id": self.admin}
        message = {"message_type": "in_app", "body": body, "from": sender, "to": to}
        answer = self.http.post("/messages", json=message)
        return _heard(judged(answer), answer)

    def find(self, offer: Offer) -> bool | None:  # noqa: ARG002  (whatever it is)
        """Nobody can say."""
        return None


def _heard(posted: Posted, answer: httpx.Response) -> Posted:
    """Return what an answer came to, with a wait: Intercom says in a header, by its own clock, when its limit ends."""
    try:
        ends = datetime.fromtimestamp(int(answer.headers["x-ratelimit-reset"]), UTC)
        wait = max(ends - parsedate_to_datetime(answer.headers["date"]), timedelta())
    except (LookupError, ValueError, OverflowError):
        return posted
    return Posted(posted.verdict, wait) if posted.verdict is Verdict.AGAIN and posted.wait is None else posted


def main() -> None:
    """Relay until the process is told to end."""
    given, admin = os.environ, required("INTERCOM_ADMIN")
    if not admin.isdecimal():
        raise SystemExit(f"`INTERCOM_ADMIN` is `{admin}`, which is no number; give the id of the teammate who speaks")
    headers = {"Authorization": f"Bearer {required('INTERCOM_TOKEN')}", "Intercom-Version": "2.14"}
    http = httpx.Client(base_url=given.get("INTERCOM_URL", "https://api.intercom.io"), headers=headers, timeout=10.0)
    with http:
        serve(Intercom(http, int(admin)))


if __name__ == "__main__":
    main()
