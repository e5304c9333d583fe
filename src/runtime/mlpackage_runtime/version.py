"""The one place of the version, sent as `x-ms-server-version`; a test compares it with package.json."""

VERSION = "0.1.0"
