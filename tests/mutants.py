"""How many mechanically changed solutions the checks let through: ``python -m tests.mutants``.

Each reference solution is changed in one place at a time (an operator, a constant, arguments
swapped, a keyword, call or statement dropped, a comparison turned). A mutant that passes
every check of its exercise has survived: either it computes the same, or a check is missing. Known
equivalents are listed in ``mutants_equivalent.txt``, with the reason; they are not counted.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from autograder.course.mutants import Mutant, mutants
from tests.course.conftest import CHAPTERS, assignment, graded

EQUIVALENT = Path(__file__).with_name("mutants_equivalent.txt")


def survivors(chapter: str, seed: int = 11) -> tuple[int, int, list[Mutant]]:
    """Killed, known to be equivalent, and the mutants that survived."""
    known = EQUIVALENT.read_text().splitlines() if EQUIVALENT.is_file() else []
    known = [line.split("  #")[0].strip() for line in known]
    right = assignment(chapter).solutions
    every = [m for name, source in right.items() for m in mutants(name, source)]

    def passes(mutant: Mutant) -> bool:
        record = graded(chapter, right | {mutant.exercise: mutant.source}, seed)
        return mutant.exercise not in record.missed

    with ThreadPoolExecutor(2) as pool:
        passed = list(pool.map(passes, every))
    alive = [mutant for mutant, survived in zip(every, passed, strict=True) if survived]
    equivalent = [mutant for mutant in alive if f"{chapter} {mutant.key}" in known]
    return (
        len(every) - len(alive),
        len(equivalent),
        [mutant for mutant in alive if mutant not in equivalent],
    )


def main() -> None:
    """Print a line a chapter, and every survivor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chapters", nargs="*", default=CHAPTERS)
    for chapter in parser.parse_args().chapters:
        killed, equivalent, alive = survivors(chapter)
        print(f"{chapter}: {killed} killed, {equivalent} equivalent, {len(alive)} survived")
        for mutant in alive:
            print(f"  {chapter} {mutant.key}")


if __name__ == "__main__":
    main()
