"""The severity: criteria, rules as a table, anomalies in the numbers, and the severity without suspect events."""
