"""Hostile text and outputs through nbgrader's own feedback and formgrader pages."""

import base64
import re
import struct
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import nbformat
import nbgrader
import pytest
from bleach._vendor import html5lib  # a browser's parser, which comes with nbconvert
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.course.folder import load_config
from autograder.pages.sanitize import (
    MAX_LINES,
    MAX_OUTPUTS,
    clean_image,
    clean_text,
    plain_markdown,
    render_markdown,
    sanitize_markdown,
    sanitize_outputs,
)
from tests.grading.course import ROOT
from tests.pages.hostile_pages import JS, MARKDOWN, OUTPUTS

TEMPLATES = Path(nbgrader.__file__).parent / "server_extensions" / "formgrader" / "templates"
RESOURCES = {
    "feedback": {"nbgrader": {"notebook": "n", "score": 1, "max_score": 2, "late_penalty": 0}},
    "formgrade": {
        "base_url": "",
        "submission_id": "s",
        "notebook_id": "n",
        "assignment_id": "a",
        "index": 0,
        "total": 1,
        "student": "ada",
        "notebook_path": "p",
    },
}
ACTIVE = set(
    "script iframe frame frameset object embed applet form button input textarea select option "
    "base link meta style svg math video audio source track picture template portal canvas "
    "marquee details dialog noscript title body html head".split()
)
URLS = {"href", "src", "srcset", "action", "formaction", "data", "poster", "background", "cite"}
DATA_IMAGE = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=]+")


@pytest.fixture(scope="module", params=["feedback", "formgrade"])
def template(request) -> str:
    return request.param


@pytest.fixture(scope="module", params=["stock", "hardened"])
def page(request, template: str) -> Callable[[NotebookNode], str]:
    """Renders a notebook as nbgrader would: without our configuration, or with it.

    The stock exporter gets notebooks as our grader writes them, the hardened one as students do.
    """
    config = load_config(ROOT) if request.param == "hardened" else Config()
    config.HTMLExporter.template_name = template
    config.HTMLExporter.extra_template_basedirs = [str(TEMPLATES)]
    css = TEMPLATES.parent / "static" / "node_modules" / "bootstrap" / "dist" / "css"
    config.HTMLExporter.extra_template_paths = [str(css)]
    exporter = HTMLExporter(config=config)

    def render(notebook: NotebookNode) -> str:
        resources = {**RESOURCES[template], "include_css": lambda name: ""}
        return exporter.from_notebook_node(notebook, resources=resources)[0]

    render.clean = request.param == "stock"  # type: ignore[attr-defined]
    return render


def elements(text: str) -> Counter:
    """Tags with attributes and, for active ones, their text, as a browser sees them."""
    found: Counter = Counter()
    tree = html5lib.parse(text, namespaceHTMLElements=False)
    for element in tree.iter():
        if isinstance(element.tag, str):
            tag = element.tag.rsplit("}")[-1].lower()
            inner = (element.text or "").strip() if tag in ACTIVE else ""
            found[tag, tuple(sorted(element.attrib.items())), inner] += 1
    return found


def active(text: str, empty: str) -> list[str]:
    """What could act in ``text`` beyond what the page without the student's part has."""
    faults = []
    for tag, attributes, inner in elements(text) - elements(empty):
        if tag in ACTIVE and not (tag in ("html", "body", "head") and not attributes):
            faults.append(f"<{tag}> {attributes} {inner[:80]}")
        for name, value in attributes:
            name = str(name).rsplit("}")[-1].lower()
            plain = re.sub(r"[\x00-\x20\x7f-\xa0]", "", value).lower()
            if name.startswith("on") or name in ("srcdoc", "http-equiv", "style"):
                colour = r"(background-)?color: rgb\(\d+,\d+,\d+\)(; )?"
                if not (name == "style" and re.fullmatch(f"({colour})+", value)):
                    faults.append(f"{tag} {name}={value}")
            if name in URLS and ":" in plain:
                allowed = plain.startswith(("http:", "https:", "mailto:"))
                if not (DATA_IMAGE.fullmatch(value) if tag == "img" else allowed):
                    faults.append(f"{tag} {name}={value}")
    return faults


def notebook(*cells: NotebookNode) -> NotebookNode:
    return nbformat.v4.new_notebook(cells=list(cells))


EVIL = {"evil.svg": {"image/svg+xml": base64.b64encode(b"<svg onload='alert(1)'/>").decode()}}


