"""For clients of servers on this machine, which speak plain HTTP.

httpx reads the certificates of all authorities for every client that is not told otherwise, and for every question that
is asked without one: 28 ms of a processor each time.
"""

import ssl

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # `verify=PLAIN`: it trusts nobody, and is never asked
