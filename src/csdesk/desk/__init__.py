"""What people do: the registry of verbs, queries, permissions, and the `Desk` they are done on."""
