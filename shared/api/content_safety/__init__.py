"""Azure AI Content Safety, GA 2023-10-01 and 2024-09-01."""
from shared.api.content_safety import blocklists, image, text  # noqa: F401  (declare their operations)
from shared.api.content_safety.wire import api as CONTENT_SAFETY  # noqa: N812

__all__ = ["CONTENT_SAFETY"]
