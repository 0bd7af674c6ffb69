"""Gravity cues: signs, in the passage the model flagged, that its harm is greater than the model's certainty tells.

A probability says how sure the model is, not how grave the text. These short lists raise an already positive severity;
they never make a harmless text positive. What each cue is worth, and which were tried and dropped: docs/text-model.md.
"""

import re

from shared.text_analysis.models import Category

STEP = 2  # one of the four published levels
TOP = 7

_INTENT = (
    r"(?:\b(?:i|we) (?:will|shall|am going to|are going to|gonna|am gonna|want to|swear)"
    r"|\b(?:i'll|we'll|i'm going to|i'm gonna|we're going to|imma))"
)
_VIOLENT_ACT = (
    r"(?:kill|murder|stab|shoot|strangle|choke|behead|slaughter|torture|butcher"
    r"|beat|hurt|burn|hang|execute|gut|poison|smash|crush|cut|hunt)"
)
_SOMEONE = r"(?:you|your|him|his|her|them|their|every|everyone|everybody|all|that|this|those|these|my|the)"
_OWN_END = (
    r"(?:kill(?:ing)? myself|end(?:ing)? my (?:own )?life|tak(?:e|ing) my (?:own )?life|end(?:ing)? it all"
    r"|hang(?:ing)? myself|shoot(?:ing)? myself)"
)
_YOUR_END = r"(?:kill|hang|shoot|off|drown|cut) yourself|end your (?:own )?life|\bkys\b"

_GRAVER = {
    Category.SELF_HARM: re.compile(rf"{_INTENT} (?:\w+ ){{0,3}}?{_OWN_END}|{_YOUR_END}"),
    Category.VIOLENCE: re.compile(rf"{_INTENT} (?:\w+ ){{0,4}}?{_VIOLENT_ACT} {_SOMEONE}\b"),
}
_MINOR = re.compile(
    r"\b(?:child|children|kids?|minors?|underage|toddlers?|preteens?|schoolgirls?|schoolboys?"
    r"|little (?:girl|boy)s?|(?:[1-9]|1[0-7]) ?(?:years? old|yo|y o))\b"
)


def weigh(category: Category, severity: int, passage: str) -> int:
    """Return the severity (0 to 7) after the cues of a normalised passage; one below 2 is returned as it is.

    Sexual content that names a minor goes to the top; a stated threat, intent or incitement is one step up.
    """
    if severity < STEP:
        return severity
    if category is Category.SEXUAL and names_minor(passage):
        return TOP
    return min(TOP, severity + STEP) if is_graver(category, passage) else severity


def is_graver(category: Category, passage: str) -> bool:
    """Return whether a normalised passage states a threat, an intent or an incitement in this category."""
    cue = _GRAVER.get(category)
    return cue is not None and cue.search(passage) is not None


def names_minor(passage: str) -> bool:
    """Return whether a normalised passage names a child or an age below eighteen."""
    return _MINOR.search(passage) is not None
