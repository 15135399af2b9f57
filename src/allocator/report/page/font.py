"""The characters of a page as an embedded font, so that Chinese shows on machines without a Chinese font."""

from __future__ import annotations

import base64
import io
from importlib.resources import files

FONT_FILE = "NotoSansSC-subset.otf"


def font_uri(text: str) -> str:
    """Data URI (WOFF) of the shipped font reduced to the characters of a text; same text, same bytes."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(layout_features=["kern", "locl"], hinting=False, notdef_outline=True)
    shipped = files("allocator").joinpath("report", "assets", FONT_FILE).read_bytes()
    font = TTFont(io.BytesIO(shipped), recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(sorted(set(text))))
    subsetter.subset(font)
    font.flavor = "woff"
    made = io.BytesIO()
    font.save(made, reorderTables=False)
    return "data:font/woff;base64," + base64.b64encode(made.getvalue()).decode("ascii")


def unknown_characters(text: str) -> str:
    """Printable characters of a text that the shipped font does not have."""
    from fontTools.ttLib import TTFont

    shipped = files("allocator").joinpath("report", "assets", FONT_FILE).read_bytes()
    known = TTFont(io.BytesIO(shipped)).getBestCmap()
    return "".join(sorted({sign for sign in text if sign.isprintable() and ord(sign) not in known}))
