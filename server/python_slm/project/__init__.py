"""What is known of the project around an open file."""
