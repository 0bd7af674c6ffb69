"""Texts with personal data in known places: those written by hand, and as many as wanted made from a seed."""
from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_BY_HAND = Path(__file__).parent / "data" / "personal_data.txt"
_MARKED = re.compile(r"\{(\w+):([^{}]+)\}")

REGIONS = ("US", "CA", "GB", "DE", "FR", "ES", "IT", "NL", "IN", "AU", "JP", "BR", "MX")

_FIRST = "anna bob chen dora emil fatima george hana ivan julia kofi lena miguel nora omar priya quinn rosa sven tara".split()
_LAST = "archer brook castillo dietz evans fischer gupta haddad ito jensen kowalski lopez mbeki novak okafor petrov ramos silva".split()
_DOMAINS = ("example.com", "mail.example.org", "uni-example.edu", "example.co.uk", "post.example.de", "x.io", "sub.domain.example.net")
_STREETS = "Maple Oak Washington Lake Hill Cedar Elm Lincoln River Church Martin\u0020Luther\u0020King 42nd 9th Jefferson".split(" ")
_SUFFIXES = ("Street", "St", "Ave", "Avenue", "Rd.", "Blvd", "Lane", "Dr", "Court", "Pkwy")
_CITIES = (("Springfield", "IL", "62704"), ("San Antonio", "TX", "78205"), ("Portland", "OR", "97205"), ("Fort Wayne", "IN", "46802"),
           ("New York", "NY", "10001"), ("Salt Lake City", "UT", "84101"), ("St. Paul", "MN", "55102"), ("Winston-Salem", "NC", "27101"))
_FRAMES = (
    "{}", "Please note: {}", "I sent it to {} yesterday.", "{}, as I said", "Is {} still right?", "({})", "contact: {}", "old {}; new",
    "They told me {} but I am not sure\nthanks", "🥕 {} 🥕", "Her details: {}.", "\"{}\" is what the form says", "re: {} - urgent")
# Without anything to find.
_TRAPS: tuple[Callable[[random.Random], str], ...] = (
    lambda chance: f"version {chance.randint(1, 20)}.{chance.randint(0, 9)}.{chance.randint(0, 9)}.{chance.randint(0, 999)}",
    lambda chance: f"v{chance.randint(1, 20)}.{chance.randint(0, 9)}.{chance.randint(0, 20)}",
    lambda chance: f"{chance.randint(1, 28):02}/{chance.randint(1, 12):02}/{chance.randint(1950, 2030)}",
    lambda chance: f"{chance.randint(1950, 2030)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02} {chance.randint(0, 23):02}:15:00",
    lambda chance: f"order {chance.randint(10**9, 10**10 - 1)}",
    lambda chance: f"invoice no. {chance.randint(10**7, 10**9 - 1)}",
    lambda chance: f"ISBN {_isbn_13(chance)}",
    lambda chance: f"{chance.uniform(-90, 90):.6f}, {chance.uniform(-180, 180):.6f}",
    lambda chance: "-".join(f"{chance.getrandbits(4 * size):0{size}x}" for size in (8, 4, 4, 4, 12)),
    lambda chance: f"timestamp {chance.randint(1_500_000_000, 1_900_000_000)}",
    lambda chance: f"{chance.randint(1, 999)},{chance.randint(0, 999):03},{chance.randint(0, 999):03}",
    lambda chance: f"${chance.randint(10**3, 10**7)}.{chance.randint(0, 99):02}",
    lambda chance: f"sku {chance.randint(100, 999)}-{chance.randint(10, 99)}-{chance.randint(100, 999)}",
    lambda chance: f"{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:{chance.randint(0, 59):02}",
    lambda chance: ":".join(f"{chance.getrandbits(8):02x}" for _ in range(6)),
    lambda chance: f"tracking 1Z{chance.randint(10**14, 10**15 - 1)}",
    lambda chance: f"package@{chance.randint(0, 20)}.{chance.randint(0, 20)}.{chance.randint(0, 20)}",
    lambda chance: f"case {chance.randint(900, 999)}-{chance.randint(10, 99)}-{chance.randint(1000, 9999)}",
    lambda chance: f"{chance.randint(10**15, 10**16 - 1)}" if chance.random() < 0.5 else f"{chance.randint(10**12, 10**13 - 1)}",
    lambda chance: f"{chance.randint(2, 90)} people in {chance.choice(_CITIES)[0]}, {chance.choice(_CITIES)[1]}",
)


@dataclass(frozen=True, slots=True)
class LabelledText:
    """`places` are (kind, start, end), in the text's order."""

    text: str
    places: tuple[tuple[str, int, int], ...]


def by_hand() -> list[LabelledText]:
    lines = _BY_HAND.read_text().splitlines()
    return [_labelled(line.replace("\\n", "\n")) for line in lines if line and not line.startswith("#")]


