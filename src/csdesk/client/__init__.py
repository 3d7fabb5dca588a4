"""A desk that is somewhere else: `RemoteDesk` speaks with `csdesk serve` over HTTP."""
