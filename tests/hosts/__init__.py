"""The server as real hosts, clients and their libraries meet it."""
