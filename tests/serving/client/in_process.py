"""The client's requests, answered by an API in this process: its clock is the test's."""

from dataclasses import dataclass, field

import httpx

from serving.client import Outreach
from tests.serving.served import EVERYTHING, Served, Watch


@dataclass
class InProcess(httpx.BaseTransport):
    """Hands every request to the API; the last ones are kept."""

    api: Served
    asked: list[httpx.Request] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the API does."""
        self.asked.append(request)
        path = request.url.raw_path.decode()
        headers = dict(request.headers.multi_items())
        answer = self.api.call(request.method, path, key=None, content=request.read(), headers=headers)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def asking(api: Served, clock: Watch, *, key: str = EVERYTHING) -> Outreach:
    """Return a client of this API that never really waits: the clock is turned instead."""
    return Outreach(
        "http://test",
        key,
        transport=InProcess(api),
        clock=clock,
        passing=lambda: clock().timestamp(),
        pause=lambda seconds: clock.turn(seconds=seconds),
    )
