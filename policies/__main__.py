"""Entry of the policy pack: `pulumi up --policy-pack policies`."""  # noqa: INP001 - the engine runs a directory, not a package

from keystead_policies.engine.analyzer import serve

serve()
