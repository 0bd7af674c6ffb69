"""A line chart as SVG: one curve over time, drawn without a library."""
from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 760, 300, 64, 44, 20, 44


def line_chart(title: str, x_label: str, y_label: str, points: Sequence[tuple[float, float]], y_limit: tuple[float, str]) -> str:
    """`points` are x and y; `y_limit` is a value that the curve must stay below, drawn as a line, and its label."""
    most_x, most_y = max(x for x, _ in points), max(y_limit[0], *(y for _, y in points)) * 1.1

    def place(x: float, y: float) -> tuple[float, float]:
        return (_LEFT + x / most_x * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - _BOTTOM - y / most_y * (_HEIGHT - _TOP - _BOTTOM))
    curve = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
    right, bottom = place(most_x, 0)
    _, limit_y = place(0, y_limit[0])
    ticks = [most_x * part / 4 for part in range(5)], [most_y * part / 4 for part in range(5)]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="13">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="26" font-size="16" fill="#1f2933">{escape(title)}</text>',
        *(f'<line x1="{_LEFT}" x2="{right:.0f}" y1="{place(0, y)[1]:.1f}" y2="{place(0, y)[1]:.1f}" stroke="#e4e7eb"/>'
          f'<text x="{_LEFT - 8}" y="{place(0, y)[1] + 4:.1f}" text-anchor="end" fill="#52606d">{y:.0f}</text>' for y in ticks[1]),
        *(f'<text x="{place(x, 0)[0]:.1f}" y="{bottom + 18:.0f}" text-anchor="middle" fill="#52606d">{x:.0f}</text>' for x in ticks[0]),
        f'<text x="{(_LEFT + right) / 2:.0f}" y="{_HEIGHT - 8}" text-anchor="middle" fill="#52606d">{escape(x_label)}</text>',
        f'<text x="16" y="{_TOP - 6}" fill="#52606d">{escape(y_label)}</text>',
        f'<line x1="{_LEFT}" x2="{right:.0f}" y1="{limit_y:.1f}" y2="{limit_y:.1f}" stroke="#b44d12" stroke-dasharray="6 4"/>',
        f'<text x="{right:.0f}" y="{limit_y - 6:.1f}" text-anchor="end" fill="#b44d12">{escape(y_limit[1])}</text>',
        f'<polyline points="{curve}" fill="none" stroke="#0b69a3" stroke-width="2"/>',
        "</svg>"]
    return "\n".join(lines) + "\n"
