"""Setting up a host: what is known of the Sentry beforehand, the hosts' configurations, and changing one with care.

Pure but for the files that are named to it: environment, home and platform are arguments. The command that asks people
is :mod:`sentry_runbook.commands.init`.
"""
