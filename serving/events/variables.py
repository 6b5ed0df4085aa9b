"""What an expression of a trigger may read beside the event's data: names, kinds and meanings.

`event`, `session`, `customer` and `now` are all there is. A name that has no value is missing, and an expression that
meets a missing name does not match (CONTRACT section 7).
"""

from collections.abc import Mapping
from types import MappingProxyType

from serving.events.catalogue import Kind, Name

EVENT: Mapping[str, Name] = MappingProxyType(
    {
        "type": Name(Kind.TEXT, "the type of the event"),
        "id": Name(Kind.TEXT, "its id"),
        "source": Name(Kind.TEXT, "who sent it"),
        "subject": Name(Kind.TEXT, "the customer whom it concerns"),
        "time": Name(Kind.TIME, "when it happened"),
    }
)
SESSION: Mapping[str, Name] = MappingProxyType(
    {
        "id": Name(Kind.TEXT, "the session's id"),
        "started_at": Name(Kind.TIME, "when it began"),
        "seconds": Name(Kind.SECONDS, "how long it has lasted"),
        "page": Name(Kind.TEXT, "the page that the customer is on"),
        "page_seconds": Name(Kind.SECONDS, "how long they have been on it"),
        "pages_viewed": Name(Kind.COUNT, "how many pages they opened in it"),
        "messages": Name(Kind.COUNT, "how many of our messages it has had"),
        "dismissed": Name(Kind.TRUTH, "whether they closed one of our messages in it"),
        "conversation_started": Name(Kind.TRUTH, "whether they wrote, or a conversation was opened, in it"),
        "returning": Name(Kind.TRUTH, "whether they were here before, or ever wrote"),
    }
)
CUSTOMER: Mapping[str, Name] = MappingProxyType(
    {
        "id": Name(Kind.TEXT, "the customer's id"),
        "visits": Name(Kind.COUNT, "how many sessions they began in the last 30 days, this one included"),
        "page_views": Name(Kind.COUNT, "how often they opened the event's page in the last 30 days"),
        "conversations": Name(Kind.COUNT, "how many conversations they had in the last 90 days"),
        "conversation_open": Name(Kind.TRUTH, "whether one is open now"),
        "on_page": Name(Kind.TRUTH, "whether they look at one page with our widget, which said nothing yet"),
        "returning": Name(Kind.TRUTH, "whether they were here before, or ever wrote"),
    }
)
VARIABLES: Mapping[str, Mapping[str, Name]] = MappingProxyType(
    {"event": EVENT, "session": SESSION, "customer": CUSTOMER}
)
