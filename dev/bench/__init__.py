"""`python3 dev bench [name ...]`: measure, side by side with what a user would pick instead; figures go to docs/performance.md."""
from __future__ import annotations

import argparse
import importlib
import os
import platform
from pathlib import Path

BENCHES = {
    "imports": "start-up: importing the app beside importing the Azure libraries alone",
    "requests": "requests per second through the local host beside an empty handler",
    "lists": "a long blocklist: adding through the service, cold worker to first match",
    "term_lists": "terms imported in bulk beside the emulator's own ceiling, matching on a long term list, a page of it",
    "image_lists": "a long image list: cold worker to first match, matches after it and after changes; pictures imported in bulk",
    "term_import": "a long list (--rows N) through terms:import beside the ceiling of the same emulator",
    "export": "exporting an account of 500 MB beside the emulator's own speed, and the memory it takes",
    "purge": "purging accounts of growing size beside deleting their rows",
    "text_model": "the text model beside the bare ONNX session on the same tokens, its cold load and memory",
    "image_model": "the image model beside the bare ONNX sessions, the reading of text, cold load and memory",
    "images": "which changes of a picture a list still finds, beside pHash, dHash and PDQ; its index beside faiss",
    "classifiers": "custom classifiers: accuracy and training time beside raw pixels and HOG with logistic regression; a prediction",
    "pii": "personal data: precision and recall beside Presidio's recognisers, and hostile texts",
    "languages": "language detection beside another library",
    "spelling": "corrected spelling beside another library",
    "screening": "three scores, false alarms of the built-in list, and the time of a screening",
    "matching": "term matching beside Aho-Corasick and regular expressions",
}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python3 dev bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", choices=[*BENCHES, []],
                        help="; ".join(f"{name}: {what}" for name, what in BENCHES.items()))
    parser.add_argument("--rows", type=int, default=20_000, help="of term_import (default 20,000; a million take half an hour)")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER",
                        help="of images and classifiers: pictures to use instead; of classifiers in a sub-folder for each class")
    parser.add_argument("--changed", type=int, default=25, help="of images: how many pictures undergo each change (default 25)")
    options = parser.parse_args(argv)
    names = options.names or list(BENCHES)
    arguments = {"term_import": (options.rows,), "images": (options.pictures, options.changed), "classifiers": (options.pictures,)}
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}\n")
    for name in names:
        print(f"## {name}: {BENCHES[name]}\n", flush=True)
        run = importlib.import_module(f"dev.bench.{name}").run
        run(*arguments.get(name, ()))
        print(flush=True)
    return 0


def print_table(header: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table, columns aligned."""
    widths = [max(len(line[column]) for line in [header, *rows]) for column in range(len(header))]
    for line in [header, ["-" * width for width in widths], *rows]:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")
