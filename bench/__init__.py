"""The benchmark: rounds, requests, times, characters, start-up and memory, measured anew by one command."""
