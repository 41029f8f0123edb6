"""The language server's edge: the only importer of pygls and lsprotocol, with `bench`."""
