"""The browser that the tests drive the review pages with: Chromium without a window, and axe, which checks accessibility.

Both come from npm, in versions pinned with their integrity, as Azurite does. `python3 dev test` calls `ensure`; the fixtures ask
`installed`, so that tests of pages fail, and are never skipped, where there is no browser.
"""

import functools
import platform
import shutil
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from dev import environment
from dev.environment import ROOT, TOOLS, VENV, CannotInstall

BROWSER = TOOLS / "browser"
AXE = BROWSER / "node_modules" / "axe-core" / "axe.min.js"

_OURS = ROOT / "dev" / "browser"
_FILES = (_OURS / "package.json", _OURS / "package-lock.json", _OURS / "unpack.mjs", Path(__file__))
_STAMP = BROWSER / ".moderato-stamp"
_PACKED = BROWSER / "node_modules" / "@sparticuz" / "chromium" / "bin"
_CHROMIUM = BROWSER / "chromium"
# Libraries that Chromium is linked with, a renderer in software, and one family of fonts: a bare machine has none of them.
_ARCHIVES = ("al2023.tar", "swiftshader.tar", "fonts.tar")
_FONTS_CONF = BROWSER / "fonts.conf"
_OWN_NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Browser:
    """How Chromium is started: its path, and what its environment needs beside that of this process."""

    executable: Path
    environment: dict[str, str]


def ensure() -> None:
    """Install what is missing or outdated; return at once when nothing is. Raises CannotInstall."""
    if _is_current():
        return
    TOOLS.mkdir(exist_ok=True)
    with environment.only_one_installer() as lock:
        if not _is_current():
            _install(lock)


@functools.cache
def installed() -> Browser:
    """The browser that `ensure` installed, or this machine's own where none can be. Raises CannotInstall."""
    if not _is_current():
        raise CannotInstall("The browser that drives the review pages is not installed; `python3 dev test` installs it.")
    if not _is_carried():
        return Browser(_own_browser(), {})
    return Browser(_CHROMIUM, {"LD_LIBRARY_PATH": str(BROWSER / "lib"), "FONTCONFIG_FILE": str(_FONTS_CONF)})


def _is_carried() -> bool:
    """Whether the package holds a Chromium for this machine."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def _own_browser() -> Path:
    found = next((path for path in map(shutil.which, _OWN_NAMES) if path), None)
    if found is None:
        raise CannotInstall(
            f"There is no Chromium to install for {sys.platform} on {platform.machine()}, and none of {', '.join(_OWN_NAMES)} "
            "is on the PATH; install one."
        )
    return Path(found)


def _is_current() -> bool:
    return AXE.exists() and environment.read_stamp(_STAMP) == environment.fingerprint(_FILES)


def _install(lock: int) -> None:
    if not _is_carried():
        _own_browser()
    BROWSER.mkdir(parents=True, exist_ok=True)
    _STAMP.unlink(missing_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(_OURS / name, BROWSER / name)
    environment.step(
        "installing a browser for the tests (about a minute)",
        [*environment.npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", "--loglevel=error"],
        failure="The browser for the tests could not be installed",
        lock=lock,
        cwd=BROWSER,
    )
    if _is_carried():
        environment.step(
            "unpacking it",
            [environment.find_node(), _OURS / "unpack.mjs", _PACKED, _CHROMIUM.name, *_ARCHIVES],
            failure="The browser for the tests could not be unpacked",
            lock=lock,
            cwd=BROWSER,
        )
        _set_up()
    _STAMP.write_text(environment.fingerprint(_FILES))


def _set_up() -> None:
    _CHROMIUM.chmod(0o755)
    for name in _ARCHIVES:
        with tarfile.open(BROWSER / name) as archive:
            archive.extractall(BROWSER, filter="data")
        (BROWSER / name).unlink()
    # The package's own fonts.conf names folders of the machines that it was made for.
    _FONTS_CONF.write_text(_fonts_conf())
    # What was packed is 70 MB that nobody reads again.
    shutil.rmtree(_PACKED)


def _fonts_conf() -> str:
    """Open Sans, which comes with Chromium; for code and signs DejaVu, which comes with matplotlib."""
    folders = (BROWSER / "fonts", *VENV.glob("lib/python3.11/site-packages/matplotlib/mpl-data/fonts/ttf"))
    preferred = {"sans-serif": "Open Sans", "system-ui": "Open Sans", "monospace": "DejaVu Sans Mono"}
    aliases = (
        f"<alias><family>{generic}</family><prefer><family>{family}</family><family>DejaVu Sans</family></prefer></alias>"
        for generic, family in preferred.items()
    )
    parts = [*(f"<dir>{folder}</dir>" for folder in folders), f"<cachedir>{BROWSER / 'fonts-cache'}</cachedir>", *aliases]
    return '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>' + "".join(parts) + "</fontconfig>\n"
