"""A course folder: its lessons, its assignments, its known answers, and building it."""
