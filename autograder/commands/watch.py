"""The command that grades what is handed in as it comes."""

from __future__ import annotations

import datetime
import functools
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.commands.terminal import (
    Course,
    Names,
    Submitted,
    Unprotected,
    console,
    course_folder,
    printable,
    say,
    say_change,
    say_error,
    say_waiting,
)
from autograder.errors import AutograderError, SandboxUnavailable

if TYPE_CHECKING:
    from collections.abc import Collection

    from nbgrader.apps.api import NbGraderAPI

    from autograder.course.folder import CourseFolder
    from autograder.grading.arrivals import Arrivals, Stamp
    from autograder.grading.spare import SpareRun
    from autograder.sandbox import Layers

LOOK_SECONDS = 2.0  #: between two looks at the folders
OWED_SECONDS = 30.0  #: between two looks at whose due date has passed


def watch(
    names: Names = None,
    course: Course = None,
    submitted: Submitted = None,
    exchange: Annotated[
        bool, typer.Option(help="Collect from nbgrader's exchange first, and release feedback.")
    ] = False,
    downloads: Annotated[
        Path | None, typer.Option("--from", help="Collect what comes into this folder first.")
    ] = None,
    once: Annotated[bool, typer.Option(help="Grade what is there now, and end.")] = False,
    no_sandbox: Unprotected = False,
) -> None:
    """Grade what is handed in as it comes, until it is interrupted.

    Nothing is graded twice, also after the command was killed. c.Watch in nbgrader_config.py says
    how soon a student is graded again, and when pages are made and released.
    """
    folder = course_folder(course)
    layers: Layers | None = "none" if no_sandbox else None
    watching = Watching(folder, names, submitted, layers, exchange, downloads, once)
    target = submitted or folder.submitted
    if not once:
        console.print(f"Watching {target}; Ctrl+C ends it.", highlight=False, soft_wrap=True)
    try:
        while True:
            started = time.monotonic()
            watching.look()
            if once:
                return
            time.sleep(max(0.0, started + LOOK_SECONDS - time.monotonic()))
    except KeyboardInterrupt:
        say("Ended; what was graded is kept.")
    finally:
        watching.close()


