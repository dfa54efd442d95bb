"""The build of the rotator's code: a private bucket, the archive, and the account that builds it."""

from dataclasses import dataclass
from pathlib import PurePosixPath

import pulumi
import pulumi_gcp as gcp

from keystead.gcp.grants import Condition, condition_args
from keystead.gcp.trust import service_account
from keystead.model.gcp.scope import GcpScope
from keystead.packaging.rotator import rotator_archive
from keystead.spec.environment import EnvironmentSpec

BUILDS = ("roles/logging.logWriter", "roles/artifactregistry.writer")
"""Roles on the project that a build needs in addition to its source. Source: Cloud Run functions, "Custom service
account for Cloud Build"."""
READ = "roles/storage.objectViewer"


@dataclass(frozen=True)
class BuildArgs:
    """What the build needs to know of its environment."""

    scope: GcpScope
    spec: EnvironmentSpec


class Build(pulumi.ComponentResource):
    """The archive in a bucket without public access, and an account whose only purpose is to build.

    Lambda runs an archive as it is. GCP builds a container from it, by default as an account that may edit the whole
    project, or that in newer organizations has no rights at all.
    """

    bucket: pulumi.Output[str]
    """Name of the bucket."""
    source: pulumi.Output[str]
    """Name of the archive in it, which is its hash."""
    account: pulumi.Output[str]
    """Path of the account that builds."""
    handler: str
    """Entry point of the function in the archive."""
    ready: list[pulumi.Resource]
    """What a build needs."""

    def __init__(self, name: str, args: BuildArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("keystead:gcp:Build", name, None, opts)
        self._scope = args.scope
        self._child = pulumi.ResourceOptions(parent=self)
        bucket = self._bucket()
        archive = rotator_archive(args.spec, "gcp")
        source = gcp.storage.BucketObject(
            "rotator",
            bucket=bucket.name,
            name=PurePosixPath(archive.path).name,
            source=pulumi.FileAsset(archive.path),
            content_type="application/zip",
            opts=self._child,
        )
        account = service_account(self._scope, "rotator-build", "Builds the rotator's function", self._child)
        self.handler = archive.handler
        self.ready = self._rights(bucket, account)
        self.bucket, self.source, self.account = bucket.name, source.name, account.name
        self.register_outputs({"bucket": self.bucket, "source": self.source, "account": self.account})

    def _bucket(self) -> gcp.storage.Bucket:
        return gcp.storage.Bucket(
            "rotator",
            name=self._scope.rotator_bucket,
            location=self._scope.region.upper(),
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            versioning=gcp.storage.BucketVersioningArgs(enabled=True),
            force_destroy=True,
            opts=self._child,
        )

    def _rights(self, bucket: gcp.storage.Bucket, account: gcp.serviceaccount.Account) -> list[pulumi.Resource]:
        """Rights to read the source, in our bucket and in Google's copy, and to write the image and the log."""
        scope = self._scope
        copies = Condition(
            "sources-of-functions",
            f'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-{scope.number}-")',
        )
        own = gcp.storage.BucketIAMMember(
            "rotator-build", bucket=bucket.name, role=READ, member=account.member, opts=self._child
        )
        granted: list[tuple[str, Condition | None]] = [(READ, copies), *((role, None) for role in BUILDS)]
        return [
            own,
            *(
                gcp.projects.IAMMember(
                    f"rotator-build-{role.rpartition('.')[2]}",
                    project=scope.project,
                    role=role,
                    member=account.member,
                    condition=condition_args(condition),
                    opts=self._child,
                )
                for role, condition in granted
            ),
        ]
