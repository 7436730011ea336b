"""The page of a class: what it says, in a browser with and without scripts, and without names."""

import re
from html.parser import HTMLParser

import pytest

from autograder.pages.anonymous import anonymous, pseudonyms, uncommented
from autograder.pages.charts import histogram, stacked
from autograder.pages.class_report import duration, render, render_course
from autograder.pages.class_summary import ClassReport, Person, Reason, Times, tenth

from .report_class import CODE, EVIL, NAMES, person, report


def test_full_marks_are_in_the_last_tenth() -> None:
    assert [tenth(score, 2.0) for score in (0.0, 0.1, 0.2, 1.0, 1.9, 2.0)] == [0, 0, 1, 5, 9, 9]
    assert tenth(0.0, 0.0) == 0 and tenth(9.0, 2.0) == 9
    assert report().tenths[0] >= 2 and sum(report().tenths) == 29


def test_who_needs_a_look_comes_by_urgency() -> None:
    assert [p.id for p in report().look] == ["s001", "s002", "s003"]
    assert {kind: n for kind, n in report().counts.items() if n} == {
        "aside": 1,
        "flag": 1,
        "syntax": 1,
        "far": 1,
    }


def test_durations_are_in_units_that_a_person_reads() -> None:
    assert [duration(s) for s in (0.04, 59.0, 61.0, 7300.0)] == [
        "0.0 s",
        "59.0 s",
        "1 min",
        "2 h 2 min",
    ]


def test_charts_carry_their_numbers_as_text() -> None:
    columns = histogram([0, 3], ["low", "<b>"], "Two")
    assert ">3</text>" in columns and "&lt;b&gt;" in columns and "<b>" not in columns
    assert stacked([("solved", 1), ("open", 3)], "x").count('width="75.00"') == 1
    assert 'width="0.00"' in stacked([("solved", 0)], "x")


