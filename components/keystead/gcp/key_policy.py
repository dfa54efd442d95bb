"""What each member may do with a Cloud KMS key: administrators, users and the agent of Secret Manager, separately."""

from keystead.gcp.grants import Grant, agent
from keystead.model.gcp.scope import GcpScope
from keystead.model.principals import on
from keystead.spec.keys import KeySpec

MANAGE = "roles/cloudkms.admin"
"""Manages keys. It does not encrypt, decrypt or sign, but it can set the key's policy, as administrators can on AWS."""

USE = {
    "encrypt": "roles/cloudkms.cryptoKeyEncrypterDecrypter",
    "sign": "roles/cloudkms.signerVerifier",
    "mac": "roles/cloudkms.signerVerifier",
}
"""What a user of a key may do, by the key's use. MAC keys are used with the permissions of signing (Cloud KMS,
"Permissions and roles")."""


def key_policy(scope: GcpScope, spec: KeySpec) -> list[Grant]:
    """The grants on one key, the same in each of its locations.

    On AWS the key's policy alone decides. Here grants on the project apply as well: a member whose role on the project
    includes the use of keys can use every key, and IAM cannot bind the use to an encryption context.
    """
    administrators = [scope.account_member("administrator"), *on("gcp", spec.administrators)]
    return [
        *(Grant(member, MANAGE) for member in administrators),
        *(Grant(member, USE[spec.use]) for member in on("gcp", spec.users)),
    ]


def secrets_service(scope: GcpScope) -> Grant:
    """The agent of Secret Manager encrypts and decrypts on behalf of those who write and read secrets."""
    return Grant(agent(scope, "secretmanager"), USE["encrypt"])
