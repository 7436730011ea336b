"""Downloads of learning platforms as they are: paths, and what is in them, with the right values.

A file's content is ``answer@chapter``: a notebook of that chapter with that answer; with
``zip:`` before it, our own archive of it; anything else is text.
"""

from __future__ import annotations

import datetime
import json

from autograder.intake.chapters import Chapters
from autograder.workspace.submit import TIMESTAMP
from tests.intake.test_archive import zipped
from tests.workspace.small import CHAPTER, data, notebook

LAYERS = "03_layers"
KNOWN = [CHAPTER, LAYERS]
NOON = datetime.datetime(2024, 1, 31, 12, 0, 0, tzinfo=datetime.UTC)
OURS = "2024-01-31T12-00-00Z"
STUB = "raise NotImplementedError()"


def work(answer: str, chapter: str = CHAPTER) -> bytes:
    """A notebook of one of two chapters, whose exercises are ``double`` and ``triple``."""
    text = data(notebook(answer=answer)).decode()
    return (text if chapter == CHAPTER else text.replace("double", "triple")).encode()


def chapters() -> Chapters:
    """The course's chapters by their cells."""
    return Chapters(KNOWN, {name: json.loads(work(STUB, name))["cells"] for name in KNOWN})


def content(kind: str, when: datetime.datetime = NOON) -> bytes:
    """The bytes of a file of a download."""
    archive = kind.startswith("zip:")
    answer, at, chapter = kind.removeprefix("zip:").partition("@")
    if not at:
        return kind.encode()
    if not archive:
        return work(answer, chapter)
    stamp = when.strftime(TIMESTAMP).encode()
    return zipped((f"{chapter}.ipynb", work(answer, chapter)), ("timestamp.txt", stamp))


# What lies in each download, and afterwards for each (student, chapter) the answer that counts.
Download = tuple[dict[str, str], dict[tuple[str, str], str]]
S, L = f"@{CHAPTER}", f"@{LAYERS}"

