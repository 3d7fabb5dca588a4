"""Deadlines: calendars, day arithmetic, and the explanation of each step."""
