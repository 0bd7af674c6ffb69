"""Telemetry: off, or to the operator's Application Insights."""
from __future__ import annotations

from typing import Any

from shared.settings import Settings
from shared.telemetry.telemetry import NO_TELEMETRY, Telemetry


def telemetry_of(settings: Settings, credential: Any) -> Telemetry:
    if settings.telemetry_connection_string is None:
        return NO_TELEMETRY
    from shared.telemetry.azure_monitor import azure_monitor

    return azure_monitor(settings.telemetry_connection_string, credential if settings.managed_identity_client_id else None)
