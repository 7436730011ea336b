"""What a notebook shows while a student works: cards, hints, progress."""
