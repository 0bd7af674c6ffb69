"""The demo of `dev run`: an account, a blocklist and one real analysis, all through the running service."""

import http.client
import json
import shlex
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

API_VERSION = "2024-09-01"
BLOCKLIST = "demo-blocklist"
BLOCKED_TERM = "kraken-9000"
TEXT = "Give me the kraken-9000 or I will beat you up."

_TIMEOUT_SECONDS = 60
_BAR_LENGTH = 7

# A proxy in the environment has no business between two processes of this machine.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class DemoFailed(Exception):
    """The service did not answer as expected; the message is one line."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any


def create_account(endpoint: str, operator_key: str) -> tuple[str, str]:
    """Return the id and `key1` of a new account. Raises DemoFailed."""
    answer = _call("POST", f"{endpoint}/accounts", {"x-operator-key": operator_key}, {"displayName": "demo"})
    if answer.status != 201:
        raise DemoFailed(f"POST /accounts answered {answer.status}")
    return answer.body["id"], answer.body["key1"]


def key_works(endpoint: str, key: str) -> bool:
    """Whether the service still knows this key. Raises DemoFailed when it says neither."""
    answer = _call("GET", _url(endpoint, "text/blocklists"), _keyed(key))
    if answer.status not in (200, 401):
        raise DemoFailed(f"GET /contentsafety/text/blocklists answered {answer.status}")
    return answer.status == 200


def fill_blocklist(endpoint: str, key: str) -> None:
    """Create the demo blocklist with its one item, unless it is there. Raises DemoFailed."""
    path = f"text/blocklists/{BLOCKLIST}"
    patch = {"description": "Made by dev run"}
    answer = _call("PATCH", _url(endpoint, path), _keyed(key), patch, "application/merge-patch+json")
    if answer.status == 200:
        return
    if answer.status != 201:
        raise DemoFailed(f"PATCH /contentsafety/{path} answered {answer.status}")
    item = {"description": "An invented product", "text": BLOCKED_TERM}
    answer = _call("POST", _url(endpoint, f"{path}:addOrUpdateBlocklistItems"), _keyed(key), {"blocklistItems": [item]})
    if answer.status != 200:
        raise DemoFailed(f"POST /contentsafety/{path}:addOrUpdateBlocklistItems answered {answer.status}")


def analyze(endpoint: str, key: str) -> dict[str, Any]:
    """Return the service's analysis of the demo text. Raises DemoFailed."""
    answer = _call("POST", _url(endpoint, "text:analyze"), _keyed(key), {"text": TEXT, "blocklistNames": [BLOCKLIST]})
    if answer.status != 200:
        raise DemoFailed(f"POST /contentsafety/text:analyze answered {answer.status}")
    return answer.body


def describe_analysis(analysis: dict[str, Any], colours: bool) -> str:
    """Lay out an answer of text:analyze for a terminal: a bar for each category, then the blocklist hits."""
    lines = [f'  "{TEXT}"', ""]
    for each in analysis.get("categoriesAnalysis", []):
        severity = int(each.get("severity") or 0)
        bar = _paint("█" * severity, 31 if severity >= 4 else 33, colours) + "░" * (_BAR_LENGTH - severity)
        lines.append(f"  {each['category']:<9} {bar} {severity}")
    for each in analysis.get("blocklistsMatch", []):
        hit = f"{each['blocklistItemText']!r} in {each['blocklistName']}"
        lines.append(f"  {'Blocklist':<9} {_paint('hit', 31, colours)}: {hit}")
    return "\n".join(lines)


def curl_line(endpoint: str, key: str) -> str:
    body = json.dumps({"text": TEXT, "blocklistNames": [BLOCKLIST]})
    headers = (f"Ocp-Apim-Subscription-Key: {key}", "Content-Type: application/json")
    options = " ".join(f"-H {shlex.quote(header)}" for header in headers)
    return f"curl -s {shlex.quote(_url(endpoint, 'text:analyze'))} {options} -d {shlex.quote(body)}"


def python_snippet(endpoint: str, key: str) -> str:
    return "\n".join(
        (
            "from azure.ai.contentsafety import ContentSafetyClient",
            "from azure.ai.contentsafety.models import AnalyzeTextOptions",
            "from azure.core.credentials import AzureKeyCredential",
            f'client = ContentSafetyClient("{endpoint}", AzureKeyCredential("{key}"))',
            f'answer = client.analyze_text(AnalyzeTextOptions(text="{TEXT}", blocklist_names=["{BLOCKLIST}"]))',
            "print(answer.as_dict())",
        )
    )


def _url(endpoint: str, path: str) -> str:
    return f"{endpoint}/contentsafety/{path}?api-version={API_VERSION}"


def _keyed(key: str) -> dict[str, str]:
    return {"Ocp-Apim-Subscription-Key": key}


def _paint(text: str, colour: int, colours: bool) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if colours and text else text


def _call(
    method: str, url: str, headers: dict[str, str], body: object = None, content_type: str = "application/json"
) -> Answer:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {**headers, "Content-Type": content_type}, method=method)
    try:
        with _DIRECT.open(request, timeout=_TIMEOUT_SECONDS) as response:
            return Answer(response.status, _json(response.read()))
    except urllib.error.HTTPError as error:
        return Answer(error.code, _json(error.read()))
    except (OSError, http.client.HTTPException) as error:
        raise DemoFailed(f"{method} {url.partition('?')[0]} got no answer: {error}") from None


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
