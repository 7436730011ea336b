"""Evidence and references in, verdicts out. Trusted code without torch."""
