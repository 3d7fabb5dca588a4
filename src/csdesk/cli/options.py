"""The options that nearly every command takes, as Typer wants them."""

from csdesk.cli import line

FILE = line.typers(line.FILE)
AGENT = line.typers(line.AGENT)
LANGUAGE = line.typers(line.LANGUAGE)
JSON = line.typers(line.JSON)
