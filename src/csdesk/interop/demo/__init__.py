"""A believable desk for demonstrations and trials: made-up orders and cases, moved by the real rules."""
