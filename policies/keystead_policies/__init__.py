"""Rules for keys and secrets on AWS and GCP, for any Pulumi project in any language.

`rules/` holds what is checked, `engine/` how it is checked, `reports/` what is written about it; `__main__` is the
command. Only `engine/analyzer.py` imports Pulumi, so that the command needs no engine.
"""
