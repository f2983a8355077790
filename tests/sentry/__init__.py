"""The Sentry client, through its public methods; the seams are HTTP, the sleeper and the clock."""
