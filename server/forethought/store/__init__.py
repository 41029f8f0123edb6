"""What is kept on disk: c′ by content (`context_store`) and the index of each root (`index_store`)."""
