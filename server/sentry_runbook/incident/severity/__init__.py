"""How bad it is: the questions, the rules as a table, what should make a reader pause, the triage."""
