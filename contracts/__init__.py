"""Everything that one service of Relais may know of another: facts, asks, words, rules and refusals.

Nothing here imports a service, a database, a bus or a web framework.
"""
