"""The Dagster shell: what runs when, and what people see. It never touches text."""
