"""One local AWS account: ministack behind TLS, with its behaviour corrected to what AWS documents, and a clock."""
