"""What personal data is found as."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class PersonalDataKind(enum.Enum):
    """In the order in which they are looked for: a place that one kind took is no other kind's."""

    EMAIL = "email"
    IBAN = "iban"
    CREDIT_CARD = "credit card"
    IP_ADDRESS = "ip address"
    SSN = "ssn"
    ADDRESS = "address"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class PersonalData:
    """`text` stands at `start` to `end`, in code points.

    `detail` is the country of a phone number or an IBAN (ISO 3166, two letters; `001` for international services), `IPV4`
    or `IPV6` for an IP address, the scheme of a credit card; None for the others.
    """

    kind: PersonalDataKind
    text: str
    start: int
    end: int
    detail: str | None = None
