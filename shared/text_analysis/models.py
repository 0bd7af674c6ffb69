"""The words of text analysis: the four harm categories. Free of numpy, so that naming a category loads no model."""

import enum


class Category(enum.StrEnum):
    """A harm category, in the order of the published enum; arrays of per-category numbers follow this order."""

    HATE = "Hate"
    SELF_HARM = "SelfHarm"
    SEXUAL = "Sexual"
    VIOLENCE = "Violence"
