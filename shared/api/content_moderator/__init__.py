"""Azure Content Moderator v1.0: text, images, term lists, image lists and reviews."""
from shared.api.content_moderator import image, image_lists, review_jobs, reviews, term_lists, text  # noqa: F401
from shared.api.content_moderator.wire import api as CONTENT_MODERATOR  # noqa: N812

__all__ = ["CONTENT_MODERATOR"]
