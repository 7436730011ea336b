"""Exports read back as each product reads them, and samples of their own files filled."""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy
from nbgrader.api import Gradebook
from traitlets.config import Config

from autograder.commands.exports import Format, export
from autograder.course.folder import CourseFolder
from autograder.errors import AutograderError
from autograder.gradebook.export import CsvExporter, Exporter, harmless
from autograder.gradebook.platform_exports import (
    BlackboardExporter,
    BrightspaceExporter,
    CanvasExporter,
    MoodleExporter,
    PlatformExporter,
)
from autograder.gradebook.roster import write_students
from autograder.gradebook.writer import GradebookWriter, open_gradebook
from autograder.intake.roster import Student, read_roster
from tests.grading.course import ASSIGNMENT, POINTS, full_marks, make_course, nbgrader
from tests.workspace.small import autograder

ADA = Student("ada", "Ada", "Lovelace", "ada@uni.example", "70001")
KING = Student("mking", 'Martin "Mike"', "King, Jr.", "mk@uni.example", "70002")
EVIL = Student("eve", "=HYPERLINK(1)", "@SUM(1)", "eve@uni.example", "70003")
LAZY = Student("zoe", "Zoë", "Ångström", "zoe@uni.example", "70004")
SCORES = {"ada": 10.5, "mking": 3.25, "eve": 1.5}  #: after a person's score, extras and lateness
RECORDS = [
    {
        "student": "ada",
        "status": "graded",
        "requirements": [
            {"exercise": "triple", "name": 'sizes of "1", (odd)', "points": 4.0, "earned": 4.0},
            {"exercise": "triple", "name": "dtype kept", "points": 2.0, "earned": 0.5},
        ],
    },
    {"student": "eve", "status": "needs_review", "requirements": []},
]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    root = make_course(tmp_path_factory.mktemp("export") / "course")
    url = f"sqlite:///{root / 'gradebook.db'}"
    with GradebookWriter(url, "torch_nn") as writer:
        writer.ensure_assignment(root / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
        writer.record("ada", ASSIGNMENT, full_marks("double", "triple"))
        writer.record("mking", ASSIGNMENT, full_marks("double"))
        writer.record("eve", ASSIGNMENT, {**full_marks(), "double-hidden": (1.5, 3.0)})
        writer.record("=cmd", ASSIGNMENT, full_marks())
    write_students(url, [ADA, KING, EVIL, LAZY])
    with Gradebook(url, "torch_nn") as gradebook:
        gradebook.find_grade("triple-hidden", ASSIGNMENT, ASSIGNMENT, "ada").manual_score = 3.5
        gradebook.find_grade("triple-visible", ASSIGNMENT, ASSIGNMENT, "ada").extra_credit = 1.0
        late = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "mking")
        late.late_submission_penalty = 0.75
        gradebook.db.commit()
    records = root / "evidence" / ASSIGNMENT / "records.jsonl"
    records.parent.mkdir(parents=True)
    records.write_text("".join(json.dumps(record) + "\n" for record in RECORDS))
    return CourseFolder(root)


@pytest.fixture
def run(course: CourseFolder, tmp_path: Path) -> Callable[..., tuple[Path, list[str]]]:
    """Export with these options: the file, and what was said."""

    def write(kind: type[Exporter], name: str = "out.csv", **options) -> tuple[Path, list[str]]:
        exporter = kind(config=Config(), to=str(tmp_path / name), **options)
        engine = sqlalchemy.create_engine(course.directory.db_url)
        with engine.connect() as connection:
            said = exporter.write(connection, course)
        return tmp_path / name, said

    return write


def table(path: Path, delimiter: str = ",", encoding: str = "utf-8") -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode(encoding)), delimiter=delimiter))


# -------------------------------------------------------- each product's own way to read a file


def read_canvas(path: Path) -> tuple[dict[str, float | None], float]:
    """As ``GradebookImporter``: fixed columns, ``Title (id)``, a row of points; by ID."""
    header, points, *rows = table(path)
    assert "Student" in header[0]
    assert header[1:5] == ["ID", "SIS User ID", "SIS Login ID", "Section"]
    assert "Points Possible" in points[0]
    place = header.index(ASSIGNMENT)
    scores = {row[1] or row[3]: float(row[place]) if row[place] else None for row in rows}
    return scores, float(points[place])


