"""The review tool: pages for people. Each module has the pages of a noun, templates/ what they look like."""
from shared.api.review_ui import (  # noqa: F401  (declare their operations)
    data,
    history,
    items,
    lists,
    members,
    queue,
    sign_in,
    static_files,
    tags,
    teams,
    try_it,
    workflows,
)
from shared.api.review_ui.wire import api as REVIEW_TOOL  # noqa: N812

__all__ = ["REVIEW_TOOL"]
