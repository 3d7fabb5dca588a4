"""One room per kind of case, the aggregate they share and the machine that moves it."""
