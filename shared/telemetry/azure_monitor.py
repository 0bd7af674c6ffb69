"""OpenTelemetry's export to Application Insights, with nothing on that collects by itself. Imported where telemetry is on."""
from __future__ import annotations

import os
from typing import Any

# Of the exporter's own, before it is imported: figures of its use, and orders from outside the region, that turn on what is off here.
# The detector that is left reads the platform's variables; the other asks the network, and a cold start waits for it.
os.environ.update({
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "azure_app_service",
})

from azure.core.settings import settings as azure_settings  # noqa: E402
from azure.monitor.opentelemetry import configure_azure_monitor  # noqa: E402
from opentelemetry.metrics import get_meter_provider  # noqa: E402
from opentelemetry.trace import get_tracer_provider  # noqa: E402

from shared.telemetry.open_telemetry import OpenTelemetry  # noqa: E402

LOGGER = "shared"
_INSTRUMENTED = ("azure_sdk", "django", "fastapi", "flask", "httpx", "httpx2", "psycopg2", "requests", "urllib", "urllib3")


def azure_monitor(connection_string: str, credential: Any | None) -> OpenTelemetry:
    """Send spans, metrics and what `shared` logs, in this process from now on. Without a credential whoever knows the string may send."""
    configure_azure_monitor(
        connection_string=connection_string.strip(";"),  # it cannot read an empty part
        credential=credential,
        logger_name=LOGGER,
        # They would record addresses of requests to the storage, and so names of lists.
        instrumentation_options={name: {"enabled": False} for name in _INSTRUMENTED},
        enable_live_metrics=False,
        enable_performance_counters=False,
        # What cannot be sent is lost: nothing lies on a worker's disk.
        disable_offline_storage=True,
    )
    azure_settings.tracing_enabled = False  # whatever the environment says
    return OpenTelemetry(get_tracer_provider(), get_meter_provider())
