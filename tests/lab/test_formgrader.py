"""nbgrader's formgrader in a browser, as ``autograder formgrader`` opens it on a graded class.

One server, one browser and one class for all of it; the tests go on where the last one ended.
"""

import contextlib
import json
import re

import pytest
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from autograder.cli import app
from autograder.course.folder import CourseFolder
from autograder.gradebook.roster import write_students
from autograder.intake.roster import Student
from tests import postgres
from tests.grading.course import ASSIGNMENT, answered, make_course, submit
from tests.lab import browser

SCRIPT = "<script>window.hacked = true</script><img src=x onerror='window.hacked = true'>"
ROSTER = [
    Student("ada", "Ada", "Lovelace", "ada@uni.example", "1"),
    Student("alan", "Alan", "Turing", "alan@uni.example", "2"),
]
RIGHT = {"ada": ("double",), "alan": ("double", "triple"), "no-name": ("triple",)}


def hostile():
    """Half an answer, and scripts wherever a student can write."""
    notebook = answered("triple")
    for cell in notebook.cells:
        if cell.id == "double":
            cell.source = f"from IPython.display import HTML\ndisplay(HTML({SCRIPT!r}))\n"
            cell.source += f"print({SCRIPT!r})\ndef double(x):\n    raise ValueError({SCRIPT!r})"
    notebook.cells.append({**notebook.cells[0], "id": "own", "source": SCRIPT})
    return notebook


def command(root, *line: str) -> str:
    """A command of ``autograder``, in this process: it has imported everything already."""
    done = CliRunner().invoke(app, [*line, f"--course={root}"])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A graded class; "late" has handed in since, and one of them is on no roster."""
    root = make_course(tmp_path_factory.mktemp("course"), "c.Execution.preload = []\n")
    write_students(CourseFolder(root).directory.db_url, ROSTER)
    for student, right in RIGHT.items():
        submit(root, student, answered(*right), "2026-11-01 12:00:00 UTC")
    submit(root, "hostile", hostile())
    command(root, "grade", ASSIGNMENT)
    submit(root, "late", answered("double"))
    return root


@contextlib.contextmanager
def opened(root, chromium, home):
    """Formgrader, opened at its address."""
    with browser.serving(["formgrader", f"--course={root}"], home, home / "log") as address:
        page = chromium.new_page(viewport={"width": 1280, "height": 900}, base_url=address)
        page.set_default_timeout(browser.PATIENCE)
        expect.set_options(timeout=browser.PATIENCE)
        page.on("pageerror", lambda error: pytest.fail(f"a script of the page: {error}"))
        page.goto(f"/?token={browser.TOKEN}")
        yield page
        page.close()


@pytest.fixture(scope="module")
def page(root, chromium, tmp_path_factory):
    with opened(root, chromium, tmp_path_factory.mktemp("home")) as page:
        yield page


def row(page: Page, student: str):
    """The line of a student in a table of formgrader."""
    cell = page.locator("td", has_text=re.compile(f"^{student}$"))
    return page.locator("tbody tr").filter(has=cell)


def submissions(page: Page) -> None:
    page.goto(f"/formgrader/manage_submissions/{ASSIGNMENT}")
    expect(row(page, "late")).to_be_visible()


def press(page: Page, student: str, button: str) -> str:
    """Press one of a student's buttons; what the dialog says, which is closed."""
    submissions(page)
    row(page, student).locator(f"td.{button} a").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Success")).to_be_visible()
    said = dialog.inner_text()
    dialog.get_by_role("button", name="OK").click()
    expect(dialog).to_be_hidden()
    return said


def open_submission(page: Page, student: str) -> None:
    """The graded notebook of a student, from the list under Manual Grading."""
    page.goto(f"/formgrader/gradebook/{ASSIGNMENT}/{ASSIGNMENT}")
    page.wait_for_function("models?.loaded")
    page.get_by_role("button", name="Show All Names").click()
    page.get_by_role("link", name=re.compile(f"^{student}$")).click()
    page.wait_for_function("window.formgrader?.loaded && formgrader.grades.loaded")


def in_sight(page: Page, selector: str) -> bool:
    """Whether the whole of it is on the screen, below formgrader's bar, once scrolling is over."""
    page.wait_for_function("!window.jQuery || $(':animated').length === 0")
    box = page.locator(selector).bounding_box()
    return box["y"] >= 50 and box["y"] + box["height"] <= page.viewport_size["height"]


def enter(page: Page, field: str, value: str) -> None:
    """Write into a field, and wait until formgrader has saved it."""
    with page.expect_response(lambda r: r.request.method == "PUT" and r.ok):
        page.locator(f"#{field}").fill(value)
        page.locator(f"#{field}").blur()


def scores(root) -> dict[str, float]:
    lines = (root / "evidence" / ASSIGNMENT / "records.jsonl").read_text().splitlines()
    return {record["student"]: record["score"] for record in map(json.loads, lines)}


def test_it_opens_at_the_list_of_assignments(page, pictures):
    assert "/formgrader/manage_assignments" in page.url
    line = row(page, ASSIGNMENT)
    expect(line.locator(".num-submissions")).to_have_text("5")
    expect(line.locator(".status")).to_have_text("draft")
    page.screenshot(path=pictures / "assignments.png")


