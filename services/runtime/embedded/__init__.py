"""The real PostgreSQL and nats-server that `relais up` starts beside itself when it is given no URL.

Both are children of this process, private to it and to one folder, and do not outlive it.
"""
