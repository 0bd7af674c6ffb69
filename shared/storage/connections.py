"""The HTTP connections of a process to the storage."""
from __future__ import annotations

import os
from urllib.request import getproxies

import requests
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter

_POOLED_CONNECTIONS = 64
"""For each host: more than the threads that read and write at once. The SDK's own pool of 10 throws the others away."""
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def pooled_transport() -> RequestsTransport:
    """A transport that all storage clients of a process share. Retrying is the SDK's business, not the connection's."""
    session = requests.Session()
    # Otherwise each request reads all of the environment, a fifth of its processor time where there are a hundred variables.
    session.trust_env = bool(getproxies().keys() - {"no"}) or any(os.environ.get(name) for name in _CERTIFICATES)
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_connections=8, pool_maxsize=_POOLED_CONNECTIONS, max_retries=0))
    return RequestsTransport(session=session, session_owner=False)
