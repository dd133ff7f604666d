"""Lines of Python that are not too long."""

from __future__ import annotations

import ast

#: as formatters have it by default
WIDTH = 88


def wrapped(line: str, comment: str = "") -> list[str]:
    """Return a line as one, or with one argument of its outermost call, or ``def``, in each.

    >>> wrapped("y = f(x)", "what it is")
    ['y = f(x)  # what it is']
    """
    indent = " " * (len(line) - len(line.lstrip()))
    behind = f"  # {comment}" if comment else ""
    if len(line + behind) <= WIDTH:
        return [line + behind]
    if len(line) <= WIDTH:
        return [f"{indent}# {comment}", line]
    parts = _parts(line.strip())
    if parts is None:
        return [line + behind]
    before, arguments, after = parts
    return [indent + before, *(f"{indent}    {each}," for each in arguments), indent + after + behind]


def _parts(line: str) -> tuple[str, list[str], str] | None:
    """What stands before the arguments of the outermost call, these, and what stands behind them."""
    is_def = line.startswith("def ")
    statement = ast.parse(line + " pass" if is_def else line).body[0]
    if isinstance(statement, ast.FunctionDef):
        begin, end = line.index("(") + 1, len(line) - 2
        call = ast.parse(f"f({line[begin:end]})").body[0].value  # type: ignore[attr-defined]
        shift = begin - 2
    else:
        call, shift = getattr(statement, "value", None), 0
        while isinstance(call, ast.Subscript):
            call = call.value
        if not isinstance(call, ast.Call):
            return None
        begin, end = (call.func.end_col_offset or 0) + 1, (call.end_col_offset or 0) - 1
    nodes = [*call.args, *(k for k in call.keywords)]
    spans = sorted((n.col_offset + shift, (n.end_col_offset or 0) + shift) for n in nodes)
    return line[:begin], [line[start:stop] for start, stop in spans], line[end:]
