"""Presidio's pattern recognisers over the texts on the standard input, a JSON string a line; runs in an environment of its own.

Prints for each text a JSON array of [kind, start, end, score].
"""
from __future__ import annotations

import json
import logging
import sys

logging.disable(logging.CRITICAL)  # it complains at length where it cannot fetch a newer list of domains than the one it brings

from presidio_analyzer.predefined_recognizers import (  # noqa: E402
    CreditCardRecognizer,
    EmailRecognizer,
    IbanRecognizer,
    IpRecognizer,
    PhoneRecognizer,
    UsSsnRecognizer,
)

RECOGNISERS = [
    ("email", "EMAIL_ADDRESS", EmailRecognizer()), ("ip", "IP_ADDRESS", IpRecognizer()), ("phone", "PHONE_NUMBER", PhoneRecognizer()),
    ("ssn", "US_SSN", UsSsnRecognizer()), ("card", "CREDIT_CARD", CreditCardRecognizer()), ("iban", "IBAN_CODE", IbanRecognizer())]

for line in sys.stdin:
    text = json.loads(line)
    print(json.dumps([[kind, found.start, found.end, found.score] for kind, entity, recogniser in RECOGNISERS
                      for found in recogniser.analyze(text, [entity], None)]), flush=True)
