"""The console's widgets: lines drawn cell by cell, without markup, blink or animation."""
