"""Taking apart what comes over a connection: requests, whatever other protocol a client would rather speak.

The parser stops behind a head that asks for another protocol, takes its body for the next request, and drops what came
with it. A server may ignore such a wish (RFC 9110, 7.8), and clients send it with ordinary requests: Java's own asks
for `h2c` with the first POST. Here such a head is read once more without the wish, and what followed it after that.
"""

from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

WISH: Final = b"upgrade"


class Reading(HttpToolsProtocol):
    """One client's connection, as far as what comes is taken apart."""

    version = "1.1"  # of the request that is read

    def read(self, data: bytes) -> bool:
        """Read what came; False where it is no HTTP, or is refused."""
        rest: bytes | memoryview = data
        try:
            while (stopped := self._feed(rest)) is not None:
                rest = memoryview(rest)[stopped:]
                self._begin_again()
        except HttpParserError:
            return False
        return True

    def _feed(self, data: bytes | memoryview) -> int | None:
        """Hand this to the parser; return where it stopped because of the wish for another protocol."""
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as stopped:
            where: int = stopped.args[0]
            return where
        return None

    def _begin_again(self) -> None:
        """Read the last head as if the wish were not in it; by another parser, for the old one is behind its end."""
        first = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, self.version.encode())
        lines = (b"%b: %b\r\n" % pair for pair in self.headers if pair[0] != WISH)
        head = b"".join((first, *lines, b"\r\n"))
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it
        self.parser.feed_data(head)

    def is_wish(self) -> bool:
        """Whether what the parser tells of now is a head that comes again, without the wish for another protocol."""
        return self.parser.should_upgrade()
