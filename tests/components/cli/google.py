"""A project of the local GCP, and the small things tests make in it."""

import base64
import configparser
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from keystead_sandbox.host import certificates

ROOT = Path(__file__).resolve().parents[3]
PROJECT, NUMBER, LOCATION = "acme-test", "300000000007", "us-east1"
PLACE = {"project": PROJECT, "number": NUMBER, "location": LOCATION}
SHIFT = {"hours": {"days": "Mon-Fri", "from": "07:00", "to": "20:00", "zone": "UTC"}}
GCP: dict[str, Any] = {
    "tier": "standard",
    "aws": None,
    "gcp": PLACE,
    "restrictions": {"mesh": {"networks": None, **SHIFT}},
}
"""What makes an environment of the base live on GCP alone."""
_READER = {"checkout": {"restriction": {"aws": "mesh", "gcp": "shift"}}}
MIRRORED: dict[str, Any] = {
    "gcp": PLACE,
    "restrictions": {"shift": SHIFT},
    "secrets": {"session-secret": {"readers": _READER}, "processor-key": {"readers": _READER}},
}
"""What makes it live on both clouds."""
APIS = ("cloudkms", "cloudresourcemanager", "logging", "monitoring", "pubsub", "secretmanager")


@dataclass
class GoogleProject:
    """A running project as its deployer sees it."""

    place: Path
    endpoint: str
    plain: str
    control: str = field(repr=False)
    """Token of the sandbox's own calls."""

    @classmethod
    @contextmanager
    def started(cls, place: Path) -> Iterator["GoogleProject"]:
        certificates.ensure(place)
        (place / "clock").write_text("0")
        files = {"cert": "server.pem", "key": "server.key", "ca": "ca.pem", "clock": "clock", "tokens": "tokens"}
        command = [sys.executable, "-m", "keystead_sandbox.local_gcp", "--project", f"{PROJECT}={NUMBER}"]
        command += ["--port", "0", "--plain-port", "0", "--owner", str(os.getpid())]
        for option, name in files.items():
            command += [f"--{option}", str(place / name)]
        control = secrets.token_hex(16)
        settings = {"PATH": os.environ["PATH"], "KEYSTEAD_TOKEN": control}
        with (place / "log").open("wb") as log:
            process = subprocess.Popen(command, env=settings, cwd=ROOT, stdout=subprocess.PIPE, stderr=log)
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, (place / "log").read_text()
            ready = json.loads(line)
            running = cls(place, ready["endpoint"], ready["plain"], control)
            names = [f"{api}.googleapis.com" for api in (*APIS, "iamcredentials")]
            running.ok("POST", f"/v1/projects/{PROJECT}/services:batchEnable", {"serviceIds": names})
            yield running
        finally:
            process.terminate()
            process.wait(timeout=15)
            process.stdout.close()

    @property
    def authority(self) -> Path:
        return self.place / "ca.pem"

    @property
    def token_file(self) -> Path:
        return self.place / "tokens" / f"{PROJECT}.token"

    def ok(self, http: str, path: str, body: Any = None) -> Any:
        connection = HTTPConnection("127.0.0.1", urlsplit(self.plain).port or 0, timeout=20)
        headers = {"authorization": f"Bearer {self.token_file.read_text()}", "content-type": "application/json"}
        connection.request(http, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        assert response.status == 200, text
        return json.loads(text)

    def tick(self) -> None:
        """Let what is due at the present moment happen."""
        headers = {"x-keystead-token": self.control}
        offset = json.dumps({"to": int((self.place / "clock").read_text() or 0)}).encode()
        request = urllib.request.Request(f"{self.plain}/_keystead/advance", offset, headers)  # noqa: S310 - our own
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            assert json.loads(answer.read().splitlines()[-1])["done"]

    def deploy(self, environment: str, names: Iterable[str]) -> None:
        """Create what a deployment of the base creates, as far as the command looks at it."""
        rings = f"/v1/projects/{PROJECT}/locations/{LOCATION}/keyRings"
        self.ok("POST", f"{rings}?keyRingId={environment}", {})
        keys = f"{rings}/{environment}/cryptoKeys"
        following = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 90 * 86_400))
        encrypt = {"purpose": "ENCRYPT_DECRYPT", "rotationPeriod": "7776000s", "nextRotationTime": following}
        sign = {"purpose": "ASYMMETRIC_SIGN", "versionTemplate": {"algorithm": "EC_SIGN_P256_SHA256"}}
        self.ok("POST", f"{keys}?cryptoKeyId=data", encrypt)
        self.ok("POST", f"{keys}?cryptoKeyId=tokens", sign)
        replication = {"userManaged": {"replicas": [{"location": LOCATION}]}}
        for name in names:
            path = f"/v1/projects/{PROJECT}/secrets?secretId={environment}-{name}"
            self.ok("POST", path, {"replication": replication})

    def secret(self, name: str) -> Any:
        return self.ok("GET", f"{self._path(name)}")

    def aliases(self, name: str) -> dict[str, str]:
        found: dict[str, str] = self.secret(name).get("versionAliases", {})
        return found

    def label(self, name: str, **aliases: str) -> None:
        """Set the aliases of a secret, all of them."""
        named = {alias.replace("_", "-"): number for alias, number in aliases.items()}
        self.ok("PATCH", f"{self._path(name)}?updateMask=versionAliases", {"versionAliases": named})

    def add(self, name: str, value: str) -> str:
        """Add a version; return its number."""
        data = base64.b64encode(value.encode()).decode()
        made = self.ok("POST", f"{self._path(name)}:addVersion", {"payload": {"data": data}})
        return str(made["name"]).rpartition("/")[2]

    def rotate(self, name: str, value: str = "canary-value", alias: str = "token-one") -> datetime:
        """Do what the rotator does to a secret without a value; return when."""
        moment = int(time.time())
        number = self.add(name, value)
        self.label(name, **{"current": number, alias: number, f"since-{moment}": number})
        return datetime.fromtimestamp(moment, UTC)

    def read(self, name: str, version: str = "current") -> str:
        payload = self.ok("GET", f"{self._path(name)}/versions/{version}:access")["payload"]
        return base64.b64decode(payload["data"]).decode()

    def states(self, name: str) -> list[str]:
        """States of all versions, oldest first."""
        found = self.ok("GET", f"{self._path(name)}/versions").get("versions", [])
        return [version["state"] for version in reversed(found)]

    def user(self, name: str, *permissions: str) -> Path:
        """Make an account that may do this and nothing else; return the file with its token."""
        accounts = f"/v1/projects/{PROJECT}/serviceAccounts"
        email = self.ok("POST", accounts, {"accountId": name})["email"]
        role = {"roleId": name.replace("-", "_"), "role": {"title": name, "includedPermissions": permissions}}
        made = self.ok("POST", f"/v1/projects/{PROJECT}/roles", role)["name"]
        policy = self.ok("POST", f"/v1/projects/{PROJECT}:getIamPolicy", {"options": {"requestedPolicyVersion": 3}})
        policy["bindings"].append({"role": made, "members": [f"serviceAccount:{email}"]})
        self.ok("POST", f"/v1/projects/{PROJECT}:setIamPolicy", {"policy": policy})
        scope = ["https://www.googleapis.com/auth/cloud-platform"]
        token = self.ok("POST", f"/v1/projects/-/serviceAccounts/{email}:generateAccessToken", {"scope": scope})
        file = self.place / f"{name}.token"
        file.write_text(token["accessToken"])
        return file

    @staticmethod
    def _path(name: str) -> str:
        return f"/v1/projects/{PROJECT}/secrets/{name}"


def configured(
    place: Path, name: str, google: GoogleProject, *, endpoint: str = "", token_file: Path | None = None
) -> None:
    """Write the gcloud configuration of an environment into the home directory of a project."""
    parser = configparser.RawConfigParser()
    parser["core"] = {"project": PROJECT, "custom_ca_certs_file": str(google.authority)}
    parser["auth"] = {"access_token_file": str(token_file or google.token_file)}
    parser["api_endpoint_overrides"] = dict.fromkeys(APIS, f"{endpoint or google.endpoint}/")
    folder = place / ".config" / "gcloud" / "configurations"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"config_{name}").open("w") as file:
        parser.write(file)
