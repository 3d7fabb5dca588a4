"""The desk over HTTP: the doors by which other systems bring messages, scans and changes of orders."""
