import json

from tests.components.cli.conftest import ACCOUNT, Project
from tests.components.cli.google import GCP, PROJECT

OTHER = {"account": "333333333333"}
MANY: dict[str, object] = {f"team-{number}-with-a-rather-long-name": {} for number in range(300)}


def test_right_specs_are_said_to_be_right(project: Project) -> None:
    project.describe("dev")
    project.describe("prod", aws=OTHER)
    done = project.run("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "environment dev: no problem\nenvironment prod: no problem\n"


def test_every_problem_of_every_environment_is_reported_at_once(project: Project) -> None:
    project.describe("dev", tier="lowe")
    project.describe("prod", aws={"account": "12"}, secret={})
    project.describe("staging")
    done = project.run("check")
    assert done.returncode == 2
    assert done.stdout == "environment staging: no problem\n"
    for place in ("keystead:environment.tier", "keystead:environment.aws.account", "keystead:environment.secret"):
        assert place in done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("environment")] == [
        "environment dev: 1 problem",
        "environment prod: 2 problems",
    ]


def test_the_json_document_holds_each_problem_with_its_place(project: Project) -> None:
    project.describe("dev")
    project.describe("prod", tier="lowe")
    done = project.run("check", "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["version"], document["valid"]) == (2, 1, False)
    dev, prod = document["environments"]
    assert dev == {"environment": "dev", "valid": True, "relaxed": [], "problems": []}
    assert (prod["environment"], prod["valid"]) == ("prod", False)
    (problem,) = prod["problems"]
    assert problem["path"] == "keystead:environment.tier"
    assert "Pulumi.prod.yaml" in problem["origin"]
    assert "lowe" in problem["text"]


def test_status_and_put_refuse_a_wrong_spec_with_the_same_report(project: Project) -> None:
    project.describe("dev", tier="lowe")
    report = project.run("check").stderr
    for arguments in (("status",), ("secret", "put", "processor-key", "--env", "dev")):
        done = project.run(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {report}")


def test_text_of_a_spec_is_shown_as_it_is_and_never_as_markup(project: Project) -> None:
    project.describe("dev", tier="[red]x[/red] :smile:")
    assert "[red]x[/red] :smile:" in project.run("check").stderr


def test_what_a_cloud_would_refuse_for_its_size_is_said_before_anything_is_made(project: Project) -> None:
    project.describe("dev", secrets={"shared": {"purpose": "opens it", "key": "data", "readers": MANY}})
    done = project.run("check")
    assert done.returncode == 2
    assert (
        "keystead:environment.secrets.shared.readers: the resource policy of secret 'shared', with 300" in done.stderr
    )
    assert "and AWS takes 20,480; let readers share a restriction" in done.stderr


def test_what_is_weaker_than_the_tiers_default_is_said_and_is_no_problem(project: Project) -> None:
    project.describe("dev", keys={"data": {"deletion_window": "7d"}})
    line = "keys.data.deletion_window: 7d, the tier's default is 14d"
    done = project.run("check")
    assert (done.returncode, done.stdout) == (0, f"environment dev: no problem\n  relaxed: {line}\n")
    (found,) = json.loads(project.run("check", "--json").stdout)["environments"]
    assert found["relaxed"] == [line]


def test_two_environments_in_one_account_have_to_say_so_both(project: Project) -> None:
    project.describe("dev", aws={"account": ACCOUNT, "shared": True})
    project.describe("prod", aws=OTHER)
    project.describe("staging")
    problem = (
        f"stacks/Pulumi.staging.yaml: keystead:environment.aws.account: found '{ACCOUNT}', which is the account of "
        "dev as well; give each environment its own account, or set shared: true in every environment of this account"
    )
    for arguments in (("check",), ("check", "--env", "staging")):
        done = project.run(*arguments)
        assert (done.returncode, done.stderr) == (2, f"environment staging: 1 problem\n  {problem}\n")
    assert project.run("check", "--env", "dev", "--env", "prod").returncode == 0
    project.describe("staging", aws={"account": ACCOUNT, "shared": True})
    assert project.run("check").returncode == 0


def test_a_secret_whose_expiry_has_passed_is_a_problem_before_gcp_refuses_it(project: Project) -> None:
    project.describe("dev", **GCP, secrets={"pilot-key": {"purpose": "opens", "key": "data", "expires": "2020-01-31"}})
    done = project.run("check")
    assert done.returncode == 2
    assert "secrets.pilot-key.expires: is 2020-01-31T00:00:00Z, which has passed" in done.stderr
    assert "set a later time, or remove the secret" in done.stderr


def test_two_environments_in_one_project_have_to_say_so_too(project: Project) -> None:
    project.describe("dev", **GCP)
    project.describe("staging", **GCP)
    done = project.run("check")
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        f"keystead:environment.gcp.project: found '{PROJECT}', which is the project of staging as well" in done.stderr
    )
    for name in ("dev", "staging"):
        project.describe(name, **{**GCP, "gcp": {**GCP["gcp"], "shared": True}})
    assert project.run("check").returncode == 0


def test_a_wrong_place_on_gcp_is_reported_with_the_rest(project: Project) -> None:
    project.describe("prod", aws={"account": "12"}, gcp={"project": PROJECT, "number": "12", "location": "moon"})
    done = project.run("check")
    assert done.returncode == 2
    for place in ("aws.account", "gcp.number", "gcp.location"):
        assert f"keystead:environment.{place}" in done.stderr
