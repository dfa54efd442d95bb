"""How rules are declared and applied: everything in the pack that is not a rule and not a report.

`rule` declares rules, `settings`, `sources` and `waiver` read the configuration, `evaluation` applies the rules,
`analyzer` serves the Pulumi engine, `state` and `check` an exported state. No module here imports a rule: `topics`
lists the modules that hold them. Settings, states and the gRPC interface may change without looking at any rule; the
signature of `rule`, `Context` and what `resources/` offers are what every rule relies on.
"""