PLATFORMS: dict[str, Download] = {
    "Canvas": (
        {
            f"doejane_1234_5678_{CHAPTER}.ipynb": f"c1{S}",
            f"doejane_1234_5679_{CHAPTER}-1.ipynb": f"c2{S}",
            f"doejane_1234_5700_{LAYERS}.ipynb": f"c3{L}",
            f"roebob_LATE_1235_5680_Copy of {CHAPTER}.ipynb": f"c4{S}",
            f"müllerjörg_1236_5681_{CHAPTER}-jovyan-{OURS}.zip": f"zip:c5{S}",
            f"leeann_1237_5682_{CHAPTER}-jovyan-{OURS}-1.zip": f"zip:c6{S}",
            "kimmin-su_1238_5683_homework.ipynb": f"c7{L}",
            f"garcíamaría_1239_5684_{CHAPTER} (1).ipynb": f"c8{S}",
            f"obrienpat_1240_5685_{CHAPTER}.ipynb.txt": f"c9{S}",
            f"anon_x7KqP_LATE_5686_{CHAPTER}.ipynb": f"c10{S}",
            "doejane_1234_text.html": "<p>Sorry!</p>",
        },
        {
            ("doejane", CHAPTER): "c2",
            ("doejane", LAYERS): "c3",
            ("roebob", CHAPTER): "c4",
            ("müllerjörg", CHAPTER): "c5",
            ("leeann", CHAPTER): "c6",
            ("kimmin-su", LAYERS): "c7",
            ("garcíamaría", CHAPTER): "c8",
            ("obrienpat", CHAPTER): "c9",
            ("anon_x7KqP", CHAPTER): "c10",
        },
    ),
    "Moodle, folders": (
        {
            f"Mary Moe_1234_assignsubmission_file_/{CHAPTER}.ipynb": f"m1{S}",
            f"Mary Moe_2234_assignsubmission_file_/{LAYERS}.ipynb": f"m2{L}",
            f"José Núñez_1235_assignsubmission_file_/Kopie von {CHAPTER}.ipynb": f"m3{S}",
            "José Núñez_1235_assignsubmission_onlinetext_/onlinetext.html": "<p>",
            f"李 小龍_1236_assignsubmission_file/{CHAPTER}.ipynb": f"m4{S}",
            f"Sinéad O'Connor_1237_assignsubmission_file_/{CHAPTER}-root-{OURS}.zip": f"zip:m5{S}",
            f"Jean-Luc Picard_1238_assignsubmission_file_/work/{CHAPTER}.ipynb": f"m6{S}",
        },
        {
            ("Mary Moe", CHAPTER): "m1",
            ("Mary Moe", LAYERS): "m2",
            ("José Núñez", CHAPTER): "m3",
            ("李 小龍", CHAPTER): "m4",
            ("Sinéad O'Connor", CHAPTER): "m5",
            ("Jean-Luc Picard", CHAPTER): "m6",
        },
    ),
    "Moodle, flat": (
        {
            f"Rosa Roth_1301_assignsubmission_file_{CHAPTER}.ipynb": f"f1{S}",
            "Rosa Roth_1301_assignsubmission_onlinetext_onlinetext.html": "<p>",
            f"Karl Blau_1302_assignsubmission_file_Kopie von {CHAPTER} (2).ipynb": f"f2{S}",
            f"Eva Grün_1303_assignsubmission_file_{LAYERS}-eva-{OURS}.zip": f"zip:f3{L}",
            "Max Weiß_1304_assignsubmission_file_Untitled1.ipynb": f"f4{S}",
        },
        {
            ("Rosa Roth", CHAPTER): "f1",
            ("Karl Blau", CHAPTER): "f2",
            ("Eva Grün", LAYERS): "f3",
            ("Max Weiß", CHAPTER): "f4",
        },
    ),
    "Moodle, blind": (
        {
            f"Participant_1401_assignsubmission_file_/{CHAPTER}.ipynb": f"b1{S}",
            f"Participant_1402_assignsubmission_file_/{CHAPTER}.ipynb": f"b2{S}",
            f"Participant_1403_assignsubmission_file_{CHAPTER}.ipynb": f"b3{S}",
            f"Teilnehmerin_1404_assignsubmission_file_/{CHAPTER}-jane-{OURS}.zip": f"zip:b4{S}",
            f"Teilnehmerin_1405_assignsubmission_file_/{CHAPTER}-jane-{OURS}.zip": f"zip:b5{S}",
        },
        {
            ("Participant_1401", CHAPTER): "b1",
            ("Participant_1402", CHAPTER): "b2",
            ("Participant_1403", CHAPTER): "b3",
            ("Teilnehmerin_1404", CHAPTER): "b4",
            ("Teilnehmerin_1405", CHAPTER): "b5",
        },
    ),
    "Blackboard": (
        {
            f"HW 2_bbone_attempt_2024-01-31-10-20-30_{CHAPTER}.ipynb": f"k1{S}",
            "HW 2_bbone_attempt_2024-01-31-10-20-30.txt": "Name: Bo One (bbone)\nAssignment: HW 2",
            f"HW 2_bbone_attempt_2024-01-31-09-20-30_{CHAPTER}.ipynb": f"k0{S}",
            "HW 2_bbone_attempt_2024-01-31-09-20-30.txt": "Name: Bo One (bbone)\nAssignment: HW 2",
            f"HW_2_bb_two_attempt_2024-01-30-23-59-59_{CHAPTER}.ipynb": f"k2{S}",
            "HW_2_bb_two_attempt_2024-01-30-23-59-59.txt": "Name: B. Two (bb_two)\nHW_2",
            f"{CHAPTER}_bb_three_attempt_2024-01-30-23-00-00_{CHAPTER}-Copy1.ipynb": f"k3{S}",
            f"HW 2_n0012345_attempt_2024-01-30-22-00-00_{LAYERS}-x-{OURS}.zip": f"zip:k4{L}",
            "HW 2_bbfive_attempt_2024-01-30-21-00-00_final FINAL v2.ipynb": f"k5{S}",
        },
        {
            ("bbone", CHAPTER): "k1",
            ("bb_two", CHAPTER): "k2",
            ("bb_three", CHAPTER): "k3",
            ("n0012345", LAYERS): "k4",
            ("bbfive", CHAPTER): "k5",
        },
    ),
    "Brightspace": (
        {
            f"12345-67890 - Dora Day - Jan 31, 2024 1020 PM/{CHAPTER}.ipynb": f"d1{S}",
            f"12345-67890 - Dora Day - Jan 31, 2024 959 PM/{CHAPTER}.ipynb": f"d0{S}",
            f"12345-67890 - Dora Day - Jan 31, 2024 1020 AM/{CHAPTER}.ipynb": f"d00{S}",
            f"12346-67890 - Ed D. - Feb 1, 2024 1201 AM/Copy of {CHAPTER}.ipynb": f"d2{S}",
            f"12347-67890 - Sammy Davis Jr. - 31 January, 2024 1:05 PM - {CHAPTER}.ipynb": f"d3{S}",
            f"12348-67890 - Anna-Lena Groß - Jan 30, 2024 801 AM - {LAYERS} (1).ipynb": f"d4{L}",
            "index.html": "<html>",
        },
        {
            ("Dora Day", CHAPTER): "d1",
            ("Ed D", CHAPTER): "d2",
            ("Sammy Davis Jr", CHAPTER): "d3",
            ("Anna-Lena Groß", LAYERS): "d4",
        },
    ),
    "Sakai": (
        {
            f"Week 2/Sand, Jo(jsand)/Submission attachment(s)/{CHAPTER}.ipynb": f"s1{S}",
            "Week 2/Sand, Jo(jsand)/timestamp.txt": "20240131102030123",
            "Week 2/Sand, Jo(jsand)/comments.txt": "well done",
            "Week 2/Sand, Jo(jsand)/Sand, Jo(jsand)_submissionText.html": "<p>",
            f"Week 2/Stone, Al(astone)/Submission attachment(s)/my {CHAPTER}.ipynb": f"s2{S}",
            "Week 2/Stone, Al(astone)/timestamp.txt": "2024-01-31T10:20:30Z",
            "Week 2/Stone, Al(astone)/Feedback Attachment(s)/old.ipynb": f"s20{S}",
            f"Week 2/Sea, Di(dsea)_Submission attachment(s)_{CHAPTER}.ipynb": f"s3{S}",
            "Week 2/grades.csv": "HW,Points",
        },
        {("jsand", CHAPTER): "s1", ("astone", CHAPTER): "s2", ("dsea", CHAPTER): "s3"},
    ),
    "Teams": (
        {
            f"Submitted files/Tess Tan/Conv HW/Version 1/{CHAPTER}.ipynb": f"t0{S}",
            f"Submitted files/Tess Tan/Conv HW/Version 2/{CHAPTER}.ipynb": f"t1{S}",
            f"Working files/Tess Tan/Conv HW/{CHAPTER}.ipynb": f"t00{S}",
            f"Student Work - Submitted files/Ulm, Una/Conv HW/Version 1/{LAYERS}.ipynb": f"t2{L}",
            f"Vic Vo/Conv HW/Version 1/Copy of {CHAPTER}.ipynb": f"t3{S}",
        },
        {("Tess Tan", CHAPTER): "t1", ("Ulm Una", LAYERS): "t2", ("Vic Vo", CHAPTER): "t3"},
    ),
    "Google Classroom": (
        {
            f"Gail Gray - Copy of {CHAPTER}.ipynb": f"g1{S}",
            f"Copy of {CHAPTER} - Hal Hay.ipynb": f"g2{S}",
            f"Ian Ivy - {CHAPTER}.ipynb": f"g3{S}",
            f"Jil Joy - Kopie von {LAYERS}.ipynb": f"g4{L}",
        },
        {
            ("Gail Gray", CHAPTER): "g1",
            ("Hal Hay", CHAPTER): "g2",
            ("Ian Ivy", CHAPTER): "g3",
            ("Jil Joy", LAYERS): "g4",
        },
    ),
    "plain folders": (
        {
            f"p-ann/{CHAPTER}.ipynb": f"p1{S}",
            f"p-bob/Copy of {CHAPTER}.ipynb": f"p2{S}",
            f"p-cat/{CHAPTER} (1).ipynb": f"p3{S}",
            f"p-dan/{CHAPTER}-Copy1.ipynb": f"p4{S}",
            f"p-eve/{CHAPTER}_final.ipynb": f"p5{S}",
            f"p-fay/my {CHAPTER}.ipynb": f"p6{S}",
            f"p-gus/Kopie von {CHAPTER}.ipynb": f"p7{S}",
            f"p-hal/Copie de {CHAPTER}.ipynb": f"p8{S}",
            f"p-ivy/Copia de {CHAPTER}.ipynb": f"p9{S}",
            f"p-jon/Kopia {CHAPTER}.ipynb": f"p10{S}",
            f"p-kim/{CHAPTER} - Copy.ipynb": f"p11{S}",
            f"p-lea/{CHAPTER} – Kopie.ipynb": f"p12{S}",
            f"p-max/{CHAPTER}.ipynb.txt": f"p13{S}",
            "p-ned/2-Small.ipynb": f"p14{S}",
            f"p-ola/{CHAPTER}/Untitled.ipynb": f"p15{S}",
            f"p-pia/{CHAPTER}-jovyan-{OURS}.zip": f"zip:p16{S}",
            f"p-quy/{CHAPTER}-jovyan-{OURS}.zip": f"zip:p17{S}",
            f"p-rob/{LAYERS}.ipynb": f"p18{S}",
            f"King, Jr./{CHAPTER}.ipynb": f"p19{S}",
            f"علی\u200cرضا/{CHAPTER}.ipynb": f"p20{S}",
        },
        {
            **{(f"p-{n}", CHAPTER): f"p{i}" for i, n in enumerate(
                "ann bob cat dan eve fay gus hal ivy jon kim lea max ned ola pia quy rob".split(), 1
            )},
            ("King Jr", CHAPTER): "p19",
            ("علیرضا", CHAPTER): "p20",
        },
    ),
    "plain files": (
        {
            f"{CHAPTER}-q-ann-{OURS}.zip": f"zip:q1{S}",
            f"q-bob_{CHAPTER}.ipynb": f"q2{S}",
            f"{LAYERS}-q-cat.ipynb": f"q3{L}",
            f"Copy of {CHAPTER}-q-dan-{OURS} (1).zip": f"zip:q4{S}",
            f"q-eve_{CHAPTER}_final_v2.ipynb": f"q5{S}",
        },
        {
            ("q-ann", CHAPTER): "q1",
            ("q-bob", CHAPTER): "q2",
            ("q-cat", LAYERS): "q3",
            ("q-dan", CHAPTER): "q4",
            ("q-eve", CHAPTER): "q5",
        },
    ),
}  # fmt: skip
