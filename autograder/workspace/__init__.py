"""What a student needs around the notebooks: a copy of one's own, JupyterLab, handing in.

=============  ====================================================================
``handout``    a chapter as it was handed out: its files, and whether two differ
``copy``       the student's own copy, brought up to date without touching their work
``lab``        JupyterLab on that copy
``submit``     one notebook → one archive
=============  ====================================================================

For the instructor, and not in the bundle: ``collect`` puts what students send into ``submitted/``,
``sender`` says whose it is, ``archive`` what may be unpacked; ``bundle`` makes the bundle.
"""
