"""Text for TeX: every character comes out as itself, whatever it means to TeX."""

from __future__ import annotations

#: Fonts, and a character beyond ASCII: itself where the engine and the font have it, else its number.
PREAMBLE = r"""\usepackage{iftex}
\ifpdftex
  \usepackage[T1]{fontenc}
  \usepackage{textcomp}
  \usepackage[scaled]{helvet}
  \newcommand\sign[2]{\ifcsname u8:\detokenize{#1}\endcsname #1\else U+#2\fi}
\else
  \usepackage{fontspec}
  \newcommand\sign[2]{\iffontchar\font"#2 #1\else U+#2\fi}
\fi"""

#: ASCII that means something to TeX, or that would run together with its neighbour (-- and ,, and ?`).
_SIGNS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}", "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}", "-": "-{}", ",": ",{}",
    "·": r"\textperiodcentered{}", "×": r"\texttimes{}", "…": r"\dots{}", "⋯": r"$\cdots$",
    "→": r"$\rightarrow$", "∂": r"$\partial$", "₋": r"$_{-}$",
}  # fmt: skip
_SIGNS |= {chr(ord("₀") + digit): f"$_{{{digit}}}$" for digit in range(10)}
_ESCAPES = {ord(character): written for character, written in _SIGNS.items()}


def tex(text: str) -> str:
    r"""Return ``text`` as TeX that typesets it.

    >>> print(tex("50% of a_b"), tex("∂h₂ → w"), tex("Ω"))
    50\% of a\_b $\partial$h$_{2}$ $\rightarrow$ w \sign{Ω}{3A9}
    """
    written = text.translate(_ESCAPES)
    return "".join(c if c.isascii() else rf"\sign{{{c}}}{{{ord(c):X}}}" for c in written)