@pytest.mark.parametrize("name", MARKDOWN)
def test_markdown_of_a_student_does_nothing_in_a_page(page, name: str):
    source = MARKDOWN[name]
    if page.clean:
        source = sanitize_markdown(source, EVIL)
        assert "\n" not in source
    cell = nbformat.v4.new_markdown_cell(source)
    if not page.clean:
        cell.attachments = EVIL
    graded = nbformat.v4.new_markdown_cell(source, id="graded")
    graded.metadata.nbgrader = {"grade_id": "x", "grade": True, "solution": True, "points": 1}
    graded.metadata.nbgrader |= {"comment": source, "score": 1, "locked": False}
    if not page.clean:
        graded.attachments = EVIL
    empty = nbformat.v4.new_markdown_cell("", id="graded")
    empty.metadata.nbgrader = {**graded.metadata.nbgrader, "comment": ""}
    text = page(notebook(cell, graded))
    assert active(text, page(notebook(nbformat.v4.new_markdown_cell(""), empty))) == []


@pytest.mark.parametrize("name", OUTPUTS)
def test_output_of_a_student_does_nothing_in_a_page(page, name: str):
    cell = nbformat.v4.new_code_cell("1 + 1")
    cell.outputs = [nbformat.from_dict(OUTPUTS[name])]
    if page.clean:
        cell.outputs = [nbformat.from_dict(output) for output in sanitize_outputs(cell.outputs)]
        nbformat.validate(notebook(cell))
    try:
        text = page(notebook(cell))
    except nbformat.ValidationError:
        assert not page.clean, "nbgrader shows no page at all for what is no notebook"
        return
    assert active(text, page(notebook(nbformat.v4.new_code_cell("1 + 1")))) == []


@pytest.mark.parametrize("name", ["script", "image error", "link in markdown", "form", "overlay"])
def test_without_our_doing_they_would_act(page, name: str):
    if not page.clean:
        pytest.skip("only nbgrader's own exporter lets them act")
    cell, empty = (nbformat.v4.new_markdown_cell(text) for text in (MARKDOWN[name], ""))
    assert active(page(notebook(cell)), page(notebook(empty)))


@pytest.mark.parametrize("name", MARKDOWN)
def test_clean_markdown_stays_clean_within_a_paragraph(name: str):
    shown = render_markdown(f"**Set aside.** {sanitize_markdown(MARKDOWN[name])} *See* [1].")
    assert active(f"<p>{shown}</p>", "<p></p>") == []
    assert active(render_markdown(f"Why: {plain_markdown(MARKDOWN[name])}"), "") == []


@pytest.mark.parametrize("name", [name for name in MARKDOWN if name.startswith("tex")])
def test_formulas_cannot_make_links_or_load_anything(name: str):
    tree = html5lib.parse(render_markdown(sanitize_markdown(MARKDOWN[name])))
    text = "".join(tree.itertext())
    assert not re.search(r"\\(href|class|cssId|style|require|unicode|mmlToken|g?def|renew)", text)


def test_code_and_metadata_of_a_student_do_nothing_in_a_page(page):
    if page.clean:
        pytest.skip("the grader writes no metadata of students")
    cell = nbformat.v4.new_code_cell(f"%%html\n</pre><script>{JS}</script>")
    cell.metadata = NotebookNode(tags=[f'"><script>{JS}</script>'], magics_language="html")
    odd = nbformat.v4.new_code_cell("1")
    odd.metadata.nbgrader = {"grade_id": f'"><script>{JS}</script>', "grade": True, "points": 1}
    raw = nbformat.v4.new_raw_cell(f"<script>{JS}</script>")
    raw.metadata.raw_mimetype = "text/html"
    hostile = notebook(cell, odd, raw)
    state = {"state": {f"</script><script>{JS}</script>": {}}}
    hostile.metadata.widgets = {"application/vnd.jupyter.widget-state+json": state}
    hostile.metadata.title = f"</title><script>{JS}</script>"
    hostile.metadata.language_info = {"name": f"<script>{JS}</script>"}
    empty = notebook(nbformat.v4.new_code_cell("1"), nbformat.v4.new_code_cell("1"))
    assert active(page(hostile), page(empty)) == []


# ------------------------------------------------------------------------- what is kept


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * (width + 1) * height) if width * height < 10**6 else b""
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


JPEG = b"\xff\xd8\xff\xe0\0\x04JF\xff\xc0\0\x0b\x08\0\x02\0\x03\x01\x11\0\xff\xd9"
PNG64 = base64.b64encode(png(3, 2)).decode()


