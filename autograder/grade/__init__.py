"""Submissions in, records out: paper, batch, gradebook, nbgrader preprocessors."""
