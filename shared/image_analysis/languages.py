"""The languages that the text engine reads: those of PP-OCRv6's list whose letters are all among its characters.

It reads them all at once, whichever is asked for. Source: model_routes of rapidocr's default_models.yaml, and the characters
in the model's own metadata; Vietnamese and Uzbek stand on that list, and most of their letters are not among the characters.
"""

from __future__ import annotations

from shared.errors import InvalidRequest

DEFAULT_LANGUAGE = "eng"
LANGUAGES = {
    "afr": "Afrikaans", "aze": "Azerbaijani", "bos": "Bosnian", "cat": "Catalan", "ces": "Czech", "cym": "Welsh", "dan": "Danish",
    "deu": "German", "eng": "English", "est": "Estonian", "eus": "Basque", "fin": "Finnish", "fra": "French", "gle": "Irish",
    "glg": "Galician", "hrv": "Croatian", "hun": "Hungarian", "ind": "Indonesian", "isl": "Icelandic", "ita": "Italian",
    "jpn": "Japanese", "lat": "Latin", "lav": "Latvian", "lit": "Lithuanian", "ltz": "Luxembourgish", "mlt": "Maltese",
    "mri": "Māori", "msa": "Malay", "nld": "Dutch", "nor": "Norwegian", "oci": "Occitan", "pol": "Polish", "por": "Portuguese",
    "que": "Quechua", "roh": "Romansh", "ron": "Romanian", "slk": "Slovak", "slv": "Slovenian", "spa": "Spanish", "sqi": "Albanian",
    "swa": "Swahili", "swe": "Swedish", "tgl": "Tagalog", "tur": "Turkish", "zho": "Chinese",
}
"""ISO 639-3 code: name. Bosnian is read in Latin letters, Chinese in simplified and traditional characters."""


def language_of(sent: str | None) -> str:
    """The language that is asked for, English where none is. Raises InvalidRequest where the engine does not read it."""
    language = (sent or "").strip().lower() or DEFAULT_LANGUAGE
    if language not in LANGUAGES:
        raise InvalidRequest(
            f"The language must be one of {', '.join(LANGUAGES)} (ISO 639-3), or empty for {DEFAULT_LANGUAGE}.", "language")
    return language
