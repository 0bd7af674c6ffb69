"""What the host reads from host.json, and `%SETTING%` names in bindings."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

_PLACEHOLDER = re.compile(r"%([^%]+)%")


class ConfigurationError(Exception):
    """host.json, a setting or a binding cannot be used; the message is one line."""


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """`extensions.queues` of host.json, with the real host's defaults."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: timedelta = timedelta(0)
    max_polling_interval: timedelta = timedelta(minutes=1)
    base64: bool = True


@dataclass(frozen=True, slots=True)
class HostConfiguration:
    route_prefix: str = "api"
    queues: QueueOptions = QueueOptions()

    @classmethod
    def read(cls, app_directory: Path) -> "HostConfiguration":
        """Read host.json; a missing file means the real host's defaults. Raises ConfigurationError."""
        path = app_directory / "host.json"
        try:
            document = json.loads(path.read_text())
        except FileNotFoundError:
            return cls()
        except ValueError as error:
            raise ConfigurationError(f"host.json is not valid JSON: {error}") from None
        extensions = document.get("extensions", {})
        try:
            return cls(
                route_prefix=extensions.get("http", {}).get("routePrefix", "api").strip("/"),
                queues=_queue_options(extensions.get("queues", {})),
            )
        except (AttributeError, TypeError, ValueError) as error:
            raise ConfigurationError(f"host.json: {error}") from None


def _queue_options(section: Mapping[str, object]) -> QueueOptions:
    batch_size = int(str(section.get("batchSize", 16)))
    if not 1 <= batch_size <= 32:
        raise ValueError(f"extensions.queues.batchSize must be 1 to 32, not {batch_size}")
    return QueueOptions(
        batch_size=batch_size,
        new_batch_threshold=int(str(section.get("newBatchThreshold", batch_size // 2))),
        max_dequeue_count=int(str(section.get("maxDequeueCount", 5))),
        visibility_timeout=parse_time_span(str(section.get("visibilityTimeout", "00:00:00"))),
        max_polling_interval=parse_time_span(str(section.get("maxPollingInterval", "00:01:00"))),
        base64=str(section.get("messageEncoding", "base64")).lower() == "base64",
    )


def parse_time_span(text: str) -> timedelta:
    """Parse `hh:mm:ss` with optional fractions of a second, as host.json writes it: "00:00:30" -> 30 s."""
    found = re.fullmatch(r"(?:(\d+)\.)?(\d{1,2}):([0-5]?\d):([0-5]?\d(?:\.\d{1,7})?)", text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a time span like 00:00:30")
    days, hours, minutes, seconds = found.groups()
    return timedelta(days=int(days or 0), hours=int(hours), minutes=int(minutes), seconds=float(seconds))


def expand(text: str, settings: Mapping[str, str]) -> str:
    """Replace every `%NAME%` by that setting, as the real host does in schedules and queue names.

    Raises ConfigurationError for a setting that does not exist; the real host then refuses the function.
    """

    def value(found: re.Match[str]) -> str:
        try:
            return settings[found.group(1)]
        except KeyError:
            raise ConfigurationError(f"{found.group(0)} is used in a binding, but there is no such setting") from None

    return _PLACEHOLDER.sub(value, text)
