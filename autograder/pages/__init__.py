"""Everything that an instructor or a student looks at after grading; all of it sanitised."""
