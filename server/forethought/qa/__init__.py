"""From a person's question to an answer, by the cheapest tier that knows."""
