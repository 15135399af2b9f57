"""The page says what the tables say, in one language, escapes what users wrote, and is one file."""

from __future__ import annotations

import re
import shutil
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs_version

from allocator.blocks.mentoring.past import last_year_pairs
from allocator.plan.reading import load
from allocator.report.page.content import pairs_grid
from allocator.report.page.font import unknown_characters
from allocator.report.page.page import write_page
from allocator.report.words.facts import gap_text, status
from allocator.report.words.labels import names_of, speaking
from allocator.tables.result import Result
from allocator.verbs.solving import solve
from allocator.words.errors import UsageError
from allocator.words.texts import LANGUAGES, Language, catalogue

ROOT = Path(__file__).parent.parent
ASSETS = ROOT / "src" / "allocator" / "report" / "assets"
LIMIT = 2_500_000


class Tables(HTMLParser):
    """Captions, cells and header scopes of all tables of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.captions: list[str] = []
        self.rows: list[list[str]] = []
        self.scopes: list[str | None] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("caption", "td", "th"):
            self.inside = tag
            if tag == "caption":
                self.captions.append("")
            else:
                self.rows[-1].append("")
            if tag == "th":
                self.scopes.append(dict(attrs).get("scope"))
        if tag == "tr":
            self.rows.append([])

    def handle_endtag(self, tag: str) -> None:
        if tag == self.inside:
            self.inside = ""

    def handle_data(self, text: str) -> None:
        if self.inside == "caption":
            self.captions[-1] += text
        elif self.inside:
            self.rows[-1][-1] += text


def parsed(text: str) -> Tables:
    tables = Tables()
    tables.feed(text)
    return tables


def body(text: str) -> str:
    """What a reader sees: the page without styles and scripts."""
    visible = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", visible))


@pytest.fixture(scope="module")
def pages(tiny_result: Result, tmp_path_factory: pytest.TempPathFactory) -> dict[Language, str]:
    folder = tmp_path_factory.mktemp("pages")
    return {
        each: write_page(tiny_result, folder / f"{each}.html", each).read_text(encoding="utf-8") for each in LANGUAGES
    }


def test_the_page_carries_its_language_title_and_status(pages: dict[Language, str]) -> None:
    assert '<html lang="zh-CN">' in pages["zh"] and '<html lang="en">' in pages["en"]
    assert "三镇手算示例 · 2016年度资源配置方案" in body(pages["zh"])
    assert "Three towns by hand · allocation plan 2016" in body(pages["en"])
    assert "最优方案" in body(pages["zh"]) and "Optimal: every stage was closed" in body(pages["en"])
    assert "没有强制执行" in body(pages["zh"]) and "did not enforce" in body(pages["en"])


def test_english_pages_hold_chinese_only_where_the_plan_does(pages: dict[Language, str]) -> None:
    files = (file for file in (ROOT / "scenarios" / "tiny").rglob("*") if file.is_file())
    given = "".join(file.read_text(encoding="utf-8") for file in files)
    words = re.findall(r"[\u4e00-\u9fff]+", body(pages["en"]))
    assert [word for word in words if word not in given and word != "差异系数"] == []


def test_no_key_of_the_catalogue_is_left_unsaid(pages: dict[Language, str]) -> None:
    for text in pages.values():
        shown = set(body(text).split())
        assert not shown & {key for key in catalogue() if key.startswith(("report.", "terms.", "headings."))}


def test_every_number_of_the_money_table_is_on_the_page(pages: dict[Language, str], tiny_result: Result) -> None:
    tables = parsed(pages["zh"])
    cells = {cell for row in tables.rows for cell in row}
    for amount in tiny_result.tables["funding_by_town"]["amount_yuan"]:
        assert f"{amount:,.2f}" in cells
    total = next(row for row in tables.rows if row and row[0] == "合计")
    assert total[1] == "150,000.00"
    for level in tiny_result.tables["towns"]["level_after"]:
        assert f"{level:.2f}" in cells


def test_tables_have_captions_and_header_scopes(pages: dict[Language, str]) -> None:
    tables = parsed(pages["zh"])
    assert len(tables.captions) >= 12 and all(caption.strip() for caption in tables.captions)
    assert set(tables.scopes) == {"col", "row"}
    assert {"年度经费分配表（按镇街）", "均衡度监测表", "效果假设", "数据来源"} <= set(tables.captions)


def test_definitions_and_made_up_data_are_printed(pages: dict[Language, str]) -> None:
    assert "按人口加权的标准差" in body(pages["zh"])
    assert "示例数据（虚构）" in body(pages["zh"]) and "illustrative (made up)" in body(pages["en"])
    assert 'class="illustrative"' in pages["zh"]


def test_nothing_on_the_page_points_outside(pages: dict[Language, str]) -> None:
    for text in pages.values():
        markup = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
        assert not re.search(r"(src|href)\s*=\s*[\"']?(https?:)?//", markup)
        assert "url(http" not in markup and "@import" not in markup
        assert "default-src 'none'" in markup
        assert len(text.encode("utf-8")) < LIMIT


def test_the_vendored_bundle_is_the_version_plotly_speaks() -> None:
    head = (ASSETS / "plotly-basic.min.js").read_text(encoding="utf-8")[:400]
    assert f"v{get_plotlyjs_version()}" in head
    assert (ASSETS / "LICENSE.plotly").is_file() and (ASSETS / "OFL.txt").is_file()


def test_the_font_knows_every_character_we_ship() -> None:
    said = "".join(text for both in catalogue().values() for text in both.values())
    for file in (ROOT / "scenarios").rglob("*"):
        if file.suffix in (".yaml", ".csv"):
            said += file.read_text(encoding="utf-8-sig")
    assert unknown_characters(said) == ""


def test_the_page_is_the_same_every_time(tiny_result: Result, tmp_path: Path) -> None:
    first = write_page(tiny_result, tmp_path / "a.html", "zh").read_bytes()
    assert write_page(tiny_result, tmp_path / "b.html", "zh").read_bytes() == first


def test_a_file_is_replaced_only_when_asked(tiny_result: Result, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError):
        write_page(tiny_result, file, "zh")
    assert file.read_text(encoding="utf-8") == "mine"
    with pytest.raises(UsageError):
        write_page(tiny_result, tmp_path, "zh", force=True)
    write_page(tiny_result, file, "zh", force=True)
    assert "三镇手算示例" in file.read_text(encoding="utf-8")
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_a_page_that_fails_leaves_nothing(tiny_result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Path, target: object) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_page(tiny_result, tmp_path / "report.html", "zh")
    assert list(tmp_path.iterdir()) == []


def test_what_users_wrote_is_escaped(tmp_path: Path) -> None:
    plan = tmp_path / "plan"
    shutil.copytree(ROOT / "scenarios" / "tiny", plan)
    evil = "</script><script>alert(1)</script>"
    towns = plan / "tables" / "towns.csv"
    towns.write_text(towns.read_text(encoding="utf-8-sig").replace("East", evil), encoding="utf-8")
    text = (plan / "plan.yaml").read_text(encoding="utf-8")
    changed = text.replace("Three towns by hand", "<img src=x onerror=alert(2)>")
    (plan / "plan.yaml").write_text(changed, encoding="utf-8")
    page = write_page(solve(load(plan / "2016.yaml")), tmp_path / "page.html", "en").read_text(encoding="utf-8")
    assert "<script>alert" not in page and "<img" not in page
    assert page.count("</script>") == 2
    assert "&lt;img src=x" in page


def test_other_statuses_cannot_be_mistaken(tiny_result: Result, tmp_path: Path) -> None:
    run = {**tiny_result.run, "status": "feasible", "gap": 0.25, "conditional": True, "unique": False}
    goals = tiny_result.tables["goals"].assign(strength="hard", shortfall=0.5)
    result = Result(tiny_result.scenario, {**tiny_result.tables, "goals": goals}, run)
    text = write_page(result, tmp_path / "page.html", "en").read_text(encoding="utf-8")
    assert "Feasible, NOT proven optimal" in body(text) and "0.25" in body(text)
    assert '<span class="tag warn">' in text
    assert "hard goals are missed" in body(text) and "conditional" in body(text)
    assert "may not be the only best one" in body(text)


def test_the_step_farthest_from_what_was_asked_is_named_with_its_unit(tiny_result: Result) -> None:
    # Of 300 heads where 200 were asked and 2 level points where 0.5 were, the second is farther off.
    stages = tiny_result.tables["stages"].copy()
    stages["asked"], stages["gap"] = 0.5, 0.1
    first, second = stages.index[:2]
    stages.loc[first, ["asked", "gap", "unit"]] = [200.0, 300.0, "heads"]
    stages.loc[second, ["stage", "step", "gap", "unit"]] = ["balance", "worst_2", 2.0, "level points"]
    made = Result(
        tiny_result.scenario,
        {**tiny_result.tables, "stages": stages},
        {**tiny_result.run, "status": "feasible", "gap": 300},
    )
    text = speaking("en", lambda: status(made).text)
    assert "2 level points in Balance" in text and "0.5 was asked" in text and "300" not in text


def test_a_stage_without_a_bound_is_said(tiny_result: Result) -> None:
    run = {**tiny_result.run, "status": "feasible", "gap": None, "closing": 10.0}
    result = Result(tiny_result.scenario, tiny_result.tables, run)
    text = speaking("en", lambda: status(result).text)
    assert "before it had a bound" in text and "10 steps of each stage's grid (large plan)" in text
    assert speaking("zh", lambda: gap_text(result)) == "未知（有阶段没有界）"


@pytest.mark.xdist_group("panyu")
def test_a_pair_within_its_term_goes_on(panyu_result: Result) -> None:
    pairs = panyu_result.tables["pairs"]
    last = last_year_pairs(panyu_result.scenario.first) or ()
    grid = speaking("zh", lambda: pairs_grid(panyu_result, names_of(panyu_result.scenario.first)))
    words = [row[-1] for row in grid.rows]
    kept = [pair in last for pair in zip(pairs["mentor"], pairs["mentee"], strict=True)]
    assert any(kept) and words == ["延续（在期）" if each else "新增" for each in kept]
    names = {trace.name for trace in speaking("en", lambda: panyu_result.figure("pair_network")).data}
    assert "goes on" in names and "kept" not in names


def test_sections_without_numbers_are_left_out(tiny_result: Result, tmp_path: Path) -> None:
    empty = {name: table.iloc[:0] for name, table in tiny_result.tables.items()}
    result = Result(tiny_result.scenario, {**empty, "rows": tiny_result.tables["rows"]}, tiny_result.run)
    text = write_page(result, tmp_path / "page.html", "zh").read_text(encoding="utf-8")
    assert 'id="money"' not in text and 'id="levels"' not in text and 'id="run"' in text


@pytest.mark.xdist_group("panyu")
def test_a_district_page_lists_prices_pairs_and_kept_agreements(panyu_result: Result, tmp_path: Path) -> None:
    text = write_page(panyu_result, tmp_path / "page.html", "zh").read_text(encoding="utf-8")
    shown = body(text)
    assert len(text.encode("utf-8")) < LIMIT
    for mentor in panyu_result.tables["pairs"]["mentor"]:
        assert panyu_result.scenario.first.towns.loc[mentor, "name_zh"] in shown
    assert "上限提高" in shown and "影子价格" in shown
    assert "石碁镇" in shown and unknown_characters(shown) == ""
    for title in ("结转结余表", "按支出类别", "项目安排汇总", "目标测量表"):
        assert title in shown
