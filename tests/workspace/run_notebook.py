"""Run a notebook in place, its folder as the current one, as JupyterLab's "Run All" would.

    python run_notebook.py NOTEBOOK

Run by the Python of a student's environment; the repository is not on its path.
"""

import sys
from pathlib import Path

sys.modules["rfc3987_syntax"] = None  # grammars that take jsonschema 1.6 s to compile

import nbformat
from nbclient import NotebookClient

path = Path(sys.argv[1])
notebook = nbformat.read(path, as_version=4)
NotebookClient(
    notebook,
    timeout=900,
    startup_timeout=900,
    kernel_name="python3",
    allow_errors=True,
    resources={"metadata": {"path": str(path.parent)}},
).execute()
nbformat.write(notebook, path)
