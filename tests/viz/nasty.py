"""Names that try to be something else than names."""

from hypothesis import strategies as st

_ALONE = [
    "</script>", "<script>alert(1)</script>", "<b>bold</b>", "<a> <b>", "<>", "a & b", "&amp;", "&lt;",
    "&#60;", 'say "hi"', "it's", '"', "\\", "\\\\", '\\"', "a\\", "\\n", "\\N", "\\G", "\\l", "a:b",
    "a:b:c", "::", "n", "node", "edge", "graph", "strict", "]]>", "<![CDATA[", "<!--", "-->", "<?xml?>",
    "\u2028", "\u2029", "a\u2028b", "\x00", "\x01", "\x07", "\x1b[31m", "\x7f", "\x85", "\r\n", "\n", "\t",
    "a\tb", "\ufffe", "\uffff", "\ud800", "\udfff", "\u202eright to left", "\u200b", "\ufeff", "\xa0",
    "naïve", "Ωμέγα", "名前", "🙂", "é", "%s", "%d %n", "{0}", "{}", "${x}", "$(x)", "`x`", ";", "{", "}",
    "[", "]", "->", "--", "#", "//", "/*", "*/", "javascript:0", "onload=x", " ", "  a  ", "a" * 200,
    "<" * 60, "&" * 60, "1", "-1", "1e9", "None", "true", "url(x)",
]  # fmt: skip
#: Each of them, and most within other text or twice.
NAMES = list(dict.fromkeys([*_ALONE, *(f"a{name}b" for name in _ALONE), *(name * 2 for name in _ALONE[:40])]))
assert len(NAMES) >= 200

#: Any text at all, surrogates and control characters too.
names = st.one_of(
    st.sampled_from(NAMES),
    st.text(st.characters(codec=None), min_size=1, max_size=40),
    st.lists(
        st.sampled_from(["<", ">", "&", '"', "'", "\\", ":", "n", "\x00", "\u2028", " ", "a"]), min_size=1
    ).map("".join),
)
