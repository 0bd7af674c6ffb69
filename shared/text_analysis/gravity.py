"""Gravity cues: signs, in the passage the model flagged, that its harm is greater or smaller than the model's certainty tells.

A probability says how sure the model is, not how grave the text: it is as sure of a slap as of a murder. So certainty alone
reaches no higher than 5, and these short lists move an already positive severity by one published level. They never make a
harmless text positive, nor a positive one harmless. What each cue is worth: docs/quality.md; examples: docs/severity.md.
"""

import re

from shared.text_analysis.models import HIGHEST_SEVERITY, Category

STEP = 2  # one of the four published levels
HIGHEST_WITHOUT_CUE = 5

_INTENT = (
    r"(?:\b(?:i|we) (?:will|shall|am going to|are going to|gonna|am gonna|want to|swear)"
    r"|\b(?:i'll|we'll|i'm going to|i'm gonna|we're going to|imma))"
)
_VIOLENT_ACT = (
    r"(?:kill|murder|stab|shoot|strangle|choke|behead|slaughter|torture|butcher"
    r"|beat|hurt|burn|hang|execute|gut|poison|smash|crush|cut|hunt|break|bomb|drown)"
)
_SOMEONE = r"(?:you|your|him|his|her|them|their|every|everyone|everybody|all|that|this|those|these|my|the)"
_ALL_OF_THEM = r"(?:them all|all|every|each|everyone|everybody|these|those)"
_OWN_END = (
    r"(?:kill(?:ing)? myself|end(?:ing)? my (?:own )?life|tak(?:e|ing) my (?:own )?life|end(?:ing)? it all"
    r"|hang(?:ing)? myself|shoot(?:ing)? myself)"
)
_YOUR_END = r"(?:kill|hang|shoot|off|drown|cut) yourself|end your (?:own )?life|\bkys\b"
_OWN_MEANS = (
    r"\bmy (?:rope|noose|pills|razors?|blades?|wrists?|veins?|overdose|(?:suicide|goodbye) (?:note|letter)|last day)\b"
    r"|\b(?:goodbye|suicide) (?:note|letter)\b|\bslit(?:ting)? my\b|\bcut(?:ting)? myself\b|\bstarv(?:e|ing) myself\b"
)
_WOUND = (
    r"\b(?:disembowel|dismember|mutilat|decapitat|behead|eviscerat|entrails|guts (?:spill|out)|severed (?:head|limb|arm|leg|hand)"
    r"|gouge|brains? (?:on|over|out)|flay(?:ed|ing)|skull (?:split|crack|cav|shatter)|throat (?:slit|cut|open)"
    r"|slit (?:his|her|their|your) throat|blood (?:spray|spurt|pour|gush|everywhere)|intestines|impal)"
)
_INCITEMENT = (
    rf"\b(?:kill|shoot|hang|burn|gas|bomb|stab|lynch|exterminate|execute|slaughter|wipe out|get rid of) {_ALL_OF_THEM}\b"
    r"|\bdeath to\b|\b(?:deserves?|ought|needs?|should(?: all)?|must(?: all)?|have) (?:to )?"
    r"(?:die|suffer|be (?:shot|hanged|killed|burned|burnt|gassed|exterminated|executed|wiped out|put down|eliminated|lynched))\b"
    r"|\bhope (?:you|he|she|they|everyone|everybody)(?: all)? (?:dies?|burns?|rots?|suffers?|gets? (?:killed|shot|stabbed|hanged))\b"
)
_DEHUMANISING = (
    r"\b(?:vermin|sub ?humans?|cockroach(?:es)?|parasites?|infest(?:ed|ing|s|ation)?|inferior (?:race|people|breed|beings?)"
    r"|not (?:even )?human|ethnic cleansing|deport (?:them all|all|every))\b"
)
_EXPLICIT = (
    r"\b(?:orgasm|climax(?:ed|ing)?\b|penetrat|ejaculat|masturbat|erection|blow ?job|hand ?job|oral sex|anal sex|deep ?throat"
    r"|thrust(?:ing|s|ed)? (?:into|inside|deep|harder)|(?:inside|entered) (?:me|her|him)\b|her (?:clit|nipples?)|his (?:cock|shaft)"
    r"|cum(?:ming|s)?\b|moan(?:ed|ing|s)?\b)"
)

