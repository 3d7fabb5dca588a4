"""The law as a desk applies it: packs and calendars read, questions put from cases, decisions in words."""
