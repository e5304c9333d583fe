"""Serves an entry script's `run()` as `POST /score`, on gunicorn and the standard library alone.

A request goes through these, each of which knows only those after it:

    server ─► application ─► tracing, inputs ─► scoring ─► outputs, script_responses ─► responses

What is seldom asked for, `docs` and `v2`, is loaded by `lazy_routes` with its first request.
`shims` is what the script may import of Azure ML's packages where these are not installed.
"""
