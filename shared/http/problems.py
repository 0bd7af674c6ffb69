"""What is wrong with a request, in words that repeat nothing of it."""
from __future__ import annotations

from pydantic import ValidationError

_PROBLEMS_TOLD = 5


def problem_of(error: ValidationError) -> tuple[str, str | None]:
    """A message and the first target, made of places and rules alone: what the caller sent is not repeated."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    for problem in problems:
        if problem["type"] == "extra_forbidden":  # its place ends in a name that the caller made up
            problem.update(loc=problem["loc"][:-1], msg="There is a field that the operation does not have")
    told = [f"{_place(problem['loc'])}{problem['msg']}" for problem in problems[:_PROBLEMS_TOLD]]
    if len(problems) > _PROBLEMS_TOLD:
        told.append(f"and {len(problems) - _PROBLEMS_TOLD} more")
    target = _place(problems[0]["loc"]).rstrip(": ")
    return "; ".join(told) + ".", target or None


def _place(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return f"{path}: " if path else ""

