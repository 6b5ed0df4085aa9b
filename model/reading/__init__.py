"""From a file and its roles to checked columns: every refusal names column, row, rule and next step."""
