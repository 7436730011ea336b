"""Submission, attempt, job, evidence, verdicts, record: the stations of grading."""
