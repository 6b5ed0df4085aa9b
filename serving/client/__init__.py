"""The client: a program of yours asks the API, in Python. It imports `httpx` alone (`pip install "outreach[client]"`).

    from serving.client import Outreach

    with Outreach("https://outreach.example", key) as outreach:
        answer = outreach.decide(candidate)
        if answer.trigger:  # never after a timeout, an error, or anything that cannot be read
            send(answer.message.text)

`timeout` is for one try, `patience` for all tries of one call, in seconds; nothing goes on after that. What nobody
answered is asked again under the same Idempotency-Key, so that it is decided once: a connection that fails, a timeout,
408, 409, 425, 429 and 5xx, an answer that cannot be read. Waits grow, and are never shorter than `Retry-After`. Where
patience ends there is a `NoAnswer`; what the caller must mend is raised as `Refused`.
"""

from serving.client.answers import Decision, NoAnswer, Offered, Recorded, Refused, Rejected
from serving.client.outreach import Outreach

__all__ = ["Decision", "NoAnswer", "Offered", "Outreach", "Recorded", "Refused", "Rejected"]
