"""A made-up class for the tests of the report's page, with names that a page must survive."""

import dataclasses

from autograder.pages.class_summary import (
    ClassReport,
    ExerciseRow,
    Lost,
    Mistake,
    Person,
    Reason,
    Times,
    by_name,
)

EVIL = "<script>document.title = 'taken'</script><img src=x onerror=alert(1)>\u2028\u202e"
NAMES = ["Ada Lovelace", "Blaise Pascal", "Carl Gauß", EVIL, ""]
CODE = f'def conv(x, k):\n    """By Ada Lovelace."""\n    return x  # Ada Lovelace, s001 {EVIL}'


def person(i: int, **changes) -> Person:
    """One of them; every fifth has no name on the roster."""
    name = NAMES[i % 5]
    about = {
        "id": f"s{i:03}",
        "name": f"{name} {i}" if name else "",
        "score": float(i % 11),
        "graded": True,
        "points": (float(i % 5), float(i % 7)),
    }
    return Person(**about | changes)


def report(**changes) -> ClassReport:
    """Thirty students, one set aside, two mistakes, two groups and an answer of its own."""
    people = [person(i) for i in range(30)]
    people[1] = person(
        1,
        graded=False,
        score=0.0,
        points=(),
        reasons=(Reason("aside", f"The notebook of Blaise Pascal is {EVIL}."),),
        links=(("submission", "../../submitted/s001/01_small/01_small.ipynb"),),
    )
    people[2] = person(
        2, reasons=(Reason("flag", f"`conv` has {EVIL}"), Reason("far", "0% of the points here."))
    )
    people[3] = person(3, reasons=(Reason("syntax", "`conv`: SyntaxError"),), notes=(EVIL, "s003."))
    ids = tuple(person.id for person in people)
    rows = (
        ExerciseRow(
            "conv",
            "2.1",
            15,
            4.0,
            1.5,
            {"solved": ids[5:20], "mistake": ids[20:], "open": ids[2:5], "limit": ids[:1]},
            (Lost("values", "The values are right.", 31.0, 14),),
            0.61,
        ),
        ExerciseRow("blur", "2.2", 0, 6.0, 2.0, {"unknown": ids[2:], "syntax": ids[:1]}, (), -0.1),
    )
    mistakes = (
        Mistake("conv", "flipped", "You *turned* the `kernel`.", ids[20:], 31.0, CODE),
        Mistake("conv", "no stride", "Is **stride** passed on?", ids[3:5], 5.0, ""),
    )
    unknown = (
        Mistake("blur", "", f"Yours is `{EVIL}`.", ids[2:19], 51.0, CODE, "blur-1a2b3"),
        Mistake("blur", "", "SyntaxError", ids[20:22], 9.0, "def (", "blur-2a2b3", "stopped"),
        Mistake("blur", "", "Nobody else's.", ids[25:26], 3.0, "x = 1", "blur-3a2b3"),
    )
    made = ClassReport(
        "01_small",
        10.0,
        tuple(sorted(people, key=by_name)),
        rows,
        mistakes,
        unknown,
        Times((0.5, 1.5, 70.0), "2030-01-02 10:00 to 10:05 UTC"),
        "Unlike the other chapters: a rule.",
    )
    return dataclasses.replace(made, **changes)
