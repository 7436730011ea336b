"""What people read when a class is graded: feedback pages and the class report."""
