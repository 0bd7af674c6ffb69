"""Personal data in a text: pure functions from a text to what was found, with places in code points."""
