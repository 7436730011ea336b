"""Pictures that one chapter alone draws, one file a chapter; what chapters share is in plots.py."""
