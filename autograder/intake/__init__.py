"""What is handed in, from any platform, becomes submissions."""
