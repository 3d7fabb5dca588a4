"""The one door for what comes in from outside: a message becomes a case or is heard on one, once, with a receipt."""
