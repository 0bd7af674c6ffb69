"""Moderato's own API: accounts for the operator, and pages about the service itself."""
from shared.api.management import (  # noqa: F401  (declare their operations)
    accounts,
    audit,
    cached_images,
    callbacks,
    data,
    deletion,
    downloads,
    exports,
    imports,
    members,
    receipts,
    review_decisions,
    review_queue,
    review_statistics,
    review_tags,
    reviews,
    sample_content,
    service_pages,
    teams,
    workflows,
)
from shared.api.management.wire import api as MANAGEMENT  # noqa: N812

__all__ = ["MANAGEMENT"]