def test_formatting_tables_formulas_and_links_of_a_student_stay():
    source = (
        "# Title\n\n**bold** `code` $a_1 < \\frac{1}{2}$ [link](https://e.org/?a=1&b=2)\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n- two\n\n```python\nx = [1]\n```\n"
        f"![plot](attachment:p.png) <img alt=inline src='data:image/png;base64,{PNG64}'>"
    )
    page = render_markdown(sanitize_markdown(source, {"p.png": {"image/png": PNG64}}))
    found = Counter(tag for tag, _, _ in elements(page).elements())
    assert (found["h1"], found["strong"], found["td"], found["li"]) == (1, 1, 2, 2)
    assert found["a"] == 1
    assert found["img"] == 2
    text = "".join(html5lib.parse(page).itertext())
    assert "$a_1 < \\frac{1}{2}$" in text
    assert "x = [1]" in text
    assert 'href="https://e.org/?a=1&amp;b=2"' in page


def test_plain_markdown_shows_text_as_it_is():
    text = "`F.conv2d` *is* not_allowed_here: <b> & [x](y) $x$ \\(y\\) #1\n# second ~~line~~ a|b"
    tree = html5lib.parse(render_markdown(plain_markdown(text)), namespaceHTMLElements=False)
    shown = "".join(tree.itertext()).strip()
    assert shown == text.replace("\n", "")
    assert len(list(tree.iter("br"))) == 1


def test_text_and_real_pictures_of_an_output_stay():
    data = {"image/png": PNG64, "text/plain": "<Figure>", "text/html": "<b>x</b>"}
    metadata = {"image/png": {"width": 3, "alt": "A \x1b[1mplot\u202e", "unconfined": True}}
    output = {"output_type": "display_data", "data": data, "metadata": metadata}
    kept = sanitize_outputs([output])
    assert kept == [
        {
            "output_type": "display_data",
            "data": {"image/png": PNG64, "text/plain": "<Figure>"},
            "metadata": {"image/png": {"width": 3, "alt": "A plot"}},
        }
    ]
    assert sanitize_outputs(kept) == kept


def test_a_picture_must_be_what_it_says():
    def encoded(raw: bytes) -> str:
        return base64.b64encode(raw).decode()

    assert clean_image("image/png", encoded(png(3, 2))) == PNG64
    assert clean_image("image/png", [PNG64[:8] + "\n", PNG64[8:]]) == PNG64
    assert clean_image("image/jpeg", encoded(JPEG)) == encoded(JPEG)
    assert clean_image("image/jpeg", encoded(png(3, 2))) is None
    assert clean_image("image/png", encoded(JPEG)) is None
    assert clean_image("image/png", encoded(png(20_000, 1))) is None
    assert clean_image("image/png", encoded(png(9_000, 9_000))) is None
    assert clean_image("image/png", encoded(png(0, 5))) is None
    assert clean_image("image/png", encoded(b"\x89PNG\r\n\x1a\n")) is None
    assert clean_image("image/jpeg", encoded(b"\xff\xd8\xff" + b"\xff" * 50)) is None
    for nothing in ("", "not base64!", None, 5, {}, "A" * 10**7, '"><script>'):
        assert clean_image("image/png", nothing) is None


def test_text_keeps_colours_and_loses_what_a_terminal_would_act_on():
    assert clean_text("\x1b[31mred\x1b[0m\x1b[2J\x1b]0;title\x07\x07\b") == "\x1b[31mred\x1b[0m"
    assert clean_text("10%\r50%\r100%\nnext\r\nlast") == "100%\nnext\nlast"
    assert clean_text("a\ud800b\u202ec\0") == "a?bc"
    assert clean_text(["a\n", 5, "b"]) == "a\nb"
    assert clean_text({"a": 1}) == ""


def test_long_outputs_are_cut_with_a_note():
    stream = {"output_type": "stream", "name": "stdout", "text": "x\n" * 5_000}
    (cut,) = sanitize_outputs([stream])
    assert cut["text"].count("\n") == MAX_LINES + 1
    assert "not shown" in cut["text"]
    many = sanitize_outputs([{**stream, "text": "x"}] * 1_000)
    assert len(many) == MAX_OUTPUTS + 1
    assert "not shown" in many[-1]["text"]


def test_no_style_is_kept_whatever_it_says():
    source = '<p style="color: red">a</p><b style="position: fixed; background: url(//e.org)">b</b>'
    assert "style" not in sanitize_markdown(source)
    assert sanitize_markdown(source) == "<div><p>a</p><b>b</b></div>"


def test_a_macro_split_by_tags_or_entities_is_disarmed():
    for source in ("&#92;href{x}{y}", "\\<!-- -->href{x}{y}", '<b title="a>b">\\href{x}{y}</b>'):
        text = "".join(html5lib.parse(render_markdown(sanitize_markdown(source))).itertext())
        assert "\\href" not in text, source
