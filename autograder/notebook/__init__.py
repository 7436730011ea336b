"""What a student meets in the notebook: cards of failed checks, hints, progress, their memory."""
