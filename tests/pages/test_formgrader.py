"""The line with what was lost: harmless, and on formgrader's page only."""

import nbformat
from nbconvert.exporters import HTMLExporter

from autograder.course.folder import load_config
from autograder.pages.formgrader import LOST, Lost, lost_line
from autograder.pages.sanitize import clean_html
from tests.grading.course import ROOT
from tests.pages.test_sanitize import RESOURCES, TEMPLATES


def page(template: str) -> str:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_markdown_cell(lost_line([Lost("conv", 1.25, 4.0)]), id=LOST),
        nbformat.v4.new_markdown_cell("# Chapter"),
    ]
    config = load_config(ROOT)
    config.HTMLExporter.template_name = template
    config.HTMLExporter.extra_template_basedirs = [str(TEMPLATES)]
    css = TEMPLATES.parent / "static" / "node_modules" / "bootstrap" / "dist" / "css"
    config.HTMLExporter.extra_template_paths = [str(css)]
    resources = {**RESOURCES[template], "include_css": lambda name: ""}
    made: str = HTMLExporter(config=config).from_notebook_node(notebook, resources=resources)[0]
    return made


def test_formgraders_page_has_the_links_and_the_script_once():
    made = page("formgrade")
    assert '<a href="#conv-comment"><code>conv</code> 1.25 of 4</a>' in made
    assert made.count(f'<div class="{LOST}">') == 1
    assert made.count("window.MathJax = {Hub:") == 1


def test_a_feedback_page_has_neither():
    made = page("feedback")
    assert "Chapter" in made
    assert "conv" not in made and LOST not in made


def test_an_exercise_with_an_odd_name_makes_no_tag():
    line = lost_line([Lost('"><script>alert(1)</script>', 0.0, 2.0)])
    assert "<script" not in line
    assert "alert(1)" in clean_html(line, lambda tag, name, value: True)
