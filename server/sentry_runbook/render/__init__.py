"""The readable renderings of results: Markdown pages, terminal views, filled templates; from results alone."""
