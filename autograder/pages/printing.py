"""HTML → PDF, by the Chromium that is installed here.

What is printed was written by students too: no script runs, nothing is loaded from anywhere.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from autograder.errors import AutograderError

BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable", "brave-browser"),
)
NAMED = "AUTOGRADER_CHROMIUM"  #: the variable that names one that is not on PATH
MILLISECONDS = 60_000  #: for one document
#: Where every connection goes: a port at which nobody answers. Offline alone stops requests, and
#: not the connections that Chromium opens before it makes one.
_NOWHERE: Any = {"server": "http://127.0.0.1:9", "bypass": "<-loopback>"}
_MARGINS = {"top": "15mm", "bottom": "18mm", "left": "14mm", "right": "14mm"}
_FOOTER = (
    '<div style="width:100%;font:8pt sans-serif;color:#666;text-align:center">'
    '<span class="pageNumber"></span> / <span class="totalPages"></span></div>'
)


def find_browser() -> str:
    """The path of a Chromium. Raises :class:`AutograderError` where there is none."""
    path = os.environ.get(NAMED) or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise AutograderError(
            f"A PDF needs Chromium, Chrome or Edge, and there is none on PATH: install one (on "
            f"Debian and Ubuntu `apt install chromium`), or set {NAMED} to its path."
        )
    return path


@contextmanager
def printer() -> Iterator[Callable[[str], bytes]]:
    """Something that makes a PDF of a whole HTML document; one browser for all of them.

    Raises :class:`AutograderError` where there is no browser, or it does not start or print.
    """
    executable = find_browser()
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        browser = None
        # As root it has no sandbox of its own, and in some containers nobody has.
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0
        for own_sandbox in (False,) if is_root else (True, False):
            try:
                browser = playwright.chromium.launch(
                    executable_path=executable, chromium_sandbox=own_sandbox, proxy=_NOWHERE
                )
                break
            except Error as error:
                why = str(error).strip().partition("\n")[0]
        if browser is None:
            raise AutograderError(f"{executable} does not start: {why}")
        context = browser.new_context(java_script_enabled=False, offline=True, color_scheme="light")
        context.route("**/*", lambda route: route.abort())
        context.set_default_timeout(MILLISECONDS)

        def print_(document: str) -> bytes:
            try:
                return _print(context, document)
            except Error as error:
                said = str(error).strip().partition("\n")[0]
                raise AutograderError(f"{executable} did not print a page: {said}") from error

        try:
            yield print_
        finally:
            browser.close()


def _print(context: Any, document: str) -> bytes:
    page = context.new_page()
    try:
        page.set_content(document)
        made: bytes = page.pdf(
            format="A4",
            print_background=True,
            margin=_MARGINS,
            display_header_footer=True,
            header_template="<span></span>",
            footer_template=_FOOTER,
            tagged=True,
            outline=True,
        )
    finally:
        page.close()
    return made
