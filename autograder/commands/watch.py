"""The command that grades what is handed in as it comes."""

from __future__ import annotations

import dataclasses
import functools
import math
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.commands.owed import Owed, brief, check, now, written
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
    from collections.abc import Callable

    from nbgrader.apps.api import NbGraderAPI

    from autograder.course.folder import CourseFolder
    from autograder.grading.arrivals import Arrivals, Stamp
    from autograder.sandbox import Layers

LOOK_SECONDS = 1.0  #: between two looks at the folders
RETRY_SECONDS = 10.0  #: until what has failed is tried again; then twice as long, and so on
LONGEST_SECONDS = 120.0  #: until it is tried again
RESTLESS_SECONDS = 5.0  #: how long a folder of downloads that keeps changing is waited for
MOST_AT_ONCE = 10  #: submissions of an assignment that are graded before the next look


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
    from autograder.grading.arrivals import SETTLED_SECONDS

    folder = course_folder(course)
    layers: Layers | None = "none" if no_sandbox else None
    ends: list[int] = []

    def end(number: int, frame: object) -> None:
        ends.append(number)  # nbgrader's interface swallows what is raised under it
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)  # by which services are stopped
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, end)
    watching = Watching(folder, names, submitted, layers, exchange, downloads, once)
    target = submitted or folder.submitted
    if not once:
        console.print(f"Watching {target}; Ctrl+C ends it.", highlight=False, soft_wrap=True)
    try:
        if once:
            watching.look()
            time.sleep(SETTLED_SECONDS)  # what has just been put there or collected counts too
            while watching.look():
                pass
            raise typer.Exit(1 if watching.failed else 0)
        watching.prepare()
        while not ends:
            started = time.monotonic()
            if not watching.look() and not ends:
                time.sleep(max(0.0, started + LOOK_SECONDS - time.monotonic()))
        raise KeyboardInterrupt
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
        from autograder.grading.spare import SpareRun
        from autograder.sandbox import warm_up

        for name in names or ():
            course.assignment(name)  # says which assignments there are
        self.course, self.names = course, names or course.assignments
        self.submitted, self.layers = submitted or course.submitted, layers
        self.exchange, self.downloads, self.once = exchange, downloads, once
        self.submitted.mkdir(parents=True, exist_ok=True)
        self.arrivals: Arrivals = Arrivals(
            course, self.submitted, self.names, 60 * course.watch.again_after_minutes
        )
        self.owed = Owed(course, course.watch.feedback, exchange, lambda: self._api)
        self.failed: dict[str, Failure] = {}
        self._runs = {name: SpareRun(course, name, layers) for name in self.names}
        self._said: set[tuple[str, str]] = set()
        self._told: set[str] = set()
        self._inbound: dict[str, float] = {}  # entries that are known, until when
        self._uncollected: set[str] = set()  # what was said of some
        self._downloads: Stamp | None = None
        self._restless: float | None = None
        warm_up(course.sandbox(layers))

    def prepare(self) -> None:
        """Make a run for each assignment, so that the first submission need not wait for it."""
        for name, runs in self._runs.items():
            self._try(f"reading {name}", runs.prepare)

    def look(self) -> bool:
        """Collect, grade, make pages; whether there is more to do at once.

        Each of them is done whatever becomes of the others. What fails is said, and tried again.
        """
        if self.exchange:
            self._try("collecting from the exchange", self._collect_from_exchange)
        if self.downloads is not None:
            collect = functools.partial(self._collect_downloads, self.downloads)
            self._try(f"collecting from {self.downloads}", collect)
        due, more = self.arrivals.due(), False
        self._say_waiting()
        for name, students in due.items():
            grade = functools.partial(self._grade, name, students[:MOST_AT_ONCE])
            done = self._try(f"grading {name}", grade)
            more |= done and len(students) > MOST_AT_ONCE
        if self.course.watch.feedback != "never":
            for name in self.names:
                give = functools.partial(self.owed.give, name)
                more |= self._try(f"making pages of {name}", give) and self.owed.has_more(name)
        return more

    def _try(self, what: str, step: Callable[[], None]) -> bool:
        """Whether it was done; what has failed is left alone for a while."""
        before = self.failed.get(what)
        if before is not None and time.monotonic() < before.until:
            return False
        try:
            step()
        except SandboxUnavailable:
            raise
        except Exception as error:
            told = isinstance(error, AutograderError)
            said = str(error) if told else f"{what} has failed: {brief(error)}."
            seconds = RETRY_SECONDS
            if before is not None:
                seconds = min(2 * before.seconds, LONGEST_SECONDS)
            if before is None or before.said != said:  # the same again says nothing new
                say_error(AutograderError(f"{said} It is tried again."))
            self.failed[what] = Failure(said, seconds, time.monotonic() + seconds)
            return False
        self.failed.pop(what, None)
        return True

    def close(self) -> None:
        """Make no more runs in advance."""
        for runs in self._runs.values():
            runs.close()

    @functools.cached_property
    def _api(self) -> NbGraderAPI:
        from nbgrader.apps.api import NbGraderAPI

        directory = self.course.directory
        return NbGraderAPI(directory, config=directory.config)

    # --------------------------------------------------------------------------- collecting

    def _collect_from_exchange(self) -> None:
        from autograder.gradebook.inbound import is_whole

        api = self._api
        inbound = Path(api.exchange_root or "", self.course.directory.course_id, "inbound")
        if not inbound.is_dir():
            raise AutograderError(
                f"There is no folder {inbound}: release an assignment, or see to the exchange."
            )
        there = {path.name for path in inbound.glob("*+*+*")}
        now = time.monotonic()
        known = self._inbound.items()
        self._inbound = {entry: end for entry, end in known if entry in there and end > now}
        for name in self.names:
            new = [entry for entry in there - self._inbound.keys() if f"+{name}+" in entry]
            own = {entry for entry in new if is_whole(inbound / entry)}
            if own:
                again = math.inf
                try:
                    check(api.collect(name, update=True), f"nbgrader could not collect {name}")
                except AutograderError as error:
                    again = now + LONGEST_SECONDS  # what comes later does not wait for it
                    if str(error) not in self._uncollected:
                        say_error(error)
                    self._uncollected.add(str(error))
                self._inbound |= dict.fromkeys(own, again)

    def _collect_downloads(self, downloads: Path) -> None:
        from autograder.commands.classes import take_in
        from autograder.grading.arrivals import is_settled, stamp_of_all

        seen, now = stamp_of_all(downloads), time.time()
        if seen is None or seen == self._downloads:
            return
        self._restless = self._restless or now
        if not is_settled(seen, now) and now < self._restless + RESTLESS_SECONDS:
            return
        self._restless = None if is_settled(seen, now) else now
        lines, _ = take_in(self.course, downloads, self.submitted)
        self._downloads = seen
        told = [line.told(self.course.zone) for line in lines if line.status != "unchanged"]
        for line in told:
            if line not in self._told:
                say(line)
        self._told = set(told)

    # ------------------------------------------------------------------------------ grading

    def _grade(self, name: str, students: list[str]) -> None:
        from autograder.course.lock import course_lock
        from autograder.gradebook.writer import open_gradebook
        from autograder.grading.pipeline import Pipeline, grade

        runs = self._runs[name]
        students = [s for s in students if (self.submitted / s / name).is_dir()]  # none has gone
        if not students:
            return
        with course_lock(self.course, f"autograder watch {name}", say=say_waiting):
            pipeline = Pipeline(self.course, name, self.layers)
            known = pipeline.store.lines().texts
            before = {s: written(pipeline.store.path(s)) for s in students}
            with open_gradebook(self.course, name) as gradebook:
                runs.put_into(pipeline, students)
                records = grade(pipeline, gradebook, self.submitted, only=students)
                self.arrivals.take({name: students})  # what failed is tried again
            say_change(gradebook.change)
        executed = {s for s in students if written(pipeline.store.path(s)) != before[s]}
        runs.used(pipeline, executed)
        if not self.once:
            runs.prepare()
        self.owed.look_again(name)
        for record in records:
            if record.student in executed or not record.judged_as(known.get(record.student)):
                said = "needs a look" if record.status == "needs_review" else ""
                score = f"{record.score:g} of {record.max_score:g}"
                say(f"{now()}  {name}  {printable(record.student)}  {score}  {said}".rstrip())

    def _say_waiting(self) -> None:
        waiting = self.arrivals.waiting()
        for name, student in waiting.keys() - self._said:
            minutes = waiting[name, student] / 60
            say(f"{now()}  {name}  {printable(student)}  again in {minutes:.0f} minutes")
        self._said = set(waiting)


@dataclasses.dataclass(frozen=True)
class Failure:
    """What went wrong with a step, and until when (monotonic) it is left alone."""

    said: str
    seconds: float
    until: float
