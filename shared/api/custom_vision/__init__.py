"""Azure Custom Vision. So far: the account information of the 2.0 training API, which the later versions lack."""
from shared.api.custom_vision import account  # noqa: F401  (declares its operation)
from shared.api.custom_vision.wire import training_20 as CUSTOM_VISION_TRAINING_20  # noqa: N812

__all__ = ["CUSTOM_VISION_TRAINING_20"]
