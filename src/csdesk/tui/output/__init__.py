"""What leaves for the terminal: Textual's frames as the fewest bytes."""
