"""What is written about rules and findings: SARIF, JUnit, JSON and the rule reference.

Finding ids stay the same from run to run. A format may be added or changed here without looking at any rule; the field
names of the JSON document are read by `keystead policy check`.
"""
