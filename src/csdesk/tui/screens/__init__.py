"""The console's screens, each a place with its own keys; `csdesk.tui.doors` opens them."""
