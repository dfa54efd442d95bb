"""Entry of the policy pack: `pulumi up --policy-pack policies`."""

from keystead_policies.analyzer import serve

serve()
