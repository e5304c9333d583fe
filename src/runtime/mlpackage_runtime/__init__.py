"""Serves an entry script's `run()` as `POST /score`, on gunicorn and the standard library alone.

A request goes through these, each of which knows only those after it:

    server ─► application ─► tracing, inputs ─► scoring ─► outputs ─► responses
"""
