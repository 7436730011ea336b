"""Two plain charts as SVG: how many in each bin, and how a whole is divided."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.live.style import escape

_HEIGHT, _STEP = 96, 60  #: of a histogram's columns, in SVG units


def histogram(counts: Sequence[int], labels: Sequence[str], title: str) -> str:
    """Columns with their numbers above and ``labels`` below; each has its place as ``data-bin``."""
    top = max([*counts, 1])
    parts = []
    for i, (count, label) in enumerate(zip(counts, labels, strict=True)):
        height = _HEIGHT * count / top
        x, middle = i * _STEP + 4, i * _STEP + _STEP / 2
        parts.append(
            f'<g class="column" data-bin="{i}"><title>{escape(f"{count} × {label}")}</title>'
            f'<rect class="hit" x="{i * _STEP}" y="0" width="{_STEP}" height="{_HEIGHT + 40}"/>'
            f'<rect x="{x}" y="{18 + _HEIGHT - height:.1f}" width="{_STEP - 8}" '
            f'height="{max(height, 1):.1f}"/>'
            f'<text x="{middle}" y="{13 + _HEIGHT - height:.1f}">{count}</text>'
            f'<text class="axis" x="{middle}" y="{_HEIGHT + 34}">{escape(label)}</text></g>'
        )
    return (
        f'<svg class="histogram" viewBox="0 0 {_STEP * len(counts)} {_HEIGHT + 40}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def stacked(shares: Sequence[tuple[str, int]], title: str) -> str:
    """A bar divided by counts; ``shares`` are a class of the style sheet and a count."""
    total = sum(count for _, count in shares)
    parts, x = [], 0.0
    for name, count in shares:
        width = 100 * count / total if total else 0.0
        parts.append(
            f'<rect class="{escape(name)}" x="{x:.2f}" y="0" width="{width:.2f}" height="10"/>'
        )
        x += width
    return (
        f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )
