"""The client for addresses that callers name."""
from __future__ import annotations

from shared.outbound.addresses import networks_of
from shared.outbound.client import GuardedClient
from shared.settings import Settings


def outbound_of(settings: Settings) -> GuardedClient:
    return GuardedClient(networks_of(settings.fetch_allowed_networks))
