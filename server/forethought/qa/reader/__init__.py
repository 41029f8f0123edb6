"""The learned reader: what a question asks that no rule of `qa/intent` matches, and how sure that is."""
