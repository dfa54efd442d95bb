"""Controls that rules cover, each framework with the source of its ids."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Framework:
    """One catalogue of controls."""

    name: str
    version: str
    link: str
    source: str
    """Source of the ids and titles."""
    titles: dict[str, str]
    """Control id to its title, shortened."""


@dataclass(frozen=True, slots=True)
class Control:
    """One control of one framework."""

    key: str
    """As rules write it: the framework's key, a hyphen, the control's id."""
    framework: Framework
    id: str

    @property
    def title(self) -> str:
        """What the control requires."""
        return self.framework.titles[self.id]


FRAMEWORKS = {
    "CIS-AWS": Framework(
        "CIS Amazon Web Services Foundations Benchmark",
        "5.0.0",
        "https://www.cisecurity.org/benchmark/amazon_web_services",
        "prowler compliance/aws/cis_5.0_aws.json",
        {
            "1.13": "Access keys are rotated every 90 days or less",
            "1.14": "IAM users receive permissions only through groups",
            "1.15": "No policy with full *:* privileges is attached",
            "3.1": "CloudTrail is enabled in all regions",
            "3.2": "CloudTrail log file validation is enabled",
            "3.5": "CloudTrail logs are encrypted with KMS keys",
            "3.6": "Rotation of symmetric customer keys is enabled",
            "4.7": "An alarm exists for disabling or scheduled deletion of customer keys",
        },
    ),
    "FSBP": Framework(
        "AWS Foundational Security Best Practices",
        "1.0.0",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/fsbp-standard.html",
        "prowler compliance/aws/aws_foundational_security_best_practices_aws.json",
        {
            "APIGateway.1": "API Gateway logging is enabled",
            "APIGateway.4": "API Gateway is associated with a WAF web ACL",
            "APIGateway.5": "REST API cache data is encrypted",
            "APIGateway.8": "Routes specify an authorization type",
            "APIGateway.9": "Access logging is configured for V2 stages",
            "CloudTrail.1": "A multi-Region trail exists",
            "CloudTrail.2": "CloudTrail is encrypted at rest",
            "CloudTrail.3": "At least one trail is enabled",
            "CloudTrail.4": "Log file validation is enabled",
            "CloudTrail.5": "Trails are integrated with CloudWatch Logs",
            "CodeBuild.2": "Build environment variables hold no clear-text credentials",
            "ECS.8": "Secrets are not passed as container environment variables",
            "ELB.1": "HTTP is redirected to HTTPS",
            "ELB.17": "Listeners use recommended security policies",
            "IAM.1": "No full '*' administrative privileges",
            "IAM.2": "IAM users have no policies attached",
            "IAM.3": "Access keys are rotated every 90 days or less",
            "IAM.21": "Customer managed policies allow no wildcard actions for services",
            "KMS.1": "Managed policies do not allow decryption with all keys",
            "KMS.2": "Inline policies do not allow decryption with all keys",
            "KMS.3": "Keys are not deleted unintentionally",
            "KMS.4": "Key rotation is enabled",
            "KMS.5": "Keys are not publicly accessible",
            "Lambda.1": "Function policies prohibit public access",
            "Lambda.2": "Functions use supported runtimes",
            "SNS.1": "Topics are encrypted with KMS",
            "SNS.4": "Topic policies do not allow public access",
            "SQS.1": "Queues are encrypted",
            "SecretsManager.1": "Secrets have automatic rotation",
            "SecretsManager.4": "Secrets are rotated within a number of days",
        },
    ),
    "CIS-GCP": Framework(
        "CIS Google Cloud Platform Foundation Benchmark",
        "4.0.0",
        "https://www.cisecurity.org/benchmark/google_cloud_computing_platform",
        "prowler compliance/gcp/cis_4.0_gcp.json",
        {
            "1.4": "Service accounts have GCP-managed keys only",
            "1.5": "Service accounts have no admin privileges",
            "1.6": "Users are not token creators or account users on the whole project",
            "1.9": "Cloud KMS keys are not publicly accessible",
            "1.10": "KMS keys are rotated within 90 days",
            "1.11": "Separation of duties for KMS roles",
            "1.13": "API keys are restricted to hosts and applications",
            "1.14": "API keys are restricted to the APIs they need",
            "1.17": "No secrets in the environment of Cloud Functions",
            "2.1": "Cloud audit logging is configured properly",
            "2.2": "Sinks are configured for all log entries",
            "2.16": "Logging is enabled for HTTP(S) load balancers",
            "3.9": "No SSL policies with weak cipher suites",
        },
    ),
    "NIST-800-53": Framework(
        "NIST SP 800-53, Security and Privacy Controls",
        "revision 5",
        "https://doi.org/10.6028/NIST.SP.800-53r5",
        "prowler compliance/aws/nist_800_53_revision_5_aws.json, which lists parts such as AU-2(b)",
        {
            "AC-2(1)": "Automated system account management",
            "AC-3": "Access enforcement",
            "AC-4": "Information flow enforcement",
            "AC-4(21)": "Physical or logical separation of information flows",
            "AC-6": "Least privilege",
            "AU-2": "Event logging",
            "AU-9": "Protection of audit information",
            "AU-9(3)": "Cryptographic protection of audit information",
            "AU-11": "Audit record retention",
            "AU-12": "Audit record generation",
            "CM-8(1)": "Inventory is updated during installation and removal",
            "CP-9": "System backup",
            "IA-5": "Authenticator management",
            "SC-5": "Denial-of-service protection",
            "SC-7": "Boundary protection",
            "SC-8(1)": "Cryptographic protection of transmission",
            "SC-12": "Cryptographic key establishment and management",
            "SC-12(2)": "Symmetric keys",
            "SC-13": "Cryptographic protection",
            "SC-28(1)": "Cryptographic protection at rest",
            "SI-2": "Flaw remediation",
            "SI-4": "System monitoring",
            "SI-7(7)": "Integration of detection and response",
        },
    ),
    "NIST-800-57": Framework(
        "NIST SP 800-57 part 1, Recommendation for Key Management",
        "revision 5",
        "https://doi.org/10.6028/NIST.SP.800-57pt1r5",
        "the publication's table of contents; the draft of revision 6 numbers these 4.2 and 4.3.6",
        {
            "5.2": "Key usage: one purpose per key",
            "5.3.6": "Cryptoperiods for specific key types",
        },
    ),
    "PCI": Framework(
        "PCI DSS",
        "4.0.1",
        "https://www.pcisecuritystandards.org/document_library/",
        "ComplianceAsCode controls/pcidss_4.yml",
        {
            "1.3.1": "Inbound traffic is restricted",
            "3.5.1": "Stored account data is unreadable",
            "3.6.1": "Cryptographic keys are protected against disclosure and misuse",
            "3.6.1.2": "Keys are stored in secure forms",
            "3.6.1.3": "Access to keys is restricted to the fewest custodians",
            "3.7.4": "Keys are changed at the end of their cryptoperiod",
            "3.7.5": "Keys are retired, replaced or destroyed",
            "4.2.1": "Strong cryptography during transmission",
            "6.3.3": "Known vulnerabilities are patched",
            "6.4.1": "Public-facing applications are protected against attacks",
            "6.5.3": "Pre-production environments are separated from production",
            "7.2.1": "An access control model is defined",
            "7.2.2": "Access is assigned by least privilege",
            "7.2.5": "Application and system accounts have least privilege",
            "8.6.2": "No hard-coded passwords of application and system accounts",
            "8.6.3": "Passwords of application and system accounts are changed periodically",
            "10.2.1": "Audit logs are active",
            "10.3.2": "Audit logs are protected from modification",
            "10.3.4": "Changes to audit logs are detected",
            "10.4.1.1": "Audit logs are reviewed automatically",
            "10.5.1": "Audit logs are kept for twelve months",
            "10.7.2": "Failures of security controls are detected and reported",
        },
    ),
    "OWASP-API": Framework(
        "OWASP API Security Top 10",
        "2023",
        "https://owasp.org/API-Security/editions/2023/en/0x11-t10/",
        "OWASP/API-Security editions/2023/en",
        {
            "API2": "Broken authentication",
            "API4": "Unrestricted resource consumption",
            "API5": "Broken function level authorization",
            "API8": "Security misconfiguration",
        },
    ),
    "OWASP-SM": Framework(
        "OWASP Secrets Management Cheat Sheet",
        "2026-08",
        "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html",
        "OWASP/CheatSheetSeries, section numbers of the document",
        {
            "2.1": "High availability",
            "2.3": "Access control",
            "2.4": "Automate secrets management",
            "2.6": "Auditing",
            "2.7.2": "Rotation",
            "2.7.4": "Expiration",
            "2.8": "TLS everywhere",
            "2.9": "Downtime, break-glass, backup and restore",
            "2.11": "Metadata",
            "3.2": "Where a secret should be",
            "3.3": "Authentication and authorization of CI/CD",
            "6.3": "Limitations are in place",
            "6.4": "Security event monitoring",
            "7.3": "Where to store the encryption keys",
        },
    ),
}


def control(key: str) -> Control:
    """Find a control by its key; a key that is in no catalogue is an error in the rule."""
    for prefix, framework in FRAMEWORKS.items():
        identity = key.removeprefix(f"{prefix}-")
        if identity != key and identity in framework.titles:
            return Control(key, framework, identity)
    raise ValueError(f"{key} is in no catalogue of controls.py")
