"""Questions and answers: what a question means, and the cheapest tier that can answer it."""
