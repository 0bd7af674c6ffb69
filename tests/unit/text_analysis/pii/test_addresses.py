from __future__ import annotations

import pytest

from shared.text_analysis.pii.addresses import find_addresses


def found(text: str) -> list[str]:
    pieces = list(find_addresses(text))
    assert all(text[piece.start:piece.end] == piece.text for piece in pieces)
    return [piece.text for piece in pieces]


@pytest.mark.parametrize("address", [
    "1 Microsoft Way, Redmond, WA 98052", "1234 Main Boulevard, Panapolis WA 96555", "350 Fifth Avenue, New York, NY 10118-0110",
    "1600 Pennsylvania Ave. NW, Washington, DC 20500", "221B Baker Street, Apt 4, Springfield, Illinois 62704",
    "742 Evergreen Terrace\nSpringfield, OR 97475", "P.O. Box 1234, Salem, Oregon 97301", "PO Box 7, Reno, NV 89501",
    "12 N. 5th St #9, St. Louis, MO 63101", "77 Massachusetts Avenue, Cambridge, MA", "4059 Mt Lee Dr, Hollywood, CA 90068",
    "1 Broadway, New York, NY 10004", "100 W Main St, Winston-Salem, NC 27101", "45 rue road, o'fallon, MO 63366",
    "One Apple Park Way, Cupertino, CA 95014"])
@pytest.mark.parametrize("around", ["{}", "Send it to {}, thanks", "I live at {}.", "é🥕 ({})", "Pay 20 dollars to {}\nsoon"])
def test_an_address_is_found_from_its_number_to_its_state_or_zip_code(address: str, around: str):
    assert found(around.format(address)) == [address]


@pytest.mark.parametrize("text", [
    "Redmond, WA 98052", "I have 5 apples, oranges, OR 12345 pears", "Meet me at 5 in Portland, OR", "1 Microsoft Way",
    "in 12345 days", "Chapter 7, page 12, IN 12345", "10 Downing Street, London SW1A 2AA", "3 ways to cook, fast, OK?",
    "Room 5, Hall Street", "WA 98052", "Flight 12 to Paris, TX 75460", "76 people in St. Paul, MN", "3 of us met at St. Louis, MO 63101",
    "I took 5 steps down the road in Austin, TX", "3 kids love the park in Reno, NV", "4 dogs run with us, OK", "5 Oak Dr, call me, OK"])
def test_a_place_without_street_or_state_is_none(text: str):
    assert found(text) == []


def test_two_addresses_are_two():
    text = "From 1 Main St, Salem, OR 97301 to 22 Oak Avenue, Reno, NV 89501"

    assert found(text) == ["1 Main St, Salem, OR 97301", "22 Oak Avenue, Reno, NV 89501"]
