"""The wire floor: every product family's API. The last one has no prefix and answers what no family does."""
from shared.api.content_moderator import CONTENT_MODERATOR
from shared.api.content_safety import CONTENT_SAFETY
from shared.api.custom_vision import (
    CUSTOM_VISION_DOWNLOADS,
    CUSTOM_VISION_PREDICTION,
    CUSTOM_VISION_TRAINING,
    CUSTOM_VISION_TRAINING_20,
)
from shared.api.management import MANAGEMENT
from shared.api.review_ui import REVIEW_TOOL

APIS = (CONTENT_SAFETY, CONTENT_MODERATOR, CUSTOM_VISION_TRAINING, CUSTOM_VISION_PREDICTION, CUSTOM_VISION_TRAINING_20,
        CUSTOM_VISION_DOWNLOADS, MANAGEMENT)

# Pages are no wire: programs use the operations that they are made of, so that no document of operations names them.
SERVED = (REVIEW_TOOL, *APIS)
