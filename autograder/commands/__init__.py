"""The commands of ``autograder``, by who uses them; ``cli.py`` lists them."""
