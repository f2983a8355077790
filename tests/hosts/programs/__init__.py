"""Small clients made of each library: list the tools, let the scripted model choose, call, until it has no more to ask.

Each runs under the Python (or Node) that has its library, with ``HOSTS_SERVER`` (how to start the server, as JSON) and
``HOSTS_MODEL`` (the URL of the scripted model) in its environment.
"""
