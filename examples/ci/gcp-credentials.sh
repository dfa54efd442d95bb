#!/bin/sh
# Prints what Google's libraries read from GOOGLE_APPLICATION_CREDENTIALS to take $GCP_ACCOUNT's role through
# $GCP_PROVIDER with the OIDC token in the file named as the only argument. It holds no secret.
set -eu
cat <<JSON
{
  "type": "external_account",
  "audience": "//iam.googleapis.com/$GCP_PROVIDER",
  "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
  "token_url": "https://sts.googleapis.com/v1/token",
  "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/$GCP_ACCOUNT:generateAccessToken",
  "credential_source": {"file": "$1"}
}
JSON