_GRAVER = {
    Category.HATE: re.compile(f"{_INCITEMENT}|{_DEHUMANISING}"),
    Category.SELF_HARM: re.compile(rf"{_INTENT} (?:\w+ ){{0,3}}?{_OWN_END}|{_YOUR_END}|{_OWN_MEANS}"),
    Category.SEXUAL: re.compile(_EXPLICIT),
    Category.VIOLENCE: re.compile(rf"{_INTENT} (?:\w+ ){{0,4}}?{_VIOLENT_ACT} {_SOMEONE}\b|{_WOUND}|{_INCITEMENT}"),
}
# Told by somebody who reports, teaches or helps.
_MILDER = re.compile(
    r"\b(?:police|officers?|prosecutors?|court|jury|judge|trial|sentenced|convicted|arrested|charged with|investigat\w*"
    r"|report(?:ed|s|ers?|ing)|according to|news|headlines?|historians?|history|museum|memorial|anniversary|documentary"
    r"|stud(?:y|ies)|research(?:ers?)?|survey|statistics|textbook|lecture|course|class|workshop|lesson|chapter"
    r"|prevent(?:ion|ing|s|ed)?|awareness|helpline|hotline|support group|counsel(?:l?or|l?ing)|therap(?:y|ist)|charity|volunteers?"
    r"|condemn(?:s|ed|ing)?|survivors?|recover(?:y|ing|ed)|treatment|patients?|doctors?|nurses?|clinic|safety|first aid)\b"
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_DIGITS = r"(?<!\d \. )(?:[1-9]|1[0-7])"  # not the 5 of "35 . 5"
_AGE = (
    "".join(rf"(?<!\b{tens} )" for tens in _TENS)
    + rf"(?:{_DIGITS}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)"
)
_MINOR = re.compile(
    r"\b(?:child|children|kids?|minors?|under ?aged?|toddlers?|infants?|pre ?teens?|pre ?pubescent"
    r"|school ?(?:girls?|boys?|child|children|kids?)|little (?:girl|boy)s?"
    rf"|{_AGE} ?(?:years?|yrs?)(?: \.)? ?(?:olds?|of age)|{_AGE} ?y(?: \.)? (?:olds?|o)|{_DIGITS} ?yo"
    rf"|\d+ ?(?:months?|weeks?|days?) olds?|age[ds]?(?: :)? (?:of )?{_AGE})\b"
)
# "16-year-old" comes as "16 - year - old", "15 y/o" as "15 y / o".
_JOINED = re.compile("(?: [-\u2010-\u2015\u2212/])+ ")


def weigh(category: Category, severity: int, passage: str) -> int:
    """Return the severity (0 to 7) after the cues of a normalised passage; one below 2 is returned as it is.

    Sexual content that names a minor goes to the top. A stated threat, a graphic wound, intent, means, incitement, words that
    deny that people are human, an explicit act are one step up. Without any of them 5 is the highest, and report, teaching and
    help are one step down from there, but not below 2.
    """
    if severity < STEP:
        return severity
    if category is Category.SEXUAL and names_minor(passage):
        return HIGHEST_SEVERITY
    if is_graver(category, passage):
        return min(HIGHEST_SEVERITY, severity + STEP)
    severity = min(severity, HIGHEST_WITHOUT_CUE)
    return max(STEP, severity - STEP) if is_milder(passage) else severity


def is_graver(category: Category, passage: str) -> bool:
    """Return whether a normalised passage has a sign of greater harm in this category."""
    return _GRAVER[category].search(_apart(passage)) is not None


def is_milder(passage: str) -> bool:
    """Return whether a normalised passage speaks as a report, a lesson or an offer of help does."""
    return _MILDER.search(_apart(passage)) is not None


def names_minor(passage: str) -> bool:
    """Return whether a normalised passage names a child or an age below eighteen."""
    return _MINOR.search(_apart(passage)) is not None


def _apart(passage: str) -> str:
    """Return the passage with its words that a sign joins as words beside each other."""
    return _JOINED.sub(" ", passage)
