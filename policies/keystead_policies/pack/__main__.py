"""Entry of the installed policy pack: `pulumi up --policy-pack "$(python -m keystead_policies path)"`."""

from keystead_policies.engine.analyzer import serve

serve()
