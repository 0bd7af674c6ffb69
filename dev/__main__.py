"""`python3 dev <command>`: checks Python, makes the environment, then runs the command inside it.

Standard library only, and written so that an older Python can still parse it and say what is wrong.
"""

import importlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

COMMANDS = {
    "run": ("dev.run", "start the service with storage and a demo account, on http://127.0.0.1:7071"),
    "test": ("dev.test", "run the tests; further arguments go to pytest"),
    "models": ("dev.models", "check the image models, and make those anew that are not as they should be"),
    "verify-receipt": ("dev.verify_receipt", "check a deletion receipt offline"),
    "bench": ("dev.bench", "measure speed beside what else there is"),
    "export": ("dev.export", "save all that an account holds, and check what arrived"),
    "import": ("dev.import_archive", "bring an exported archive into an account"),
    "import-content-moderator": ("dev.import_content_moderator", "copy term lists out of a live Content Moderator"),
    "import-custom-vision": ("dev.import_custom_vision", "copy projects out of a live Custom Vision"),
    "verify-audit": ("dev.verify_audit", "check the audit trail in an exported archive, without the service"),
    "what-if": ("dev.deployment.what_if", "say what a deployment to Azure would change"),
    "deploy": ("dev.deployment.deploy", "provision the regions in Azure and put the code there"),
    "make-keys": ("dev.deployment.make_keys", "hook of `deploy`: make keys in the vaults"),
    "deploy-regions": ("dev.deployment.deploy_regions", "hook of `deploy`: the code into further regions"),
    "reference": ("dev.reference", "write docs/reference.md from the code"),
    "profanity-list": ("dev.profanity_list", "make the built-in profanity list anew"),
    "train-text": ("dev.train_text", "train the text model anew"),
    "evaluate-text": ("dev.evaluate_text", "measure the text model on a CSV file of your own"),
}


def usage():
    width = max(len(name) for name in COMMANDS)
    lines = ["usage: python3 dev <command> [options]", ""]
    lines += ["  {}  {}".format(name.ljust(width), text) for name, (_, text) in COMMANDS.items()]
    return "\n".join(lines)


def wrong_python():
    """Return the one line that says why this Python cannot run the project, or None."""
    if os.name != "posix":
        return "Moderato's tools need Linux or macOS; on Windows, use WSL."
    if sys.version_info[:2] != (3, 11):
        return (
            "Moderato needs Python 3.11, the version it runs on in Azure; this is {}.{}. "
            "Start it with a 3.11: python3.11 dev ...".format(*sys.version_info[:2])
        )
    return None


def main(argv):
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if argv[0] not in COMMANDS:
        print("There is no command {!r}.\n\n{}".format(argv[0], usage()), file=sys.stderr)
        return 2
    complaint = wrong_python()
    if complaint:
        print(complaint, file=sys.stderr)
        return 1
    # `python3 dev` puts dev/ itself first on the path, where dev/test.py would hide the standard library's `test`.
    here = os.path.realpath(os.path.join(str(ROOT), "dev"))
    sys.path[:] = [str(ROOT)] + [entry for entry in sys.path if os.path.realpath(entry or os.curdir) != here]

    from dev import environment

    try:
        environment.ensure()
    except environment.CannotInstall as failure:
        print(failure, file=sys.stderr)
        return 1
    if not environment.is_active():
        python = str(environment.PYTHON)
        sys.stdout.flush()
        os.execv(python, [python, str(ROOT / "dev")] + argv)
    module = importlib.import_module(COMMANDS[argv[0]][0])
    return module.main(argv[1:])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
