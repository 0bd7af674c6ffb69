"""`python3 dev train-text --data PATH`: trains the built-in text model in an environment of its own."""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".dev" / "train-venv"
REQUIREMENTS = ROOT / "dev" / "requirements-train.txt"


def main(argv: list[str]) -> int:
    """Run the training with these arguments (`--help` lists them); return its exit status."""
    return subprocess.run([_python(), "-m", "dev.text_training", *argv], cwd=ROOT, check=False).returncode


def _python() -> Path:
    """Return the interpreter of the training environment, made on first use and again when requirements change."""
    python = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    installed = ENVIRONMENT / "requirements-train.txt"
    if not installed.exists() or installed.read_bytes() != REQUIREMENTS.read_bytes():
        print(f"preparing the training environment in {ENVIRONMENT.relative_to(ROOT)}", file=sys.stderr)
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS], check=True)
        installed.write_bytes(REQUIREMENTS.read_bytes())
    return python


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
