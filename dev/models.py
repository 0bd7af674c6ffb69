"""`python3 dev models`: the weights that are fetched and not committed, held against their checksums.

Every start makes those that are missing; this one also finds those that were changed, and makes them anew.
"""

import argparse

from dev import environment


def main(argv: list[str]) -> int:
    argparse.ArgumentParser(prog="python3 dev models", description=__doc__).parse_args(argv)
    wrong = [name for name in environment.weight_checksums() if not environment.is_weight_right(name)]
    for name in wrong:
        (environment.WEIGHTS / name).unlink(missing_ok=True)
    if wrong:
        environment.ensure()
    for name, recorded in environment.weight_checksums().items():
        path = environment.WEIGHTS / name
        print(f"{path.relative_to(environment.ROOT)}  {path.stat().st_size / 1e6:.1f} MB  sha256 {recorded['sha256']}"
              f"{'  made anew' if name in wrong else ''}")
    return 0
