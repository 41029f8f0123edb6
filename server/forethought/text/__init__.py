"""String handling: Markdown, URIs, columns, sanitizers and secrets. Pure, and imports nothing of ours."""