class Watching:
    """One watched folder; :meth:`look` does all that is to be done now."""

    def __init__(
        self,
        course: CourseFolder,
        names: list[str] | None,
        submitted: Path | None,
        layers: Layers | None,
        exchange: bool,
        downloads: Path | None,
        once: bool = False,
    ) -> None:
        from autograder.grading.arrivals import Arrivals
        from autograder.sandbox import warm_up

        for name in names or ():
            course.assignment(name)  # says which assignments there are
        self.course, self.names = course, names or course.assignments
        self.submitted, self.layers = submitted or course.submitted, layers
        self.exchange, self.downloads, self.once = exchange, downloads, once
        self.policy = course.watch
        self.submitted.mkdir(parents=True, exist_ok=True)
        self.arrivals: Arrivals = Arrivals(
            course, self.submitted, self.names, 60 * self.policy.again_after_minutes
        )
        self.spare: dict[str, SpareRun] = {}
        self._said: set[tuple[str, str]] = set()
        self._inbound: list[str] = []
        self._downloads: Stamp | None = None
        self._looked_for_owed = float("-inf")
        self._said_error = ""
        warm_up(course.sandbox(layers))

    def look(self) -> None:
        """Collect, grade, make pages. What goes wrong is said, and tried again at the next look."""
        try:
            if self.exchange:
                self._collect_from_exchange()
            if self.downloads is not None:
                self._collect_downloads(self.downloads)
            due = self.arrivals.due()
            self._say_waiting()
            for name, students in due.items():
                self._grade(name, students)
            if self.policy.feedback == "due":
                self._pay_what_is_owed()
            self._said_error = ""
        except SandboxUnavailable:
            raise
        except AutograderError as error:
            if str(error) != self._said_error:  # the same again at every look says nothing new
                say_error(error)
            self._said_error = str(error)

    def close(self) -> None:
        """Make no more runs in advance."""
        for spare in self.spare.values():
            spare.close()

    @functools.cached_property
    def _api(self) -> NbGraderAPI:
        from nbgrader.apps.api import NbGraderAPI

        directory = self.course.directory
        return NbGraderAPI(directory, config=directory.config)

    # --------------------------------------------------------------------------- collecting

    def _collect_from_exchange(self) -> None:
        api = self._api
        inbound = Path(api.exchange_root or "", self.course.directory.course_id, "inbound")
        seen = sorted(path.name for path in inbound.glob("*+*+*")) if inbound.is_dir() else []
        if seen == self._inbound:
            return
        here = set(self.names)
        for name in sorted({entry.split("+")[1] for entry in seen} & here):
            result = api.collect(name, update=True)
            if not result["success"]:
                lines = str(result.get("error") or result.get("log") or "").strip().splitlines()
                raise AutograderError(f"nbgrader could not collect {name}: {' '.join(lines[-1:])}")
        self._inbound = seen

    def _collect_downloads(self, downloads: Path) -> None:
        from autograder.commands.classes import collect
        from autograder.grading.arrivals import stamp_of

        seen = stamp_of(downloads)
        if seen == self._downloads:
            return
        collect(downloads, course=self.course.root, submitted=self.submitted)
        self._downloads = seen

    # ------------------------------------------------------------------------------ grading

    def _grade(self, name: str, students: list[str]) -> None:
        from autograder.course.lock import course_lock
        from autograder.gradebook.writer import open_gradebook
        from autograder.grading.pipeline import Pipeline, grade
        from autograder.grading.spare import SpareRun

        if name not in self.spare:
            self.spare[name] = SpareRun(self.course, name, self.layers)
        spare = self.spare[name]
        with course_lock(self.course, f"autograder watch {name}", say=say_waiting):
            pipeline = Pipeline(self.course, name, self.layers)
            known = pipeline.store.records()
            before = {s: _written(pipeline.store.path(s)) for s in students}
            with open_gradebook(self.course, name) as gradebook:
                spare.put_into(pipeline, students)
                records = grade(pipeline, gradebook, self.submitted, only=students)
                self.arrivals.take({name: students})  # what failed is tried again
            say_change(gradebook.change)
        executed = {s for s in students if _written(pipeline.store.path(s)) != before[s]}
        spare.used(pipeline.run_in_use, executed)
        if not self.once:
            spare.prepare()
        new = [r for r in records if r.student in executed or not r.judged_as(known.get(r.student))]
        for record in new:
            said = "needs a look" if record.status == "needs_review" else ""
            score = f"{record.score:g} of {record.max_score:g}"
            say(f"{_now()}  {name}  {printable(record.student)}  {score}  {said}".rstrip())
        if new and self.policy.feedback == "graded":
            self._give_back(name, [record.student for record in new])

    def _say_waiting(self) -> None:
        waiting = self.arrivals.waiting()
        for name, student in waiting.keys() - self._said:
            minutes = waiting[name, student] / 60
            say(f"{_now()}  {name}  {printable(student)}  again in {minutes:.0f} minutes")
        self._said = set(waiting)

    # ------------------------------------------------------------------------- giving back

    def _give_back(self, name: str, students: Collection[str]) -> None:
        from autograder.commands.feedback import make_pages

        make_pages(self.course, name, only=students)
        if self.exchange:
            for student in students:
                result = self._api.release_feedback(name, student)
                if not result["success"]:
                    say(f"nbgrader could not release the feedback of {printable(student)}.")

    def _pay_what_is_owed(self) -> None:
        """Pages of those whose due date has passed since they were graded."""
        from autograder.gradebook.due import read_dates
        from autograder.gradebook.writer import open_gradebook
        from autograder.grading.store import Store

        if time.monotonic() < self._looked_for_owed + OWED_SECONDS:
            return
        self._looked_for_owed = time.monotonic()
        for name in self.names:
            store = Store(self.course.evidence(name))
            owed = {
                student
                for student in store.records()
                if not (page := _written(self.course.page(student, name)))
                or _written(store.path(student)) > page
            }
            if not owed:
                continue
            with open_gradebook(self.course, name) as gradebook:
                dates = read_dates(gradebook, name)
            now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
            passed = {s for s in owed if (due := dates.due_of(s)) is not None and due <= now}
            if passed:
                self._give_back(name, passed)


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _now() -> str:
    return datetime.datetime.now().strftime("%H:%M:%S")
