"""The pack's version, as PulumiPolicy.yaml says it too."""

VERSION = "0.1.0"
