"""Train the line model from a data folder; nothing here runs in the pipeline itself."""
