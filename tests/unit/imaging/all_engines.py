"""A process with every engine in memory takes each file of a folder through all of them, and prints the names of those that are
pictures, and its peak of memory in bytes."""
from __future__ import annotations

import re
import sys
from pathlib import Path

from shared import memory
from shared.bootstrap import services_of  # noqa: F401 - a worker has it in memory
from shared.image_analysis import faces, ocr
from shared.image_analysis.backbone import predictions_of
from shared.image_analysis.layered_features import layered_features_of
from shared.image_analysis.text_in_picture import TextInPicture
from shared.imaging.decoding import decode
from shared.imaging.fingerprints import fingerprint_of, query_of
from shared.imaging.models import ImageRefused
from shared.imaging.pdq import pdq_of
from shared.text_analysis.built_in_model import BuiltInModel
from shared.text_analysis.language import detect_language
from shared.text_analysis.spelling import corrected
from tests.unit.imaging.decode_files import LIMITS

if __name__ == "__main__":
    memory.give_large_blocks_back()
    text_model = BuiltInModel.load()
    for language, text in (("eng", "a freind of mine"), ("deu", "ein Froind von mir"), ("fra", "un amii")):
        detect_language(text)
        corrected(text, language)
    text_in_picture = TextInPicture(ocr.read, lambda: text_model)
    for path in sorted(Path(sys.argv[1]).iterdir()):
        try:
            picture = decode(path.read_bytes(), LIMITS)
        except ImageRefused:
            continue
        for engine in (predictions_of, text_in_picture.judge, faces.find_faces, layered_features_of, fingerprint_of, query_of, pdq_of):
            engine(picture)
        print(path.name)
        del picture
    # Not by getrusage, whose peak is that of the process that started this one if that had a larger one.
    print(int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024)
