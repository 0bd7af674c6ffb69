"""Azure Custom Vision: training 3.3 and 3.4-preview, prediction 3.0 and 3.1, and the account information of training 2.0."""
from shared.api.custom_vision import account  # noqa: F401  (declares its operation)
from shared.api.custom_vision.wire import prediction as CUSTOM_VISION_PREDICTION  # noqa: N812
from shared.api.custom_vision.wire import training as CUSTOM_VISION_TRAINING  # noqa: N812
from shared.api.custom_vision.wire import training_20 as CUSTOM_VISION_TRAINING_20  # noqa: N812

__all__ = ["CUSTOM_VISION_PREDICTION", "CUSTOM_VISION_TRAINING", "CUSTOM_VISION_TRAINING_20"]
