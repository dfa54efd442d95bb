"""Who may do what with a key of Cloud KMS: administrators, users and the agent of Secret Manager, each apart."""

from keystead.gcp.grants import Grant
from keystead.gcp.services import agent
from keystead.model.gcp.scope import GcpScope
from keystead.model.principals import on
from keystead.spec.keys import KeySpec

MANAGE = "roles/cloudkms.admin"
"""Keeps keys in order. It neither encrypts, decrypts nor signs, but sets the key's policy, as administrators do on
AWS."""

USE = {
    "encrypt": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
    "sign": "roles/cloudkms.signerVerifier",
    "mac": "roles/cloudkms.signerVerifier",
}
"""What a user of a key may do, by the key's use. MAC keys are used with the permissions of signing (Cloud KMS,
"Permissions and roles")."""


def key_policy(scope: GcpScope, spec: KeySpec) -> list[Grant]:
    """The grants on one key, the same in every location it has.

    On AWS the key's policy is all there is. Here the project's own grants hold as well: who has a role with the key's
    use on the project has it on every key, and IAM cannot bind a use to an encryption context.
    """
    administrators = [scope.account_member("administrator"), *on("gcp", spec.administrators)]
    return [
        *(Grant(member, MANAGE) for member in administrators),
        *(Grant(member, USE[spec.use]) for member in on("gcp", spec.users)),
    ]


def secrets_service(scope: GcpScope) -> Grant:
    """The agent of Secret Manager encrypts and decrypts for those who write and read secrets; they need no key."""
    return Grant(agent(scope, "secretmanager"), USE["encrypt"])
