"""What runs inside the sandbox: a shell that executes cells and hands on what they do."""
