"""Which tables this program keeps a desk in; `schema.py` has them."""

SCHEMA_VERSION = 3
