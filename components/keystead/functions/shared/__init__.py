"""What every function needs: settings, the clock, logs, redaction, errors, and Google's APIs over plain HTTPS."""
