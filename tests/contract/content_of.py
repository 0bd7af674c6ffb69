"""What of a golden example is content: every text that it sends or keeps, whole and word by word, but ids of accounts."""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.api import SERVED
from shared.jobs.work import QUEUE_JOBS, TIMER_JOBS
from shared.telemetry.metrics import METRICS
from shared.telemetry.runs import OUTCOMES, Event, Run

_SHORTEST = 4
_WORD = re.compile(r"[^\W_][\w'@.-]*[^\W_]")
# What may be said: names that the code declares. A word of an example that is one of them proves nothing.
_DECLARED = " ".join([
    *(name for api in SERVED for name in (api.name, *(operation.name for operation in api.operations))),
    *(job.kind for job in QUEUE_JOBS), *(job.name for job in TIMER_JOBS), *OUTCOMES, *Run(Event.JOB, "", "").fields(),
    *(event.value for event in Event), *(f"{metric.name} {metric.tells} {metric.unit} {' '.join(metric.attributes)}" for metric in METRICS),
]).casefold()


def content_of(example: Mapping[str, Any], values: Mapping[str, Any], send: Any) -> set[str]:
    """The texts of an example's calls. `values` are the kept ones, `send` makes the bytes of a body."""
    account_id = values["accountId"]
    calls = [*example["before"], example["request"]]
    found = {str(value) for name, value in values.items() if name not in ("accountId", "pictureUrl")}
    for call in calls:
        found |= {str(value) for name, value in call.get("path", {}).items() if name != "accountId"}
        found |= set(_texts(call.get("query", {}))) | set(_texts(call.get("headers", {}))) | set(_texts(call.get("body", {})))
        if "text" in call or "content" in call:
            found.add(send(call).decode("utf-8", "ignore"))
    words = {word for text in found for word in _WORD.findall(text)}
    return {text.casefold() for text in found | words if is_telling(text) and text != account_id}


def is_telling(text: str) -> bool:
    return len(text) >= _SHORTEST and not text.isdigit() and text[0] != "{" and text.casefold() not in _DECLARED


def found_in(said: str, content: Iterable[str]) -> list[str]:
    """The texts that stand in what was said, not as a part of another word."""
    said = said.casefold()
    return [text for text in content if text in said and re.search(rf"(?<!\w){re.escape(text)}(?!\w)", said)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield name
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value
