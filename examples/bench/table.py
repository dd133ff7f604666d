"""Tables of plain text."""

from statistics import median, quantiles


def table(header, rows):
    """Return lines: columns as wide as need be, the first to the left and numbers to the right."""
    cells = [[text(cell) for cell in row] for row in [header, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for first, *others in cells:
        line = [first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(others, widths[1:], strict=True))]
        lines.append("  ".join(line).rstrip())
    return "\n".join(lines)


def text(cell):
    """Three digits are as many as a shared machine can promise."""
    if cell is None:
        return "-"
    if not isinstance(cell, float):
        return str(cell)
    return f"{cell:.3g}" if abs(cell) < 100 else f"{cell:.0f}"


def ratio(times, base):
    """Return the median of the ratios, round by round: what slows a whole round leaves them as they are."""
    return median(a / b for a, b in zip(times, base, strict=True))


def spread(times):
    """Return half the distance between the quartiles, in percent of the median."""
    if len(times) < 2:
        return None
    low, middle, high = quantiles(times, n=4, method="inclusive")
    return f"{50 * (high - low) / middle:.0f} %"
