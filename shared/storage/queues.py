"""The job queue. A message carries ids, never content."""
from __future__ import annotations

import json
from contextlib import suppress

from azure.storage.queue import QueueServiceClient, TextBase64EncodePolicy

from shared.errors import Conflict, NotFound
from shared.storage.failures import translated

JOB_QUEUE = "jobs"


class JobQueue:
    """Sends jobs to the queue that the app's own queue trigger works off."""

    def __init__(self, client: QueueServiceClient) -> None:
        # The Functions host expects base64, the default of its queue extension.
        self._client = client.get_queue_client(JOB_QUEUE, message_encode_policy=TextBase64EncodePolicy())

    def create(self) -> None:
        """Create the queue; nothing happens if it exists."""
        try:
            with translated():
                self._client.create_queue()
        except Conflict:
            return

    def send(self, kind: str, account_id: str, subject_id: str, delay_seconds: int = 0) -> None:
        """Queue one job, to be seen by workers after `delay_seconds`. Raises Unavailable."""
        message = json.dumps({"kind": kind, "accountId": account_id, "id": subject_id})
        try:
            self._send(message, delay_seconds)
        except NotFound:
            self.create()
            self._send(message, delay_seconds)

    def check(self) -> None:
        """Raises Unavailable when the queue service does not answer. A queue that is missing is made by the first job."""
        with suppress(NotFound), translated():
            self._client.get_queue_properties()

    def _send(self, message: str, delay_seconds: int) -> None:
        with translated():
            self._client.send_message(message, visibility_timeout=delay_seconds)
