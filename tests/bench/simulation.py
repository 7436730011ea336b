"""A class far larger than any machine here: where a cluster ends to be linear.

Discrete events with measured costs. The machine that grades does one thing after the other (it
reads, judges, writes); workers execute, of which some are slow and some are lost; a submission that
was lost is executed again elsewhere. ``python -m tests.bench.simulation`` prints the table for the
costs of BENCHMARKS.md's first machine, or for those that are given.
"""

from __future__ import annotations

import argparse
import dataclasses
import heapq
import random
import statistics
from collections.abc import Sequence

#: Stations that run where a submission is executed; the others are the grading machine's.
ON_WORKERS = ("cells", "fork, sandbox, teardown")


@dataclasses.dataclass(frozen=True)
class Costs:
    """Seconds of one submission, and what goes wrong.

    ``worker``: the median on a worker. ``grader``: on the grading machine. ``message``: from the
    grading machine to a worker and back. A share ``endless`` of the submissions runs into its
    limits, ``endless_seconds`` long; a worker is lost every ``lost_every`` seconds of its work and
    is back after ``back_after``.
    """

    worker: float
    grader: float
    message: float = 0.005
    spread: float = 0.3  #: of the logarithm of a worker's time
    endless: float = 0.01
    endless_seconds: float = 30.0
    lost_every: float = 6 * 3600.0
    back_after: float = 60.0


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a simulated class took, and how often a submission was executed again."""

    seconds: float
    again: int
    given_up: int

    def per_second(self, submissions: int) -> float:
        """Submissions a second."""
        return submissions / self.seconds


TRIES = 3
AHEAD = 4  #: submissions under way for each worker, as autograder/sandbox/pool.py keeps them


def simulate(costs: Costs, submissions: int, workers: int, seed: int = 0) -> Outcome:
    """Grade a class of identical students on so many workers of one thread."""
    draw = random.Random(seed)
    now_grader, ended, again, given_up = 0.0, 0, 0, 0
    free = [0.0] * workers  # when each worker is free
    heapq.heapify(free)
    results: list[tuple[float, int]] = []  # (when it is back, the number of its losses)
    sent = 0

    def send(at: float, losses: int) -> None:
        nonlocal again, given_up
        start = max(at + costs.message / 2, heapq.heappop(free))
        if draw.random() < costs.endless:
            takes = costs.endless_seconds
        else:
            takes = costs.worker * draw.lognormvariate(0.0, costs.spread)
        until_lost = draw.expovariate(1 / costs.lost_every)
        if until_lost < takes:
            heapq.heappush(free, start + until_lost + costs.back_after)
            if losses + 1 < TRIES:
                again += 1
                send(start + until_lost, losses + 1)
                return
            given_up += 1
            takes = until_lost
        else:
            heapq.heappush(free, start + takes)
        heapq.heappush(results, (start + takes + costs.message / 2, losses))

    while ended < submissions:
        while sent < submissions and sent - ended < AHEAD * workers:
            send(now_grader, 0)
            sent += 1
        back, _ = heapq.heappop(results)
        now_grader = max(now_grader, back) + costs.grader
        ended += 1
    return Outcome(now_grader, again, given_up)


def table(costs: Costs, submissions: int, counts: Sequence[int]) -> str:
    """Markdown: workers, hours, submissions a second, efficiency, executed again."""
    one = 0.0  # seconds on one worker
    lines = [
        "| workers | hours | submissions / s | efficiency | executed again |",
        "|---|---|---|---|---|",
    ]
    for workers in counts:
        runs = [simulate(costs, submissions, workers, seed) for seed in range(3)]
        seconds = statistics.median(run.seconds for run in runs)
        again = statistics.median(run.again for run in runs)
        one = one or seconds * workers
        efficiency = one / (workers * seconds)
        lines.append(
            f"| {workers} | {seconds / 3600:.2f} | {submissions / seconds:.1f} | "
            f"{efficiency:.2f} | {again:.0f} |"
        )
    return "\n".join(lines)


def section(stations: dict[str, float], submissions: int = 100_000) -> str:
    """BENCHMARKS.md's section, from what each station costs in seconds."""
    worker = sum(seconds for name, seconds in stations.items() if name in ON_WORKERS)
    grader = sum(stations.values()) - worker
    costs = Costs(worker, grader)
    linear = mean_on_worker(costs) / grader
    return "\n\n".join(
        [
            "## A cluster, simulated",
            f"{submissions:,} submissions with the costs above: {1000 * worker:.0f} ms on a "
            f"worker, {1000 * grader:.0f} ms on the machine that grades. "
            f"{costs.endless:.0%} of them run into a limit of {costs.endless_seconds:.0f} s, a "
            f"worker is lost every {costs.lost_every / 3600:.0f} hours of its work and comes back "
            f"after {costs.back_after:.0f} s.",
            table(costs, submissions, (1, 2, 5, 10, 20, 50, 100, 200)),
            f"It ends to be linear at about {linear:.0f} workers: the grading machine then reads, "
            "judges and writes without a pause.",
        ]
    )


def mean_on_worker(costs: Costs) -> float:
    """Seconds that a worker needs for a submission on the average, those without end included."""
    usual = costs.worker * 2.718281828 ** (costs.spread**2 / 2)
    return (1 - costs.endless) * usual + costs.endless * costs.endless_seconds


def main() -> None:
    """Print the table for given costs."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.bench.simulation")
    parser.add_argument("--worker", type=float, required=True, help="seconds on a worker")
    parser.add_argument("--grader", type=float, required=True, help="seconds on the grader")
    parser.add_argument("--submissions", type=int, default=100_000)
    given = parser.parse_args()
    print(section({"cells": given.worker, "other": given.grader}, given.submissions))


if __name__ == "__main__":
    main()
