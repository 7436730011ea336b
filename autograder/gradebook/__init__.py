"""nbgrader's database and nbgrader's own commands, on our grading."""
