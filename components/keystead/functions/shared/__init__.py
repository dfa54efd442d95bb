"""What every function needs: settings, the clock, logs, redaction, errors, and Google's APIs over plain HTTPS.

Nothing here knows a function. What a log event is called and which field it stands in is read by alarms and commands.
"""
