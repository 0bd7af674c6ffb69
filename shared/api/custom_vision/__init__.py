"""Azure Custom Vision: training 3.3 and 3.4-preview, prediction 3.0 and 3.1, and the account information of training 2.0."""
from shared.api.custom_vision import (  # noqa: F401  (they declare their operations)
    account,
    image_changes,
    image_lists,
    images,
    iterations,
    predictions,
    projects,
    stored_predictions,
    suggestions,
    tags,
)
from shared.api.custom_vision.files import downloads as CUSTOM_VISION_DOWNLOADS  # noqa: N812
from shared.api.custom_vision.wire import prediction as CUSTOM_VISION_PREDICTION  # noqa: N812
from shared.api.custom_vision.wire import training as CUSTOM_VISION_TRAINING  # noqa: N812
from shared.api.custom_vision.wire import training_20 as CUSTOM_VISION_TRAINING_20  # noqa: N812

__all__ = ["CUSTOM_VISION_DOWNLOADS", "CUSTOM_VISION_PREDICTION", "CUSTOM_VISION_TRAINING", "CUSTOM_VISION_TRAINING_20"]
