"""The job queue. A message carries ids, never content."""
from __future__ import annotations

import base64
import json
from contextlib import suppress
from itertools import islice

from azure.storage.queue import QueueClient, QueueServiceClient, TextBase64EncodePolicy

from shared.errors import Conflict, NotFound, Unavailable
from shared.storage.failures import translated

JOB_QUEUE = "jobs"


POISON_QUEUE = f"{JOB_QUEUE}-poison"
MESSAGE_SECONDS = 7 * 24 * 3600
"""How long the service keeps a message that nobody takes: its default."""
_MESSAGES_AT_ONCE = 32
_POISON_BATCHES = 1000
HELD_SECONDS = 15
"""How long others do not see the poisoned messages that are looked at: less than a job's five tries last."""


class JobQueue:
    """Sends jobs to the queue that the app's own queue trigger works off."""

    def __init__(self, client: QueueServiceClient) -> None:
        # The Functions host expects base64, the default of its queue extension.
        self._client = client.get_queue_client(JOB_QUEUE, message_encode_policy=TextBase64EncodePolicy())
        self._poison = client.get_queue_client(POISON_QUEUE)

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

    def peek_of(self, account_id: str) -> int:
        """How many of the next messages are of this account. To receive others would count as a try of theirs."""
        with suppress(NotFound), translated():
            return sum(_account_id(message.content) == account_id for message in self._client.peek_messages(_MESSAGES_AT_ONCE))
        return 0

    def delete_poisoned(self, account_id: str) -> int:
        """Delete the messages of this account that workers gave up on, and return how many there were.

        Raises Unavailable where another reader holds some, so that not all could be looked at.
        """
        deleted, others = 0, []
        with suppress(NotFound), translated():
            count = self._poison.get_queue_properties().approximate_message_count or 0
            try:
                for message in islice(self._poison.receive_messages(
                        messages_per_page=_MESSAGES_AT_ONCE, visibility_timeout=HELD_SECONDS), _MESSAGES_AT_ONCE * _POISON_BATCHES):
                    if _account_id(message.content) == account_id:
                        self._poison.delete_message(message)
                        deleted += 1
                    else:
                        others.append(message)
            finally:
                for message in others:
                    self._poison.update_message(message, visibility_timeout=0)
            if deleted + len(others) < count:
                raise Unavailable("Some messages of the poison queue are held by another reader; try again.")
        return deleted

    def depths(self) -> dict[str, int]:
        """About how many messages there are in the queue of jobs, and in that of those that workers gave up on. Raises Unavailable."""
        return {JOB_QUEUE: _depth(self._client), POISON_QUEUE: _depth(self._poison)}

    def check(self) -> None:
        """Raises Unavailable when the queue service does not answer. A queue that is missing is made by the first job."""
        with suppress(NotFound), translated():
            self._client.get_queue_properties()

    def _send(self, message: str, delay_seconds: int) -> None:
        with translated():
            self._client.send_message(message, visibility_timeout=delay_seconds)


def _depth(queue: QueueClient) -> int:
    with suppress(NotFound), translated():
        return queue.get_queue_properties().approximate_message_count or 0
    return 0


def _account_id(content: str) -> str | None:
    """Whose job a message is, as it lies in the queue; None where that cannot be told."""
    try:
        return json.loads(base64.b64decode(content, validate=True))["accountId"]
    except (ValueError, KeyError, TypeError):
        return None
