"""The page in a real browser, offline: charts are drawn, Chinese is readable, nothing is fetched, it prints."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from programs import program

from allocator.report.page.page import write_page
from allocator.tables.result import Result
from allocator.words.texts import LANGUAGES, Language
from years_plan import years_result

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("panyu")]

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--no-first-run", "--disable-default-apps", "--disable-sync"),
]

ALL_DRAWN = """() => [...document.querySelectorAll('.chart')].every(
  chart => chart.closest('details:not([open])') || chart.querySelector('svg.main-svg'))"""

DIFFERENT_GLYPHS = """async () => {
  await document.fonts.load('40px "Allocator Sans"', '镇');
  const picture = (text) => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 60;
    const pen = canvas.getContext('2d');
    pen.font = '40px "Allocator Sans"';
    pen.fillText(text, 5, 45);
    return canvas.toDataURL();
  };
  const pictures = ['镇', '街', '社', '区', '\\u{10FFFD}'].map(picture);
  return new Set(pictures).size;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    try:
        playwright = importlib.import_module("playwright.sync_api")
    except ImportError:
        if os.environ.get("ALLOCATOR_REQUIRE_E2E"):
            pytest.fail("playwright is not installed")
        pytest.skip("playwright is not installed: pip install 'edu-allocator[e2e]'")
    path = program("chromium", "chromium-browser", "google-chrome")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


def until(page: Any, condition: str, seconds: float = 60) -> None:
    """Ask again and again whether a condition holds.

    Playwright's own ``wait_for_function`` asks from inside the page, where the page's content policy refuses it.
    """
    ends = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < ends, condition
        page.wait_for_timeout(50)


class Opened:
    """A page in the browser with everything it asked for and complained about."""

    def __init__(self, browser: Any, file: Path, width: int = 1280) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": 900})
        self.outside: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", self._asked)
        self.page.on("console", lambda said: self.complaints.append(f"{said.type}: {said.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(file.as_uri())
        until(self.page, ALL_DRAWN)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.outside.append(request.url)


@pytest.fixture(scope="module")
def files(panyu_result: Result, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    return {language: write_page(panyu_result, folder / f"{language}.html", language) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_draws_its_charts_and_fetches_nothing(browser: Any, files: dict[str, Path], language: str) -> None:
    opened = Opened(browser, files[language])
    assert opened.outside == [] and opened.complaints == []
    page = opened.page
    assert page.locator(".chart").count() == 6
    assert page.locator("#chart-funding .bars path").count() >= 16
    assert page.locator("#chart-pairs .annotation-arrow-g").count() >= 1
    assert page.locator("#chart-levels .points path").count() >= 32
    assert page.evaluate("document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[language]
    page.close()


def test_chinese_is_drawn_with_the_embedded_font(browser: Any, files: dict[str, Path]) -> None:
    page = Opened(browser, files["zh"]).page
    faces = page.evaluate("[...document.fonts].map(face => [face.family, face.status])")
    assert faces == [["Allocator Sans", "loaded"]]
    assert page.evaluate(DIFFERENT_GLYPHS) == 5
    used = page.evaluate("getComputedStyle(document.querySelector('#chart-levels text')).fontFamily")
    assert used.replace("'", '"').startswith('"Allocator Sans"')
    page.close()


def test_tables_say_what_the_result_says(browser: Any, files: dict[str, Path], panyu_result: Result) -> None:
    page = Opened(browser, files["zh"]).page
    money = page.locator("table", has=page.locator("caption", has_text="年度经费分配表"))
    total = money.locator("tfoot tr").inner_text().split("\t")
    amount = float(panyu_result.tables["funding_by_town"]["amount_yuan"].sum())
    assert total[:2] == ["合计", f"{amount:,.2f}"]
    assert money.locator("tbody tr").count() == len(panyu_result.tables["funding_by_town"])
    assert page.locator(".status").inner_text().startswith("最优")
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_narrow_screen_needs_no_sideways_scrolling(browser: Any, files: dict[str, Path], language: str) -> None:
    page = Opened(browser, files[language], width=390).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_the_keyboard_reaches_the_content(browser: Any, files: dict[str, Path]) -> None:
    page = Opened(browser, files["en"]).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"
    page.close()


def test_it_prints_on_a4_with_charts_inside_the_paper(browser: Any, files: dict[str, Path], tmp_path: Path) -> None:
    opened = Opened(browser, files["zh"])
    made = tmp_path / "page.pdf"
    opened.page.pdf(path=str(made), prefer_css_page_size=True, print_background=True)
    assert made.read_bytes()[:4] == b"%PDF" and made.stat().st_size > 50_000
    assert opened.complaints == []
    opened.page.close()


def test_years_draw_their_charts_when_they_are_opened(browser: Any, tmp_path: Path) -> None:
    opened = Opened(browser, write_page(years_result(), tmp_path / "years.html", "zh"))
    page = opened.page
    assert page.locator("#chart-levels .scatterlayer .trace").count() == 4
    assert page.locator("#chart-pairs .bars path").count() >= 3
    assert page.locator("details[open]").evaluate_all("all => all.map(each => each.id)") == ["year-2018"]
    assert page.locator("#chart-funding-2016 svg").count() == 0
    page.click('nav a[href="#year-2016"]')
    until(page, "document.querySelector('#chart-funding-2016 svg.main-svg')?.getBoundingClientRect().width > 600")
    assert opened.outside == [] and opened.complaints == []
    page.close()


def test_every_year_is_printed_and_closed_again(browser: Any, tmp_path: Path) -> None:
    page = Opened(browser, write_page(years_result(), tmp_path / "years.html", "en")).page
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    until(page, ALL_DRAWN)
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 1
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_years_need_no_sideways_scrolling(browser: Any, tmp_path: Path, language: Language) -> None:
    page = Opened(browser, write_page(years_result(), tmp_path / "years.html", language), width=390).page
    page.evaluate("document.querySelectorAll('details').forEach(year => { year.open = true; })")
    until(page, ALL_DRAWN)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