def test_everybody_has_a_name_also_before_grading(page, pictures):
    submissions(page)
    named = {
        who: row(page, who).locator(".student-name").text_content()
        for who in ("ada", "alan", "no-name", "late")
    }
    assert named == {
        "ada": "Lovelace, Ada",
        "alan": "Turing, Alan",
        "no-name": "no-name, ",
        "late": "late, ",
    }
    expect(row(page, "ada").locator(".score")).to_have_text("4 / 10")
    expect(row(page, "late").locator(".status")).to_have_text("needs autograding")
    page.screenshot(path=pictures / "submissions.png")
    page.goto("/formgrader/manage_students")
    expect(row(page, "late")).to_be_visible()
    assert "None, " not in page.content()


def test_the_button_autogrades_and_says_what_was_lost(page, root):
    said = press(page, "late", "autograde")
    assert f"Successfully autograded '{ASSIGNMENT}' for student 'late'." in said
    assert "[INFO] late: 4 of 10 points; points lost in triple" in said
    assert "Checksum" not in said
    expect(row(page, "late").locator(".score")).to_have_text("4 / 10")
    assert scores(root)["late"] == scores(root)["ada"] == 4.0


def test_a_graded_submission_opens_at_what_was_lost(page, pictures):
    open_submission(page, "Lovelace, Ada")
    lost = page.locator(".autograder-lost")
    expect(lost).to_have_text("Lost in autograding: triple 0 of 6")
    assert page.evaluate("document.activeElement.id") == "triple-comment"
    assert in_sight(page, "#triple-comment") and in_sight(page, ".autograder-lost")
    assert page.locator("#triple-comment").get_attribute("placeholder") == "Not answered yet."
    page.screenshot(path=pictures / "graded.png")
    page.evaluate("window.scrollTo(0, 0)")
    lost.get_by_role("link", name="triple").click()
    assert in_sight(page, "#triple-comment")
    page.keyboard.press("Tab")  # formgrader's own key, which needs no network either
    assert page.evaluate("document.activeElement.id") == "triple-visible"
    open_submission(page, "Turing, Alan")
    assert lost.count() == 0


def test_what_a_person_enters_is_kept_by_every_way_of_grading(page, root, pictures):
    open_submission(page, "Lovelace, Ada")
    for field, value in (("triple-hidden", "2.5"), ("triple-comment", "Nearly: see *me*.")):
        enter(page, field, value)
    page.screenshot(path=pictures / "by-hand.png")
    for way in ("grade", "rejudge", "button"):
        if way == "button":
            press(page, "ada", "autograde")
        else:
            force = ["--force"] if way == "grade" else []
            command(root, way, ASSIGNMENT, *force)
            submissions(page)
        expect(row(page, "ada").locator(".score")).to_have_text("6.5 / 10")
        assert scores(root)["ada"] == 6.5
        open_submission(page, "Lovelace, Ada")
        expect(page.locator("#triple-hidden")).to_have_value("2.5")
        expect(page.locator("#triple-comment")).to_have_value("Nearly: see *me*.")


def test_feedback_is_generated_by_its_button_and_opened(page, root, pictures):
    said = press(page, "ada", "generate-feedback")
    assert f"Successfully generated feedback for '{ASSIGNMENT}' for student 'ada'." in said
    path = f"feedback/ada/{ASSIGNMENT}/{ASSIGNMENT}.html"
    assert (root / path).is_file()
    page.goto((root / path).as_uri())
    assert re.search(r"\b6\.5\s*(/|of)\s*10\b", page.locator("body").inner_text())
    expect(page.get_by_text("Nearly: see")).to_be_visible()
    page.screenshot(path=pictures / "feedback.png", full_page=True)


def test_nothing_of_a_student_runs(page):
    open_submission(page, "hostile, ?")
    expect(page.get_by_text("window.hacked = true").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.hacked") is None


@pytest.mark.skipif(postgres.programs() is None, reason="no PostgreSQL: install `postgresql`")
def test_on_postgresql_it_shows_and_keeps_what_it_does_on_sqlite(chromium, tmp_path):
    pytest.importorskip("psycopg")
    with postgres.server() as server:
        config = f"c.Execution.preload = []\nc.CourseDirectory.db_url = {server.database()!r}\n"
        root = make_course(tmp_path / "course", config)
        submit(root, "ada", answered("double"))
        submit(root, "alan", answered("double", "triple"))
        command(root, "grade", ASSIGNMENT)
        with opened(root, chromium, tmp_path) as page:
            line = row(page, ASSIGNMENT)
            expect(line.locator(".num-submissions")).to_have_text("2")
            page.goto(f"/formgrader/manage_submissions/{ASSIGNMENT}")
            expect(row(page, "ada").locator(".score")).to_have_text("4 / 10")
            expect(row(page, "alan").locator(".score")).to_have_text("10 / 10")
            open_submission(page, "ada, ?")
            enter(page, "triple-hidden", "2.5")
            enter(page, "triple-comment", "Nearly.")
            command(root, "report", ASSIGNMENT)
            assert scores(root) == {"ada": 6.5, "alan": 10.0}
            page.goto(f"/formgrader/manage_submissions/{ASSIGNMENT}")
            expect(row(page, "ada").locator(".score")).to_have_text("6.5 / 10")
            open_submission(page, "ada, ?")
            expect(page.locator("#triple-comment")).to_have_value("Nearly.")
