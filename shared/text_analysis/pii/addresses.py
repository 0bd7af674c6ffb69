"""US mailing addresses. Source: USPS Publication 28 (delivery and last line), appendices B (states) and C (suffixes)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.text_analysis.pii.models import PersonalData, PersonalDataKind

_STATE_CODES = (
    "A[AEKLPRSZ]|C[AOT]|D[CE]|F[LM]|G[AU]|HI|I[ADLN]|K[SY]|LA|M[ADEHINOPST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT"
    "|V[AIT]|W[AIVY]"
)
_STATE_NAMES = (
    "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana"
    "|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska"
    "|Nevada|New Hampshire|New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma|Oregon|Pennsylvania"
    "|Rhode Island|South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West Virginia|Wisconsin"
    "|Wyoming|District of Columbia"
)
_SUFFIXES = (
    "street|st|avenue|ave|av|boulevard|blvd|road|rd|drive|dr|lane|ln|way|court|ct|circle|cir|place|pl|square|sq|terrace|ter"
    "|trail|trl|parkway|pkwy|highway|hwy|route|rte|plaza|plz|loop|alley|aly|crossing|xing|expressway|expy|turnpike|tpke"
    "|broadway|row|run|path|pike|walk|point|pt|ridge|rdg|hill|hl|heights|hts|crescent|cres|cove|cv|bend|bnd|glen|gln|park"
)
_GAP = r"\s{1,3}"
_COMMA = r"\s{0,2},?\s{1,3}|\s{0,2},\s{0,3}"
_DIRECTION = r"(?:[NSEW]|[NS][EW]|north|south|east|west|(?:north|south)(?:east|west))\.?"
_NO_NAME = "(?:in|at|to|of|on|for|from|and|or|with|by|is|are|was|were|near)"  # "76 people in St. Paul, MN"
_UNIT = r"(?:apartment|apt|suite|ste|unit|room|rm|floor|fl|building|bldg|lot|no|#)\.?\s{0,2}#?[\w-]{1,8}"
_STREET = (
    rf"(?:[0-9]{{1,6}}(?:-[0-9]{{1,4}}|[a-z])?|one)(?:{_GAP}[1-3]/[2-4])?{_GAP}(?:{_DIRECTION}{_GAP})?"
    rf"(?:(?:(?!{_NO_NAME}\b)[\w'.-]{{1,24}}{_GAP}){{1,4}}?(?:{_SUFFIXES})\b\.?(?:{_GAP}{_DIRECTION}(?!\w))?(?:{_GAP}[0-9]{{1,4}}\b)?|broadway\b)"
    rf"(?:(?:{_COMMA}){_UNIT})?"
)
_BOX = r"p\.?\s?o\.?\s{0,2}box\s{1,2}#?[0-9]{1,6}"
_PRONOUN = "(?:me|us|you|him|her|them|it)"  # "5 Oak Dr, call me, OK"
_CITY = rf"(?!{_NO_NAME}\b)[^\W\d_][\w'.-]{{0,24}}(?:\s{{1,2}}(?!{_PRONOUN}\b)[^\W\d_][\w'.-]{{0,24}}){{0,3}}"
_HEAD = re.compile(rf"(?:{_STREET}|{_BOX})(?:{_COMMA}){_CITY}\Z", re.IGNORECASE)
# An address is looked for from its end backwards: state and ZIP code are rare, house numbers are not. Without a ZIP code
# the state needs a comma before it.
_TAIL = re.compile(
    rf"(?:(?P<comma>\s{{0,2}},\s{{0,3}})|\s{{1,3}})(?:(?:{_STATE_CODES})\b|(?:{_STATE_NAMES})\b(?!,?\s{{1,3}}(?:{_STATE_CODES})\b))"
    rf"(?:(?:\s{{0,2}},)?\s{{1,3}}(?P<zip>[0-9]{{5}}(?:-[0-9]{{4}})?)(?![\w-]))?"
)
_BEGIN = re.compile(r"(?<![\w.$#/-])(?=[0-9]|one\s|p\.?\s?o\.?\s{0,2}box)", re.IGNORECASE)
_LONGEST_HEAD = 110


def find_addresses(text: str) -> Iterator[PersonalData]:
    """Yield addresses from house number or post office box to state or ZIP code."""
    last_end = 0
    for tail in _TAIL.finditer(text):
        if not (tail["zip"] or tail["comma"]):
            continue
        window = text[max(last_end, tail.start() - _LONGEST_HEAD) : tail.start()]
        # The nearest number that begins an address: "I owe 20 dollars to 1 Main Street" has two.
        for begin in reversed(list(_BEGIN.finditer(window))):
            if _HEAD.match(window, begin.start()):
                start, end = tail.start() - len(window) + begin.start(), tail.end()
                yield PersonalData(PersonalDataKind.ADDRESS, text[start:end], start, end)
                last_end = end
                break
