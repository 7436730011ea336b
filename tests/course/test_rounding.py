"""On any processor the checks have room: rounding takes at most a tenth of a tolerance.

``python -m tests.rounding`` runs every known answer under every setting and prints the figures.
"""

import functools

import pytest

from tests.rounding import MOST, OWN, SETTINGS, Recorded, machine, other_verdicts, record, shares

#: it differs most from this machine, so all known answers run under it; under the others the
#: solutions do (and all answers under the plainest instructions in `make test-plainest`)
WITH_ANSWERS = ("last bit",)


@functools.cache
def own(chapter: str, answers: bool) -> Recorded:
    return record(chapter, OWN, answers)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_rounding_takes_a_tenth_of_a_tolerance_and_changes_no_verdict(chapter, setting):
    if not setting.possible:
        pytest.skip(f"this processor has no {setting.needs}")
    answers = setting.name in WITH_ANSWERS
    base = own(chapter, answers)
    with machine(setting):
        other = record(chapter, setting, answers)
    found = shares(base, other, setting.name)
    assert len(found) >= len(base.solution)
    changed, lost = other_verdicts(base, other)
    assert [str(item) for item in found if item.share > MOST] + changed == []
    assert len(lost) <= 0.04 * len(base.wrong), lost


def test_a_setting_really_changes_what_is_computed():
    """Else the test above would hold whatever the checks are like."""
    setting = next(s for s in SETTINGS if s.name == "last bit")
    base = own("06_optimizers", True)
    with machine(setting):
        other = record("06_optimizers", setting, False)
    found = shares(Recorded(base.solution, [], {}, base.references), other, setting.name)
    assert sum(item.share > 0 for item in found) >= 5
