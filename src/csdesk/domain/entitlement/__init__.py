"""What the consumer is owed, by which article, in which jurisdiction."""
