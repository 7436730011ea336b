"""On any processor the checks have room: rounding takes at most a tenth of a tolerance.

``python -m tests.rounding`` runs every known answer under every setting and prints the figures.
"""

import functools

import pytest

from tests.rounding import (
    MOST,
    OWN,
    SEED,
    SETTINGS,
    Recorded,
    Setting,
    machine,
    other_verdicts,
    record,
    shares,
)

from .conftest import CHAPTERS, built_references


@functools.cache
def own(chapter: str) -> Recorded:
    """The solution, on this machine."""
    return record(chapter, OWN, with_answers=False)


def named(name: str) -> Setting:
    return next(setting for setting in SETTINGS if setting.name == name)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_rounding_takes_a_tenth_of_a_tolerance(setting):
    """Solutions of all chapters, one after the other: a setting begins with a new warm process."""
    if not setting.possible:
        pytest.skip(f"this processor has no {setting.needs}")
    bases = {chapter: own(chapter) for chapter in CHAPTERS}
    narrow = []
    with machine(setting):
        for chapter, base in bases.items():
            found = shares(base, record(chapter, setting, with_answers=False), setting.name)
            assert len(found) >= len(base.solution)
            narrow += [f"{chapter}: {item}" for item in found if item.share > MOST]
    assert narrow == []


@pytest.mark.parametrize("wrong", [False, pytest.param(True, marks=pytest.mark.seeds)])
def test_rounding_changes_no_verdict(chapter, wrong):
    """Known answers, under the setting that differs most from this machine.

    Every run takes the right ones, `make test-seeds` all; under the plainest instructions all run
    in `make test-plainest`.
    """
    setting = named("last bit")
    base = record(chapter, OWN, seed=SEED, known=built_references(chapter), wrong=wrong)
    with machine(setting):
        other = record(chapter, setting, wrong=wrong)
    changed, lost = other_verdicts(base, other)
    narrow = [item for item in shares(base, other, setting.name) if item.share > MOST]
    assert [str(item) for item in narrow] + changed == []
    assert len(lost) <= 0.04 * len(base.wrong), lost


def test_a_setting_really_changes_what_is_computed():
    """Else the tests above would hold whatever the checks are like."""
    setting = named("last bit")
    with machine(setting):
        other = record("06_optimizers", setting, with_answers=False)
    found = shares(own("06_optimizers"), other, setting.name)
    assert sum(item.share > 0 for item in found) >= 5
