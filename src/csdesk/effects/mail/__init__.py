"""Mail: what comes in from mailboxes, what goes out by SMTP, and how the two find together."""
