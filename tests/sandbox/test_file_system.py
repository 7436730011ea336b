"""What a job may read: installed packages, and nothing that lies beside a course."""

import sys
from pathlib import Path

import pytest

from autograder.sandbox import file_system

COURSE = Path(__file__).resolve().parents[2]


@pytest.fixture
def helper(tmp_path, monkeypatch):
    """A course's folder with a helper package of its own, which the grader can import."""
    folder = tmp_path / "course"
    (folder / "helper_of_this_test").mkdir(parents=True)
    (folder / "helper_of_this_test" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(folder))
    return folder


def test_a_helper_package_opens_itself_and_not_the_course_beside_it(helper):
    readable = file_system.readable_paths(("helper_of_this_test",))
    assert str(helper / "helper_of_this_test") in readable
    assert not any(helper == Path(path) or helper.is_relative_to(path) for path in readable)
    assert str(helper) in file_system.module_folders(("helper_of_this_test",))


def test_this_package_is_readable_by_one_path_only(tmp_path, monkeypatch):
    link = tmp_path / "link"
    link.symlink_to(COURSE)
    monkeypatch.syspath_prepend(str(link))
    monkeypatch.delitem(sys.modules, "autograder")
    readable = file_system.readable_paths(("autograder", "autograder.torch_nn.data"))
    assert str(link) not in readable and str(COURSE) not in readable


@pytest.mark.parametrize("name", ["__main__", "no_such_package", "json.decoder", "__phello__"])
def test_names_of_no_package_are_left_aside(name):
    assert file_system.readable_paths((name,)) == file_system.readable_paths()
