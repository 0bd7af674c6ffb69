"""A client of the account's own operations, for commands: one line of text for whatever goes wrong, and never the key."""

import os
from typing import Any
from urllib.parse import urlsplit

import httpx

KEY_VARIABLE = "MODERATO_KEY"
_TIMEOUT = httpx.Timeout(60, connect=10)


class CommandFailed(Exception):
    """The message is one line for the terminal."""


class Refused(CommandFailed):
    """The service answered, and did not do it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"the service answered {status}: {message}")
        self.status = status


class Unreachable(CommandFailed):
    """There was no answer; the same request may get one later."""


def key_from(argument: str | None) -> str:
    """The key of the command line or the environment. Raises CommandFailed if there is none."""
    key = argument or os.environ.get(KEY_VARIABLE, "")
    if not key:
        raise CommandFailed(f"give the account's key with --key or in {KEY_VARIABLE}")
    return key


class AccountClient:
    """`account` is an id or `me`; `is_operator`: the key is the operator's."""

    def __init__(self, endpoint: str, key: str, account: str = "me", is_operator: bool = False) -> None:
        if urlsplit(endpoint).scheme not in ("http", "https"):
            raise CommandFailed("the endpoint must begin with https:// or http://")
        self.endpoint = endpoint.rstrip("/")
        self.account = account
        self._headers = {"x-operator-key" if is_operator else "Ocp-Apim-Subscription-Key": key}
        # A proxy of the environment has no business between two processes of this machine.
        is_local = urlsplit(endpoint).hostname in ("127.0.0.1", "localhost", "::1")
        self._http = httpx.Client(timeout=_TIMEOUT, trust_env=not is_local)

    def __enter__(self) -> "AccountClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A request below the account's own address. Raises Refused, Unreachable."""
        return self.send(method, f"{self.endpoint}/accounts/{self.account}/{path}", self._headers, **options)

    def send(self, method: str, url: str, headers: dict[str, str], **options: Any) -> httpx.Response:
        """A request to any address, with these headers alone. Raises Refused, Unreachable."""
        try:
            answer = self._http.request(method, url, headers=headers, **options)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"no answer from {self.endpoint}: {type(error).__name__}") from None
        if answer.status_code >= 400:
            raise Refused(answer.status_code, _message(answer))
        return answer


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return answer.reason_phrase
