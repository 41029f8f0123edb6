"""Name resolution: from a name in the text to the definition that it means."""
