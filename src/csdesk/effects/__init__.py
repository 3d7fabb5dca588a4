"""What goes out: the worker of the outbox and the adapters behind its ports."""