def read_moodle(path: Path) -> tuple[dict[str, float | None], float]:
    """As ``gradeimport_csv_load_data``: by e-mail address; a dash is no grade."""
    header, *rows = table(path)
    place, who = header.index(ASSIGNMENT), header.index("Email address")
    numbers = {s.email: s.lms_user_id for s in (ADA, KING, EVIL, LAZY)}
    scores = {numbers[r[who]]: None if r[place] in ("", "-") else float(r[place]) for r in rows}
    return scores, 10.0


def read_blackboard(path: Path) -> tuple[dict[str, float | None], float]:
    """By Username; the points are in the header."""
    header, *rows = table(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert all(line.startswith('"') and line.endswith('"') for line in lines)
    place = next(i for i, title in enumerate(header) if title.startswith(ASSIGNMENT))
    worth = re.fullmatch(rf"{ASSIGNMENT} \[Total Pts: ([\d.]+) Score\]", header[place])
    assert worth
    numbers = {s.id: s.lms_user_id for s in (ADA, KING, EVIL, LAZY)}
    who = header.index("Username")
    scores = {numbers[row[who]]: float(row[place]) if row[place] else None for row in rows}
    return scores, float(worth[1])


def read_brightspace(path: Path) -> tuple[dict[str, float | None], float]:
    """By OrgDefinedId, the first column; ``Points Grade``; every line ends with ``#``."""
    header, *rows = table(path)
    assert header[:2] == ["OrgDefinedId", "Username"]
    assert header[-1] == "End-of-Line Indicator"
    assert {row[-1] for row in rows} == {"#"}
    worth = re.fullmatch(rf"{ASSIGNMENT} Points Grade <Numeric MaxPoints:([\d.]+)>", header[2])
    assert worth
    scores = {row[0].lstrip("#"): float(row[2]) if row[2] else None for row in rows}
    return scores, float(worth[1])


READERS = [
    (CanvasExporter, read_canvas),
    (MoodleExporter, read_moodle),
    (BlackboardExporter, read_blackboard),
    (BrightspaceExporter, read_brightspace),
]


@pytest.mark.parametrize(("kind", "read"), READERS)
def test_a_new_file_is_read_back_as_its_product_reads_it(run, kind, read):
    path, said = run(kind)
    expected = {s.lms_user_id: SCORES.get(s.id) for s in (ADA, KING, EVIL, LAZY)}
    assert read(path) == (expected, 10.0)
    assert f"{ASSIGNMENT}: 1 set aside and not looked at yet, with 0 points: eve." in said
    assert "Left out, being on no roster: =cmd." in said
    assert any("nothing handed in by 1 of 4" in line and "zoe" in line for line in said)
    path, _ = run(kind, zero=True)
    assert read(path)[0] == expected | {LAZY.lms_user_id: 0.0}
    path, said = run(kind, student=["mking"])
    assert read(path)[0] == {KING.lms_user_id: 3.25}
    assert not any("eve" in line or "zoe" in line for line in said)


@pytest.mark.parametrize("kind", [CanvasExporter, MoodleExporter, BlackboardExporter])
def test_names_with_commas_and_quotes_come_back_and_none_is_a_formula(run, kind):
    path, _ = run(kind)
    names = {student.id: (student.first_name, student.last_name) for student in read_roster(path)}
    ids = {"ada": "70001", "mking": "70002", "zoe": "70004"}
    for student in (ADA, KING, LAZY):
        key = student.id if student.id in names else ids[student.id]
        assert names[key] == (student.first_name, student.last_name)
    cells = [cell for row in table(path) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t"))]
    assert [cell for cell in cells if cell.startswith("'@SUM")]


def test_a_cell_that_no_spreadsheet_computes_is_left_as_it_is():
    assert harmless("Ada") == "Ada"
    assert [harmless(t) for t in ("=1", "+1", "-1", "@A")] == ["'=1", "'+1", "'-1", "'@A"]
    assert harmless("\t=1") == "'=1"
    assert harmless("\x1b =1") == "'=1"
    assert harmless(" =1") == "' =1"
    assert harmless("a\nb\x1b") == "a b"


def test_blackboards_tabs_are_utf_16_as_its_own(run):
    path, _ = run(BlackboardExporter, "grades.xls")
    assert path.read_bytes().startswith((b"\xff\xfe", b"\xfe\xff"))
    header, first, *_ = table(path, "\t", "utf-16")
    assert header[2] == "Username"
    assert first[2:] == ["ada", "70001", "10.5"]


# ------------------------------------------------------------------- exercises and requirements


def test_exercises_and_requirements_have_columns_in_the_lessons_order(run):
    path, _ = run(CanvasExporter, exercises=True, requirements=True)
    header, points, ada, *others = table(path)
    assert header[5:] == [
        ASSIGNMENT,
        f"{ASSIGNMENT} triple",
        f'{ASSIGNMENT} triple: sizes of "1", [odd]',  # parentheses would be an id
        f"{ASSIGNMENT} triple: dtype kept",
        f"{ASSIGNMENT} double",
    ]
    assert points[5:] == ["10", "6", "4", "2", "4"]
    assert ada[5:] == ["10.5", "6.5", "4", "0.5", "4"]
    assert others[0][5:] == ["1.5", "0", "", "", "1.5"]
    for kind in (BlackboardExporter, BrightspaceExporter):
        path, _ = run(kind, requirements=True)
        assert any("triple sizes of 1 (odd)" in title for title in table(path)[0])


def test_what_was_set_aside_waits_until_a_person_enters_points(course, tmp_path):
    copy = CourseFolder(Path(shutil.copytree(course.root, tmp_path / "course")))

    def said(cell: str, **entered: object) -> str:
        with Gradebook(copy.directory.db_url, "torch_nn") as gradebook:
            find = gradebook.find_comment if "manual_comment" in entered else gradebook.find_grade
            for name, value in entered.items():
                setattr(find(cell, ASSIGNMENT, ASSIGNMENT, "eve"), name, value)
            gradebook.db.commit()
            with gradebook.engine.connect() as connection:
                exporter = CanvasExporter(config=Config(), to=str(tmp_path / "out.csv"))
                return "\n".join(exporter.write(connection, copy))

    assert "1 set aside and not looked at yet" in said("double", manual_comment="Hm.")
    assert "set aside" not in said("double-hidden", manual_score=2.0)


def test_nbgraders_columns_have_all_who_are_in_the_gradebook(run):
    path, _ = run(CsvExporter, exercises=True)
    with path.open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {s: float(rows[s]["score"]) for s in SCORES} == SCORES
    assert float(rows["zoe"]["score"]) == 0.0
    assert rows["mking"]["last_name"] == "King, Jr."
    assert (rows["mking"]["raw_score"], rows["mking"]["late_submission_penalty"]) == ("4.0", "0.75")
    assert rows["'=cmd"]["max_score"] == str(sum(POINTS.values()))
    assert (rows["ada"]["double"], rows["ada"]["triple"]) == ("4.0", "6.5")
    with pytest.raises(AutograderError, match="leave out --from"):
        run(CsvExporter, source="x.csv")


# --------------------------------------------------------------------- the products' own files

FILES: dict[type[PlatformExporter], tuple[str, str, str]] = {
    CanvasExporter: (
        "Student,ID,SIS User ID,SIS Login ID,Section,HW 0 (11),Small (12),Current Score\n"
        ",,,,,,Manual Posting,\n"
        "    Points Possible,,,,,5,10,(read only)\n"
        '"Lovelace, Ada",70001,,ada,A,5,,9\n'
        '"King, Jr., Martin",70002,,mking,A,4,EX,9\n'
        '"Somebody, Else",70099,,else,A,3,2,9\n'
        '"Ångström, Zoë",70004,,zoe,A,3,7,9\n'
        '"Student, Test",70555,,a3f9,A,,,\n',
        "utf-8",
        "Student,ID,SIS User ID,SIS Login ID,Section,Small (12)\n"
        ",,,,,Manual Posting\n"
        "    Points Possible,,,,,10\n"
        '"Lovelace, Ada",70001,,ada,A,10.5\n'
        '"King, Jr., Martin",70002,,mking,A,3.25\n'
        '"Somebody, Else",70099,,else,A,2\n'
        '"Ångström, Zoë",70004,,zoe,A,7\n'
        '"Student, Test",70555,,a3f9,A,\n',
    ),
    MoodleExporter: (
        '"First name";"Last name";"ID number";"Email address";"Quiz: HW 0 (Real)";'
        '"Assignment: Small (Real)";"Assignment: Small (Percentage)"\r\n'
        '"Ada";"Lovelace";"70001";"ada@uni.example";"1";"-";"-"\r\n'
        '"Zoë";"Ångström";"";"Zoe@uni.example";"1";"5";"50 %"\r\n'
        '"Else";"Somebody";"";"else@uni.example";"1";"-";"-"\r\n',
        "utf-8-sig",
        '"First name";"Last name";"ID number";"Email address";"Quiz: HW 0 (Real)";'
        '"Assignment: Small (Real)";"Assignment: Small (Percentage)"\r\n'
        '"Ada";"Lovelace";"70001";"ada@uni.example";"1";"10.5";"-"\r\n'
        '"Zoë";"Ångström";"";"Zoe@uni.example";"1";"5";"50 %"\r\n'
        '"Else";"Somebody";"";"else@uni.example";"1";"-";"-"\r\n',
    ),
    BlackboardExporter: (
        '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Availability"\t'
        '"Total [Total Pts: 25 Score] |11"\t"Small [Total Pts: up to 10 Score] |664617"\r\n'
        '"King, Jr."\t"Martin"\t"mking"\t"70002"\t"Yes"\t"1"\t""\r\n'
        '"Somebody"\t"Else"\t"else"\t""\t"Yes"\t"1"\t"2"\r\n',
        "utf-16",
        '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Availability"\t'
        '"Small [Total Pts: up to 10 Score] |664617"\r\n'
        '"King, Jr."\t"Martin"\t"mking"\t"70002"\t"Yes"\t"3.25"\r\n'
        '"Somebody"\t"Else"\t"else"\t""\t"Yes"\t"2"\r\n',
    ),
    BrightspaceExporter: (
        "OrgDefinedId,Username,HW 0 Points Grade <Numeric MaxPoints:5 Weight:10>,"
        "Small Points Grade <Numeric MaxPoints:10 Weight:50 Category:Homework CategoryWeight:40>,"
        "Calculated Final Grade Numerator,End-of-Line Indicator\n"
        "#70003,#eve,5,,1,#\n#70099,#else,5,1,1,#\n",
        "utf-8",
        "OrgDefinedId,Username,"
        "Small Points Grade <Numeric MaxPoints:10 Weight:50 Category:Homework CategoryWeight:40>,"
        "End-of-Line Indicator\n"
        "#70003,#eve,1.5,#\n#70099,#else,1,#\n",
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_downloaded_gradebook_is_filled_and_nothing_else_in_it_changes(run, tmp_path, kind):
    before, encoding, after = FILES[kind]
    source = tmp_path / "download"
    source.write_bytes(before.encode(encoding))
    path, said = run(kind, source=str(source), titles={ASSIGNMENT: "Small"})
    assert path.read_bytes().decode(encoding) == after
    assert any("not on the roster, and left as they are: lines" in line for line in said)
    assert any("download has no line for" in line for line in said)
    assert not any("nothing was scaled" in line for line in said)


def canvas(tmp_path: Path, *columns: str, row: str = '"Lovelace, Ada",70001,,ada,A') -> str:
    header = ",".join(["Student,ID,SIS User ID,SIS Login ID,Section", *columns])
    values = "," * len(columns)
    points = "    Points Possible,,,,," + ",".join("8" for _ in columns)
    source = tmp_path / "canvas.csv"
    source.write_text(f"{header}\n{points}\n{row}{values}\n")
    return str(source)


def test_a_column_is_known_by_the_chapters_name_however_it_is_spelled(run, tmp_path):
    path, said = run(CanvasExporter, source=canvas(tmp_path, "99-Small (12)", "Other (13)"))
    assert table(path)[2] == ["Lovelace, Ada", "70001", "", "ada", "A", "10.5"]
    assert any("Canvas gives 8 points for '99-Small (12)', the gradebook 10" in s for s in said)


@pytest.mark.parametrize(
    ("columns", "row", "said"),
    [
        (["HW 1 (12)", "HW 2 (13)"], None, r"no column '99_small'.*--column.*'HW 1', 'HW 2'"),
        (["99_small (12)", "99_small (13)"], None, "can both be '99_small'"),
        (["99_small (12)"], "X,70001,,mking,A", "line 3: its ids are those of two .*'ada' and 'mk"),
    ],
)
def test_what_cannot_be_told_is_a_sentence(run, tmp_path, columns, row, said):
    source = canvas(tmp_path, *columns, **({"row": row} if row else {}))
    with pytest.raises(AutograderError, match=said):
        run(CanvasExporter, source=source)


@pytest.mark.parametrize(
    ("data", "said"),
    [(None, "cannot be read"), (b"", "is empty"), (b"PK\3\4", "download it as CSV")],
)
def test_a_file_that_cannot_be_filled_is_a_sentence(run, tmp_path, data, said):
    source = tmp_path / "download.csv"
    if data is not None:
        source.write_bytes(data)
    with pytest.raises(AutograderError, match=said):
        run(MoodleExporter, source=str(source))


def test_moodles_worksheet_of_one_assignment_is_filled(run, tmp_path):
    source = tmp_path / "worksheet.csv"
    source.write_text(
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade\n"
        "Participant 70001,Ada Lovelace,ada@uni.example,Submitted,,10.00\n"
    )
    path, _ = run(MoodleExporter, source=str(source), titles={ASSIGNMENT: "Grade"})
    assert table(path)[1][4] == "10.5"


# ------------------------------------------------------------------------------- the commands


def test_the_command_and_nbgraders_own_write_the_same(course):
    options = ["--exercises", "--to", "ours.csv", "--column", f"{ASSIGNMENT}=HW 1"]
    done = autograder("export", "canvas", ASSIGNMENT, *options, cwd=course.root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("Written: ours.csv\n")
    theirs = nbgrader(
        course.root,
        "export",
        "--exporter=autograder.gradebook.platform_exports.CanvasExporter",
        "--to=theirs.csv",
        f"--assignment={ASSIGNMENT}",
        "--Exporter.exercises=True",
        f"--Exporter.titles={ASSIGNMENT}=HW 1",
    )
    assert theirs.returncode == 0, theirs.stderr
    ours = (course.root / "ours.csv").read_text()
    assert ours == (course.root / "theirs.csv").read_text()
    assert "HW 1 triple" in ours


def test_what_the_gradebook_does_not_know_is_a_sentence(course, run):
    with pytest.raises(AutograderError, match=f"no assignment 'no_such'; it has: {ASSIGNMENT}"):
        export(Format.canvas, ["no_such"], course=course.root)
    with pytest.raises(AutograderError, match="no student 'bob'"):
        run(CsvExporter, student=["bob"])
    with pytest.raises(AutograderError, match="is not of the form ASSIGNMENT=TITLE"):
        export(Format.canvas, column=["HW 1"], course=course.root)


def test_where_nothing_was_graded_the_command_says_so_and_makes_nothing(tmp_path):
    root = make_course(tmp_path / "course")
    with pytest.raises(AutograderError, match="There is no gradebook yet"):
        export(Format.moodle, course=root)
    assert not (root / "gradebook.db").exists()
    with open_gradebook(CourseFolder(root), ASSIGNMENT):
        pass  # as `due` and `rejudge` do
    with pytest.raises(AutograderError, match="There are no grades yet"):
        export(Format.moodle, course=root, to=tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()
