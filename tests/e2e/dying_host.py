"""`python -m tests.e2e.dying_host [options of dev.host]`: a worker that kills itself (SIGKILL) before one of its writes.

DIE_BEFORE_WRITE=N in the environment: right before the Nth request by which it would change a table or a blob. Requests
to the queue service do not count, since the host itself makes them at any time.
"""
from __future__ import annotations

import itertools
import os
import signal
import sys
from urllib.parse import urlsplit

import requests
from azure.storage.queue import QueueServiceClient
from requests.adapters import HTTPAdapter

from dev.host.__main__ import main


def die_before_write(number: int) -> None:
    """Count the writes of this process from now on."""
    queues = urlsplit(QueueServiceClient.from_connection_string(os.environ["STORAGE_CONNECTION_STRING"]).url).port
    numbers = itertools.count(1)
    send = HTTPAdapter.send

    def counting(self: HTTPAdapter, request: requests.PreparedRequest, *arguments: object, **options: object) -> requests.Response:
        is_write = request.method not in ("GET", "HEAD") and urlsplit(request.url or "").port != queues
        if is_write and next(numbers) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return send(self, request, *arguments, **options)  # type: ignore[arg-type]
    HTTPAdapter.send = counting  # type: ignore[method-assign]


if __name__ == "__main__":
    die_before_write(int(os.environ["DIE_BEFORE_WRITE"]))
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)
