"""The environment in which plain `pulumi` works against the sandbox, and the commands it puts on PATH."""

import os
import re
import shutil
import sys
from pathlib import Path

from keystead_sandbox.engine.engine import HOST, WRAPPER, host_beside
from keystead_sandbox.host.credentials import passphrase
from keystead_sandbox.host.place import ROOT, Place, write_private
from keystead_sandbox.host.registry import Registry

UNSET = (
    "AWS_ACCESS_KEY_ID",
    "AWS_CA_BUNDLE",
    "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "CURL_CA_BUNDLE",
    "GCE_METADATA_HOST",
    "GCE_METADATA_IP",
    "GCE_METADATA_ROOT",
    "GCLOUD_KEYFILE_JSON",
    "GCLOUD_PROJECT",
    "GCLOUD_REGION",
    "GCLOUD_ZONE",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_BILLING_PROJECT",
    "GOOGLE_CLOUD_KEYFILE_JSON",
    "GOOGLE_CLOUD_PROJECT",
    "GOOGLE_CLOUD_QUOTA_PROJECT",
    "GOOGLE_CLOUD_UNIVERSE_DOMAIN",
    "GOOGLE_CREDENTIALS",
    "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
    "GOOGLE_OAUTH_ACCESS_TOKEN",
    "GOOGLE_PROJECT",
    "GOOGLE_REGION",
    "GOOGLE_UNIVERSE_DOMAIN",
    "GOOGLE_ZONE",
    "PULUMI_ACCESS_TOKEN",
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_IGNORE_AMBIENT_PLUGINS",
    "PULUMI_STACK",
    "REQUESTS_CA_BUNDLE",
    "USER_PROJECT_OVERRIDE",
)
"""What would lead to a real account or project, another backend or another stack, or hide the sandbox's authority.

Source for Google's: pulumi_gcp's config, the provider's transport/config.go, google.auth.environment_vars.
"""
OVERRIDES = re.compile(
    r"AWS_ENDPOINT_URL_.+|GOOGLE_.+_CUSTOM_ENDPOINT|CLOUDSDK_(?!(ROOT_DIR|PYTHON|GSUTIL|BQ|ENCODING)).+"
)
"""The same by pattern: each API's endpoint, and every property of gcloud (but not how gcloud itself is run)."""

PULUMI = """\
#!/bin/sh
{marker}: runs the engine on a copy of the stack's file. The engine writes the salt of its local secrets into the
# file it is given, and a file prepared for a real account names a key of that account.
engine='{engine}' stacks='{stacks}' copies='{copies}'
name='' next=''
for word in "$@"; do
    if [ -n "$next" ]; then name=$word next=''; fi
    case "$word" in
        config) exec "$engine" "$@" ;;
        -s | --stack) next=1 ;;
        -s=* | --stack=*) name=${{word#*=}} ;;
    esac
done
[ -n "$name" ] || name=$("$engine" stack --show-name 2>/dev/null) || true
export GOGC="${{GOGC:-400}}" # collects garbage less often than the engine would, a tenth of its time
if [ -n "$PYTHONDONTWRITEBYTECODE" ]; then # else each run compiles the SDKs anew: 3 s of processor time
    unset PYTHONDONTWRITEBYTECODE && export PYTHONPYCACHEPREFIX="${{PYTHONPYCACHEPREFIX:-{bytecode}}}"
fi
file="Pulumi.${{name##*/}}.yaml"
if [ -f "$stacks/$file" ] && [ -d "$copies" ]; then
    sed -E '/^(encryptionsalt|encryptedkey|secretsprovider):/d' "$stacks/$file" >"$copies/.$file.$$" &&
        mv "$copies/.$file.$$" "$copies/$file" && export PULUMI_OPTION_CONFIG_FILE="$copies/$file"
fi
exec "$engine" "$@"
"""

LANGUAGE_HOST = """\
#!/bin/sh
{marker}: the Python language host, which an engine built from its Go module lacks.
PYTHONPATH='{root}' exec '{python}' -m keystead_sandbox.engine.language_host "$@"
"""


def install(place: Place, engine: Path) -> None:
    """Put `pulumi` and, where the engine has none, its Python language host into the sandbox."""
    used = engine
    if not host_beside(engine):
        used = _beside_host(place, engine)
    copies = place.directory / "stacks"
    copies.mkdir(mode=0o700, exist_ok=True)
    _keep_no_logs(place)
    name = next(line for line in (place.project / "Pulumi.yaml").read_text().splitlines() if line.startswith("name:"))
    write_private(copies / "Pulumi.yaml", f"{name}\nruntime: python\n")
    text = PULUMI.format(marker=WRAPPER, engine=used, stacks=place.stacks, copies=copies, bytecode=place.bytecode)
    _write_command(place.bin / "pulumi", text)


def foreign() -> list[str]:
    """Return the variables that must not be set: all of UNSET, and what this process has of OVERRIDES."""
    return [*UNSET, *sorted(name for name in os.environ if OVERRIDES.fullmatch(name))]


def variables(place: Place, registry: Registry) -> dict[str, str]:
    """Return what `pulumi`, `aws`, `gcloud` and `keystead` need, once what is `foreign` is unset."""
    before = [entry for entry in os.environ.get("PATH", "").split(os.pathsep) if entry]
    ports = registry.provider.ports if registry.provider else {}
    first = [str(place.bin), str(_engine_directory(place)), str(Path(sys.executable).parent)]
    return {
        "PATH": os.pathsep.join(first + [entry for entry in before if entry not in first]),
        "PULUMI_HOME": str(_engine_home(place)),
        "PULUMI_BACKEND_URL": f"file://{place.directory / 'state'}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase(place)),
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_DEBUG_PROVIDERS": ",".join(f"{cloud}:{port}" for cloud, port in ports.items()),
        "AWS_CONFIG_FILE": str(place.aws / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(place.aws / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "CLOUDSDK_CONFIG": str(place.gcloud),
        "NO_GCE_CHECK": "true",
        "KEYSTEAD_SANDBOX": str(place.directory),
        "KEYSTEAD_CLOCK": str(place.clock),
        "KEYSTEAD_RIGHTS_AT_ONCE": "" if place.strict.exists() else "true",
    }


def process_environment(place: Place, registry: Registry) -> dict[str, str]:
    """Return this process's environment, changed as `variables` says."""
    unset = foreign()
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return kept | variables(place, registry)


def _keep_no_logs(place: Place) -> None:
    """Put a file where the engine would make the folder of its automatic logs, which no setting switches off.

    It writes each resource's properties there as the program declares them, which takes a third of an update's time.
    """
    home = _engine_home(place)
    home.mkdir(mode=0o700, exist_ok=True)
    logs = home / "logs"
    if not logs.is_dir():
        logs.touch()


def _engine_home(place: Place) -> Path:
    return place.directory / "pulumi"


def _engine_directory(place: Place) -> Path:
    return place.directory / "engine"


def _beside_host(place: Place, engine: Path) -> Path:
    """Put the engine and the host into one directory: a host found elsewhere earns a warning at every command."""
    directory = _engine_directory(place)
    directory.mkdir(mode=0o700, exist_ok=True)
    target = directory / "pulumi"
    if not target.exists() or target.stat().st_size != engine.stat().st_size:
        target.unlink(missing_ok=True)
        try:
            target.hardlink_to(engine)
        except OSError:
            shutil.copy2(engine, target)
    text = LANGUAGE_HOST.format(marker=WRAPPER, root=ROOT, python=sys.executable)
    _write_command(directory / HOST, text)
    return target


def _write_command(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        write_private(path, text)
        path.chmod(0o700)
