"""What is going on in a whole organization: which issues are news, which of them are one incident, and why."""
