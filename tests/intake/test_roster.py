import csv
import datetime
from pathlib import Path

import pytest

from autograder.errors import AutograderError, RefusedArchive
from autograder.gradebook.roster import read_students, write_students
from autograder.intake import collect as collecting
from autograder.intake.roster import Roster, Sender, Student, read_roster, split_name
from tests.intake.downloads import KNOWN, NOON, OURS, chapters, content, work
from tests.intake.test_platforms import put, there
from tests.workspace.small import CHAPTER, autograder

JANE = Student("jdoe", "Jane", "Doe", "jane.doe@uni.example", "1234")
JOSE = Student("00123", "José", "Núñez", "jn@uni.example", "1235")
TWIN = Student("jdoe7", "Jane", "Doe", "jd7@uni.example", "1299")
KING = Student("mking", "Martin Luther", "King, Jr.", "mlk@uni.example", "1236")
CLASS = Roster([JANE, JOSE, KING])


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("id,name,e-mail,platform's id\njdoe,Jane Doe,jane.doe@uni.example,1234\n", JANE),
        ("id;name;email;lms_user_id\njdoe;Doe, Jane;jane.doe@uni.example;1234\n", JANE),
        ("ID\tFirst name\tSurname\njdoe\tJane\tDoe\n", Student("jdoe", "Jane", "Doe")),
        (  # Canvas' gradebook
            "Student,ID,SIS User ID,SIS Login ID,Section,HW 1 (99)\n    Points Possible,,,,,10\n"
            '"Doe, Jane",1234,00077,jdoe,A,9\n"Student, Test",9,,,A,\n',
            Student("jdoe", "Jane", "Doe", "", "1234"),
        ),
        (  # Moodle's participants
            '\ufeff"First name","Last name","ID number","Email address",Groups\n'
            "Jane,Doe,00123,jane.doe@uni.example,\n",
            Student("00123", "Jane", "Doe", "jane.doe@uni.example"),
        ),
        (  # Moodle in German
            "Vorname,Nachname,ID-Nummer,E-Mail-Adresse\nJane,Doe,00123,jane.doe@uni.example\n",
            Student("00123", "Jane", "Doe", "jane.doe@uni.example"),
        ),
        (  # Moodle's worksheet for grading
            "Identifier,Full name,ID number,Email address,Status\n"
            "Participant 1234,Jane Doe,jdoe,jane.doe@uni.example,Submitted\n",
            JANE,
        ),
        (  # Blackboard
            '"Last Name","First Name","Username","Student ID"\n"Doe","Jane","jdoe","00077"\n',
            Student("jdoe", "Jane", "Doe", "", "00077"),
        ),
        (  # Brightspace
            "OrgDefinedId,Username,Last Name,First Name,Email,End-of-Line Indicator\n"
            "#1234,#jdoe,Doe,Jane,jane.doe@uni.example,#\n",
            JANE,
        ),
        (  # Sakai's grades.csv
            '"HW 1","Points"\n""\n"Display ID","ID","Last Name","First Name","grade"\n'
            '"jdoe","jdoe","Doe","Jane",""\n',
            Student("jdoe", "Jane", "Doe"),
        ),
        (  # Google Classroom, Teams: an address is all there is
            "Last Name,First Name,Email Address\nDoe,Jane,jane.doe@uni.example\n",
            Student("jane.doe@uni.example", "Jane", "Doe", "jane.doe@uni.example"),
        ),
        ("id\n00123\n", Student("00123")),
    ],
)
def test_the_exports_of_platforms_and_plain_tables_are_read(
    tmp_path: Path, text: str, first: Student
) -> None:
    (student,) = read_roster(write(tmp_path, text))
    assert student == first


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_encoding_that_spreadsheets_write_is_read(tmp_path: Path, encoding: str) -> None:
    text = "id,first name,last name\r\njn,José,Núñez\r\n"
    (student,) = read_roster(write(tmp_path, text, encoding))
    assert student.name == "José Núñez"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("id,name\n", "no students"),
        ("colour,size\nred,1\n", "no column says who"),
        ("id,name\njdoe,a\njdoe,b\n", "line 3: the id 'jdoe' is that of line 2"),
        ("id,name\njdoe,a\nJDoe,b\n", "line 3: .* only in capitals"),
        ('id,name\n"Doe, Jane",a\n', "line 2: 'Doe, Jane' cannot be a student's id"),
        ("id,name\n../evil,a\n", "cannot be a student's id"),
        ("id,name\n1.23E+08,a\n", "rounded the id"),
        ("id,name\n,Jane\n", "line 2: 'Jane' has no id"),
        ("id,email\na,x@y\nb,X@Y\n", "same e-mail address"),
        ("id,name\n" + "x" * 129 + ",a\n", "cannot be a student's id"),
        ("id,name\njdoe," + "x" * 200 + "\n", "more than 128 characters"),
        ('id,name\njdoe,"' + "x" * 200_000 + "\n", "line 2: field larger"),
        ("PK\x03\x04", "save it as CSV"),
    ],
)
def test_a_file_that_cannot_be_meant_so_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(AutograderError, match=said):
        read_roster(write(tmp_path, text))
    with pytest.raises(AutograderError, match="cannot be read"):
        read_roster(tmp_path / "nowhere.csv")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Jane Doe", ("Jane", "Doe")),
        ("Doe, Jane", ("Jane", "Doe")),
        ("Martin Luther King, Jr.", ("Martin Luther", "King, Jr.")),
        ("King, Jr., Martin Luther", ("Martin Luther", "King, Jr.")),
        ("Madonna", ("", "Madonna")),
    ],
)
def test_a_full_name_is_a_first_and_a_last_one(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


@pytest.mark.parametrize(
    "sender",
    [
        Sender(("jdoe",)),
        Sender(("Jane Doe",)),
        Sender(("Doe, Jane",)),
        Sender(("doejane",)),
        Sender(("JANE DOE",)),
        Sender(("jane.doe@uni.example",)),
        Sender(("Jane.Doe@Uni.example",)),
        Sender(("jane.doe",)),
        Sender(("Jane Doe (jdoe)",)),
        Sender(("doejanemarried",), number="1234"),
        Sender((), own="jdoe", blind=True),
    ],
)
def test_whatever_a_platform_shows_means_the_student(sender: Sender) -> None:
    assert CLASS.find(sender)[0] == JANE


@pytest.mark.parametrize("text", ["José Núñez", "Nunez Jose", "nuñezjose", "00123"])
def test_accents_that_a_platform_leaves_out_do_not_matter(text: str) -> None:
    assert CLASS.find(Sender((text,)))[0] == JOSE


@pytest.mark.parametrize(
    ("sender", "said"),
    [
        (Sender(("JDoe",)), "'jdoe' .* only in capitals"),
        (Sender(("123",)), "'00123' .* zeros"),
        (Sender(("0123",)), "'00123' .* zeros"),
        (Sender(("jdoee",)), "Is it 'jdoe'"),
        (Sender(("eve",)), "Add a line"),
        (Sender(("Jane Doe",), number="1235"), "'00123' .* its name 'jdoe' .*: whose is it"),
        (Sender(("mallory",), own="jdoe"), "'mallory' is not on the roster"),
        (Sender((), own="mallory", blind=True), "'mallory' is not on the roster"),
    ],
)
def test_who_is_not_on_it_is_refused_with_whoever_was_probably_meant(
    sender: Sender, said: str
) -> None:
    with pytest.raises(RefusedArchive, match=said):
        CLASS.find(sender)


def test_two_of_one_name_are_told_apart_by_the_platforms_number_only() -> None:
    both = Roster([JANE, TWIN])
    assert both.find(Sender(("Jane Doe",), number="1299"))[0] == TWIN
    with pytest.raises(RefusedArchive, match=r"'jdoe' \(Jane Doe\) or 'jdoe7'"):
        both.find(Sender(("Jane Doe",)))


def test_collecting_with_a_roster_enters_nobody_else_and_one_folder_a_person(
    tmp_path: Path,
) -> None:
    for name, kind in {
        f"doejane_1234_5678_{CHAPTER}.ipynb": f"jane@{CHAPTER}",
        f"José Núñez_77_assignsubmission_file_/{CHAPTER}.ipynb": f"josé@{CHAPTER}",
        f"Participant_78_assignsubmission_file_/{CHAPTER}-mking-{OURS}.zip": f"zip:king@{CHAPTER}",
        f"JDoe/{CHAPTER}.ipynb": f"no@{CHAPTER}",
        f"123_{CHAPTER}.ipynb": f"no@{CHAPTER}",
        f"eve/{CHAPTER}-jdoe-{OURS}.txt": "text",
        f"eve/{CHAPTER}.ipynb": f"no@{CHAPTER}",
    }.items():
        put(tmp_path / "sent", name, content(kind))
    submitted = tmp_path / "submitted"
    lines = collecting.collect(
        tmp_path / "sent",
        submitted,
        KNOWN,
        chapters=chapters(),
        roster=CLASS,
        now=NOON + datetime.timedelta(days=1),
    )
    assert there(submitted) == {
        ("jdoe", CHAPTER): "jane",
        ("00123", CHAPTER): "josé",
        ("mking", CHAPTER): "king",
    }
    refused = {line.file: line.note for line in lines if line.status == "refused"}
    assert "'jdoe' (Jane Doe)" in refused[f"JDoe/{CHAPTER}.ipynb"]
    assert "'00123' (José Núñez)" in refused[f"123_{CHAPTER}.ipynb"]
    assert "'eve' is not on the roster" in refused[f"eve/{CHAPTER}.ipynb"]
    absent = collecting.not_handed_in(submitted, Roster([JANE, JOSE, TWIN]), [CHAPTER])
    assert absent == {CHAPTER: [TWIN]}


def test_a_student_whose_name_is_a_general_word_is_collected_where_the_roster_has_them(
    tmp_path: Path,
) -> None:
    students = [Student("winter"), Student("g1", "Week", "Final"), Student("ada")]
    folders = ("winter", "Final Week", "Week Final", "ada")
    for folder in folders[:2] + folders[3:]:
        put(tmp_path / "sent", f"{folder}/{CHAPTER}.ipynb", content(f"{folder[0]}@{CHAPTER}"))
    submitted = tmp_path / "submitted"
    lines = collecting.collect(tmp_path / "sent", submitted, KNOWN, roster=Roster(students))
    assert {line.status for line in lines} == {"collected"}, lines
    assert {student for student, _ in there(submitted)} == {"winter", "g1", "ada"}


def test_two_blind_participants_cannot_both_be_one_student(tmp_path: Path) -> None:
    for number in (1, 2):
        name = f"Participant_{number}_assignsubmission_file_/{CHAPTER}-jdoe-{OURS}.zip"
        put(tmp_path / "sent", name, content(f"zip:{number}@{CHAPTER}"))
    lines = collecting.collect(tmp_path / "sent", tmp_path / "submitted", KNOWN, roster=CLASS)
    assert {line.status for line in lines} == {"refused"}
    assert all("'Participant_1' and 'Participant_2'" in line.note for line in lines)


def test_the_roster_is_nbgraders_table_and_entering_it_again_changes_nothing(
    tmp_path: Path,
) -> None:
    from nbgrader.api import Gradebook

    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    assert read_students(url) == [] and not (tmp_path / "gradebook.db").exists()
    with Gradebook(url) as gradebook:  # as grading does without a roster
        gradebook.add_student("JDoe")
        gradebook.add_student("mking")
    assert read_students(url) == []
    change = write_students(url, [JANE, KING, Student("bare")])
    assert (change.added, change.changed) == (("jdoe", "bare"), ("mking",))
    assert change.strangers == ("JDoe",) and change.alike == (("JDoe", "jdoe"),)
    assert read_students(url) == [Student("bare"), JANE, KING]
    again = write_students(url, [JANE, KING])
    assert (again.added, again.changed, again.absent) == ((), (), ("bare",))
    with Gradebook(url) as gradebook:
        student = gradebook.find_student("jdoe")
        assert (student.first_name, student.last_name, student.email, student.lms_user_id) == (
            *("Jane", "Doe", "jane.doe@uni.example", "1234"),
        )
        bare = gradebook.find_student("bare")
        assert (bare.last_name, bare.first_name) == ("bare", "")  # formgrader shows no None


def test_who_is_on_no_roster_has_the_id_for_a_name_until_there_is_one(tmp_path: Path) -> None:
    from nbgrader.api import Gradebook

    from autograder.gradebook.writer import GradebookWriter

    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with Gradebook(url) as gradebook:  # as nbgrader enters them
        gradebook.add_student("jdoe")
        gradebook.add_student("mking", last_name="King")
        gradebook.add_student("ada", first_name="Ada", last_name="Lovelace")
    with GradebookWriter(url) as writer:
        writer.ensure_students(["jdoe", "mking", "ada", "new", "new", "../nobody"])
    with Gradebook(url) as gradebook:
        names = {s.id: (s.last_name, s.first_name) for s in gradebook.students}
    assert names == {
        "jdoe": ("jdoe", ""),
        "mking": ("King", ""),
        "ada": ("Lovelace", "Ada"),
        "new": ("new", ""),
    }
    assert [student.id for student in read_students(url)] == ["ada", "mking"]
    change = write_students(url, [JANE])
    assert (change.added, change.changed) == ((), ("jdoe",))
    assert change.strangers == ("new",)
    assert next(s for s in read_students(url) if s.id == "jdoe") == JANE


@pytest.mark.filterwarnings("ignore:Object of type")
def test_nbgraders_export_shifts_no_column_for_a_comma(tmp_path: Path) -> None:
    from nbgrader.api import Gradebook

    from autograder.gradebook.export import COLUMNS, CsvExporter

    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with Gradebook(url) as gradebook:
        gradebook.add_assignment(CHAPTER)
        gradebook.add_student("Doe, Jane", first_name='"J"', last_name="Doe, Jr.")
        gradebook.add_student("bob")
        gradebook.add_submission(CHAPTER, "bob")
        CsvExporter(to=str(tmp_path / "grades.csv")).export(gradebook)
    with open(tmp_path / "grades.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rows.sort(key=lambda row: row["student_id"])
    assert [row["student_id"] for row in rows] == ["Doe, Jane", "bob"]
    assert rows[0]["last_name"] == "Doe, Jr." and rows[0]["score"] == "0.0"
    assert all(tuple(row) == COLUMNS and None not in row.values() for row in rows)


def test_the_command_enters_shows_and_uses_a_roster(tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text("")
    put(tmp_path, f"source/{CHAPTER}/{CHAPTER}.ipynb", work("return 2 * x"))
    done = autograder("roster", cwd=tmp_path)
    assert done.returncode == 0 and "There is no roster" in done.stdout
    write(tmp_path, "id,name,lms_user_id\njdoe,Jane Doe,1234\nbob,Bob Roe,1235\n")
    done = autograder("roster", "roster.csv", cwd=tmp_path)
    assert done.returncode == 0 and "2 students: 2 new" in done.stdout, done.stderr
    done = autograder("roster", cwd=tmp_path)
    assert "Jane Doe" in done.stdout and "1235" in done.stdout
    put(tmp_path / "sent", f"doejane_1234_5678_{CHAPTER}.ipynb", work("return 1"))
    put(tmp_path / "sent", f"Bob/{CHAPTER}.ipynb", work("return 1"))
    done = autograder("collect", "sent", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "'bob' (Bob Roe) is, which differs only in capitals" in done.stdout
    assert f"{CHAPTER}: not handed in by 1 of 2 on the roster: bob" in done.stdout
    assert [path.name for path in (tmp_path / "submitted").glob("[!.]*")] == ["jdoe"]
    done = autograder("roster", "nowhere.csv", cwd=tmp_path)
    assert done.returncode == 2 and "cannot be read" in done.stderr
