"""`python3 dev reference`: write docs/reference.md from the declared operations, kinds of data and jobs."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shared.api import APIS
from shared.http.operation import VERSION, Operation
from shared.http.pipeline import declared_errors
from shared.jobs.work import QUEUE_JOBS, TIMER_JOBS
from shared.storage.holdings import HOLDINGS, Holding

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference.md"


def main(argv: list[str]) -> int:
    REFERENCE.write_text(reference())
    print(f"wrote {REFERENCE.relative_to(REFERENCE.parents[1])}")
    return 0


def reference(holdings: Sequence[Holding] = HOLDINGS) -> str:
    """The page as it must be: a test compares it with the file."""
    parts = ["# Operations, kinds of data, jobs\n",
             "Made from the code by `python3 dev reference`; a running service shows the models too, at `GET /docs`.\n"]
    for api in APIS:
        known = api.versions or api.path_versions
        versions = f" Versions: {', '.join(f'`{version}`' for version in known)}." if known else ""
        parts.append(f"## {api.name}\n")
        parts.append(f"Every operation can also answer 503.{versions}\n")
        parts.append("| Operation | Method and path | Caller | Success | Errors | What it does |\n|---|---|---|---|---|---|")
        for operation in api.operations:
            errors = sorted({error.status for error in declared_errors(operation)} - {503})
            summary = " ".join(operation.summary.split("Source:")[0].split())
            parts.append(f"| `{operation.name}` | {operation.method} `/{_path(operation)}` | {operation.auth.value} | "
                         f"{', '.join(map(str, operation.success))} | {', '.join(map(str, errors)) or '-'} | {summary} |")
        parts.append("")
    parts.append("## Kinds of data\n")
    parts.append("What is kept for an account, in its own table and its own container, all of it encrypted except the "
                 "properties named as plain.\n")
    parts.append("| Kind | Shape | What it keeps | Key | Encrypted content | Plain | Kept | In an export |\n"
                 "|---|---|---|---|---|---|---|---|")
    for holding in holdings:
        parts.append(f"| `{holding.kind}` | {holding.shape.value} | {holding.keeps} | {holding.key} | "
                     f"{', '.join(holding.content) or '-'} | {', '.join(holding.plain) or '-'} | {holding.retention} | "
                     f"{holding.portability.value} |")
    parts.append("\n## Jobs\n\n| Job | Starts |\n|---|---|")
    parts += [f"| `{job.kind}` | a message in the queue `jobs` |" for job in QUEUE_JOBS]
    parts += [f"| `{job.name}` | timer `{job.schedule}` |" for job in TIMER_JOBS]
    return "\n".join(parts) + "\n"


def _path(operation: Operation) -> str:
    """With `{version}` where a version stands in the path."""
    route = operation.routes[-1]
    return route.path if route.version is None else route.path.replace(f"/{route.version}/", f"/{VERSION}/", 1)
