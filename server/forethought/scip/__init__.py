"""SCIP indexes: what a language's own indexer knows of a repository. Pure, except for reading an open file."""
