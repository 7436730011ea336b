"""A new course and a new exercise as text: names, headings, places, and what is refused."""

import re

import pytest

from autograder.course import build, lesson
from autograder.course.folder import CourseFolder
from autograder.course.new import FILL_IN, new_course, new_exercise, unfinished
from autograder.errors import AutograderError, BuildError

CHAPTER = "01_averages"
UEBUNG = (
    r"^###\s+Übung\s+(?P<number>\d+\.\d+)\s+·\s+`(?P<name>\w+)`\s+·\s+"
    r"(?P<stars>[★☆]{4})\s+·\s+(?P<minutes>\d+)\s+Minuten\s*$"
)


@pytest.fixture
def course(tmp_path):
    new_course(tmp_path / "Statistik 1")
    return CourseFolder(tmp_path / "Statistik 1")


def rewrite(path, *pairs):
    text = path.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


def read(course, name=CHAPTER):
    course = CourseFolder(course.root)
    return lesson.read(course.lesson(name), course.about.heading)


def test_a_course_is_named_after_its_folder(course):
    assert course.directory.course_id == "Statistik_1"
    assert course.lessons == [CHAPTER] and not unfinished(course, CHAPTER)


def test_a_folder_with_something_in_it_is_left_alone(course):
    with pytest.raises(AutograderError, match="not empty"):
        new_course(course.root)


def test_an_exercise_stands_behind_the_last_one_and_can_be_read(course):
    new_exercise(course, CHAPTER, "spread", title="How far", points=2, minutes=3)
    new_exercise(course, CHAPTER, "middle", points=8)
    exercises = read(course).exercises
    assert [(e.name, e.title, e.minutes, e.points) for e in exercises.values()] == [
        ("centre", "1.1", 5, (1, 3)),
        ("spread", "1.2", 3, (1, 1)),
        ("middle", "1.3", 10, (2, 6)),
    ]
    text = course.lesson(CHAPTER).read_text()
    assert text.index("`centre`") < text.index("`spread`") < text.index("`middle`")
    assert text.index("`middle`") < text.index("## Recap")
    answers = course.answers(CHAPTER)
    assert [
        sum(a.exercise == "middle" and a.right == right for a in answers) for right in (1, 0)
    ] == [2, 4]


def test_a_chapter_with_marked_places_is_not_built(course):
    new_exercise(course, CHAPTER, "spread")
    assert all(FILL_IN in line for line in unfinished(course, CHAPTER))
    with pytest.raises(BuildError, match=r"01_averages\.answers\.py:\d+"):
        list(build.lessons(course))


@pytest.mark.parametrize(
    ("chapter", "name", "options", "said"),
    [
        ("02_none", "spread", {}, "no lesson"),
        (CHAPTER, "centre", {}, "already"),
        (CHAPTER, "two words", {}, "name of a function"),
        (CHAPTER, "class", {}, "name of a function"),
        (CHAPTER, "spread", {"points": 0}, "points"),
        (CHAPTER, "spread", {"minutes": 0}, "minute"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(course, chapter, name, options, said):
    before = course.lesson(CHAPTER).read_text()
    with pytest.raises(AutograderError, match=said):
        new_exercise(course, chapter, name, **options)
    assert course.lesson(CHAPTER).read_text() == before


def test_headings_in_the_authors_own_language(course):
    config = course.root / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.Course.heading = r'''{UEBUNG}'''\n")
    with pytest.raises(BuildError, match="'centre' has no heading of the agreed form"):
        read(CourseFolder(course.root))
    rewrite(
        course.lesson(CHAPTER),
        (
            "### Exercise 1.1 · `centre` · ★☆☆ · 5 minutes",
            "### Übung 1.1 · `centre` · ★★☆☆ · 5 Minuten",
        ),
    )
    new_exercise(CourseFolder(course.root), CHAPTER, "spread", minutes=12)
    assert "# ### Übung 1.2 · `spread` · ★☆☆☆ · 12 Minuten\n" in course.lesson(CHAPTER).read_text()
    found = [(e.title, e.difficulty, e.minutes) for e in read(course).exercises.values()]
    assert found == [("1.1", 2, 5), ("1.2", 1, 12)]


@pytest.mark.parametrize("heading", ["(", "^### (?P<number>.*)$"])
def test_a_heading_that_makes_no_sense_is_said_to(course, heading):
    config = course.root / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.Course.heading = {heading!r}\n")
    with pytest.raises(AutograderError, match=r"nbgrader_config.py: c\.Course\.heading"):
        list(build.lessons(CourseFolder(course.root)))


def test_a_lesson_without_headings_is_allowed_and_with_some_is_not(course):
    path = course.lesson(CHAPTER)
    new_exercise(course, CHAPTER, "spread")
    rewrite(path, ("### Exercise 1.2 · `spread` · ★☆☆ · 10 minutes", "Now `spread`"))
    with pytest.raises(BuildError, match="'spread' has no heading"):
        read(course)
    rewrite(path, ("### Exercise 1.1 · `centre` · ★☆☆ · 5 minutes", "First `centre`"))
    assert [(e.title, e.difficulty, e.minutes) for e in read(course).exercises.values()] == [
        ("centre", 0, 0),
        ("spread", 0, 0),
    ]


def test_any_number_of_hints_but_none(course):
    path = course.lesson(CHAPTER)
    rewrite(path, ("# 2. numpy", "# numpy"))
    assert len(read(course).exercises["centre"].hints) == 1
    text = path.read_text()
    path.write_text(re.sub(r'# %% \[markdown\] tags=\["hints"\].*?\n\n', "", text, flags=re.DOTALL))
    with pytest.raises(BuildError, match="no cell of hints"):
        read(course)


def test_a_chapter_may_be_called_anything(course):
    course.lesson(CHAPTER).rename(course.lesson("Mittelwerte"))
    assert course.lessons == ["Mittelwerte"]
    new_exercise(course, "Mittelwerte", "spread")
    assert read(course, "Mittelwerte").exercises["spread"].title == "1.2"


def test_nothing_of_the_engine_speaks_of_one_course():
    import autograder

    root = __import__("pathlib").Path(autograder.__file__).parent
    engine = [
        path
        for path in root.rglob("*")
        if path.suffix in (".py", ".template") and "torch_nn" not in path.parts
    ]
    words = re.compile(r"torch\.nn course|course on torch|eight chapters|eight notebooks")
    assert [path for path in engine if words.search(path.read_text())] == []
