"""The operator's own Azure AI Content Safety resource, asked through the official client.

What is asked leaves this deployment for the resource: docs/text-engines.md. Nothing of an answer or of an error is logged
but the status, since a resource may repeat in them what it was sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from azure.ai.contentsafety import ContentSafetyClient
from azure.core.credentials import AzureKeyCredential, TokenCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestTimeoutError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import HttpRequest

from shared.errors import QuotaExceeded, ServiceError, Unavailable
from shared.text_analysis.models import HIGHEST_SEVERITY, Category

API_VERSION = "2024-09-01"
ENGINE = "azure-content-safety"
ENGINE_VERSION = f"{ENGINE}-{API_VERSION}"
LONGEST_WAIT_SECONDS = 3600
_OPTIONS = {
    "connection_timeout": 3,
    "read_timeout": 10,
    # The SDK would sleep as long as a Retry-After says, and would send the key to wherever a redirect leads.
    "retry_total": 0,
    "permit_redirects": False,
    # The SDK's would log headers of an answer at INFO, among them the error code that the resource made.
    "logging_policy": SansIOHTTPPolicy(),
    "http_logging_policy": SansIOHTTPPolicy(),
}
_PASSING = (500, 502, 503, 504)
_log = logging.getLogger(__name__)


class AzureResource:
    """Safe on many threads."""

    def __init__(self, name: str, endpoint: str, credential: str | TokenCredential, **options: Any) -> None:
        """`name` is what messages call it: `text engine`. `credential` is a key of the resource, or an identity that may use it.

        `options` go to the client.
        """
        sent = AzureKeyCredential(credential) if isinstance(credential, str) else credential
        self._name = name
        self._client = ContentSafetyClient(endpoint, sent, api_version=API_VERSION, **{**_OPTIONS, **options})

    def severities(self, ask: Callable[[ContentSafetyClient], Mapping[str, Any]]) -> dict[Category, int]:
        """Return the severities of the four categories, 0 to 7, in what `ask` has the client answer.

        It asks once more where the connection broke (one that was idle for long does) or the resource had a passing failure.
        Raises QuotaExceeded where the resource is asked too often, Unavailable for whatever else goes wrong.
        """
        with self._translated():
            try:
                answer = ask(self._client)
            except AzureError as error:
                if not _is_worth_another_try(error):
                    raise
                answer = ask(self._client)
            return _severities_of(answer)

    def check(self) -> None:
        """Raises Unavailable where the resource does not answer or refuses the credential. Nothing is analyzed, and nothing paid."""
        with suppress(QuotaExceeded), self._translated():
            self._client.send_request(HttpRequest("GET", "/text/blocklists", params={"api-version": API_VERSION})).raise_for_status()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raises QuotaExceeded or Unavailable, whose messages are our own; never what the SDK raised, which quotes answers."""
        try:
            yield
        except HttpResponseError as error:
            raise self._from_status(error) from None
        except AzureError as error:
            _log.warning("Azure AI Content Safety cannot be reached (%s)", type(error).__name__)
            raise Unavailable(f"The {self._name} of this deployment cannot be reached; try again.") from None
        except Exception as error:  # the SDK reads an answer as if it were in order, and stumbles over one that is not
            raise self._unreadable(error) from None

    def _from_status(self, error: HttpResponseError) -> ServiceError:
        if error.status_code == 429:
            return QuotaExceeded(f"The {self._name} of this deployment is asked too often; try again later.", _wait_seconds(error))
        if error.status_code in (None, 200) and not isinstance(error, ClientAuthenticationError):
            return self._unreadable(error)
        if isinstance(error, ClientAuthenticationError) or error.status_code == 403:
            _log.error("Azure AI Content Safety refuses the credential, or there is none (status %s)", error.status_code)
        else:
            _log.error("Azure AI Content Safety answers with status %s", error.status_code)
        return Unavailable(f"The {self._name} of this deployment is not available; try again.")

    def _unreadable(self, error: Exception) -> Unavailable:
        _log.error("Azure AI Content Safety gave no answer that can be read (%s)", type(error).__name__)
        return Unavailable(f"The {self._name} of this deployment gave no answer that can be read.")


def _is_worth_another_try(error: AzureError) -> bool:
    """Not after a timeout: the caller has waited long enough."""
    if isinstance(error, HttpResponseError):
        return error.status_code in _PASSING
    return not isinstance(error, (ServiceRequestTimeoutError, ServiceResponseTimeoutError))


def _severities_of(answer: Mapping[str, Any]) -> dict[Category, int]:
    """Raises ValueError, KeyError, TypeError where it is no answer to what was asked."""
    found = {Category(entry["category"]): entry["severity"] for entry in answer["categoriesAnalysis"]}
    if found.keys() != set(Category) or not all(type(severity) is int and 0 <= severity <= HIGHEST_SEVERITY
                                                for severity in found.values()):
        raise ValueError
    return {category: found[category] for category in Category}


def _wait_seconds(error: HttpResponseError) -> int:
    """What the resource asks for; a second where it says nothing that is a number of seconds."""
    asked = "" if error.response is None else error.response.headers.get("Retry-After", "")
    return min(int(asked), LONGEST_WAIT_SECONDS) if asked.isascii() and asked.isdigit() and len(asked) < 10 and int(asked) else 1
