"""Moderato's own API: accounts for the operator, and pages about the service itself."""
from shared.api.management import accounts, service_pages  # noqa: F401  (declare their operations)
from shared.api.management.wire import api as MANAGEMENT  # noqa: N812

__all__ = ["MANAGEMENT"]
