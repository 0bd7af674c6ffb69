"""Gravity cues: signs in the passage the model flagged that its harm is greater than usual, or only spoken about.

A probability says how sure the model is, not how grave the text. These short lists move an already positive severity;
they never make a harmless text positive. What each cue is worth was measured: docs/text-model.md.
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
_REMOVAL = r"(?:exterminated|wiped out|eradicated|gassed|slaughtered|killed|shot|hanged|burned|executed)"

_GRAVER = {
    Category.HATE: re.compile(
        rf"(?:should|must|need to|deserve to|ought to) (?:all )?be {_REMOVAL}|\b(?:death to|kill) (?:all|the|every)\b"
    ),
    Category.SELF_HARM: re.compile(rf"{_INTENT} (?:\w+ ){{0,3}}?{_OWN_END}|{_YOUR_END}"),
    Category.VIOLENCE: re.compile(rf"{_INTENT} (?:\w+ ){{0,4}}?{_VIOLENT_ACT} {_SOMEONE}\b"),
}
_SPOKEN_ABOUT = re.compile(
    r"\b(?:police (?:said|say)|according to|officials|researchers|historians?|study (?:found|shows)"
    r"|the (?:report|study|court|article|documentary|law|charity|clinic|museum)"
    r"|prevention|awareness|hotline|helpline|crisis line|survivors? of|support for|get help|help a friend"
    r"|education|sexual health|contraception|condemn(?:s|ed)?|arrested|sentenced|charged with|was fined)\b"
)
_MINOR = re.compile(
    r"\b(?:child|children|kids?|minors?|underage|toddlers?|bab(?:y|ies)|preteens?|schoolgirls?|schoolboys?"
    r"|little (?:girl|boy)s?|(?:[1-9]|1[0-7]) ?(?:years? old|yo|y o))\b"
)


def weigh(category: Category, severity: int, passage: str) -> int:
    """Return the severity (0 to 7) after the cues of a normalised passage; one below 2 is returned as it is.

    Sexual content that names a minor goes to the top. Otherwise an explicit threat, intent or incitement is one step
    up, and reporting, education or prevention without such is one step down.
    """
    if severity < STEP:
        return severity
    spoken_about = is_spoken_about(passage)
    if category is Category.SEXUAL and names_minor(passage) and not spoken_about:
        return TOP
    if is_graver(category, passage):
        return min(TOP, severity + STEP)
    return severity - STEP if spoken_about else severity


def is_graver(category: Category, passage: str) -> bool:
    """Return whether a normalised passage states a threat, an intent or an incitement in this category."""
    cue = _GRAVER.get(category)
    return cue is not None and cue.search(passage) is not None


def is_spoken_about(passage: str) -> bool:
    """Return whether a normalised passage reports, teaches or prevents."""
    return _SPOKEN_ABOUT.search(passage) is not None


def names_minor(passage: str) -> bool:
    """Return whether a normalised passage names a child or an age below eighteen."""
    return _MINOR.search(passage) is not None
