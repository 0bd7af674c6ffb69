"""A text made from another one, that knows for each of its code points where in the original it comes from.

Offsets are Unicode code points, as Python counts them: a clef outside the basic plane is one, a flag two.
"""

from collections.abc import Iterable, Sequence


class AlignedText:
    """`text[i]` was made from the code points `starts[i]` to `ends[i]` (exclusive) of an original.

    Both ascend, though not strictly: what was made from several code points together has the span of all of them. A
    code point that was put in has an empty span. Without `starts` and `ends` the text corresponds to its original one
    to one.
    """

    __slots__ = ("ends", "starts", "text")

    def __init__(self, text: str, starts: Sequence[int] | None = None, ends: Sequence[int] | None = None) -> None:
        self.text = text
        self.starts = range(len(text)) if starts is None else starts
        self.ends = range(1, len(text) + 1) if ends is None else ends

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where in the original text[start:end] comes from; an empty one lies behind what precedes it."""
        if start < end:
            return self.starts[start], self.ends[end - 1]
        place = self.ends[start - 1] if start else 0
        return place, place

    def edited(self, edits: Iterable[tuple[int, int, str]]) -> "AlignedText":
        """Return this text after `edits`, still aligned to the original.

        Each is (start, end, replacement) in this text; they ascend and do not overlap. A replacement comes from its
        edit's span as a whole.
        """
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for start, end, replacement in edits:
            parts += self.text[done:start], replacement
            starts += self.starts[done:start]
            ends += self.ends[done:start]
            first, last = self.span(start, end)
            starts += [first] * len(replacement)
            ends += [last] * len(replacement)
            done = end
        parts.append(self.text[done:])
        starts += self.starts[done:]
        ends += self.ends[done:]
        return AlignedText("".join(parts), starts, ends)

    def of(self, made_before: "AlignedText") -> "AlignedText":
        """Return this text, which was made from `made_before.text`, aligned to the original of `made_before`."""
        spans = [made_before.span(start, end) for start, end in zip(self.starts, self.ends, strict=True)]
        return AlignedText(self.text, [start for start, _ in spans], [end for _, end in spans])
