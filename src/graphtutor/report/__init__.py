"""Run directories to Markdown, HTML and plots."""
