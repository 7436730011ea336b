"""Chapter 8, saving and loading: questions on it, asked in later chapters."""

from __future__ import annotations

from autograder.live.review import Ask

QUESTIONS: list[Ask] = []