def generated(count: int, seed: int = 21) -> Iterator[LabelledText]:
    """Each kind in turn, and as many traps; every fourth text has a trap beside what is to be found."""
    chance = random.Random(seed)
    makers = (_email, _ip, _phone, _ssn, _address, _card, _iban)
    for number in range(count):
        frame = chance.choice(_FRAMES)
        if number % 2:
            yield _labelled(frame.replace("{}", chance.choice(_TRAPS)(chance)))
            continue
        marked = makers[number // 2 % len(makers)](chance)
        if number % 8 == 0:
            marked = f"{chance.choice(_TRAPS)(chance)} and {marked}"
        yield _labelled(frame.replace("{}", marked))


def _labelled(marked: str) -> LabelledText:
    text, places, done = "", [], 0
    for found in _MARKED.finditer(marked):
        text += marked[done:found.start()]
        places.append((found[1], len(text), len(text) + len(found[2])))
        text += found[2]
        done = found.end()
    return LabelledText(text + marked[done:], tuple(places))


def _email(chance: random.Random) -> str:
    first, last, sign = chance.choice(_FIRST), chance.choice(_LAST), chance.choice((".", "_", "-", "+", ""))
    number = chance.choice(("", str(chance.randint(1, 99))))
    return f"{{email:{first}{sign}{last}{number}@{chance.choice(_DOMAINS)}}}"


def _ip(chance: random.Random) -> str:
    if chance.random() < 0.6:
        return f"{{ip:{'.'.join(str(chance.randint(1, 254)) for _ in range(4))}}}"
    groups = [f"{chance.getrandbits(16):x}" for _ in range(8)]
    if chance.random() < 0.5:
        groups[2:5] = [""]
    return f"{{ip:{':'.join(groups)}}}"


def _phone(chance: random.Random) -> str:
    """Of any of thirteen countries with its code, or of the United States and Britain as they are written at home."""
    import phonenumbers

    forms = phonenumbers.PhoneNumberFormat
    is_domestic = chance.random() < 0.5
    region = chance.choice(("US", "GB")) if is_domestic else chance.choice(REGIONS)
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    example = phonenumbers.example_number_for_type(region, chance.choice(kinds))
    for _ in range(200):
        tail = f"{chance.randint(0, 9999):04}"
        number = phonenumbers.parse(f"+{example.country_code}{phonenumbers.national_significant_number(example)[:-4]}{tail}")
        if phonenumbers.is_valid_number(number):
            break
    written = phonenumbers.format_number(number, forms.NATIONAL if is_domestic else chance.choice((forms.INTERNATIONAL, forms.E164)))
    if is_domestic and region == "US" and chance.random() < 0.5:
        dotted = re.sub(r"\D+", ".", written).strip(".")
        written = chance.choice((dotted, dotted.replace(".", ""), dotted.replace(".", "-")))
    return f"{{phone:{written}}}"


def _ssn(chance: random.Random) -> str:
    area = chance.choice([*range(1, 666), *range(667, 900)])
    groups = f"{area:03}", f"{chance.randint(1, 99):02}", f"{chance.randint(1, 9999):04}"
    if chance.random() < 0.25:
        return f"SSN {{ssn:{''.join(groups)}}}"
    return f"{{ssn:{chance.choice('- ').join(groups)}}}"


def _address(chance: random.Random) -> str:
    city, state, code = chance.choice(_CITIES)
    unit = chance.choice(("", f", Apt {chance.randint(1, 40)}", f" #{chance.randint(1, 9)}", f", Suite {chance.randint(100, 900)}"))
    street = f"{chance.randint(1, 9999)} {chance.choice(('', 'N ', 'SW '))}{chance.choice(_STREETS)} {chance.choice(_SUFFIXES)}{unit}"
    return f"{{address:{street}{chance.choice((', ', chr(10)))}{city}, {state} {code}{chance.choice(('', '', '-1234'))}}}"


def _card(chance: random.Random) -> str:
    begin = chance.choice(("4", "4", "51", "55", "2221", "34", "37", "6011", "3530"))
    length = 15 if begin in ("34", "37") else 16
    digits = begin + "".join(str(chance.randint(0, 9)) for _ in range(length - len(begin) - 1))
    doubled = [2 * int(digit) if place % 2 == 0 else int(digit) for place, digit in enumerate(reversed(digits))]
    digits += str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)
    sign = chance.choice(("", " ", "-"))
    return f"{{card:{sign.join(digits[start:start + 4] for start in range(0, len(digits), 4))}}}"


def _iban(chance: random.Random) -> str:
    country, length = chance.choice((("DE", 22), ("FR", 27), ("GB", 22), ("ES", 24), ("NL", 18), ("IT", 27), ("CH", 21)))
    letters = {"GB": 4, "NL": 4, "IT": 1}.get(country, 0)
    account = "".join(chance.choice("ABCDEFGHKLMNPRSTUW") for _ in range(letters))
    account += "".join(str(chance.randint(0, 9)) for _ in range(length - 4 - letters))
    check = 98 - int("".join(str(int(sign, 36)) for sign in f"{account}{country}00")) % 97
    written = f"{country}{check:02}{account}"
    spaced = " ".join(written[start:start + 4] for start in range(0, len(written), 4))
    return f"{{iban:{chance.choice((written, spaced))}}}"


def _isbn_13(chance: random.Random) -> str:
    digits = "978" + f"{chance.randint(0, 10**9 - 1):09}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits[:3]}-{digits[3]}-{digits[4:6]}-{digits[6:12]}-{-total % 10}"
