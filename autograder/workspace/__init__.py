"""What a student needs around the notebooks: a copy of one's own, JupyterLab, handing in.

=============  ====================================================================
``handout``    a chapter as it was handed out: its files, and whether two differ
``own_copy``   the student's own copy, brought up to date without touching their work
``lab``        JupyterLab on that copy
``submit``     one notebook → one archive
``bundle``     for the instructor: the zip that students get
``wheel``      for the instructor: the package in that zip
=============  ====================================================================
"""
