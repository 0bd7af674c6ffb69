"""The HTTP connections of a process to the storage."""
from __future__ import annotations

import requests
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter

_POOLED_CONNECTIONS = 64
"""For each host: more than the threads that read and write at once. The SDK's own pool of 10 throws the others away."""


def pooled_transport() -> RequestsTransport:
    """A transport that all storage clients of a process share. Retrying is the SDK's business, not the connection's."""
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_connections=8, pool_maxsize=_POOLED_CONNECTIONS, max_retries=0))
    return RequestsTransport(session=session, session_owner=False)