class _Tags(HTMLParser):
    """Whether a page's tags close, and what of it could run."""

    VOID = frozenset({"meta", "img", "br", "input", "rect", "i"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        self.scripts += tag == "script"
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.parametrize("nameless", [False, True])
def test_the_page_is_whole_and_runs_nothing_but_its_own(nameless: bool) -> None:
    page = render(_nameless() if nameless else report())
    tags = _Tags()
    tags.feed(page)
    assert tags.open == [] and tags.scripts == 2
    assert EVIL not in page and "<img" not in page.split("<script>")[0]
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert page.count('http-equiv="Content-Security-Policy"') == 1
    assert len(page.encode()) < 300_000


def test_an_empty_class_has_a_page_too() -> None:
    empty = ClassReport("01_small", 0.0, (), (), (), (), Times(()))
    assert "No submission was graded." in render(empty)
    assert "01_small" in render_course("Course", [(empty, "01_small/report.html")])


def test_messages_are_rendered_and_groups_come_with_their_command() -> None:
    page = render(report())
    assert "You <em>turned</em> the <code>kernel</code>." in page
    assert "autograder misconception 01_small blur-1a2b3 --name" in page
    assert "autograder misconception 01_small blur-2a2b3 --comment" in page
    assert 'href="../../submitted/s001/01_small/01_small.ipynb"' in page


# ---------------------------------------------------------------------------------- without names


def _nameless() -> ClassReport:
    full = report()
    return anonymous(full, pseudonyms(p.id for p in full.people))


def test_without_names_no_byte_tells_who_it_is() -> None:
    page = render(_nameless()).lower()
    for told in ("lovelace", "pascal", "gauß", "submitted/"):
        assert told not in page
    assert not re.search(r"\bs0\d\d\b", page)
    assert "student 01" in page and "student 30" in page


def test_the_same_student_has_the_same_number_on_every_page() -> None:
    full = report()
    numbers = pseudonyms(p.id for p in full.people)
    one, other = (anonymous(full, numbers) for _ in range(2))
    assert one == other
    assert {p.score for p in one.people if p.id == numbers["s007"]} == {7.0}


def test_numbers_are_in_no_order_that_can_be_worked_out() -> None:
    students = [f"s{i}" for i in range(200)]
    assert pseudonyms(students) != pseudonyms(students)


def test_answers_lose_their_comments_or_are_left_out() -> None:
    assert uncommented(CODE) == "def conv(x, k):\n    return x"
    assert uncommented('def f():\n    "Ada."') == "def f():\n    pass"
    assert uncommented("def (  # Ada") == ""
    assert uncommented("(" * 100_000) == ""


def test_names_are_replaced_as_words_only() -> None:
    people = (
        Person("ann", "Ann Lee", 1.0, True, reasons=(Reason("flag", "Ann_lee and channel"),)),
    )
    made = anonymous(ClassReport("x", 1.0, people, (), (), (), Times(())), {"ann": "Student 1"})
    assert made.people[0].reasons[0].sentence == "(name)_(name) and channel"


# ---------------------------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The pages as files: of a class, of a course."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "class.html").write_text(render(report()), encoding="utf-8")
    pages = [(report(assignment=f"0{i}_small"), "class.html") for i in (1, 2)]
    (folder / "course.html").write_text(render_course("A course", pages), encoding="utf-8")
    return folder


@pytest.fixture
def opened(chromium, written):
    """Open a page; whatever it says on the console or asks of a network fails the test."""
    pages, said = [], []

    def open_page(name="class.html", **options):
        page = chromium.new_page(viewport={"width": 1200, "height": 1000}, **options)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda r: r.url.startswith("file:") or said.append(r.url))
        page.goto((written / name).as_uri())
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        assert page.title() != "taken"
        page.close()
    assert said == []


def _shown(page, selector):
    return [e for e in page.locator(selector).all() if e.is_visible()]


def test_typing_a_name_leaves_that_student(opened, pictures) -> None:
    page = opened()
    assert len(_shown(page, "#students tbody tr")) == 30
    page.screenshot(path=pictures / "light.png", full_page=True)
    page.fill("#find", "gauß 27")
    (row,) = _shown(page, "#students tbody tr")
    assert "s027" in row.inner_text()
    assert [e.get_attribute("id") for e in _shown(page, "article.group")] == []
    assert len(_shown(page, "article")) == 1  # flipped, opened at the name
    assert [e.inner_text() for e in _shown(page, "ul.who li")] == ["Carl Gauß 27"]
    assert not _shown(page, "details.more")
    page.fill("#find", "s025")
    assert "Nobody else's." in page.locator("details.more").inner_text()
    page.fill("#find", "")
    assert len(_shown(page, "#students tbody tr")) == 30


def test_a_click_opens_the_names_and_leads_to_the_student(opened) -> None:
    page = opened()
    article = page.locator("#blur-1a2b3")
    assert not article.locator("ul.who").is_visible()
    article.locator("summary", has_text="17 students").click()
    names = [e.inner_text() for e in article.locator("ul.who li").all()]
    assert len(names) == 17
    article.get_by_role("link", name="Carl Gauß 12").click()
    assert "s012" in page.locator("tr:target").inner_text()


def test_kinds_of_reasons_and_columns_of_scores_filter(opened) -> None:
    page = opened()
    page.locator("button[data-kind=syntax]").click()
    (row,) = _shown(page, "#look tbody tr")
    assert "SyntaxError" in row.inner_text()
    page.locator("button[data-kind=syntax]").click()
    assert len(_shown(page, "#look tbody tr")) == 3
    page.locator(".column[data-bin='9']").click()
    assert len(_shown(page, "#students tbody tr")) == report().tenths[9]
    page.locator(".column[data-bin='9']").press("Enter")
    assert len(_shown(page, "#students tbody tr")) == 30


def test_a_click_on_a_heading_sorts_by_number(opened) -> None:
    page = opened()
    page.locator("#students thead th").nth(1).click()
    page.wait_for_selector("#students th[aria-sort=ascending]")
    page.locator("#students thead th").nth(1).click()
    page.wait_for_selector("#students th[aria-sort=descending]")
    cells = "[...document.querySelectorAll('#students tbody td:nth-child(2)')]"
    shown = page.evaluate(f"{cells}.map(cell => cell.innerText)")
    scores = [float(text) for text in shown if text != "–"]
    assert scores == sorted(scores, reverse=True)


def test_it_is_dark_where_the_reader_wants_it_dark(opened, pictures) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        page = opened(color_scheme=scheme)
        grounds[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        ink = page.evaluate("getComputedStyle(document.body).color")
        assert ink != grounds[scheme]
    page.screenshot(path=pictures / "dark.png", full_page=True)
    assert grounds == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 24, 29)"}


def test_a_phone_needs_no_sideways_scrolling(opened, pictures) -> None:
    page = opened()
    page.set_viewport_size({"width": 390, "height": 800})
    page.screenshot(path=pictures / "phone.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_everything_can_be_read_without_scripts(opened) -> None:
    page = opened(java_script_enabled=False)
    assert len(_shown(page, "#students tbody tr")) == 30
    assert not _shown(page, "#find") and not _shown(page, "button")
    page.locator("#blur-1a2b3 summary", has_text="17 students").click()
    assert page.locator("#blur-1a2b3 ul.who").is_visible()


def test_the_course_has_a_page_of_its_own(opened, pictures) -> None:
    page = opened("course.html")
    page.screenshot(path=pictures / "course.png", full_page=True)
    assert len(_shown(page, "#by-chapter tbody tr")) == 2
    page.fill("#find", "s004")
    (row,) = _shown(page, "#students tbody tr")
    assert len(row.locator("td").all()) == 3
    row.locator("a").first.click()
    assert page.url.endswith(f"class.html#student-{report().places['s004']}")


def test_a_name_that_is_markup_is_shown_as_it_is(opened) -> None:
    page = opened()
    assert person(3).name.startswith(NAMES[3])
    assert "<script>document.title" in page.locator("#students").inner_text()
