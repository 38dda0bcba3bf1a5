"""What every service runs on: settings, database, outbox, inbox, bus, web shell, telemetry. Not a word of the field."""
