"""The page of operations is what the code says."""
from dev.reference import REFERENCE, reference


def test_the_page_of_operations_is_the_one_that_the_code_makes():
    assert REFERENCE.read_text() == reference(), "run `python3 dev reference`"
