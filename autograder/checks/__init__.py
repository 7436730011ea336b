"""What a notebook calls: ``check``, and probes that look at an answer."""
