"""The language server. Only this package knows pygls and lsprotocol.

`server.py` holds the state of one client's server, `registration.py` says which handler answers which method, and
`requests/` holds the handlers. A handler sees the server as `state.ServerState`.
"""
